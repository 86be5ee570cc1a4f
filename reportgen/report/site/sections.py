"""The pages of sections: their blocks with paths seen from the page and sizes for the screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from reportgen.report.blocks import (
    Block,
    Cards,
    Details,
    Figure,
    Figures,
    Long,
    Page,
    Part,
    items_of,
    with_items,
)
from reportgen.report.contexts import Explanation, Frame, Link, Note, Pager, Picture
from reportgen.report.explanations import explanation
from reportgen.report.figures import COLUMN_WIDTH, picture_size, plain_picture
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href, numbered, src
from reportgen.report.sections.pages import PAGES
from reportgen.report.sections.table import WITH_PAGES, Section

_CAPTIONED = 1.3
"""How many times its pixels a picture is shown that has a caption for each of its columns."""


@dataclass(frozen=True)
class SectionPage:
    """A page of a section: what it says, as blocks."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    blocks: tuple[Block, ...]
    pager: Pager


def section_pages(
    outline: Outline, navigation: Navigation, folder: Path
) -> Iterator[tuple[str, SectionPage]]:
    """Paths and contexts of the pages of all sections that say their content as blocks."""
    for section in WITH_PAGES:
        if section.key in PAGES and outline.shows(section):
            for page in PAGES[section.key](outline):
                if not page.on_site:
                    continue
                yield from _sheets(outline, navigation, folder, section, page)


def _sheets(
    outline: Outline, navigation: Navigation, folder: Path, section: Section, page: Page
) -> Iterator[tuple[str, SectionPage]]:
    """A page, and those on which its long blocks go on."""
    sheets = cut(page.blocks)
    paths = [numbered(page.path, at) for at in range(1, len(sheets) + 1)]
    known = outline.layers.get(page.layer)
    for at, (path, blocks) in enumerate(zip(paths, sheets, strict=True), 1):
        opens = path == section.page
        here = Here(
            path,
            page.title,
            section.menu,
            crumbs=() if opens else ((section.title, section.page),),
            block=known.block if known else None,
            layer=page.layer or None,
        )
        yield (
            path,
            SectionPage(
                frame=navigation.frame(here),
                explanation=explanation(outline.report, section.key) if opens else None,
                notes=page_notes(outline, path, section.key) if opens else (),
                blocks=on_page(blocks, path, folder),
                pager=pager(path, paths, at, f"Pages of {page.title}"),
            ),
        )


def cut(blocks: Sequence[Block]) -> list[tuple[Block, ...]]:
    """What stands on the page itself, and on each page on which its long blocks go on."""
    return [tuple(_on_sheet(blocks, at, inside=False)) for at in range(_length(blocks))]


def _length(blocks: Sequence[Block]) -> int:
    """On how many pages blocks stand."""
    return max((_pages_of(block) for block in blocks), default=1)


def _pages_of(block: Block) -> int:
    if isinstance(block, Part | Details):
        return _length(block.blocks)
    if isinstance(block, Long) and block.limits and block.limits.page:
        return max(1, -(-len(items_of(block)) // block.limits.page))
    return 1


def _on_sheet(blocks: Sequence[Block], at: int, *, inside: bool) -> Iterator[Block]:
    """The blocks of a page; after the first, what goes on, with the words of its part."""
    for block in blocks:
        if isinstance(block, Part | Details):
            if at < _pages_of(block):
                yield replace(block, blocks=tuple(_on_sheet(block.blocks, at, inside=True)))
        elif isinstance(block, Long) and block.limits and block.limits.page:
            items = items_of(block)[at * block.limits.page : (at + 1) * block.limits.page]
            if items or not at:
                yield with_items(block, items)
        elif not at or inside:
            yield block


def on_page(blocks: Sequence[Block], page: str, folder: Path) -> tuple[Block, ...]:
    """Blocks with paths seen from the page, and pictures in the size that the screen has for them.

    Args:
        blocks: as a section makes them.
        page: the page's path in the report's folder.
        folder: the report's folder, where files are measured whose size the blocks do not state.

    """
    placed: tuple[Block, ...] = _placed(tuple(blocks), page, folder)
    return placed


def _placed(value: Any, page: str, folder: Path) -> Any:
    """The same value with every link and picture below it placed."""
    if isinstance(value, Link):
        outside = "://" in value.href
        return value if outside else replace(value, href=href(page, value.href))
    if isinstance(value, tuple):
        return tuple(_placed(item, page, folder) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    if isinstance(value, Figures):
        value = replace(value, figures=_narrowed(value.figures, value.across))
    elif isinstance(value, Cards):
        cards = (
            replace(card, figures=_narrowed(card.figures, value.across * len(card.figures)))
            for card in value.cards
        )
        value = replace(value, cards=tuple(cards))
    elif isinstance(value, Figure) and value.picture:
        shown = _shown(value, value.picture, page, folder)
        rest = replace(value, picture=None)
        return replace(_placed(rest, page, folder), picture=shown)
    changed = {
        field.name: _placed(getattr(value, field.name), page, folder) for field in fields(value)
    }
    return replace(value, **changed)


def _narrowed(figures: Sequence[Figure], across: int) -> tuple[Figure, ...]:
    """Figures side by side, each with its share of the line."""
    return tuple(replace(figure, share=min(figure.share, 1 / max(1, across))) for figure in figures)


def _shown(figure: Figure, picture: Picture, page: str, folder: Path) -> Picture:
    """A picture with its address and its size on the page."""
    room = round(figure.share * COLUMN_WIDTH)
    size = (picture.width, picture.height)
    if not all(size):
        size = picture_size(folder / picture.src)
    if figure.chart:
        width = min(room, round(figure.tall * COLUMN_WIDTH) * size[0] // size[1])
        height = max(1, width * size[1] // size[0])
        return replace(picture, src=src(page, picture.src), width=width, height=height)
    if figure.columns:  # captions below need the width that the line has
        width = max(1, min(room, round(size[0] * _CAPTIONED)))
        height = max(1, width * size[1] // size[0])
        return replace(picture, src=src(page, picture.src), width=width, height=height)
    if picture.pixelated:
        times = max(1, min(room // max(1, size[0]), figure.enlarged))
        width, height = size[0] * times, size[1] * times
        return replace(picture, src=src(page, picture.src), width=width, height=height)
    return plain_picture(page, picture.src, size, picture.alt, room)
