"""What the single file holds, so that it keeps within its size: what is shrunk, what left out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.pictures.shrink import Encoded, as_it_is, shrunk
from reportgen.records.report import Activations, Gallery, Image, Report
from reportgen.report.figures import enlargement
from reportgen.wording import count

_PAGE = 75_000
"""About the bytes of style, scripts and the pages that every report has."""
_CARD, _IMAGE, _FIGURE, _LAYER, _TILE = 1_200, 3_000, 1_800, 700, 26
"""About the bytes of markup of each, and of the numbers behind each tile."""
_GALLERIES = 0.5
"""Share of what the photos leave free that filter galleries may take: grids follow."""
_THUMBNAIL, _PHOTO, _HEATMAP = 320, 640, 460


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
    """What the file holds, by the rules of `choices`."""

    pictures: Pictures
    images: int
    """How many images, the first ones."""
    grids: int
    """How many of them with activations."""
    layers: frozenset[str]
    """Layers whose activations are shown."""
    galleries: frozenset[str]
    """The pictures of the filter galleries that are shown."""

    def notes(self, report: Report) -> tuple[str, ...]:
        """Sentences on what the file does not show of the whole `report`."""
        said = []
        if self.pictures.shrinking:
            said.append("Pictures have no more pixels than this page shows.")
        total = len(report.images)
        if self.images < total:
            said.append(f"Left out to keep the file small: {count(total - self.images, 'image')}.")
        seen = sum(bool(image.activations) for image in report.images[: self.images])
        if (lost := seen - self.grids) > 0:
            said.append(f"Left out to keep the file small: activations of {count(lost, 'image')}.")
        if self.grids and (fewer := len(_seen(report) - self.layers)):
            said.append(f"Left out to keep the file small: activations of {count(fewer, 'layer')}.")
        if gone := len(report.galleries) - len(self.galleries):
            many = count(gone, "filter gallery", "filter galleries")
            said.append(f"Left out to keep the file small: {many}.")
        also = [words for name, words in _ON_THE_SITE.items() if name in report.sections]
        parts = ["by layer", "by unit", *also]
        listed = f"{', '.join(parts[:-1])} and {parts[-1]}"
        return (*said, f"The pages {listed} are part of the site, not of this file.")


_ON_THE_SITE = {"kernels": "of kernels", "trust": "of trust in heatmaps", "dreams": "of dreams"}
"""Sections that the file leaves to the site, and what their pages are called."""


def choices(report: Report, folder: Path, budget: int | None) -> Iterator[Choice]:
    """Ever smaller choices; the first whose file takes at most `budget` bytes is the one.

    Everything as it is comes first, then shrunk pictures, of which as many as fit: photos and
    Grad-CAM before galleries, galleries before grids; the last layer of each block for as many
    images as possible, then the other layers for the same images.
    """
    plain = Pictures(folder, shrinking=False)
    everything = frozenset(gallery.picture for gallery in report.galleries)
    whole = Choice(plain, len(report.images), len(report.images), _seen(report), everything)
    if budget is None or _size(report, plain) <= budget:
        yield whole
    if budget is not None:
        small = Pictures(folder, shrinking=True)
        # Estimates are low where names are strange: then less is planned for.
        for share in (1.0, 0.9, 0.75, 0.5, 0.25):
            yield _fitted(report, small, int(budget * share))


def reduced(report: Report, choice: Choice) -> Report:
    """The report with only what was chosen."""
    images = [
        replace(
            image,
            activations=[
                one for one in image.activations if at < choice.grids and one.layer in choice.layers
            ],
        )
        for at, image in enumerate(report.images[: choice.images])
    ]
    galleries = [one for one in report.galleries if one.picture in choice.galleries]
    filters = [one for one in report.filters if one.picture in choice.galleries]
    kept = {"images": images, "galleries": galleries, "filters": filters}
    sections = [name for name in report.sections if name not in _ON_THE_SITE]
    return report.model_copy(
        update={**kept, "sections": sections, "kernels": [], "trust": None, "dreams": []}
    )


def _fitted(report: Report, pictures: Pictures, budget: int) -> Choice:
    spent = _PAGE + _LAYER * len(report.model.layers) + _health_cost(pictures, report)
    images = grids = 0
    for image in report.images:
        cost = _image_cost(pictures, image)
        if images and spent + cost > budget:
            break
        spent, images = spent + cost, images + 1
    galleries = set()
    room = spent + (budget - spent) * (_GALLERIES if "activations" in report.sections else 1)
    for gallery in report.galleries:
        cost = _gallery_cost(pictures, gallery)
        if spent + cost > room:
            break
        spent += cost
        galleries.add(gallery.picture)
    chosen = report.images[:images]
    layers = _last_of_blocks(report)
    for image in chosen:
        cost = sum(_grid_cost(pictures, one) for one in image.activations if one.layer in layers)
        if spent + cost > budget:
            break
        spent, grids = spent + cost, grids + 1
    others: dict[str, int] = {}
    for image in chosen[:grids]:
        for one in image.activations:
            if one.layer not in layers and others.get(one.layer, 0) <= budget:
                others[one.layer] = others.get(one.layer, 0) + _grid_cost(pictures, one)
    for layer, cost in others.items():
        if spent + cost <= budget:
            spent += cost
            layers.add(layer)
    return Choice(pictures, images, grids, frozenset(layers), frozenset(galleries))


def _seen(report: Report) -> frozenset[str]:
    """The layers of which any image has activations."""
    return frozenset(one.layer for image in report.images for one in image.activations)


def _last_of_blocks(report: Report) -> set[str]:
    seen = _seen(report)
    return set({one.block: one.path for one in report.model.layers if one.path in seen}.values())


def _size(report: Report, pictures: Pictures) -> int:
    """About the bytes of a file with everything."""
    return (
        _PAGE
        + _LAYER * len(report.model.layers)
        + sum(_image_cost(pictures, image) for image in report.images)
        + sum(_grid_cost(pictures, grid) for image in report.images for grid in image.activations)
        + sum(_gallery_cost(pictures, gallery) for gallery in report.galleries)
        + _health_cost(pictures, report)
    )


def _health_cost(pictures: Pictures, report: Report) -> int:
    known = [one.distribution for one in report.health.layers] if report.health else []
    return sum(_FIGURE + pictures.cost(one.chart, _THUMBNAIL) for one in known if one)


def _image_cost(pictures: Pictures, image: Image) -> int:
    cams = image.gradcam
    first = cams[0].picture if cams else None
    return (
        _IMAGE
        + _CARD
        + pictures.cost(image.photo, _THUMBNAIL)
        + pictures.cost(first, _THUMBNAIL)
        + pictures.cost(image.photo, _PHOTO)
        + pictures.cost(image.network_photo, _PHOTO)
        + sum(pictures.cost(cam.picture, _HEATMAP) for cam in cams)
        + sum(pictures.cost(cam.heatmap, _HEATMAP) for cam in cams)
        + sum(pictures.cost(cam.picture, _HEATMAP) for cam in image.through_depth)
        + sum(pictures.cost(one.picture, _HEATMAP) for one in image.differences)
        + sum(pictures.cost(one.heatmap, _HEATMAP) for one in image.differences)
    )


def _grid_cost(pictures: Pictures, grid: Activations) -> int:
    height, width = grid.size
    across = grid.width * enlargement(grid.width, grid.height, width, height)
    singles = sum(pictures.cost(one.picture, 384) + _FIGURE for one in grid.singles)
    return _FIGURE + _TILE * grid.shown + pictures.cost(grid.picture, across) + singles


def _gallery_cost(pictures: Pictures, gallery: Gallery) -> int:
    size = gallery.size
    across = gallery.width * enlargement(gallery.width, gallery.height, size, size)
    return _FIGURE + _TILE * gallery.shown + pictures.cost(gallery.picture, across)
