"""What every page has around its content: menu, side bar, breadcrumbs, previous and next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from reportgen.report.contexts import Frame, Link, Pager, SidebarBlock
from reportgen.report.outline import LayerBlock, Outline, href, src
from reportgen.report.sections.table import WITH_PAGES
from reportgen.wording import count, shape

FEW_LAYERS = 48
"""Layers up to which the side bar lists all; with more it lists those of the current block."""
MOST_IN_BAR = 9
"""Entries of the menu that fit in the header of a page 1280 pixels wide."""
MOST_BLOCKS = 40
MOST_LISTED = 48
MOST_PAGES = 60

T = TypeVar("T")


@dataclass(frozen=True)
class Assets:
    """Paths of the files that pages share, seen from the report's folder."""

    stylesheet: str
    script: str
    theme_script: str
    icon: str
    search_index: str


@dataclass(frozen=True)
class Here:
    """Where a page is: its path, part of the report, and the block and layer it is about."""

    page: str
    title: str
    part: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    """Text and place of the pages above this one, without the overview."""
    block: str | None = None
    layer: str | None = None
    image: str | None = None
    """On an image's page, the side bar leads to the layers of that image."""
    previous: tuple[str, str] | None = None
    next: tuple[str, str] | None = None


class Navigation:
    """Makes the frame of each page."""

    def __init__(self, outline: Outline, assets: Assets) -> None:
        self.outline = outline
        self.assets = assets

    def frame(self, here: Here) -> Frame:
        """The frame of one page."""
        report, page = self.outline.report, here.page
        crumbs = (("Overview", "index.html"), *here.crumbs)
        parts = self.parts()
        return Frame(
            title=here.title,
            report_title=report.title,
            generator=report.generator,
            author=report.author,
            created=report.created[:10],
            created_iso=report.created,
            home=href(page, "index.html"),
            root="../" * page.count("/"),
            stylesheet=src(page, self.assets.stylesheet),
            script=src(page, self.assets.script),
            theme_script=src(page, self.assets.theme_script),
            icon=src(page, self.assets.icon),
            search_index=src(page, self.assets.search_index),
            menu=tuple(Link(text, href(page, place), text == here.part) for text, place in parts),
            in_bar=in_bar(len(parts)),
            breadcrumbs=()
            if page == "index.html"
            else tuple(Link(text, href(page, place)) for text, place in crumbs),
            sidebar=self._sidebar(here),
            previous=_neighbour(page, here.previous),
            next=_neighbour(page, here.next),
        )

    def parts(self) -> list[tuple[str, str]]:
        """Text and place of the parts that this report has."""
        outline = self.outline
        parts = [("Overview", "index.html"), ("Model", "model.html")]
        if outline.images:
            parts.append(("Images", "images/index.html"))
        if outline.unit_layers:
            parts.append(("Channels", outline.channels_index()))
        parts += [(section.menu, section.page) for section in WITH_PAGES if outline.shows(section)]
        if outline.has_sources:
            parts.append(("Sources", "sources.html"))
        return [*parts, ("About", "about.html")]

    def _sidebar(self, here: Here) -> tuple[SidebarBlock, ...]:
        blocks = self.outline.blocks
        few = len(self.outline.layers) <= FEW_LAYERS
        names = [block.name for block in blocks]
        at = names.index(here.block) if here.block in names else 0
        near = window(len(blocks), at, MOST_BLOCKS)
        return tuple(
            self._sidebar_block(here, blocks[i], full=few or blocks[i].name == here.block)
            for i in near
        )

    def _sidebar_block(self, here: Here, block: LayerBlock, *, full: bool) -> SidebarBlock:
        outline, page = self.outline, here.page
        layers = block.layers if full else ()
        paths = [layer.path for layer in layers]
        at = paths.index(here.layer) if here.layer in paths else 0
        return SidebarBlock(
            name=outline.block_titles[block.name] or "Other layers",
            href=href(page, outline.block_place(block.name)),
            open=here.block == block.name or here.image is not None,
            layers=tuple(
                Link(
                    layers[i].name,
                    href(page, self._layer_place(here, paths[i])),
                    paths[i] == here.layer,
                    shape(layers[i].output_shape),
                )
                for i in window(len(layers), at, MOST_LISTED)
            ),
            note=count(len(block.layers), "layer"),
        )

    def _layer_place(self, here: Here, path: str) -> str:
        on_image = self.outline.grid_place(here.image, path) if here.image is not None else ""
        return on_image or self.outline.layer_place(path)


def in_bar(entries: int) -> int:
    """How many of the menu's entries stand in the header; the list “More” holds two at least."""
    return entries if entries <= MOST_IN_BAR else MOST_IN_BAR - 1


def pager(page: str, paths: Sequence[str], number: int, text: str) -> Pager:
    """Links to the pages of something, to all or the nearest and the ends; none for only one."""
    if len(paths) == 1:
        return Pager((), "")
    near = {0, *window(len(paths), number - 1, MOST_PAGES), len(paths) - 1}
    links = tuple(
        Link(str(at + 1), href(page, quote(paths[at])), at + 1 == number) for at in sorted(near)
    )
    return Pager(links, text)


def neighbours(items: Sequence[T], at: int) -> tuple[T | None, T | None]:
    """What stands before and after an item."""
    return (items[at - 1] if at else None), (items[at + 1] if at + 1 < len(items) else None)


def window(total: int, at: int, most: int) -> range:
    """At most ``most`` of ``total`` positions, around ``at``."""
    start = max(0, min(at - most // 2, total - most))
    return range(start, min(total, start + most))


def _neighbour(page: str, target: tuple[str, str] | None) -> Link | None:
    return Link(target[0], href(page, target[1])) if target else None
