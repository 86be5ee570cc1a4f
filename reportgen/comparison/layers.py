"""What two models do layer by layer with the same images, and how similar that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.cka import FEWEST_IMAGES, Floats, cka_matrix, gram
from reportgen.comparison.matching import LayerPair, Matches
from reportgen.evenly_spaced import spread
from reportgen.records.comparison import LayerChange, LayerSide, Similarity
from reportgen.records.image import Activations, Image
from reportgen.records.model import LayerWeights
from reportgen.records.over_images import LayerHealth
from reportgen.records.report import Report

MOST_IMAGES = 400
"""Images that CKA is measured on: its memory grows with the square."""

MOST_LAYERS = 60
"""Layers of each model in the matrices of similarity."""

FEW_IMAGES = 50
"""With fewer images CKA is a rough estimate."""


@dataclass(frozen=True)
class _State:
    """A layer of one report over the images: share of zeros, and channels by their state."""

    zeros: float | None = None
    silent: frozenset[int] | None = None
    saturated: frozenset[int] | None = None
    non_finite: frozenset[int] | None = None


def layers_of(a: Report, b: Report, matches: Matches, *, same_images: bool) -> list[LayerChange]:
    """The layers that both models have, in the order of the second.

    Zeros and states of channels are those of the reports' health where both hold the same images,
    and else of the common images' activations alone.
    """
    states = [
        _stated(report) if same_images and report.health else _seen([pair[at] for pair in images])
        for at, (report, images) in enumerate(((a, matches.images), (b, matches.images)))
    ]
    weights = [{weight.layer: weight for weight in report.model.weights} for report in (a, b)]
    return [
        _layer(
            pair,
            states[0].get(pair.a.path, _State()),
            states[1].get(pair.b.path, _State()),
            _weight_change(weights[0].get(pair.a.path), weights[1].get(pair.b.path)),
        )
        for pair in matches.layers
        if pair.a.path in states[0] or pair.b.path in states[1] or pair.b.path in weights[1]
    ]


def _stated(report: Report) -> dict[str, _State]:
    def state(layer: LayerHealth) -> _State:
        sets = (layer.silent, layer.saturated, layer.non_finite)
        return _State(layer.zeros, *(frozenset(channels) for channels in sets))

    return {layer.layer: state(layer) for layer in report.health.layers} if report.health else {}


def _seen(images: Sequence[Image]) -> dict[str, _State]:
    """From the activations of images; saturation is not known from these."""
    grids: dict[str, list[Activations]] = {}
    for image in images:
        for grid in image.activations:
            grids.setdefault(grid.layer, []).append(grid)
    found = {}
    for path, seen in grids.items():
        whole = len(seen) == len(images) and all(grid.shown == grid.channels for grid in seen)
        found[path] = _State(
            zeros=math.fsum(grid.sparsity for grid in seen) / len(seen),
            silent=frozenset.intersection(*map(_silent, seen)) if whole else None,
            non_finite=frozenset().union(*map(_non_finite, seen)) if whole else None,
        )
    return found


def _silent(grid: Activations) -> frozenset[int]:
    return frozenset(
        channel
        for channel, (low, high) in enumerate(zip(grid.lows, grid.highs, strict=True))
        if low == 0 and high == 0
    )


def _non_finite(grid: Activations) -> frozenset[int]:
    return frozenset(channel for channel, mean in enumerate(grid.means) if mean is None)


def _layer(pair: LayerPair, a: _State, b: _State, weights: float | None) -> LayerChange:
    return LayerChange(
        type=pair.b.type,
        channels=pair.b.channels or 0,
        matched="path" if pair.by_path else "position",
        convolution=pair.b.convolution,
        a=_side(pair.a.path, pair.a.map_size, a),
        b=_side(pair.b.path, pair.b.map_size, b),
        newly_silent=_new(a.silent, b.silent),
        no_longer_silent=_new(b.silent, a.silent),
        newly_saturated=_new(a.saturated, b.saturated),
        newly_non_finite=_new(a.non_finite, b.non_finite),
        weights=weights,
        cka=None,
    )


def _side(path: str, map_size: list[int] | None, state: _State) -> LayerSide:
    lists = {
        name: None if (found := getattr(state, name)) is None else sorted(found)
        for name in ("silent", "saturated", "non_finite")
    }
    return LayerSide(path=path, map_size=map_size, zeros=state.zeros, **lists)


def _new(before: frozenset[int] | None, after: frozenset[int] | None) -> list[int]:
    return sorted(after - before) if before is not None and after is not None else []


def _weight_change(weights: LayerWeights | None, other: LayerWeights | None) -> float | None:
    """The norm of the difference relative to the larger norm; None where it is not known."""
    if weights is None or other is None or weights.size != other.size:
        return None
    if weights.norm is None or other.norm is None or len(weights.sketch) != len(other.sketch):
        return None
    largest = max(weights.norm, other.norm)
    return math.dist(weights.sketch, other.sketch) / largest if largest else 0.0


def newly_silent(a: Report, b: Report, layers: Sequence[LayerChange]) -> int | None:
    """Filters that are silent in `b`, in their layer or where it leads, and nowhere so in `a`.

    A convolution's channel goes on through its activation and pooling: it counts once. None where
    the silent channels of no such layer are known.
    """
    origins_a, origins_b = (
        {layer.path: layer.origin for layer in report.model.layers} for report in (a, b)
    )
    before: dict[str, set[int]] = {}
    after: dict[str, set[int]] = {}
    for layer in layers:
        origin = origins_b.get(layer.b.path)
        known = layer.a.silent is not None and layer.b.silent is not None
        if origin is None or not known or origins_a.get(layer.a.path) is None:
            continue
        before.setdefault(origin, set()).update(layer.a.silent or ())
        after.setdefault(origin, set()).update(layer.b.silent or ())
    if not after:
        return None
    return sum(len(after[origin] - before[origin]) for origin in after)


class ChannelMeans:
    """The channel means of a report's layers over images, prepared for CKA."""

    def __init__(self, images: Sequence[Image]) -> None:
        """`images` are those of the report, in the order of the other report's."""
        self._count = len(images)
        self._grids: dict[str, list[Activations]] = {}
        for image in images:
            for grid in image.activations:
                self._grids.setdefault(grid.layer, []).append(grid)
        self._grams: dict[str, Floats | str] = {}

    @property
    def layers(self) -> list[str]:
        """Paths of the layers whose means are known, in order of depth."""
        return list(self._grids)

    def partial(self) -> list[str]:
        """The layers of which only the first channels are known."""
        return [
            path
            for path, grids in self._grids.items()
            if any(grid.shown < grid.channels for grid in grids)
        ]

    def gram(self, path: str) -> "Floats | str":
        """The matrix of a layer for `cka_matrix`; a clause that says why there is none."""
        if path not in self._grams:
            self._grams[path] = self._gram(path)
        return self._grams[path]

    def _gram(self, path: str) -> "Floats | str":
        if self._count < FEWEST_IMAGES:
            return f"it takes {FEWEST_IMAGES} common images or more"
        grids = self._grids.get(path, [])
        if len(grids) < self._count or len({len(grid.means) for grid in grids}) != 1:
            return "the activations of some images are missing"
        means = np.array([[np.nan if m is None else m for m in grid.means] for grid in grids])
        finite = means[:, np.isfinite(means).all(axis=0)]
        if not finite.shape[1]:
            return "no channel is finite on all images"
        found = gram(finite)
        return found if found.any() else "the channels are the same for all images"


