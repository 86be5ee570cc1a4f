"""What the single file holds, so that it keeps within its size: what is shrunk, what left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reportgen.evenly_spaced import spread
from reportgen.pictures.shrink import Encoded, as_it_is, shrunk
from reportgen.records.filters import Gallery
from reportgen.records.image import Activations, Image
from reportgen.records.over_images import Exemplars, ExemplarsOf
from reportgen.records.report import Report
from reportgen.report.figures import enlargement, is_sideways
from reportgen.report.sections.table import TABLE
from reportgen.wording import count, listed

CLASS_IMAGES = 12
"""Images that a file with a limit shows of each class, besides misclassified ones."""

GRID_IMAGES = 12
"""Images whose activations a file with a limit shows."""

EXEMPLAR_ROWS = 8
"""Channels of each layer whose top images a file with a limit shows."""

_PAGE = 75_000
"""About the bytes of style, scripts and the pages that every report has."""
_CARD, _IMAGE, _FIGURE, _LAYER, _TILE, _LINK = 1_200, 3_000, 1_800, 700, 26, 160
"""About the bytes of markup of each, and of the numbers behind each tile."""
_FOR_IMAGES, _FOR_GALLERIES, _FOR_GRIDS, _FOR_EXEMPLARS = 0.5, 0.7, 0.85, 0.95
"""Share of the limit that may be used up when these are chosen, one after the other."""
_FIRST_LAYERS = 2
_THUMBNAIL, _PHOTO, _HEATMAP, _STRIP = 320, 640, 460, 960


class Pictures:
    """Reads the pictures of a report's folder as the file carries them, each once."""

    def __init__(self, folder: Path, *, shrinking: bool) -> None:
        self._folder = folder
        self.shrinking = shrinking
        self._kept: dict[tuple[str, int], Encoded] = {}

    def encoded(self, path: str, width: int) -> Encoded:
        """The picture at `path` for a place that is `width` CSS pixels wide."""
        if not self.shrinking:
            return as_it_is(self._folder / path)
        key = (path, width)
        if key not in self._kept:
            self._kept[key] = shrunk(self._folder / path, width)
        return self._kept[key]

    def cost(self, path: str | None, width: int) -> int:
        """The bytes that it adds to the file."""
        if path is None:
            return 0
        if not self.shrinking:
            return (self._folder / path).stat().st_size * 4 // 3
        return len(self.encoded(path, width).content) * 4 // 3


@dataclass(frozen=True)
class Choice:
    """What the file holds, by the rules of `fitted`."""

    pictures: Pictures
    images: frozenset[str]
    """Names of the images that are shown."""
    grids: frozenset[str]
    """Names of those with activations."""
    layers: frozenset[str]
    """Layers whose activations are shown."""
    galleries: frozenset[str]
    """The pictures of the filter galleries that are shown."""
    exemplars: frozenset[str]
    """The pictures of the channels' top images that are shown."""

    def notes(self, report: Report, limit: int | None) -> tuple[str, ...]:
        """Sentences on what the file does not show of the whole `report`; `limit` in MB."""
        said = []
        total, left_out = len(report.images), list(self._left_out(report))
        if len(self.images) < total or left_out:
            some = len(self.images) < total
            shows = f"{len(self.images):,} of {count(total, 'image')}" if some else "all images"
            without = f", without {listed(left_out)}" if left_out else ""
            said.append(f"To keep this file under {limit or 0} MB it shows {shows}{without}.")
        if self.pictures.shrinking:
            said.append("Pictures are reduced to the size at which this page shows them.")
        also = [words for name, words in _ON_THE_SITE.items() if name in report.sections]
        parts = listed(["layers", "units", *also])
        return (*said, f"{parts.capitalize()} have pages in the full report only.")

    def _left_out(self, report: Report) -> Iterator[str]:
        seen = sum(bool(image.activations) for image in report.images if image.name in self.images)
        shown = len(self.grids) if self.layers else 0
        if seen and not shown:
            yield "activations"
        elif fewer := seen - shown:
            yield f"activations of {count(fewer, 'image')}"
        if shown and (layers := len(_seen(report) - self.layers)):
            yield f"activations of {count(layers, 'layer')}"
        if gone := len(report.galleries) - len(self.galleries):
            yield count(gone, "filter gallery", "filter galleries")
        if gone := len(_strips(report)) - len(self.exemplars):
            yield f"top images of {count(gone, 'channel')}"


_ON_THE_SITE = {section.key: section.left_to_site for section in TABLE if section.left_to_site}
"""Sections that the file leaves to the site, and what their pages are called."""


