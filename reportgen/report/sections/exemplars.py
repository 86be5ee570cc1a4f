"""The pages of exemplars: an index with the single units, and the channels of each layer."""

from collections.abc import Iterator
from urllib.parse import quote

from reportgen.records.over_images import Exemplar, Exemplars, ExemplarsOf
from reportgen.report.contexts import Link
from reportgen.report.explanations import explanation
from reportgen.report.figures import plain_picture
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.sections.over_images_contexts import (
    ExemplarRow,
    ExemplarsIndexPage,
    ExemplarsPage,
)
from reportgen.wording import TIMES, count, number

_INDEX = "exemplars/index.html"
_WIDEST = 960


def exemplars_index(
    outline: Outline, navigation: Navigation
) -> Iterator[tuple[str, ExemplarsIndexPage]]:
    """Path and context of the index; none without the section."""
    found = outline.report.exemplars
    if found is None or not outline.has("exemplars"):
        return
    pages = outline.exemplar_pages
    yield (
        _INDEX,
        ExemplarsIndexPage(
            frame=navigation.frame(Here(_INDEX, "Exemplars", "Exemplars")),
            explanation=explanation(outline.report, "exemplars"),
            notes=page_notes(outline, _INDEX, "exemplars"),
            text=searched_text(found),
            units=tuple(_row(outline, _INDEX, one) for one in found.units),
            layers=tuple(
                Link(
                    path,
                    href(_INDEX, quote(outline.exemplar_page(path))),
                    note=count(sum(map(len, parts)), "channel"),
                )
                for path, parts in pages.items()
            ),
        ),
    )


def exemplar_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, ExemplarsPage]]:
    """Paths and contexts of the pages of all layers."""
    found = outline.report.exemplars
    if found is None:
        return
    for layer, parts in outline.exemplar_pages.items():
        paths = [outline.exemplar_page(layer, at) for at in range(1, len(parts) + 1)]
        known = outline.layers.get(layer)
        for at, (page, channels) in enumerate(zip(paths, parts, strict=True), 1):
            here = Here(
                page,
                f"Exemplars of {layer}",
                "Exemplars",
                crumbs=(("Exemplars", _INDEX),),
                block=known.block if known else None,
                layer=layer,
            )
            yield (
                page,
                ExemplarsPage(
                    frame=navigation.frame(here),
                    text=searched_text(found),
                    rows=tuple(_row(outline, page, one) for one in channels),
                    pager=pager(page, paths, at, "Pages of channels"),
                ),
            )


def searched_text(found: Exemplars) -> str:
    """Among which images exemplars were looked for."""
    where = f" in {found.dataset}" if found.dataset else ""
    return f"The strongest of {count(found.images, 'image')}{where}."


def _row(outline: Outline, page: str, one: ExemplarsOf) -> ExemplarRow:
    slug = outline.layer_slugs.get(one.layer, "layer")
    title, anchor = exemplar_title(one), f"channel--{one.channel}"
    if one.unit is not None:
        row, column = one.unit
        anchor = f"unit--{slug}-{row}-{column}-{one.channel}"
    picture = None
    if one.picture:
        what = "images" if one.unit is None else "images with the layer’s grid"
        alt = f"{title}: {what} that activate it most"
        picture = plain_picture(page, one.picture, (one.width, one.height), alt, _WIDEST)
    return ExemplarRow(
        anchor, title, picture, tuple(_link(outline, page, e) for e in one.exemplars)
    )


def exemplar_title(one: ExemplarsOf) -> str:
    """Which channel it is, or which unit of which layer."""
    if one.unit is None:
        return f"Channel {one.channel}"
    row, column = one.unit
    return f"{one.layer}, row {row}, column {column}, channel {one.channel}"


def _link(outline: Outline, page: str, one: Exemplar) -> Link:
    place = outline.image_place(one.image) if one.image in outline.images else ""
    height, width = one.box[2:]
    note = (
        f"{number(one.value)} · row {one.row}, column {one.column} · receptive field"
        f" {'at most ' if not one.exact else ''}{height} {TIMES} {width} px"
    )
    if one.beyond:
        note += " along the convolutional path"
    return Link(one.image, href(page, place), note=note)