def compared_means(matches: Matches) -> tuple[ChannelMeans, ChannelMeans]:
    """The channel means of both reports over the common images, evenly chosen of many."""
    chosen = spread(matches.images, MOST_IMAGES)
    return ChannelMeans([image for image, _ in chosen]), ChannelMeans(
        [other for _, other in chosen]
    )


def with_cka(
    layers: Sequence[LayerChange], means: tuple[ChannelMeans, ChannelMeans]
) -> list[LayerChange]:
    """The layers with their CKA, or why they have none."""
    found = []
    for layer in layers:
        own, other = means[0].gram(layer.a.path), means[1].gram(layer.b.path)
        reasons = [side for side in (own, other) if isinstance(side, str)]
        value = None
        if not isinstance(own, str) and not isinstance(other, str):
            value = cka_matrix([own], [other])[0][0]
        known = layer.channels > 0
        reason = "" if value is not None else (reasons or ["it is not defined"])[0]
        found.append(
            layer.model_copy(
                update={
                    "cka": value,
                    "cka_reason": reason if known else "it has no stack of maps",
                }
            )
        )
    return found


def similarity_of(matches: Matches, means: tuple[ChannelMeans, ChannelMeans]) -> Similarity | None:
    """CKA of all layers with each other; None without two layers that have it."""
    chosen: list[list[str]] = []
    matrices: list[list[Floats]] = []
    for side in means:
        known = {
            path: found for path in side.layers if not isinstance(found := side.gram(path), str)
        }
        paths = spread(list(known), MOST_LAYERS)
        chosen.append(paths)
        matrices.append([known[path] for path in paths])
    if not all(chosen):
        return None
    return Similarity(
        images=min(len(matches.images), MOST_IMAGES),
        layers_a=chosen[0],
        layers_b=chosen[1],
        aa=cka_matrix(matrices[0], matrices[0]),
        ab=cka_matrix(matrices[0], matrices[1]),
        bb=cka_matrix(matrices[1], matrices[1]),
        cautions=_cautions(matches, means, chosen),
    )


def _cautions(
    matches: Matches,
    means: tuple[ChannelMeans, ChannelMeans],
    chosen: Sequence[Sequence[str]],
) -> list[str]:
    images = len(matches.images)
    cautions = []
    if images < FEW_IMAGES:
        cautions.append(
            f"{images} images are too few for a reliable CKA: {FEW_IMAGES} or more are advised."
        )
    if images > MOST_IMAGES:
        cautions.append(f"Measured on {MOST_IMAGES} of {images:,} images, evenly chosen.")
    if any(side.partial() for side in means):
        cautions.append(
            "Of layers with more channels than the reports show, only the shown channels count."
        )
    if any(len(side.layers) > MOST_LAYERS for side in means) and max(map(len, chosen)):
        cautions.append(f"Of more than {MOST_LAYERS} layers, so many are evenly chosen.")
    cautions.append(
        "CKA compares the mean activation of each channel. A few outlying images, or a shift of"
        " some of them, change it strongly (Davari et al., 2023, arXiv 2210.16156)."
    )
    return cautions
