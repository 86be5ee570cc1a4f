"""Health: what activations say of a network over all images, from statistics of each image.

Nothing is computed on the device: the activations of an image leave, for every layer, its share of
zeros, the channels that have nothing to say, and every channel's mean. One image is added after the
other, so memory grows with the network alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.analysis.feature_maps.channel_distributions import ChannelMeans, GroupMeans
from reportgen.analysis.feature_maps.grids import Grid
from reportgen.analysis.top_images.scanned import Channels, ScannedGroup
from reportgen.inputs.graph.bounds import Bounds
from reportgen.pictures.channels import ChannelStatistics
from reportgen.records.model import Layer
from reportgen.records.over_images import Health, LayerHealth

NEAR = 0.01
"""Share of an activation function's range within which a channel's mean counts as its bound."""

FEWEST_LAYERS = 3
"""Fewer layers with zeros say nothing about depth."""


def silent(statistics: ChannelStatistics) -> npt.NDArray[np.bool_]:
    """The channels (…, C) that are zero everywhere."""
    zero: npt.NDArray[np.bool_] = (statistics.low == 0) & (statistics.high == 0)
    return zero


def saturated(statistics: ChannelStatistics, bounds: Bounds) -> npt.NDArray[np.bool_]:
    """The channels (…, C) whose mean lies at a bound (low, high) of the activation function.

    None of them can be far from the bound at more than a few positions.
    """
    low, high = bounds
    near = NEAR * (high - low if low is not None and high is not None else abs(high or 0.0))
    found = np.zeros(statistics.mean.shape, bool)
    if low is not None:
        found |= statistics.mean <= low + near
    if high is not None:
        found |= statistics.mean >= high - near
    return found


@dataclass
class _Layer:
    channels: int
    images: int = 0
    zeros: float = 0.0
    fewest: float = 1.0
    most: float = 0.0
    always: dict[str, set[int]] = field(default_factory=dict)
    """Channels that were inactive, silent, saturated on every image so far."""
    ever: set[int] = field(default_factory=set)
    """Channels that were not finite on any image so far."""
    means: ChannelMeans = field(default_factory=ChannelMeans)

    def add(self, grid: Grid) -> None:
        share = grid.sparsity
        self.images += 1
        self.zeros += share
        self.fewest, self.most = min(self.fewest, share), max(self.most, share)
        for kind in ("inactive", "silent", "saturated"):
            here = set(getattr(grid, kind))
            self.always[kind] = self.always[kind] & here if kind in self.always else here
        self.ever |= set(grid.non_finite)
        self.means.add(grid.means)

    def add_group(
        self, zeros: npt.NDArray[np.float64], copies: npt.NDArray[np.intp], channels: Channels
    ) -> None:
        """Add a group: shares of zeros (images,), of each image the files, and its channels."""
        self.images += int(copies.sum())
        self.zeros += math.fsum((zeros * copies).tolist())
        self.fewest = min(self.fewest, float(zeros.min()))
        self.most = max(self.most, float(zeros.max()))
        for kind in ("inactive", "silent", "saturated"):
            here = set(np.flatnonzero(getattr(channels, kind)).tolist())
            self.always[kind] = self.always[kind] & here if kind in self.always else here
        self.ever |= set(np.flatnonzero(channels.non_finite).tolist())

    def record(self, path: str) -> LayerHealth:
        quiet, full = self.always["silent"], self.always["saturated"]
        return LayerHealth(
            layer=path,
            channels=self.channels,
            zeros=self.zeros / self.images,
            zeros_low=self.fewest,
            zeros_high=self.most,
            silent=sorted(quiet),
            constant=sorted(self.always["inactive"] - quiet - full - self.ever),
            saturated=sorted(full),
            non_finite=sorted(self.ever),
            distribution=self.means.record(),
        )


class HealthTally:
    """What has been seen so far, by layer."""

    def __init__(self) -> None:
        self.images = 0
        self._layers: dict[str, _Layer] = {}

    def add(self, grids: Sequence[Grid]) -> None:
        """Add an image: what is kept of each of its layers."""
        self.images += 1
        for grid in grids:
            self._layers.setdefault(grid.layer, _Layer(grid.channels)).add(grid)

    def add_group(self, group: ScannedGroup, copies: npt.NDArray[np.intp]) -> None:
        """Add the images of a group; `copies` (images,) says how many files are the same image."""
        channels = group.channels
        if channels is None:
            return
        self.images += int(copies.sum())
        start = 0
        for at, (path, count) in enumerate(group.measured.items()):
            layer = self._layers.setdefault(path, _Layer(count, means=GroupMeans()))
            part = channels.part(start, start + count)
            layer.add_group(group.zeros[:, at], copies, part)
            if isinstance(layer.means, GroupMeans):
                means = group.means[:, start : start + count]
                layer.means.add_group(part.low, part.high, means, group.digests[: len(means)])
            start += count

    def health(self, described: Sequence[Layer]) -> Health | None:
        """The record; None with fewer than two images, or without any layer.

        `described` are the layers of the model. Whether zeros grow with depth is asked of those
        that make zeros alone: pooling and padding hand on, or add, zeros that say nothing of depth.
        """
        if self.images < 2 or not self._layers:
            return None
        layers = [layer.record(path) for path, layer in self._layers.items()]
        making = {layer.path for layer in described if layer.makes_zeros}
        shares = np.array([layer.zeros for layer in layers if layer.layer in making])
        third = max(1, len(shares) // 3)
        deep = len(shares) >= FEWEST_LAYERS
        return Health(
            images=self.images,
            layers=layers,
            silent=_once(layers, described, "silent"),
            constant=_once(layers, described, "constant", ("silent", "saturated")),
            saturated=_once(layers, described, "saturated"),
            non_finite=_once(layers, described, "non_finite"),
            layers_with_zeros=len(shares),
            zeros_early=float(shares[:third].mean()) if deep else None,
            zeros_late=float(shares[-third:].mean()) if deep else None,
            depth_correlation=rank_correlation(shares) if deep else None,
        )


def _once(
    layers: Sequence[LayerHealth],
    described: Sequence[Layer],
    kind: str,
    rather: Sequence[str] = (),
) -> int:
    """How many channels of the layers with filters are of a kind, in them or where they lead.

    A convolution's channel goes on through normalisation, activation, pooling and padding: it is
    one channel, and counts once. What is one of the kinds `rather` anywhere on the way, such as a
    channel that is constant before its ReLU and silent behind it, counts as that.
    """
    origins = {layer.path: layer.origin for layer in described}
    found: dict[str, set[int]] = {}
    others: dict[str, set[int]] = {}
    for layer in layers:
        if origin := origins.get(layer.layer):
            found.setdefault(origin, set()).update(getattr(layer, kind))
            others.setdefault(origin, set()).update(*(getattr(layer, name) for name in rather))
    return sum(len(found[origin] - others[origin]) for origin in found)


def rank_correlation(values: npt.NDArray[np.floating]) -> float | None:
    """Spearman's rank correlation of values with their order; None where all are equal.

    Equal values share the mean of their ranks.
    """
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[where]
    if len(counts) < 2:
        return None
    return float(np.corrcoef(np.arange(len(values)), ranks)[0, 1])
