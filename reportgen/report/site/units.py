"""The pages by unit: a channel's filter pattern, its activation on photos, its statistics.

A unit is shown where its layer convolves: the channels that have a filter pattern, or the first
ones where there is none. All tiles of a page lie in one picture, its patterns in another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from reportgen.records.report import Activations, Filter, Gallery, Image
from reportgen.report.contexts import Link
from reportgen.report.figures import METHODS, activation_legend, gallery_anchor
from reportgen.report.image_index import Span
from reportgen.report.navigation import Here, Navigation, neighbours, pager
from reportgen.report.outline import Outline, href, src
from reportgen.report.paging import paged
from reportgen.report.site.sheets import Sheet, activation_sheet, pattern_sheet
from reportgen.report.site.unit_contexts import Tile, Unit, UnitsGroup, UnitsIndexPage, UnitsPage
from reportgen.wording import TIMES, count, number

UNITS_A_PAGE = 8
FEW_IMAGES = 12
"""With so many images a unit is shown on all; with more, on those that it answers to most."""
STRONGEST = 6
MOST_PIXELS = 8_000_000
"""Pixels of all the grids that a page's tiles are looked for in: they are read whole."""
_LINKS_A_PAGE = 250
_TILE_NODES, _TILE_BYTES, _UNIT_NODES = 3, 330, 5
_BYTES_A_NODE = 105
"""Bytes of a page that count as much as one element when pages are cut."""

Seen = Sequence[tuple[Image, Activations]]


@dataclass
class _Answers:
    """What a channel does over all images that show it."""

    images: int = 0
    inactive: int = 0
    span: Span = field(default_factory=Span)
    highs: list[float] = field(default_factory=list)
    """Its highest value on each of the first ones."""


def units_index_pages(
    outline: Outline, navigation: Navigation
) -> Iterator[tuple[str, UnitsIndexPage]]:
    """Paths and contexts of the list of layers with units."""
    layers = outline.unit_layers
    if not layers:
        return
    pages = paged(layers, [1] * len(layers), _LINKS_A_PAGE, _LINKS_A_PAGE)
    paths = [outline.units_index(at) for at in range(1, len(pages) + 1)]
    for at, (page, shown) in enumerate(zip(paths, pages, strict=True), 1):
        groups: list[UnitsGroup] = []
        for block, members in groupby(shown, key=lambda path: outline.layers[path].block):
            links = tuple(
                Link(
                    path,
                    href(page, quote(outline.unit_page(path))),
                    note=f"{len(outline.unit_channels(path)):,} of "
                    f"{count(outline.layers[path].channels or 0, 'channel')}",
                )
                for path in members
            )
            groups.append(UnitsGroup(block or "Other layers", f"units--{len(groups) + 1}", links))
        yield (
            page,
            UnitsIndexPage(
                frame=navigation.frame(Here(page, "Units", "Units")),
                text=count(sum(len(outline.unit_channels(one)) for one in layers), "channel"),
                groups=tuple(groups),
                pager=pager(page, paths, at, "Pages of layers"),
            ),
        )


def unit_pages(
    outline: Outline, navigation: Navigation, folder: Path
) -> Iterator[tuple[str, UnitsPage]]:
    """Paths and contexts of the units of all layers that have some; draws their tiles."""
    for at, path in enumerate(outline.unit_layers):
        beside = neighbours(outline.unit_layers, at)
        yield from _pages(outline, navigation, folder, path, beside)


