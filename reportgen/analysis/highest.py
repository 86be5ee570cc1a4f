"""Where each channel is highest on each image: the search that exemplars are drawn from."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reportgen.analysis.batches import computed, map_bytes
from reportgen.analysis.engine import engine
from reportgen.analysis.options import FedOptions
from reportgen.analysis.top_k import Floats, Integers, TopK
from reportgen.analysis.workbench import Workbench
from reportgen.errors import ImageError
from reportgen.execution.units import Result, Unit

ALONE = 256
"""Up to so many images, each is a unit of its own: a new one costs its own pass only."""

TOGETHER = 32
"""About the images of a unit where there are more."""


ChannelUnit = tuple[str, int, int, int]
"""One unit of a feature map: layer path, row, column, channel."""


@dataclass(frozen=True, kw_only=True)
class HighestOptions(FedOptions):
    """How many images are found (`k`), for the channels of which layers and for which units."""

    k: int
    layers: Sequence[str]
    units: Sequence[ChannelUnit]


HighestUnit = Unit[HighestOptions]


class Highest:
    """The highest values of all channels of some layers, and of single units."""

    name = "highest"
    version = 3
    title = "Finding top images"

    def units(
        self, model: str, digests: Sequence[str], options: HighestOptions
    ) -> list[HighestUnit]:
        """Units that hold all images once.

        Which images go together depends on their own digests: another image in a folder of
        thousands changes one unit.
        """
        buckets: dict[str, list[str]] = {}
        bits = (len(digests) // TOGETHER).bit_length()
        for digest in digests:
            number = int(digest[:8], 16) >> (32 - bits)
            buckets.setdefault(digest if len(digests) <= ALONE else str(number), []).append(digest)
        return [
            Unit(self.name, self.version, "images", model, tuple(sorted(bucket)),
                 replace(options, k=min(options.k, len(bucket))))
            for bucket in buckets.values()
        ]  # fmt: skip

    def compute(
        self, units: Sequence[HighestUnit], bench: Workbench
    ) -> Iterator[tuple[HighestUnit, Result]]:
        """Yield the highest values of each unit's images; all go through the network in one row."""
        network, options = bench.network, units[0].options
        paths, singles = options.layers, options.units
        key = json.dumps([self.name, {**options.json, "k": 0}], sort_keys=True)
        forward = bench.compiled(key, lambda: _forward(bench, paths, singles))
        counts = {path: network.map_channels(path) or 1 for path in paths}
        need = map_bytes(network, sorted({*paths, *(path for path, *_ in singles)}))
        owner = {digest: unit for unit in units for digest in unit.photos}
        # Units hold the best of thousands of channels: there are only as many as are at work.
        begun: dict[str, _Found] = {}

        def found(digest: str) -> _Found:
            unit = owner[digest]
            if unit.key not in begun:
                begun[unit.key] = _Found(unit, counts, len(singles))
            return begun[unit.key]

        for part, (highest, places, single) in computed(
            bench,
            list(owner),
            need,
            forward,
            lambda digest, error: found(digest).lose(digest, error),
        ):
            for at, digest in enumerate(part):
                values = [one[at : at + 1] for one in highest]
                where = [one[at : at + 1] for one in places]
                found(digest).add(digest, values, where, single[at : at + 1])
            for one in [one for one in begun.values() if one.is_done]:
                del begun[one.unit.key]
                yield one.unit, one.result()
        yield from ((one.unit, one.result()) for one in begun.values())


class _Found:
    """What a unit has found so far."""

    def __init__(self, unit: HighestUnit, counts: Mapping[str, int], singles: int) -> None:
        self.unit = unit
        self.digests = unit.photos
        self.unread: dict[str, str] = {}
        self._seen = 0
        self._numbers = {digest: at for at, digest in enumerate(self.digests)}
        self._layers = {path: TopK(many, unit.options.k) for path, many in counts.items()}
        self._singles = TopK(singles, unit.options.k)

    @property
    def is_done(self) -> bool:
        return self._seen == len(self.digests)

    def lose(self, digest: str, error: ImageError) -> None:
        self.unread[digest] = getattr(error, "reason", "")
        self._seen += 1

    def add(
        self, digest: str, values: Sequence[Floats], places: Sequence[Integers], single: Floats
    ) -> None:
        image = np.array([self._numbers[digest]], np.int64)
        for layer, value, place in zip(self._layers.values(), values, places, strict=True):
            layer.add(value, image, place)
        self._singles.add(single, image, np.zeros(single.shape, np.int64))
        self._seen += 1

    def result(self) -> Result:
        return Result(
            {
                "digests": list(self.digests),
                "unread": self.unread,
                "layers": {path: one.to_data() for path, one in self._layers.items()},
                "units": self._singles.to_data(),
            }
        )


def _forward(
    bench: Workbench, paths: Sequence[str], units: Sequence[ChannelUnit]
) -> Callable[[Floats], tuple[list[Floats], list[Integers], Floats]]:
    """From pixels (N, H, W, C) to the channels' maxima and their places, and the units' values."""
    network = bench.network  # the first who asks for it starts the engine
    from keras import ops

    everything = list(dict.fromkeys([*paths, *(path for path, *_ in units)]))

    def compute(values: Any) -> Any:
        behind, _ = network.run(values, everything)
        maps = {path: network.maps(one, path) for path, one in zip(everything, behind, strict=True)}
        flat = [
            ops.reshape(maps[path], (ops.shape(maps[path])[0], -1, maps[path].shape[3]))
            for path in paths
        ]
        highest = [ops.max(one, axis=1) for one in flat]
        # Of equal values the first, whatever their signs: -0.0 is no less than 0.0 here.
        reached = [
            ops.cast(one == most[:, None], "int8") for one, most in zip(flat, highest, strict=True)
        ]
        single = [maps[path][:, row, column, channel] for path, row, column, channel in units]
        return (
            highest,
            [ops.argmax(one, axis=1) for one in reached],
            ops.stack(single, axis=1) if single else ops.zeros((ops.shape(values)[0], 0)),
        )

    graph = engine().compiled(compute, network.variables, bench.places)

    def forward(pixels: Floats) -> tuple[list[Floats], list[Integers], Floats]:
        highest, places, single = graph(np.asarray(bench.prepare(pixels), np.float32))
        return highest, [one.astype(np.int64) for one in places], single

    return forward
