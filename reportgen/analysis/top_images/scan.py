"""Scan: one pass over many images in groups, which keeps numbers and no pictures.

Of each image it keeps the class scores and each layer's share of zeros; of a group of images, which
channels are silent, constant, saturated or not finite on all of them, the range of the channels'
means, and the top images of each channel. So a group takes the same room however many there are.
"""

import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LONGEST, computed
from reportgen.analysis.feature_maps.health import saturated, silent
from reportgen.analysis.top_images.scan_pass import BATCH, Batch, Forward, ScanOptions
from reportgen.analysis.top_images.scanned import ANSWERS, FILE, Channels, ScanData, arrays_of
from reportgen.analysis.top_images.top_k import Floats, TopK
from reportgen.analysis.workbench import Workbench
from reportgen.errors import ImageError
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.inputs.graph.bounds import Bounds
from reportgen.pictures.channels import ChannelStatistics

ALONE = 256
"""Up to so many images, each is a unit of its own: a new one costs its own pass only."""

SMALLEST, LARGEST = 32, 1024
"""Images of a unit where there are more; a hundredth of them, within these bounds."""

MOST_SAMPLED = 64
"""Images of a unit whose channel means are kept for quartiles: those with the lowest digests."""

ScanUnit = Unit[ScanOptions]


class Scan:
    """One pass over images: class scores, zeros, channels, top images."""

    name = "scan"
    version = 2
    title = "Scanning images"

    def plan(self, model: str, photos: Sequence[str], options: ScanOptions) -> Plan[ScanOptions]:
        """Units that hold all images once.

        Which images go together depends on their own digests: another image in a folder of
        thousands changes one unit.
        """
        alone, bits = len(photos) <= ALONE, _bits(len(photos))
        buckets: dict[str, list[str]] = {}
        for digest in photos:
            bucket = digest if alone else str(int(digest[:8], 16) >> (32 - bits))
            buckets.setdefault(bucket, []).append(digest)
        shared = replace(options, batch=LONGEST if alone else BATCH)
        by_k = {k: replace(shared, k=k) for k in {min(options.k, len(b)) for b in buckets.values()}}
        return Plan(self, [
            Unit(self.name, self.version, "images", model, tuple(sorted(bucket)),
                 by_k[min(options.k, len(bucket))])
            for bucket in buckets.values()
        ])  # fmt: skip

    def compute(
        self, units: Sequence[ScanUnit], bench: Workbench
    ) -> Iterator[tuple[ScanUnit, Result[ScanData]]]:
        """Yield what was found of each group; all go through the network in one row."""
        options = units[0].options
        key = json.dumps([self.name, {**options.json, "k": 0}], sort_keys=True)
        forward = bench.compiled(key, lambda: Forward(bench, options))
        owner = {digest: unit for unit in units for digest in unit.photos}
        # Groups hold the best of thousands of channels: there are only as many as are at work.
        begun: dict[str, _Group] = {}

        def group_of(digest: str) -> _Group:
            unit = owner[digest]
            if unit.key not in begun:
                begun[unit.key] = _Group(unit, forward)
            return begun[unit.key]

        def lose(digest: str, error: ImageError) -> None:
            group_of(digest).lose(digest, error)

        rows = computed(bench, list(owner), forward.bytes, forward, lose, longest=options.batch)
        for part, found in rows:
            for start, end in _runs([owner[digest].key for digest in part]):
                group_of(part[start]).add(part[start:end], found.rows(start, end))
            for group in [finished for finished in begun.values() if finished.is_done]:
                del begun[group.unit.key]
                yield group.unit, group.result()
        yield from ((group.unit, group.result()) for group in begun.values())


