"""Exemplars: the user's own images that activate a channel, or a single unit, the most."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from reportgen.analysis.choosing import (
    NO_CHANNELS,
    chosen_filters,
    named_filters,
    no_such_layer,
    single_channels,
)
from reportgen.analysis.options import FedOptions
from reportgen.analysis.recent import Recent
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.top_images.scan import Scan
from reportgen.analysis.top_images.scan_pass import ChannelUnit, ScanOptions
from reportgen.analysis.top_images.scanned import ScannedGroup
from reportgen.analysis.top_images.top_k import TopK
from reportgen.analysis.workbench import Workbench, number
from reportgen.config import Settings
from reportgen.errors import SettingsError
from reportgen.execution.runner import Failure, Plan
from reportgen.execution.units import Result, Unit
from reportgen.few_images import FEWEST_RANKED
from reportgen.pictures.encode import jpeg
from reportgen.pictures.strips import GRID_TILE, TILE, Cell, StripImage, strip
from reportgen.records.model import Layer
from reportgen.records.report import Skipped

_QUALITY = 70
"""Of the strips, as a JPEG: there are hundreds, of pictures that are thumbnails."""


_KEPT_BYTES = 32_000_000
"""Of images that are shown again and again: two hundred, of 224 pixels a side."""

MOST_DECISIVE = 64
"""Channels with the largest part in decisions that get top images beside those asked for."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ExemplarOptions(FedOptions):
    """How many images are shown (`k`), of which channels (by layer path) and of which units."""

    k: int
    channels: Mapping[str, Sequence[int]]
    units: Sequence[ChannelUnit]


@dataclass(frozen=True)
class FoundImage:
    """Where an image activates a channel the most; `image` counts the unit's photos."""

    image: int
    row: int
    column: int
    value: float | None
    box: list[int]
    exact: bool
    beyond: bool


@dataclass(frozen=True)
class FoundChannel:
    """The images of one channel, or of one unit (its row and column), and their strip."""

    layer: str
    channel: int
    unit: list[int] | None
    picture: str | None
    tile: int
    exemplars: list[FoundImage]


@dataclass(frozen=True)
class Unread:
    """An image that cannot be read, and why."""

    image: int
    reason: str


@dataclass(frozen=True)
class ExemplarData:
    """What was found in `images` images."""

    images: int
    unread: list[Unread]
    channels: list[FoundChannel]
    units: list[FoundChannel]


ExemplarUnit = Unit[ExemplarOptions]


class Exemplars:
    """The images that activate channels and units the most, and pictures of them."""

    name = "exemplars"
    version = 8
    title = "Cutting out patches"

    def plan(
        self, request: Request, decisive: Mapping[str, Sequence[int]] = NO_CHANNELS
    ) -> tuple[Plan[ExemplarOptions], list[Skipped]]:
        """The one unit of all images; channels are those asked for, else the first of layers that
        have learned weights, and those that are `decisive`, by layer. Raises SettingsError for a
        channel or a unit that is not there.
        """
        settings, layers = request.settings, request.model.layers
        digests = list(dict.fromkeys(request.searched))
        singles = single_channels(layers, settings)
        learned = [layer for layer in request.layers if layer.spatial and layer.channels]
        featured = [layer for layer in learned if _has_features(layer)]
        wanted = chosen_filters(featured, settings, named_filters(layers, settings))
        wanted |= {layer.path: singles[layer.path] for layer in request.layers
                   if layer.path in singles}  # fmt: skip
        for path, named in decisive.items():  # among the layers that are scanned
            if path in wanted:
                more = {*named[:MOST_DECISIVE]} - {*wanted[path]}
                wanted[path] = [*wanted[path], *sorted(more)]
        units = _single_units(layers, settings)
        if not request.wants("exemplars"):
            return Plan(self, []), []
        reason = request.no_image
        if not reason and not wanted and not units:
            reason = "no layer with maps has learned weights"
        elif not reason and not request.data_set and not units:
            reason = _too_few(len(digests), asked="exemplars" in settings.sections)
        if reason:
            return Plan(self, []), no_section("exemplars", reason)
        k = min(settings.exemplars, len(digests))
        options = ExemplarOptions(feed=request.feed, k=k, channels=wanted, units=units)
        needs = Scan().plan(
            request.model.sha256,
            digests,
            ScanOptions(
                feed=request.feed,
                k=k,
                layers=list(wanted),
                units=units,
                measured=request.measured,
                answers=request.answers,
                values=request.values,
            ),
        )
        return Plan(self, [self.unit(request.model.sha256, digests, options)], needs), []

    def unit(self, model: str, photos: Sequence[str], options: ExemplarOptions) -> ExemplarUnit:
        """The one unit of all images."""
        return Unit(self.name, self.version, "images", model, tuple(photos), options)

    def compute(
        self, units: Sequence[ExemplarUnit], bench: Workbench
    ) -> Iterator[tuple[ExemplarUnit, Result[ExemplarData]]]:
        """Yield what was found, and a strip of pictures for each channel and unit.

        The search must be finished: `bench.needed` are its outcomes.
        """
        for unit in units:
            yield unit, _Drawing(bench, unit).result()