def everything(report: Report, folder: Path, *, shrinking: bool = False) -> Choice:
    """All that the report has."""
    names = frozenset(image.name for image in report.images)
    return Choice(
        Pictures(folder, shrinking=shrinking),
        names,
        frozenset(image.name for image in report.images if image.activations),
        _seen(report),
        frozenset(gallery.picture for gallery in report.galleries),
        frozenset(_strips(report)),
    )


def size(report: Report, choice: Choice) -> int:
    """About the bytes of a file with what was chosen."""
    pictures, shown = choice.pictures, reduced(report, choice)
    mistakes = _mistaken(report)
    return (
        _base_cost(pictures, report)
        + sum(_image_cost(pictures, image, mistakes) for image in shown.images)
        + sum(_grid_cost(pictures, grid) for image in shown.images for grid in image.activations)
        + sum(_gallery_cost(pictures, gallery) for gallery in shown.galleries)
        + sum(_strip_cost(pictures, strip) for strip in _strips(shown).values())
    )


def fitted(report: Report, pictures: Pictures, budget: int) -> Choice:
    """As much as fits into `budget` bytes, by estimate; at least one image.

    Misclassified images come first, then up to twelve of each class, evenly chosen. Filter
    galleries follow, then the activations of the first layers and of the last layer of each block,
    then the top images of channels, then the other layers.
    """
    spent = _base_cost(pictures, report)
    mistakes, images = _mistaken(report), {image.name: image for image in report.images}
    chosen: list[str] = []
    for name in image_order(report):
        cost = _image_cost(pictures, images[name], mistakes)
        if chosen and spent + cost > budget * _FOR_IMAGES:
            break
        spent += cost
        chosen.append(name)
    costs = {gallery.picture: _gallery_cost(pictures, gallery) for gallery in report.galleries}
    galleries = _affordable(costs, budget * _FOR_GALLERIES - spent)
    spent += sum(costs[gallery] for gallery in galleries)
    grids = [name for name in chosen if images[name].activations][:GRID_IMAGES]
    first, others = _layer_order(report)
    by_layer = _layer_costs(pictures, [images[name] for name in grids])
    layers = _affordable(
        {layer: by_layer.get(layer, 0) for layer in first}, budget * _FOR_GRIDS - spent
    )
    spent += sum(by_layer.get(layer, 0) for layer in layers)
    strips = {
        key: _strip_cost(pictures, strip) for key, strip in _strips(report, EXEMPLAR_ROWS).items()
    }
    exemplars = _affordable(strips, budget * _FOR_EXEMPLARS - spent)
    spent += sum(strips[picture] for picture in exemplars)
    layers |= _affordable({layer: by_layer.get(layer, 0) for layer in others}, budget - spent)
    return Choice(
        pictures,
        frozenset(chosen),
        frozenset(grids if layers else ()),
        frozenset(layers),
        frozenset(galleries),
        frozenset(exemplars),
    )


def image_order(report: Report) -> list[str]:
    """Names of the images that a file with a limit may show, the most telling first.

    Misclassified images lead, the most confident mistakes first, as many as one class may have.
    Classes then take turns, each with up to twelve images, evenly chosen.
    """
    classes: dict[str, list[str]] = {}
    for image in report.images:
        predicted = image.predictions[0].label if image.predictions else ""
        classes.setdefault(image.group or predicted, []).append(image.name)
    chosen = [spread(names, CLASS_IMAGES) for names in classes.values()]
    turns = [names[at] for at in range(CLASS_IMAGES) for names in chosen if at < len(names)]
    return list(dict.fromkeys([*list(_mistaken(report))[:CLASS_IMAGES], *turns]))


def reduced(report: Report, choice: Choice) -> Report:
    """The report with only what was chosen."""
    images = [
        replace(
            image,
            activations=[
                grid
                for grid in image.activations
                if image.name in choice.grids and grid.layer in choice.layers
            ],
        )
        for image in report.images
        if image.name in choice.images
    ]
    galleries = [gallery for gallery in report.galleries if gallery.picture in choice.galleries]
    filters = [pattern for pattern in report.filters if pattern.picture in choice.galleries]
    exemplars = _reduced_exemplars(report.exemplars, choice.exemplars)
    gone = {*_ON_THE_SITE, *(() if exemplars else ("exemplars",))}
    return report.model_copy(
        update={
            "images": images,
            "galleries": galleries,
            "filters": filters,
            "exemplars": exemplars,
            "sections": [name for name in report.sections if name not in gone],
            **dict(_without_left_records(report)),
        }
    )


def _without_left_records(report: Report) -> Iterator[tuple[str, Any]]:
    """The fields of the sections that are left to the site, each as it is without results."""
    for section in TABLE:
        if section.left_to_site:
            field = type(report).model_fields[section.record]
            yield section.record, field.get_default(call_default_factory=True)


