"""The pages by unit: a channel's filter pattern, its activation on photos, its statistics.

A unit is shown where its layer convolves: the channels that have a filter pattern, or the first
ones where there is none. Its tiles are cut out of the pictures that other pages show.
"""

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import quote

from reportgen.report.contexts import Link
from reportgen.report.contexts_units import Tile, Unit, UnitsGroup, UnitsIndexPage, UnitsPage
from reportgen.report.figures import METHODS, activation_legend, gallery_anchor
from reportgen.report.navigation import Here, Navigation, neighbours, pager
from reportgen.report.outline import Outline, href, paged, src
from reportgen.report.wording import count, number
from reportgen.results import Activations, Filter, Gallery, Image

UNITS_A_PAGE = 16
FEW_IMAGES = 12
"""With so many images a unit is shown on all; with more, on those that it answers to most."""
STRONGEST = 6
MOST_PIXELS = 8_000_000
"""Pixels of all the grids that a page cuts its tiles from: a browser has to load them whole."""
_LINKS_A_PAGE = 250
_TILE_NODES, _TILE_BYTES, _UNIT_NODES = 3, 330, 5
_BYTES_A_NODE = 105
"""Bytes of a page that count as much as one element when pages are cut."""

Seen = list[tuple[Image, Activations]]


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


def unit_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, UnitsPage]]:
    """Paths and contexts of the units of all layers that have some."""
    for at, path in enumerate(outline.unit_layers):
        beside = neighbours(outline.unit_layers, at)
        yield from _pages(outline, navigation, path, beside)


def _pages(
    outline: Outline,
    navigation: Navigation,
    path: str,
    beside: tuple[str | None, str | None],
) -> Iterator[tuple[str, UnitsPage]]:
    seen = outline.activations.get(path, [])
    channels = outline.unit_channels(path)
    taken = _light(seen)
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
    elif len(taken) < len(seen):
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
        yield (
            page,
            UnitsPage(
                frame=navigation.frame(here),
                layer=Link(path, href(page, outline.layer_place(path))),
                text=shown,
                legend=activation_legend(outline.report.settings),
                units=tuple(_unit(outline, page, path, channel, seen) for channel in numbers),
                pager=pager(page, paths, at, "Pages of units"),
            ),
        )


def _unit(outline: Outline, page: str, path: str, channel: int, seen: Seen) -> Unit:
    with_it = [(image, grid) for image, grid in seen if channel < grid.shown]
    highs = [grid.highs[channel] for _, grid in with_it]
    lows = [grid.lows[channel] for _, grid in with_it]
    text = []
    if with_it:
        low = min((value for value in lows if value is not None), default=None)
        high = max((value for value in highs if value is not None), default=None)
        text.append(f"{number(low)} to {number(high)} over {count(len(with_it), 'image')}")
        if inactive := sum(channel in grid.inactive for _, grid in with_it):
            text.append(f"inactive on {inactive:,}")
    patterns = _patterns(outline, path, channel)
    for gallery, found in patterns:
        score = f"{number(found.score_start)} → {number(found.score_end)}"
        text.append(f"{_kind(gallery)} {found.status}, score {score}")
    with_it, highs = with_it[: len(_light(seen))], highs[: len(_light(seen))]
    if len(with_it) > FEW_IMAGES:
        order = sorted(range(len(with_it)), key=lambda at: (-_strength(highs[at]), at))
        with_it = [with_it[at] for at in order[:STRONGEST]]
    return Unit(
        id=f"channel--{channel}",
        title=f"Channel {channel}",
        text=" · ".join(text),
        tiles=(
            *(_pattern(outline, page, *one) for one in patterns),
            *(_activation(outline, page, image, grid, channel) for image, grid in with_it),
        ),
    )


def _light(seen: Seen) -> Seen:
    """The first images whose grids a page can load; two at least."""
    area = max((grid.width * grid.height for _, grid in seen), default=1)
    return seen[: max(2, MOST_PIXELS // area)]


def _strength(value: float | None) -> float:
    return float("-inf") if value is None else value


def _activation(outline: Outline, page: str, image: Image, grid: Activations, channel: int) -> Tile:
    height, width = grid.size
    columns = max(1, min(grid.columns, grid.shown))
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
        src=src(page, grid.picture),
        width=grid.width,
        height=grid.height,
        view=_view(channel, columns, (width, height), grid.margin),
        pixelated=True,
    )


def _patterns(outline: Outline, path: str, channel: int) -> list[tuple[Gallery, Filter]]:
    """A channel's pattern of each kind that there is."""
    return [
        (gallery, one)
        for gallery in outline.galleries.get(path, ())
        for one in outline.filters_of(gallery)
        if one.channel == channel
    ]


def _kind(gallery: Gallery) -> str:
    return "pattern" if gallery.method == "classic" else f"{METHODS[gallery.method]} pattern"


def _pattern(outline: Outline, page: str, gallery: Gallery, found: Filter) -> Tile:
    kind = _kind(gallery)
    columns = max(1, min(gallery.columns, gallery.shown))
    return Tile(
        title="Filter pattern" if gallery.method == "classic" else kind,
        href=href(
            page,
            f"{outline.layer_place(gallery.layer)}#{gallery_anchor(gallery)}:{found.channel}",
        ),
        alt=f"{kind[:1].upper()}{kind[1:]} of filter {found.channel}, {found.status}",
        src=src(page, gallery.picture),
        width=gallery.width,
        height=gallery.height,
        view=_view(found.tile, columns, (gallery.size, gallery.size), gallery.margin),
        pixelated=False,
    )


def _view(tile: int, columns: int, size: tuple[int, int], margin: int) -> str:
    left = (tile % columns) * (size[0] + margin)
    top = (tile // columns) * (size[1] + margin)
    return f"{left} {top} {size[0]} {size[1]}"


def _longest(seen: Seen) -> Seen:
    """The images whose names take most room, as many as a unit shows."""
    return sorted(seen, key=lambda one: -len(quote(one[0].name)))[:STRONGEST]


def _cost(shown: Seen, patterns: int) -> int:
    """About how many elements a unit takes on a page, or its bytes where they weigh more."""
    nodes = _UNIT_NODES + _TILE_NODES * (len(shown) + patterns)
    names = sum(_TILE_BYTES + 3 * len(image.name.encode()) for image, _ in shown)
    return max(nodes, (_TILE_BYTES * patterns + names) // _BYTES_A_NODE)