def _pages(
    outline: Outline,
    navigation: Navigation,
    folder: Path,
    path: str,
    beside: tuple[str | None, str | None],
) -> Iterator[tuple[str, UnitsPage]]:
    seen = outline.activations.get(path)
    channels = outline.unit_channels(path)
    taken = seen[: max(2, MOST_PIXELS // seen.most_pixels)] if seen else []
    answers = _answers(seen or (), channels, len(taken))
    patterns = len(outline.galleries.get(path, ()))
    cost = _cost(taken if len(taken) <= FEW_IMAGES else _longest(taken), patterns)
    parts = paged(channels, [cost] * len(channels), UNITS_A_PAGE, outline.most_nodes)
    paths = [outline.unit_page(path, at) for at in range(1, len(parts) + 1)]
    previous, following = (
        (one, quote(outline.unit_page(one))) if one is not None else None for one in beside
    )
    shown = f"{len(channels):,} of {count(outline.layers[path].channels or 0, 'channel')}"
    if len(taken) > FEW_IMAGES:
        shown += (
            f", each on the {STRONGEST} of {count(len(taken), 'image')} that it answers to most"
        )
    elif seen and len(taken) < len(seen):
        shown += f", on the first {len(taken)} of {count(len(seen), 'image')}"
    for at, (page, numbers) in enumerate(zip(paths, parts, strict=True), 1):
        here = Here(
            page,
            f"Units of {path}",
            "Units",
            crumbs=(("Units", outline.units_index()), (path, outline.layer_place(path))),
            block=outline.layers[path].block,
            layer=path,
            previous=previous,
            next=following,
        )
        units, reduced = _units(
            outline, page, path, folder, taken, {channel: answers[channel] for channel in numbers}
        )
        yield (
            page,
            UnitsPage(
                frame=navigation.frame(here),
                layer=Link(path, href(page, outline.layer_place(path))),
                text=shown + reduced,
                legend=activation_legend(outline.report.settings),
                units=units,
                pager=pager(page, paths, at, "Pages of units"),
            ),
        )


def _units(
    outline: Outline,
    page: str,
    path: str,
    folder: Path,
    taken: Seen,
    answers: Mapping[int, _Answers],
) -> tuple[tuple[Unit, ...], str]:
    """The units of a page; draws their tiles in one picture and their patterns in others.

    `taken` are the images that they are shown on, `answers` theirs over all images. Also says how
    large the tiles are, where they are smaller than in the grids.
    """
    shown = [(image, grid, channel) for channel, its in answers.items()
             for image, grid in _photos(taken, channel, its)]  # fmt: skip
    sheet = f"pictures/{page.removesuffix('.html')}"
    tiles: dict[int, list[Tile]] = {channel: [] for channel in answers}
    for gallery in outline.galleries.get(path, ()):
        cells = [(gallery, one) for one in outline.filters_of(gallery) if one.channel in tiles]
        if cells:
            patterns = pattern_sheet(folder, f"{sheet}--{gallery.method}", cells)
            for at, (_, one) in enumerate(cells):
                tiles[one.channel].append(_pattern(outline, page, gallery, one, patterns, at))
    reduced = ""
    if shown:
        drawn = activation_sheet(folder, sheet, [(grid, channel) for _, grid, channel in shown])
        for at, (image, grid, channel) in enumerate(shown):
            tiles[channel].append(_activation(outline, page, image, grid, channel, drawn, at))
        height, width = shown[0][1].size
        if (drawn.tile_height, drawn.tile_width) != (height, width):
            reduced = f", averaged to {drawn.tile_height} {TIMES} {drawn.tile_width} pixels"
    units = tuple(
        Unit(
            id=f"channel--{channel}",
            title=f"Channel {channel}",
            text=_statistics(outline, path, channel, its),
            tiles=tuple(tiles[channel]),
        )
        for channel, its in answers.items()
    )
    return units, reduced


def _photos(taken: Seen, channel: int, answers: _Answers) -> Seen:
    """The photos that a channel is shown on, of those `taken`."""
    with_it = [(image, grid) for image, grid in taken if channel < grid.shown]
    if len(with_it) <= FEW_IMAGES:
        return with_it
    order = sorted(range(len(with_it)), key=lambda at: (-answers.highs[at], at))
    return [with_it[at] for at in order[:STRONGEST]]


def _answers(seen: Seen, channels: Sequence[int], first: int) -> dict[int, _Answers]:
    """What each channel does, from one reading; `first` so many images are compared."""
    found = {channel: _Answers() for channel in channels}
    for at, (_, grid) in enumerate(seen):
        lows, highs, inactive = list(grid.lows), list(grid.highs), set(grid.inactive)
        for channel, its in found.items():
            if channel >= grid.shown:
                continue
            low, high = lows[channel], highs[channel]
            its.images += 1
            its.inactive += channel in inactive
            its.span.include(low, high)
            if at < first:
                its.highs.append(float("-inf") if high is None else high)
    return found


def _statistics(outline: Outline, path: str, channel: int, answers: _Answers) -> str:
    text = []
    if answers.images:
        span = f"{number(answers.span.low)} to {number(answers.span.high)}"
        text.append(f"{span} over {count(answers.images, 'image')}")
        if answers.inactive:
            text.append(f"inactive on {answers.inactive:,}")
    for gallery in outline.galleries.get(path, ()):
        for found in outline.filters_of(gallery):
            if found.channel == channel:
                score = f"{number(found.score_start)} → {number(found.score_end)}"
                text.append(f"{_kind(gallery)} {found.status}, score {score}")
    return " · ".join(text)


def _activation(
    outline: Outline,
    page: str,
    image: Image,
    grid: Activations,
    channel: int,
    sheet: Sheet,
    at: int,
) -> Tile:
    span = f"{number(grid.lows[channel])} to {number(grid.highs[channel])}"
    if channel in grid.inactive:
        span = "inactive"
    if channel in grid.left_out:
        span += ", not drawn, to keep the report small"
    place = outline.grid_place(image.name, grid.layer)
    return Tile(
        title=image.name,
        href=href(page, f"{place}:{channel}" if place else ""),
        alt=f"Channel {channel} on {image.name}, {span}",
        src=src(page, sheet.path),
        width=sheet.width,
        height=sheet.height,
        view=sheet.view(at),
        pixelated=True,
    )


def _kind(gallery: Gallery) -> str:
    return "pattern" if gallery.method == "classic" else f"{METHODS[gallery.method]} pattern"


def _pattern(
    outline: Outline, page: str, gallery: Gallery, found: Filter, sheet: Sheet, at: int
) -> Tile:
    kind = _kind(gallery)
    anchor = f"{outline.layer_place(gallery.layer)}#{gallery_anchor(gallery)}:{found.channel}"
    return Tile(
        title="Filter pattern" if gallery.method == "classic" else kind,
        href=href(page, anchor),
        alt=f"{kind[:1].upper()}{kind[1:]} of filter {found.channel}, {found.status}",
        src=src(page, sheet.path),
        width=sheet.width,
        height=sheet.height,
        view=sheet.view(at),
        pixelated=False,
    )


def _longest(seen: Seen) -> Seen:
    """The images whose names take most room, as many as a unit shows."""
    return sorted(seen, key=lambda one: -len(quote(one[0].name)))[:STRONGEST]


def _cost(shown: Seen, patterns: int) -> int:
    """About how many elements a unit takes on a page, or its bytes where they weigh more."""
    nodes = _UNIT_NODES + _TILE_NODES * (len(shown) + patterns)
    names = sum(_TILE_BYTES + 3 * len(image.name.encode()) for image, _ in shown)
    return max(nodes, (_TILE_BYTES * patterns + names) // _BYTES_A_NODE)