def _reduced_exemplars(found: Exemplars | None, pictures: frozenset[str]) -> Exemplars | None:
    if found is None or not pictures:
        return None
    channels = [channel for channel in found.channels if channel.picture in pictures]
    units = [unit for unit in found.units if unit.picture in pictures]
    return found.model_copy(update={"channels": channels, "units": units})


def _affordable(costs: dict[str, int], room: float) -> set[str]:
    """Those that fit together, in their order; one that is too large does not keep out the next."""
    taken = set()
    for name, cost in costs.items():
        if cost <= room:
            room -= cost
            taken.add(name)
    return taken


def _mistaken(report: Report) -> dict[str, None]:
    """Names of the misclassified images, the most confident mistake first."""
    found = report.evaluation.mistakes if report.evaluation else []
    return dict.fromkeys(mistake.image for mistake in found)


def _strips(report: Report, rows: int | None = None) -> dict[str, ExemplarsOf]:
    """The pictures of top images: single units first, then channel by channel over all layers."""
    found = report.exemplars
    if found is None:
        return {}
    by_layer: dict[str, list[ExemplarsOf]] = {}
    for channel in found.channels:
        if channel.picture is not None:
            by_layer.setdefault(channel.layer, []).append(channel)
    deepest = max(map(len, by_layer.values()), default=0)
    rows = deepest if rows is None else min(rows, deepest)
    turns = [layer[at] for at in range(rows) for layer in by_layer.values() if at < len(layer)]
    return {strip.picture: strip for strip in (*found.units, *turns) if strip.picture is not None}


def _seen(report: Report) -> frozenset[str]:
    """The layers of which any image has activations."""
    return frozenset(grid.layer for image in report.images for grid in image.activations)


def _layer_order(report: Report) -> tuple[list[str], list[str]]:
    """The first layers with maps and the last of each block; and the others."""
    seen = _seen(report)
    layers = [layer for layer in report.model.layers if layer.path in seen]
    ends = {layer.block: layer.path for layer in layers}.values()
    first = list(dict.fromkeys([*(layer.path for layer in layers[:_FIRST_LAYERS]), *ends]))
    return first, [layer.path for layer in layers if layer.path not in first]


def _layer_costs(pictures: Pictures, images: Iterable[Image]) -> dict[str, int]:
    costs: dict[str, int] = {}
    for image in images:
        for grid in image.activations:
            costs[grid.layer] = costs.get(grid.layer, 0) + _grid_cost(pictures, grid)
    return costs


def _base_cost(pictures: Pictures, report: Report) -> int:
    known = [layer.distribution for layer in report.health.layers] if report.health else []
    charts = sum(
        _FIGURE + pictures.cost(distribution.chart, _THUMBNAIL)
        for distribution in known
        if distribution
    )
    return _PAGE + _LAYER * len(report.model.layers) + charts


def _image_cost(pictures: Pictures, image: Image, mistakes: Iterable[str]) -> int:
    cams = image.gradcam
    first = cams[0].picture if cams else None
    card = 0
    if image.name in mistakes:
        shown = [image.photo, *(cam.picture for cam in cams[:2])]
        card = _CARD + sum(pictures.cost(picture, _THUMBNAIL) for picture in shown)
    return (
        _IMAGE
        + _CARD
        + card
        + pictures.cost(image.photo, _THUMBNAIL)
        + pictures.cost(first, _THUMBNAIL)
        + pictures.cost(image.photo, _PHOTO)
        + pictures.cost(image.network_photo, _PHOTO)
        + sum(pictures.cost(cam.picture, _HEATMAP) for cam in cams)
        + sum(pictures.cost(cam.heatmap, _HEATMAP) for cam in cams)
        + sum(pictures.cost(cam.picture, _HEATMAP) for cam in image.through_depth)
        + sum(pictures.cost(difference.picture, _HEATMAP) for difference in image.differences)
        + sum(pictures.cost(difference.heatmap, _HEATMAP) for difference in image.differences)
    )


def _grid_cost(pictures: Pictures, grid: Activations) -> int:
    height, width = grid.size
    across = grid.width * enlargement(
        grid.width, grid.height, width, height, sideways=is_sideways(grid)
    )
    singles = sum(pictures.cost(channel.picture, 384) + _FIGURE for channel in grid.singles)
    return _FIGURE + _TILE * grid.shown + pictures.cost(grid.picture, across) + singles


def _gallery_cost(pictures: Pictures, gallery: Gallery) -> int:
    size = gallery.size
    across = gallery.width * enlargement(
        gallery.width, gallery.height, size, size, sideways=is_sideways(gallery)
    )
    return _FIGURE + _TILE * gallery.shown + pictures.cost(gallery.picture, across)


def _strip_cost(pictures: Pictures, strip: ExemplarsOf) -> int:
    return _FIGURE + _LINK * len(strip.exemplars) + pictures.cost(strip.picture, _STRIP)
