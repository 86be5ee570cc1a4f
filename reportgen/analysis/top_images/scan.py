"""Scan: one pass over many images in groups, which keeps numbers and no pictures.

Of each image it keeps the class scores and each layer's share of zeros; of a group of images, which
channels are silent, constant, saturated or not finite on all of them, the range of the channels'
means, and the top images of each channel. So a group takes the same room however many there are.
"""

import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LONGEST, computed, map_bytes
from reportgen.analysis.engine import engine
from reportgen.analysis.feature_maps.answers import Answers
from reportgen.analysis.feature_maps.health import saturated, silent
from reportgen.analysis.feature_maps.quantise import statistics
from reportgen.analysis.options import FedOptions
from reportgen.analysis.top_images.reductions import located, reduced
from reportgen.analysis.top_images.scanned import FILE, Channels, ScanData, arrays_of
from reportgen.analysis.top_images.top_k import Floats, Integers, Locate, TopK
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

BATCH = 64
"""Most images that go through the network together where units hold several."""

ChannelUnit = tuple[str, int, int, int]
"""One unit of a feature map: layer path, row, column, channel."""


@dataclass(frozen=True, kw_only=True)
class ScanOptions(FedOptions):
    """What a scan looks for.

    Attributes:
        k: top images of each channel and unit.
        layers: paths of the layers whose channels get top images.
        units: single units that get top images.
        measured: paths of the layers whose channels and zeros are measured.
        answers: whether class scores are kept.
        batch: most images that go through the network together on a CPU.

    """

    k: int = 0
    layers: Sequence[str] = ()
    units: Sequence[ChannelUnit] = ()
    measured: Sequence[str] = ()
    answers: bool = False
    batch: int = BATCH


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
        forward = bench.compiled(key, lambda: _Forward(bench, options))
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


@dataclass(frozen=True)
class _Batch:
    """What came from the device for a batch of N images; `None` where it was not asked for.

    Attributes:
        scores, probabilities: (N, classes).
        zeros: share of zeros of each measured layer, (N, layers).
        channels: low, high, mean and 1 for inactive of the channels of all measured layers,
            (N, 4, channels).
        highest: the maxima of the channels of all searched layers, (N, channels).
        place: where the maxima of rows and channels of `highest` are, as numbers of positions.
        single: values of the single units, (N, units).

    """

    scores: Floats | None
    probabilities: Floats | None
    zeros: Floats
    channels: Floats
    highest: Floats
    single: Floats
    place: Locate

    def rows(self, start: int, end: int) -> "_Batch":
        cut: dict[str, Any] = {
            name: None if value is None else value[start:end]
            for name, value in vars(self).items()
            if name != "place"
        }
        return _Batch(**cut, place=lambda rows, channels: self.place(rows + start, channels))


class _Forward:
    """The function from pixels (N, H, W, C) to what a scan keeps of a batch."""

    def __init__(self, bench: Workbench, options: ScanOptions) -> None:
        network = bench.network  # the first who asks for it starts the engine
        self._bench, self._options = bench, options
        paths = [*options.measured, *options.layers, *(path for path, *_ in options.units)]
        self._paths = list(dict.fromkeys(paths))
        self._answers = Answers(network)
        self.bytes = map_bytes(network, self._paths)
        self.bounds = [network.bounds(path) for path in options.measured]
        self.measured = [network.map_channels(path) or 1 for path in options.measured]
        self.searched = {path: network.map_channels(path) or 1 for path in options.layers}
        self._on_cpu = bench.free_memory is None
        self._measure = engine().traced_once(_measure, [(4, "float32")])
        self._top = engine().traced_once(_top, [(4, "float32")])
        compute = self._maps if self._on_cpu else self._reduced
        self._graph = engine().compiled(compute, network.variables, bench.places)

    def __call__(self, pixels: Floats) -> _Batch:
        found = self._graph(np.asarray(self._bench.prepare(pixels), np.float32))
        return self._batch_of_maps(*found) if self._on_cpu else _batch(*found)

    def _maps(self, values: Any) -> Any:
        """Scores and probabilities, and the maps of all layers as the network computes them."""
        network, options = self._bench.network, self._options
        asked = self._answers.paths if options.answers else []
        behind, before = network.run(values, [*self._paths, *asked])
        count = len(self._paths)
        maps = [network.maps(output, path)
                for path, output in zip(self._paths, behind, strict=False)]  # fmt: skip
        scores, probabilities = None, None
        if options.answers:
            scores, probabilities, _ = self._answers.compute(behind[count:], before[count:])
        return scores, probabilities, maps

    def _reduced(self, values: Any) -> Any:
        """What `_batch` takes, reduced on the device."""
        from keras import ops

        options = self._options
        scores, probabilities, found = self._maps(values)
        maps = dict(zip(self._paths, found, strict=True))
        images = ops.shape(values)[0]
        nothing = ops.zeros((images, 0))
        measured = [self._measure(maps[path]) for path in options.measured]
        tops = [self._top(maps[path]) for path in options.layers]
        single = [maps[path][:, row, column, channel]
                  for path, row, column, channel in options.units]  # fmt: skip
        return (
            scores,
            probabilities,
            ops.stack([zeros for _, zeros in measured], axis=1) if measured else nothing,
            ops.concatenate([channels for channels, _ in measured], axis=2)
            if measured
            else ops.zeros((images, 4, 0)),
            ops.concatenate([value for value, _ in tops], axis=1) if tops else nothing,
            ops.stack(single, axis=1) if single else nothing,
            ops.concatenate([place for _, place in tops], axis=1)
            if tops
            else ops.cast(nothing, "int32"),
        )

    def _batch_of_maps(
        self, scores: Floats | None, probabilities: Floats | None, found: Sequence[Floats]
    ) -> _Batch:
        """A batch whose maps are reduced here, a layer in each thread."""
        options, maps = self._options, dict(zip(self._paths, found, strict=True))
        paths = list(dict.fromkeys([*options.measured, *options.layers]))
        numbers = dict(zip(paths, self._bench.threads.map(reduced, [maps[path] for path in paths]),
                           strict=True))  # fmt: skip
        images = len(found[0]) if found else len(scores if scores is not None else ())
        measured = [numbers[path] for path in options.measured]
        single = [maps[path][:, row, column, channel]
                  for path, row, column, channel in options.units]  # fmt: skip
        nothing = np.empty((images, 0), np.float32)
        return _Batch(
            scores,
            probabilities,
            np.stack([layer.zeros for layer in measured], axis=1) if measured else nothing,
            np.concatenate([np.empty((images, 4, 0), np.float32)]
                           + [layer.channels for layer in measured], axis=2),
            np.concatenate([nothing, *(numbers[path].channels[:, 1] for path in options.layers)],
                           axis=1),
            np.stack(single, axis=1) if single else nothing,
            _located_in([maps[path] for path in options.layers]),
        )  # fmt: skip