def _bits(images: int) -> int:
    """Bits of a digest that tell its group: so that groups stay below the size they may have."""
    size = min(max(images // 100, SMALLEST), LARGEST)
    # Digests fall into groups by chance: a mean of seven eighths leaves room for the largest.
    return max(0, math.ceil(math.log2(max(images, 1) / (size * 7 / 8))))


def _runs(keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each run of equal keys."""
    start = 0
    for at in range(1, len(keys) + 1):
        if at == len(keys) or keys[at] != keys[start]:
            yield start, at
            start = at


class _Group:
    """What has been found of a unit's images so far."""

    def __init__(self, unit: ScanUnit, forward: Forward) -> None:
        self.unit = unit
        self.digests = unit.photos
        self._bounds, self._counts = forward.bounds, forward.measured
        self._searched = forward.searched
        self._seen = 0
        self._unread: dict[str, str] = {}
        self._numbers = {digest: at for at, digest in enumerate(self.digests)}
        k = unit.options.k
        self._top = TopK(sum(self._searched.values()), k)
        self._units = TopK(len(unit.options.units), k)
        self._answers: dict[str, list[Floats]] = {name: [] for name in ANSWERS}
        self._zeros: list[npt.NDArray[np.float64]] = []
        self._sampled: list[Floats] = []
        self._channels: Channels | None = None

    @property
    def is_done(self) -> bool:
        return self._seen == len(self.digests)

    def lose(self, digest: str, error: ImageError) -> None:
        self._unread[digest] = getattr(error, "reason", "")
        self._seen += 1

    def add(self, digests: Sequence[str], found: Batch) -> None:
        images = np.array([self._numbers[digest] for digest in digests], np.int64)
        self._top.add(found.highest, images, found.place)
        self._units.add(found.single, images, lambda rows, _: np.zeros(len(rows), np.int64))
        for name, rows_of_all in self._answers.items():
            if (rows := getattr(found, name)) is not None:
                rows_of_all.append(rows)
        self._zeros.append(_rounded(found.zeros))
        room = MOST_SAMPLED - sum(map(len, self._sampled))
        self._sampled.append(found.channels[:room, 2])
        here = _channels_of(found.channels, self._counts, self._bounds)
        self._channels = here if self._channels is None else self._channels.merged(here)
        self._seen += len(digests)

    def result(self) -> Result[ScanData]:
        readable = [digest for digest in self.digests if digest not in self._unread]
        arrays: dict[str, npt.NDArray[Any]] = {**arrays_of("top", self._top)}
        arrays |= arrays_of("unit", self._units)
        if self._channels is not None:
            arrays |= {"zeros": np.concatenate(self._zeros), "means": np.concatenate(self._sampled)}
            arrays |= {f"channel_{name}": value for name, value in vars(self._channels).items()}
        arrays |= {name: np.concatenate(rows) for name, rows in self._answers.items() if rows}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        data = ScanData(
            digests=readable,
            unread=self._unread,
            searched=list(self._searched.items()),
            measured=list(zip(self.unit.options.measured, self._counts, strict=True)),
        )
        return Result(data, {FILE: buffer.getvalue()})


def _rounded(zeros: Floats) -> npt.NDArray[np.float64]:
    """Six digits, as a record of one image has them."""
    return np.array([float(f"{zero:.6g}") for zero in zeros.flat]).reshape(zeros.shape)


def _channels_of(found: Floats, counts: Sequence[int], bounds: Sequence[Bounds]) -> Channels:
    """What the channels are on all images of a batch, from (N, 4, channels)."""
    low, high, mean, inactive = np.moveaxis(found, 1, 0).astype(np.float64)
    here = ChannelStatistics(low, high, mean, mean, inactive > 0)
    full = np.zeros(mean.shape, bool)
    start = 0
    for count, bound in zip(counts, bounds, strict=True):
        own = here.part(start, start + count)
        full[:, start : start + count] = saturated(own, bound)
        start += count
    return Channels(
        np.logical_and.reduce(here.inactive, axis=0),
        np.logical_and.reduce(silent(here), axis=0),
        np.logical_and.reduce(full, axis=0),
        ~np.logical_and.reduce(np.isfinite(mean), axis=0),
        mean.min(axis=0).astype(np.float32),
        mean.max(axis=0).astype(np.float32),
    )
