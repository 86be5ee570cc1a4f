"""The pages of filter galleries: one for each block, and the list of blocks."""

from collections.abc import Iterator, Sequence
from itertools import chain
from urllib.parse import quote

from reportgen.records.filters import Filter, Gallery, StartImage
from reportgen.report.explanations import explanation, ways
from reportgen.report.figures import METHODS, filter_findings, gallery_grid, plain_picture
from reportgen.report.navigation import Here, Navigation, neighbours, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href, src
from reportgen.report.site.channels.contexts import Tile
from reportgen.report.site.channels.gathering import channel_place
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.filter_contexts import (
    FilterBlock,
    FilterLayer,
    FiltersIndexPage,
    StartFigure,
)
from reportgen.report.site.network.layer_contexts import FiltersPage
from reportgen.report.site.sheets import pattern_sheet
from reportgen.wording import count

_THUMBNAIL = 480
_PLAIN = ("classic", "fourier")
_STARTS = {
    "classic": "gray (128) with uniform noise of ±10",
    "fourier": "waves with random coefficients of standard deviation 0.01",
}
_MOST_TILES, _FEWEST_TILES, _MOST_LAYERS, _TILE_NODES = 14, 2, 32, 5
"""Patterns of each layer; with more layers, the last one of each block stands for it."""


def filters_index(outline: Outline, navigation: Navigation, drawings: Drawings) -> FiltersIndexPage:
    """The context of `filters/index.html`; draws some patterns of each layer."""
    page = "filters/index.html"
    galleries = list(chain.from_iterable(outline.gallery_blocks.values()))
    layers = {gallery.layer for gallery in galleries}
    most = max(_FEWEST_TILES, min(_MOST_TILES, outline.most_nodes // (_TILE_NODES * len(layers))))
    whole = len(layers) <= _MOST_LAYERS
    blocks = tuple(
        FilterBlock(
            id=f"filters--block-{at}",
            name=_title(block),
            href=href(page, quote(outline.filter_page(block))),
            text=_block_text(outline, of_block),
            layers=tuple(
                FilterLayer(
                    gallery.layer,
                    href(page, outline.layer_place(gallery.layer)),
                    _how(outline, gallery),
                    _tiles(outline, page, drawings, f"pictures/filters/{at}-{number}", gallery,
                           most),
                )
                for number, gallery in enumerate(_named(of_block, whole=whole), 1)
            ),
        )
        for at, (block, of_block) in enumerate(outline.gallery_blocks.items(), 1)
    )  # fmt: skip
    return FiltersIndexPage(
        frame=navigation.frame(Here(page, "Filters", "Filters")),
        explanation=explanation(outline.report, "filters"),
        notes=page_notes(outline, page, "filters"),
        blocks=blocks,
        ways=ways(outline.report, galleries),
        text=f"{count(len(galleries), 'gallery', 'galleries')} in {count(len(blocks), 'block')}",
        starts=tuple(_start_figure(page, start) for start in outline.report.start_images),
    )


def _named(galleries: Sequence[Gallery], *, whole: bool) -> list[Gallery]:
    """The galleries of a block that are listed: of all its layers, or of its last one."""
    shown = _shown(galleries)
    return shown if whole else _of_last_layer(shown)


def _block_text(outline: Outline, galleries: Sequence[Gallery]) -> str:
    """How many filters of how many layers the galleries of a block show."""
    filters = {
        (gallery.layer, pattern.channel)
        for gallery in galleries
        for pattern in outline.filters_of(gallery)
    }
    layers = {gallery.layer for gallery in _shown(galleries)}
    return f"{count(len(filters), 'filter')} of {count(len(layers), 'layer')}"


def _start_figure(page: str, start: StartImage) -> StartFigure:
    """What an ascent starts from, with its caption."""
    method = METHODS[start.method]
    return StartFigure(
        plain_picture(
            page,
            start.picture,
            (start.width, start.height),
            f"Start image of filter {start.channel} of {start.layer}, {method}",
            _THUMBNAIL,
        ),
        f"Start of {method} ascent, filter {start.channel} of {start.layer}:"
        f" {_STARTS[start.method]}",
    )


def _shown(galleries: Sequence[Gallery]) -> list[Gallery]:
    """The galleries of a block that its patterns are shown of, Fourier ones first.

    Of a layer with neither classic nor Fourier patterns of its own it is the first gallery.
    """
    plain = [gallery for gallery in galleries if gallery.method in _PLAIN]
    layers = {gallery.layer for gallery in plain}
    others = {
        gallery.layer: gallery for gallery in reversed(galleries) if gallery.layer not in layers
    }
    return sorted([*plain, *others.values()], key=lambda gallery: gallery.method != "fourier")


def _how(outline: Outline, gallery: Gallery) -> str:
    """How the patterns of a gallery were made, and of which channels they are."""
    mixed = outline.report.settings.get("filter-method") == "mixed"
    which = "; the channels that respond most to the images"
    return METHODS[gallery.method] + (which if mixed and gallery.method == "fourier" else "")


def _of_last_layer(shown: Sequence[Gallery]) -> list[Gallery]:
    """Those of the layer whose patterns stand for a block: one with Fourier patterns, if any."""
    clear = [gallery for gallery in shown if gallery.method == "fourier"]
    layer = (clear or shown)[-1].layer
    return [gallery for gallery in shown if gallery.layer == layer]


def _tiles(
    outline: Outline, page: str, drawings: Drawings, picture: str, gallery: Gallery, most: int
) -> tuple[Tile, ...]:
    """The first patterns of a gallery that were found, each with a link to its channel's page."""
    found = [pattern for pattern in outline.filters_of(gallery) if pattern.status == "ok"]
    cells = [(gallery, pattern) for pattern in (found or outline.filters_of(gallery))[:most]]
    if not cells:
        return ()
    sheet = pattern_sheet(drawings, picture, cells)
    return tuple(
        Tile(
            title=f"Filter {pattern.channel}",
            href=href(page, channel_place(outline, gallery.layer, pattern.channel)),
            alt=f"Pattern of filter {pattern.channel} of {gallery.layer}",
            src=src(page, sheet.path),
            width=sheet.width,
            height=sheet.height,
            view=sheet.view(at),
            pixelated=False,
        )
        for at, (_, pattern) in enumerate(cells)
    )


def filter_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, FiltersPage]]:
    """Paths and contexts of the pages of all blocks that have galleries."""
    blocks = list(outline.filter_pages)
    for index, block in enumerate(blocks):
        parts = outline.filter_pages[block]
        paths = [outline.filter_page(block, at) for at in range(1, len(parts) + 1)]
        previous, following = (
            (_title(neighbour), quote(outline.filter_page(neighbour)))
            if neighbour is not None
            else None
            for neighbour in neighbours(blocks, index)
        )
        everything = outline.gallery_blocks[block]
        filters = [pattern for gallery in everything for pattern in outline.filters_of(gallery)]
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
    found = sum(pattern.status == "ok" for pattern in filters)
    return [f"{found:,} of {count(len(filters), 'pattern')} found"]


def _title(block: str) -> str:
    return block or "Other layers"
