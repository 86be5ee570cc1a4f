"""Exemplars: the user's own images that activate a channel, or a single unit, the most."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.highest import Highest
from reportgen.analysis.recent import Recent
from reportgen.analysis.top_k import TopK
from reportgen.analysis.workbench import Workbench, number
from reportgen.execution.runner import Failure, Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import jpeg
from reportgen.pictures.strips import GRID_TILE, TILE, Cell, Shown, strip

_QUALITY = 70
"""Of the strips, as a JPEG: there are hundreds, of pictures that are thumbnails."""


_KEPT_BYTES = 32_000_000
"""Of images that are shown again and again: two hundred, of 224 pixels a side."""

Picture = npt.NDArray[np.uint8]


class Exemplars:
    """The images that activate channels and units the most, and pictures of them."""

    name = "exemplars"
    version = 7
    title = "Cutting out patches"

    def plan(self, model: str, digests: Sequence[str], options: Mapping[str, Any]) -> Plan:
        """The one unit of all images, see `unit`, and the search that it is drawn from."""
        search = Highest()
        asked = {"layers": list(options["channels"])}
        rest = {key: value for key, value in options.items() if key != "channels"}
        needs = Plan(search, search.units(model, digests, {**rest, **asked}))
        return Plan(self, [self.unit(model, digests, options)], needs)

    def unit(self, model: str, digests: Sequence[str], options: Mapping[str, Any]) -> Unit:
        """The one unit of all images.

        `options`: k, channels (those to draw, by layer path), units ([path, row, column, channel]),
        preprocess, resize, and what else the network depends on.
        """
        return Unit(self.name, self.version, "images", (model, *digests), options)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield what was found, and a strip of pictures for each channel and unit.

        The search must be finished: `bench.needed` are its outcomes.
        """
        for unit in units:
            yield unit, _Drawing(bench, unit).result()


class _Drawing:
    """The pictures and records of what a search has found."""

    def __init__(self, bench: Workbench, unit: Unit) -> None:
        self.bench = bench
        self.digests = unit.inputs[1:]
        self.channels: Mapping[str, list[int]] = unit.options["channels"]
        self.units: list[tuple[str, int, int, int]] = [tuple(one) for one in unit.options["units"]]
        self.k: int = unit.options["k"]
        self.unread: dict[int, str] = {}
        self.files: dict[str, bytes] = {}
        self._recent: Recent[Picture] = Recent(_KEPT_BYTES)

    def result(self) -> Result:
        layers, units = self._searched()
        channels = [
            self._found(path, channel, None, layers[path].of(channel))
            for path, wanted in self.channels.items()
            for channel in wanted
        ]
        single = [
            self._found(path, channel, (row, column), units.of(at))
            for at, (path, row, column, channel) in enumerate(self.units)
        ]
        unread = [{"image": at, "reason": self.unread[at]} for at in sorted(self.unread)]
        data = {
            "images": len(self.digests) - len(unread),
            "unread": unread,
            "channels": channels,
            "units": single,
        }
        return Result(data, self.files)

    def _pixels(self, image: int) -> Picture:
        """An image as the network sees it, RGB."""
        pixels = np.clip(np.rint(self.bench.pixels(self.digests[image])), 0, 255).astype(np.uint8)
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels

    def _searched(self) -> tuple[dict[str, TopK], TopK]:
        """What all units of the search have found together, one after the other."""
        network = self.bench.network
        counts = {path: network.map_channels(path) or 1 for path in self.channels}
        layers = {path: TopK(count, self.k) for path, count in counts.items()}
        units = TopK(len(self.units), self.k)
        numbers = {digest: at for at, digest in enumerate(self.digests)}
        for outcome in self.bench.needed.values():
            if isinstance(outcome, Failure):
                raise outcome.error
            data = outcome.data
            images = [numbers[digest] for digest in data["digests"]]
            self.unread |= {numbers[digest]: why for digest, why in data["unread"].items()}
            for path, layer in layers.items():
                layer.merge(TopK.from_data(data["layers"][path]), images)
            if self.units:
                units.merge(TopK.from_data(data["units"]), images)
        return layers, units

    def _found(
        self,
        path: str,
        channel: int,
        place: tuple[int, int] | None,
        found: Iterator[tuple[float, int, int]],
    ) -> dict[str, Any]:
        """What report.json says of a channel or unit; draws its strip."""
        height, width = self.bench.network.map_size(path) or (1, 1)
        grid = self.bench.network.receptive_fields.grid(path, (height, width))
        cell = partial(Cell, downs=grid.rows.edges(height), acrosses=grid.columns.edges(width))
        entries, shown = [], []
        for value, image, at in found:
            row, column = divmod(at, width) if place is None else place
            field = self.bench.network.receptive_fields.of(path, row, column)
            box = field.box
            entries.append(
                {
                    "image": image,
                    "row": row,
                    "column": column,
                    "value": number(value),
                    "box": [box.top, box.left, box.height, box.width],
                    "exact": field.exact,
                    "beyond": field.beyond,
                }
            )
            pixels = self._recent(self.digests[image], partial(self._pixels, image))
            shown.append(Shown(pixels, box, cell(row, column) if place is not None else None))
        picture = None
        if shown:
            where = "" if place is None else f"-{place[0]}-{place[1]}"
            picture = f"{len(self.files):05d}-{channel}{where}.jpg"
            self.files[picture] = jpeg(strip(shown), _QUALITY)
        return {
            "layer": path,
            "channel": channel,
            "unit": None if place is None else list(place),
            "picture": picture,
            "tile": TILE if place is None else GRID_TILE,
            "exemplars": entries,
        }
