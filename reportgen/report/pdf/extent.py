"""How much of a report its PDF shows in full: images, layers, galleries, filters, settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reportgen.evenly_spaced import spread
from reportgen.records.filters import Gallery
from reportgen.records.image import Activations, Image
from reportgen.records.model import Layer
from reportgen.records.report import Report
from reportgen.report.outline import Outline
from reportgen.report.placed_notes import notes_of

T = TypeVar("T")

MOST_LAYERS_LISTED = 60
"""Layers up to which the model's table has a row for each."""


@dataclass(frozen=True)
class Extent:
    """The most of each kind; None for all.

    `images` are shown in full, each with the activations of `layers` and their first `channels`;
    `thumbnails` stand in the overview; `galleries` show the first `patterns` of a layer. Photos and
    heatmaps have at most `side` pixels either way.
    """

    images: int | None = 3
    layers: int | None = 3
    channels: int | None = 32
    thumbnails: int | None = 12
    galleries: int | None = 8
    patterns: int | None = 16
    side: int | None = None


EVERYTHING = Extent(None, None, None, None, None, None)


def smaller_extents(extent: Extent) -> Iterator[Extent]:
    """What to try, one after the other, to make a PDF smaller."""
    yield extent
    yield replace(extent, side=400)
    if extent.images is None or extent.images > 2:
        yield Extent(2, 3, 32, 12, 8, 8, side=400)
    yield Extent(1, 1, 16, 8, 4, 8, side=320)
    yield Extent(1, 0, 0, 4, 2, 4, side=240)
    yield Extent(0, 0, 0, 0, 0, 0, side=240)


def images_in_full(outline: Outline, most: int | None) -> Sequence[Image]:
    """The images shown in full: those that the notes name, then misclassified ones, then others.

    All that the notes name are among them. They stand in the report's order.
    """
    images = outline.report.images
    if most is None:
        return images
    places = notes_of(outline.report).by_place
    named = [image.name for image in images if f"image {image.name}" in places]
    wrong = [
        image.name for image in images if image.name in outline.mistaken and image.name not in named
    ]
    chosen = [*named, *wrong[: max(0, most - len(named))]]
    rest = [image.name for image in images if image.name not in chosen]
    wanted = {*chosen, *_some(rest, most - len(chosen))}
    return [image for image in images if image.name in wanted]


def thumbnails(outline: Outline, most: int | None) -> Sequence[Image]:
    """The images of the overview: misclassified ones first, then others, evenly chosen."""
    images = outline.report.images
    if most is None or len(images) <= most:
        return images
    wrong = [image for image in images if image.name in outline.mistaken]
    right = [image for image in images if image.name not in outline.mistaken]
    shown = {image.name for image in (*wrong[:most], *_some(right, most - len(wrong)))}
    return [image for image in images if image.name in shown]


def grids_in_full(outline: Outline, image: Image, most: int | None) -> Sequence[Activations]:
    """The activation grids of an image: those that the user singled out, and some by depth."""
    grids = image.activations if outline.has("activations") else []
    if most is None:
        return grids
    places = notes_of(outline.report).by_place
    wanted = [grid for grid in grids if grid.singles or f"layer {grid.layer}" in places]
    chosen = {grid.layer for grid in wanted}
    rest = [grid.layer for grid in grids if grid.layer not in chosen]
    telling = [path for path in rest if _is_telling(outline.layers.get(path))]
    chosen.update(_some(telling or rest, most - len(chosen)))
    return [grid for grid in grids if grid.layer in chosen]


def galleries_in_full(outline: Outline, most: int | None) -> dict[str, tuple[Gallery, ...]]:
    """The galleries by block: those of layers that the notes name, and some by depth."""
    blocks = outline.gallery_blocks
    if most is None:
        return dict(blocks)
    paths = list(dict.fromkeys(gallery.layer for block in blocks.values() for gallery in block))
    places = notes_of(outline.report).by_place
    chosen = {path for path in paths if f"layer {path}" in places}
    chosen.update(_some([path for path in paths if path not in chosen], most - len(chosen)))
    kept = {
        name: tuple(gallery for gallery in block if gallery.layer in chosen)
        for name, block in blocks.items()
    }
    return {name: block for name, block in kept.items() if block}


def layers_listed(layers: Sequence[Layer]) -> list[Layer]:
    """The rows of the model's table: all layers, or of a large model those with parameters."""
    if len(layers) <= MOST_LAYERS_LISTED:
        return list(layers)
    return spread([layer for layer in layers if layer.parameters], MOST_LAYERS_LISTED)


def changed_settings(report: Report) -> dict[str, object]:
    """The settings that differ from their defaults."""
    from reportgen.config import make_settings

    usual = make_settings({}).for_report
    return {
        name: value
        for name, value in sorted(report.settings.items())
        if name not in usual or usual[name] != value
    }


def _some(many: Sequence[T], most: int) -> list[T]:
    """At most `most` of them, evenly chosen."""
    return spread(many, most) if most > 1 else list(many[: max(0, most)])


def _is_telling(layer: Layer | None) -> bool:
    return layer is not None and (layer.convolution or "Activation" in layer.type)