def _too_few(images: int, *, asked: bool) -> str:
    """Why so few images have no top images; empty for enough, which are two where it is `asked`."""
    fewest = 2 if asked else FEWEST_RANKED
    if images >= fewest:
        return ""
    return (
        f"top images need at least {fewest} images, but there {'is' if images == 1 else 'are'}"
        f" {images}; --dataset names a data set to search"
    )


def _has_features(layer: Layer) -> bool:
    """Whether channels of the layer are features of its own: not what it scales or normalises."""
    scaling = "Normalization" in layer.type or layer.type in ("PReLU", "LayerScale", "Embedding")
    return layer.convolution or (layer.parameters > 0 and not scaling)


def _single_units(layers: Sequence[Layer], settings: Settings) -> list[ChannelUnit]:
    """The units asked for; raises SettingsError for one that is not there."""
    by_path = {layer.path: layer for layer in layers}
    for path, row, column, channel in settings.single_units:
        if path not in by_path:
            raise SettingsError(f"--unit {path}: {no_such_layer(layers, path)}")
        layer = by_path[path]
        if layer.map_size is None:
            raise SettingsError(f"--unit {path}: the layer has no maps to show.")
        sizes = (*layer.map_size, layer.channels or 0)
        for value, size, what in zip(
            (row, column, channel), sizes, ("row", "column", "channel"), strict=True
        ):
            if value >= size:
                raise SettingsError(
                    f"--unit {path}: there is no {what} {value}; the layer has {size}, counted "
                    f"from 0 to {size - 1}."
                )
    return settings.single_units


class _Drawing:
    """The pictures and records of what a search has found."""

    def __init__(self, bench: Workbench, unit: ExemplarUnit) -> None:
        self.bench = bench
        self.digests = unit.photos
        self.channels = unit.options.channels
        self.units = unit.options.units
        self.k = unit.options.k
        self.unread: dict[int, str] = {}
        self.files: dict[str, bytes] = {}
        self._recent: Recent[Picture] = Recent(_KEPT_BYTES)

    def result(self) -> Result[ExemplarData]:
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
        unread = [Unread(at, self.unread[at]) for at in sorted(self.unread)]
        data = ExemplarData(len(self.digests) - len(unread), unread, channels, single)
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
            group = ScannedGroup.read(outcome)
            images = [numbers[digest] for digest in group.all_digests]
            self.unread |= {numbers[digest]: why for digest, why in group.unread.items()}
            tops = group.top(list(layers))
            for path, layer in layers.items():
                layer.merge(tops[path], images)
            if self.units:
                units.merge(group.units, images)
        return layers, units

    def _found(
        self,
        path: str,
        channel: int,
        place: tuple[int, int] | None,
        found: Iterator[tuple[float, int, int]],
    ) -> FoundChannel:
        """What is kept of a channel or unit; draws its strip."""
        height, width = self.bench.network.map_size(path) or (1, 1)
        grid = self.bench.network.receptive_fields.grid(path, (height, width))
        cell = partial(Cell, downs=grid.rows.edges(height), acrosses=grid.columns.edges(width))
        entries, shown = [], []
        for value, image, at in found:
            row, column = divmod(at, width) if place is None else place
            field = self.bench.network.receptive_fields.of(path, row, column)
            box = field.box
            entries.append(
                FoundImage(
                    image=image,
                    row=row,
                    column=column,
                    value=number(value),
                    box=[box.top, box.left, box.height, box.width],
                    exact=field.exact,
                    beyond=field.beyond,
                )
            )
            pixels = self._recent(self.digests[image], partial(self._pixels, image))
            shown.append(StripImage(pixels, box, cell(row, column) if place is not None else None))
        picture = None
        if shown:
            where = "" if place is None else f"-{place[0]}-{place[1]}"
            picture = f"{len(self.files):05d}-{channel}{where}.jpg"
            self.files[picture] = jpeg(strip(shown), _QUALITY)
        return FoundChannel(
            layer=path,
            channel=channel,
            unit=None if place is None else list(place),
            picture=picture,
            tile=TILE if place is None else GRID_TILE,
            exemplars=entries,
        )