def _batch(*found: Any) -> _Batch:
    """A batch that was reduced on the device; the last array holds all places (N, channels)."""
    scores, probabilities, zeros, channels, highest, single, places = found
    known = places.astype(np.int64)

    def place(rows: Integers, columns: Integers) -> Integers:
        at: Integers = known[rows, columns]
        return at

    return _Batch(scores, probabilities, zeros, channels, highest, single, place)


def _located_in(layers: Sequence[Floats]) -> Locate:
    """Where maxima are in the maps (N, H, W, C) of layers, whose channels are counted on."""
    starts = np.cumsum([0, *(maps.shape[3] for maps in layers)])

    def place(rows: Integers, channels: Integers) -> Integers:
        places = np.empty(len(rows), np.int64)
        layer_of = np.searchsorted(starts, channels, side="right") - 1
        order = np.lexsort((rows, layer_of))
        breaks = np.flatnonzero(np.diff(layer_of[order]) | np.diff(rows[order])) + 1
        for pairs in np.split(order, breaks):
            layer, row = layer_of[pairs[0]], rows[pairs[0]]
            places[pairs] = located(layers[layer][row], channels[pairs] - starts[layer])
        return places

    return place


def _measure(maps: Any) -> Any:
    """Low, high, mean and 1 for inactive of each channel, (N, 4, C), and shares of zeros (N,)."""
    from keras import ops

    low, high, mean, _, inactive, zeros = statistics(maps)
    return (
        ops.stack([low, high, mean, ops.cast(inactive, "float32")], axis=1),
        ops.mean(zeros, axis=1),
    )


def _top(maps: Any) -> Any:
    """The maximum of each channel and its position, (N, C) each."""
    from keras import ops

    images, height, width, channels = ops.shape(maps)
    flat = ops.reshape(maps, (images, height * width, channels))
    highest = ops.max(flat, axis=1)
    # Of equal values the first, whatever their signs: -0.0 is no less than 0.0 here.
    reached = ops.cast(flat == highest[:, None], "int8")
    return highest, ops.cast(ops.argmax(reached, axis=1), "int32")


class _Group:
    """What has been found of a unit's images so far."""

    def __init__(self, unit: ScanUnit, forward: _Forward) -> None:
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
        self._answers: list[tuple[Floats | None, Floats | None]] = []
        self._zeros: list[npt.NDArray[np.float64]] = []
        self._sampled: list[Floats] = []
        self._channels: Channels | None = None

    @property
    def is_done(self) -> bool:
        return self._seen == len(self.digests)

    def lose(self, digest: str, error: ImageError) -> None:
        self._unread[digest] = getattr(error, "reason", "")
        self._seen += 1

    def add(self, digests: Sequence[str], found: _Batch) -> None:
        images = np.array([self._numbers[digest] for digest in digests], np.int64)
        self._top.add(found.highest, images, found.place)
        self._units.add(found.single, images, lambda rows, _: np.zeros(len(rows), np.int64))
        if found.scores is not None:
            self._answers.append((found.scores, found.probabilities))
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
        for at, name in enumerate(("scores", "probabilities")):
            parts = [found_rows for pair in self._answers if (found_rows := pair[at]) is not None]
            if parts:
                arrays[name] = np.concatenate(parts)
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
