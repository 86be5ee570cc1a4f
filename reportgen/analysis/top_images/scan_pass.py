"""One pass of a scan: from the pixels of a batch to the numbers that are kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.analysis.batches import map_bytes
from reportgen.analysis.engine import engine
from reportgen.analysis.feature_maps.answers import Answers
from reportgen.analysis.feature_maps.quantise import statistics
from reportgen.analysis.options import FedOptions
from reportgen.analysis.top_images.reductions import located, reduced
from reportgen.analysis.top_images.top_k import Floats, Integers, Locate
from reportgen.analysis.workbench import Workbench

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
        values: name of the output whose values are kept; none where it is empty.
        batch: most images that go through the network together on a CPU.

    """

    k: int = 0
    layers: Sequence[str] = ()
    units: Sequence[ChannelUnit] = ()
    measured: Sequence[str] = ()
    answers: bool = False
    values: str = ""
    batch: int = BATCH


@dataclass(frozen=True)
class Batch:
    """What came from the device for a batch of N images; `None` where it was not asked for.

    Attributes:
        scores, probabilities: (N, classes).
        values: of the output asked for, (N, values).
        zeros: share of zeros of each measured layer, (N, layers).
        channels: low, high, mean and 1 for inactive of the channels of all measured layers,
            (N, 4, channels).
        highest: the maxima of the channels of all searched layers, (N, channels).
        place: where the maxima of rows and channels of `highest` are, as numbers of positions.
        single: values of the single units, (N, units).

    """

    scores: Floats | None
    probabilities: Floats | None
    values: Floats | None
    zeros: Floats
    channels: Floats
    highest: Floats
    single: Floats
    place: Locate

    def rows(self, start: int, end: int) -> "Batch":
        """Some of the images."""
        cut: dict[str, Any] = {
            name: None if value is None else value[start:end]
            for name, value in vars(self).items()
            if name != "place"
        }
        return Batch(**cut, place=lambda rows, channels: self.place(rows + start, channels))


class Forward:
    """The function from pixels (N, H, W, C) to what a scan keeps of a batch."""

    def __init__(self, bench: Workbench, options: ScanOptions) -> None:
        """Trace nothing yet: the first batch does."""
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
        compute = self._maps if self._on_cpu else self._reduced
        self._graph = engine().compiled(compute, network.variables, bench.places)

    def __call__(self, pixels: Floats) -> Batch:
        """Compute a batch of pixels (N, H, W, C) in 0..255."""
        found = self._graph(np.asarray(self._bench.prepare(pixels), np.float32))
        return self._batch_of_maps(*found) if self._on_cpu else _batch(*found)

    def _maps(self, values: Any) -> Any:
        """Scores, probabilities and values, and the maps of all layers as they are computed."""
        network, options = self._bench.network, self._options
        asked = self._answers.paths if options.answers or options.values else []
        behind, before = network.run(values, [*self._paths, *asked])
        count = len(self._paths)
        maps = [network.maps(output, path)
                for path, output in zip(self._paths, behind, strict=False)]  # fmt: skip
        scores, probabilities, numbers = None, None, None
        if asked:
            found = self._answers.compute(behind[count:], before[count:])
            scores, probabilities = found[:2] if options.answers else (None, None)
            numbers = self._answers.named(options.values, found[2])
        return scores, probabilities, numbers, maps

    def _reduced(self, values: Any) -> Any:
        """What `_batch` takes, reduced on the device."""
        from keras import ops

        options = self._options
        scores, probabilities, numbers, found = self._maps(values)
        maps = dict(zip(self._paths, found, strict=True))
        images = ops.shape(values)[0]
        nothing = ops.zeros((images, 0))
        measure = engine().traced_once(_measure, [(4, "float32")])
        top = engine().traced_once(_top, [(4, "float32")])
        measured = [measure(maps[path]) for path in options.measured]
        tops = [top(maps[path]) for path in options.layers]
        single = _single(maps, options.units)
        return (
            scores,
            probabilities,
            numbers,
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

    def _batch_of_maps(self, *kept: Any) -> Batch:
        """A batch whose maps are reduced here, a layer in each thread."""
        scores, probabilities, values, found = kept
        options, maps = self._options, dict(zip(self._paths, found, strict=True))
        paths = list(dict.fromkeys([*options.measured, *options.layers]))
        numbers = dict(zip(paths, self._bench.threads.map(reduced, [maps[path] for path in paths]),
                           strict=True))  # fmt: skip
        images = next(len(array) for array in (scores, values, *found) if array is not None)
        measured = [numbers[path] for path in options.measured]
        single = _single(maps, options.units)
        nothing = np.empty((images, 0), np.float32)
        return Batch(
            scores,
            probabilities,
            values,
            np.stack([layer.zeros for layer in measured], axis=1) if measured else nothing,
            np.concatenate([np.empty((images, 4, 0), np.float32)]
                           + [layer.channels for layer in measured], axis=2),
            np.concatenate([nothing, *(numbers[path].channels[:, 1] for path in options.layers)],
                           axis=1),
            np.stack(single, axis=1) if single else nothing,
            _located_in([maps[path] for path in options.layers]),
        )  # fmt: skip


def _batch(*found: Any) -> Batch:
    """A batch that was reduced on the device; the last array holds all places (N, channels)."""
    *numbers, places = found
    known = places.astype(np.int64)

    def place(rows: Integers, columns: Integers) -> Integers:
        at: Integers = known[rows, columns]
        return at

    scores, probabilities, values, zeros, channels, highest, single = numbers
    return Batch(scores, probabilities, values, zeros, channels, highest, single, place)


def _single(maps: Mapping[str, Any], units: Sequence[ChannelUnit]) -> list[Any]:
    """The values (N,) of single units in the maps of layers, by their paths."""
    return [maps[path][:, row, column, channel] for path, row, column, channel in units]


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
