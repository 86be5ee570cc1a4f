"""The pages of filter galleries: one for each block, and the list of blocks."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from reportgen.records.report import Filter, Gallery
from reportgen.report.explanations import explanation, ways
from reportgen.report.figures import METHODS, filter_findings, gallery_grid, plain_picture
from reportgen.report.navigation import Here, Navigation, neighbours, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.site.layer_contexts import (
    BlockCard,
    FiltersIndexPage,
    FiltersPage,
    StartFigure,
)
from reportgen.report.site.sheets import Sheet, pattern_sheet
from reportgen.wording import count

_THUMBNAIL = 480
_STARTS = {
    "classic": "gray (128) with uniform noise of ±10",
    "fourier": "waves with random coefficients of standard deviation 0.01",
}
_COVER_PATTERNS, _COVER_COLUMNS = 8, 4


def filters_index(outline: Outline, navigation: Navigation, folder: Path) -> FiltersIndexPage:
    """The context of `filters/index.html`; draws a few patterns of each block."""
    page = "filters/index.html"
    cards = []
    for at, (block, galleries) in enumerate(outline.gallery_blocks.items(), 1):
        cover = _cover(outline, folder, f"pictures/filters/index--{at}", galleries[-1])
        layers = {gallery.layer for gallery in galleries}
        shown = {
            (one.layer, one.channel) for gallery in galleries for one in outline.filters_of(gallery)
        }
        text = f"{count(len(shown), 'filter')} of {count(len(layers), 'layer')}"
        cards.append(
            BlockCard(
                name=_title(block),
                href=href(page, quote(outline.filter_page(block))),
                text=text,
                picture=plain_picture(
                    page,
                    cover.path,
                    (cover.width, cover.height),
                    f"Filter patterns of {galleries[-1].layer}",
                    _THUMBNAIL,
                ),
            )
        )
    total = sum(card_count for card_count in map(len, outline.gallery_blocks.values()))
    return FiltersIndexPage(
        frame=navigation.frame(Here(page, "Filters", "Filters")),
        explanation=explanation(outline.report, "filters"),
        notes=page_notes(outline, page, "filters"),
        cards=tuple(cards),
        text=f"{count(total, 'gallery', 'galleries')} in {count(len(cards), 'block')}",
        starts=tuple(
            StartFigure(
                plain_picture(
                    page,
                    one.picture,
                    (one.width, one.height),
                    f"Start image of filter {one.channel} of {one.layer}, {METHODS[one.method]}",
                    _THUMBNAIL,
                ),
                f"Start of {METHODS[one.method]} ascent, filter {one.channel} of {one.layer}: "
                f"{_STARTS[one.method]}",
            )
            for one in outline.report.start_images
        ),
    )


def _cover(outline: Outline, folder: Path, path: str, gallery: Gallery) -> Sheet:
    """A picture of the first patterns of a gallery that rose, else of its first."""
    found = sorted(outline.filters_of(gallery), key=lambda one: one.status != "ok")
    cells = [(gallery, one) for one in found[:_COVER_PATTERNS]]
    return pattern_sheet(folder, path, cells, min(_COVER_COLUMNS, len(cells)))


def filter_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, FiltersPage]]:
    """Paths and contexts of the pages of all blocks that have galleries."""
    blocks = list(outline.filter_pages)
    for index, block in enumerate(blocks):
        parts = outline.filter_pages[block]
        paths = [outline.filter_page(block, at) for at in range(1, len(parts) + 1)]
        previous, following = (
            (_title(one), quote(outline.filter_page(one))) if one is not None else None
            for one in neighbours(blocks, index)
        )
        everything = outline.gallery_blocks[block]
        filters = [one for gallery in everything for one in outline.filters_of(gallery)]
        layers = len({gallery.layer for gallery in everything})
        found = filter_findings(filters) if len(everything) == 1 else _summary(filters)
        for at, (page, galleries) in enumerate(zip(paths, parts, strict=True), 1):
            here = Here(
                page,
                f"Filters of {_title(block)}",
                "Filters",
                crumbs=(("Filters", "filters/index.html"),),
                block=block,
                previous=previous,
                next=following,
            )
            yield (
                page,
                FiltersPage(
                    frame=navigation.frame(here),
                    ways=ways(outline.report, galleries),
                    grids=tuple(gallery_grid(outline, page, gallery) for gallery in galleries),
                    text=", ".join([count(layers, "layer"), *found]),
                    pager=pager(page, paths, at, "Pages of galleries"),
                ),
            )


def _summary(filters: list[Filter]) -> list[str]:
    rose = sum(one.status == "ok" for one in filters)
    return [f"{rose:,} of {count(len(filters), 'pattern')} found"]


def _title(block: str) -> str:
    return block or "Other layers"
