"""Records of pictures → figures: alternative texts, captions, sizes on the page, labels."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from reportgen.pictures.colormaps import table
from reportgen.pictures.tiles import WIDEST
from reportgen.records.filters import Filter, Gallery
from reportgen.records.image import Activations, Channel, Image
from reportgen.report.contexts import Grid, Legend, Picture, Single
from reportgen.report.layer_facts import amounts, meaning, word_of
from reportgen.report.outline import Outline, href, src
from reportgen.report.paging import row_stride
from reportgen.wording import TIMES, count, map_sizes, number, numbers, percent

COLUMN_WIDTH = 960
"""Pixels that a grid may take across on a wide screen."""
_LARGEST_TILE = 168
_TALLEST_GRID = 2000
_SMALLEST_TILE = 30
_SINGLE_SIDE = 384
_WIDE = 560
_SMALL_PHOTO = 200
_SHARP = 1.125
_LEGEND_STEPS = 17

_SVG_SIZE = re.compile(rb'<svg\b[^>]*?\bwidth="(\d+(?:\.\d+)?)(?:pt|px)?"')
_SVG_HEIGHT = re.compile(rb'<svg\b[^>]*?\bheight="(\d+(?:\.\d+)?)(?:pt|px)?"')
_STATUS = {"not risen": "did not rise", "silent": "silent", "failed": "failed"}

SPARSITY_ALT = "Sparsity by depth: share of zeros in the activations of each layer, for each image"

MOST_COLUMNS = 64
"""Tiles in a row up to which a grid is shrunk to the page's width."""

METHODS = {
    "classic": "classic",
    "classic-negative": "classic, negative",
    "classic-diverse": "classic, diverse",
    "classic-block": "classic, of the block",
    "fourier": "Fourier",
    "fourier-negative": "Fourier, negative",
    "fourier-diverse": "Fourier, diverse",
}
"""What the ways to find filter patterns are called."""


def enlargement(
    width: int, height: int, tile_width: int, tile_height: int, *, sideways: bool = False
) -> int:
    """By what whole number a grid's pixels are enlarged, so that a tile can be looked at.

    A grid that scrolls `sideways` may be wider than its column.
    """
    if sideways:
        return max(1, min(WIDEST // width, _LARGEST_TILE // max(tile_width, tile_height)))
    factor = min(COLUMN_WIDTH // width, _LARGEST_TILE // max(tile_width, tile_height))
    while factor > 1 and factor * height > _TALLEST_GRID and factor * tile_height > _SMALLEST_TILE:
        factor -= 1
    return max(1, factor)


def activation_grid(outline: Outline, page: str, image: Image, grid: Activations) -> Grid:
    """The figure of one layer for one image."""
    layer = outline.layers.get(grid.layer)
    slug = outline.layer_slugs[grid.layer]
    height, width = grid.size
    facts = [
        *([] if layer is None else [layer.type]),
        _shown(grid),
        map_sizes(grid.map_size, grid.size),
        f"{amounts(grid)} on this image",
        f"{percent(grid.sparsity)} zeros",
        f"{number(grid.low)} to {number(grid.high)}",
    ]
    return Grid(
        id=slug,
        kind="activations",
        title=grid.layer,
        href=href(page, outline.layer_place(grid.layer)),
        beside=_rows(outline, page, grid.layer),
        facts=tuple(facts),
        picture=_grid_picture(
            src(page, grid.picture),
            f"{grid.layer}, {_shown(grid)}, {amounts(grid)}",
            (grid.width, grid.height),
            (width, height),
            sideways=is_sideways(grid),
        ),
        columns=_column_labels(grid.shown, grid.columns),
        rows=_row_labels(list(range(grid.shown)), grid.columns),
        wide=_is_wide(grid.width, grid.height, width, height),
        sideways=is_sideways(grid),
        geometry=f"{_used(grid.shown, grid.columns)} {height} {width} {grid.margin} {grid.shown}",
        marks=_marks(
            [channel for channel in grid.inactive if channel < grid.shown],
            (grid.width, grid.height),
            (width, height),
            grid.margin,
            grid.columns,
            sideways=is_sideways(grid),
        ),
        values=src(page, outline.values_file(image.name)),
        key=f"{outline.image_slugs[image.name]}/{slug}",
        singles=tuple(single(page, grid, channel) for channel in grid.singles),
        channels=channel_pages(outline, page, grid.layer),
    )


def _rows(outline: Outline, page: str, path: str) -> str:
    """Where the channels of a layer stand on all images: page, first channel of each page, end."""
    rows = outline.layer_rows(path) if path in outline.layer_pages else 0
    place = href(page, quote(outline.layer_page(path))) if rows else ""
    starts = ",".join(str(part.start) for part in outline.layer_pages[path]) if rows else ""
    return f"{place} {starts} {rows}" if place else ""


def channel_pages(outline: Outline, page: str, path: str) -> str:
    """Where the pages of a layer's channels are, and which channels have one; empty for none."""
    if path not in outline.unit_layers:
        return ""
    channels = outline.unit_channels(path)
    folder = href(page, quote(outline.channel_page(path, 0))).removesuffix("0.html")
    runs = numbers(channels, len(channels)).replace(", ", ",").replace("–", "-")
    return f"{folder} {runs}"


def single(page: str, grid: Activations, channel: Channel) -> Single:
    """The figure of a single channel shown large, with its colour bar."""
    height, width = grid.map_size
    factor = max(1, _SINGLE_SIDE // max(height, width))
    name = f"{grid.layer}, channel {channel.channel}"
    word = word_of(channel)
    text = f"{word}: {meaning(word)}" if word else "active"
    bar = None
    if channel.colorbar:
        alt = f"Colour bar from {number(channel.low)} to {number(channel.high)}"
        bar = Picture(src(page, channel.colorbar), alt, 320, 44)
    return Single(
        picture=Picture(
            src(page, channel.picture),
            f"{name}, {text}",
            width * factor,
            height * factor,
            pixelated=height < _SINGLE_SIDE,
        ),
        colorbar=bar,
        title=f"Channel {channel.channel}",
        text=f"{number(channel.low)} to {number(channel.high)}" + (f", {word}" if word else ""),
    )


def gallery_grid(outline: Outline, page: str, gallery: Gallery) -> Grid:
    """The figure of one layer's filter patterns."""
    filters = outline.filters_of(gallery)
    slug = outline.layer_slugs[gallery.layer]
    end = "" if gallery.method == "classic" else f"--{gallery.method}"
    channels = [pattern.channel for pattern in filters] or list(range(gallery.shown))
    place = outline.layer_place(gallery.layer)
    facts = (
        f"{len(set(channels)):,} of {count(gallery.filters, 'filter')}",
        f"{gallery.size} {TIMES} {gallery.size} pixels each",
        *filter_findings(filters),
    )
    silent = sum(pattern.status == "silent" for pattern in filters)
    return Grid(
        id=gallery_anchor(gallery) if page.startswith("layers/") else f"{slug}{end}",
        kind="filters",
        title=gallery_title(outline, gallery),
        href=href(page, place) if quote(page) != place else "",
        beside="",
        facts=facts,
        picture=_grid_picture(
            src(page, gallery.picture),
            f"{gallery_title(outline, gallery)}, patterns of {count(gallery.shown, 'filter')},"
            f" {silent} silent",
            (gallery.width, gallery.height),
            (gallery.size, gallery.size),
            pixelated=False,
            sideways=is_sideways(gallery),
        ),
        columns=_column_labels(gallery.shown, gallery.columns, channels),
        rows=_row_labels(channels, gallery.columns),
        wide=_is_wide(gallery.width, gallery.height, gallery.size, gallery.size),
        sideways=is_sideways(gallery),
        geometry=f"{_used(gallery.shown, gallery.columns)} {gallery.size} {gallery.size} "
        f"{gallery.margin} {gallery.shown}",
        marks=_marks(
            [pattern.tile for pattern in filters if pattern.status == "silent"],
            (gallery.width, gallery.height),
            (gallery.size, gallery.size),
            gallery.margin,
            gallery.columns,
            sideways=is_sideways(gallery),
        ),
        values=src(page, outline.filter_values_file(gallery.layer)),
        key=gallery_key(outline, gallery),
        channels=channel_pages(outline, page, gallery.layer),
    )


def gallery_title(outline: Outline, gallery: Gallery) -> str:
    """The gallery's layer, and where there are others than classic ones, how it was made."""
    methods = {other.method for other in outline.galleries.get(gallery.layer, ())}
    return (
        f"{gallery.layer} ({METHODS[gallery.method]})" if methods - {"classic"} else gallery.layer
    )


def gallery_anchor(gallery: Gallery) -> str:
    """The anchor of a gallery on its layer's page."""
    return "filters--gallery" if gallery.method == "classic" else f"filters--{gallery.method}"


def filter_findings(filters: list[Filter]) -> list[str]:
    """How many patterns were found, and of which filters none: "1 silent (3)"."""
    found = sum(pattern.status == "ok" for pattern in filters)
    words = [f"{found:,} of {count(len(filters), 'pattern')} found"]
    for status, word in _STATUS.items():
        without = [pattern.channel for pattern in filters if pattern.status == status]
        if without:
            words.append(f"{len(without):,} {word} ({numbers(sorted(set(without)), 12)})")
    return words


def plain_picture(page: str, picture: str, size: tuple[int, int], alt: str, most: int) -> Picture:
    """A photo or a drawing, no larger than ``most`` pixels either way.

    A small one is shown with its pixels enlarged; any other a little smaller than it is, so that
    it is sharp on screens with more pixels than CSS counts.
    """
    width, height = size
    longest = max(width, height, 1)
    scale = min(1.0 if longest < _SMALL_PHOTO else 1 / _SHARP, most / longest)
    return Picture(
        src(page, picture),
        alt,
        max(1, round(width * scale)),
        max(1, round(height * scale)),
        pixelated=longest < _SMALL_PHOTO,
    )


def svg_size(path: Path) -> tuple[int, int]:
    """Width and height of an SVG file as its first element states them; 900 × 400 if it does not.

    Matplotlib writes points; only the proportion matters to a page.
    """
    head = path.read_bytes()[:4096] if path.is_file() else b""
    width, height = _SVG_SIZE.search(head), _SVG_HEIGHT.search(head)
    if not width or not height:
        return 900, 400
    return max(1, round(float(width[1]))), max(1, round(float(height[1])))


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture's file; see `svg_size` for one that does not state them."""
    if path.suffix == ".svg" or not path.is_file():
        return svg_size(path)
    from PIL import Image

    try:
        with Image.open(path) as opened:
            return opened.size
    except OSError:
        return svg_size(path)


def chart_by_depth(page: str, chart: str, folder: Path) -> Picture:
    """The chart of sparsity by depth, whose file lies below ``folder``."""
    return plain_picture(page, chart, svg_size(folder / chart), SPARSITY_ALT, COLUMN_WIDTH)


def activation_legend(settings: dict[str, object]) -> Legend:
    """What the colours of activation grids stand for, by the settings that drew them."""
    mean, _, deviation = str(settings.get("contrast", "128:64")).partition(":")
    try:
        below, above = float(mean) / float(deviation), (255 - float(mean)) / float(deviation)
    except (ValueError, ZeroDivisionError):
        below, above = 2.0, 2.0
        mean, deviation = "", ""
    whole = settings.get("normalise") == "layer"
    who = "the layer" if whole else "each channel"
    return Legend(
        colormap="viridis",
        colors=legend_colors("viridis"),
        low=f"{below:.2g} SD below",
        high=f"{above:.2g} SD above",
        text=f"Colour: standard deviations (SD) from the mean of {who}. Gray tiles:"
        " inactive channels, which are silent (zero everywhere) or constant (one other value).",
        scale=f"{mean} {deviation}" if mean and not whole else "",
    )


def gradcam_legend(settings: dict[str, object]) -> Legend:
    """What the colours of a heatmap stand for."""
    name = str(settings.get("colormap", "jet"))
    return Legend(
        colormap=name,
        colors=legend_colors(name),
        low="low",
        high="high",
        text="Colour: evidence for the class, relative to the maximum in this image.",
    )


def legend_colors(colormap: str) -> tuple[str, ...]:
    """As many colours of a map as a legend shows, evenly spaced with both ends."""
    return tuple(f"#{bytes(colour).hex()}" for colour in table(colormap)[:: 255 // _LEGEND_STEPS])


def _shown(grid: Activations) -> str:
    if grid.left_out:
        return f"{grid.shown - len(grid.left_out):,} of {count(grid.channels, 'channel')}"
    if grid.shown == grid.channels:
        return count(grid.channels, "channel")
    return f"first {grid.shown:,} of {count(grid.channels, 'channel')}"


def _used(tiles: int, columns: int) -> int:
    return max(1, min(columns, tiles))


def _column_labels(tiles: int, columns: int, channels: Sequence[int] = ()) -> tuple[str, ...]:
    """What to add to the number at the left; nothing where the channels do not follow each other.

    The columns of a single row are labelled with their channels.
    """
    used = _used(tiles, columns)
    if channels and len(channels) <= used:
        return tuple(str(channel) for channel in channels)
    if not channels or list(channels) == list(range(channels[0], channels[0] + len(channels))):
        return tuple(str(at) for at in range(used))
    return ("",) * used


def _row_labels(channels: list[int], columns: int) -> tuple[str, ...]:
    if 0 < len(channels) <= columns and channels[0] > 0:
        return ("",)
    firsts = channels[:: _used(len(channels), columns)]
    return tuple(str(first) for first in firsts[:: row_stride(len(firsts))])


def is_sideways(grid: Activations | Gallery) -> bool:
    """Whether a grid has too many columns to be shrunk: its page scrolls it."""
    return grid.columns > MOST_COLUMNS


def _is_wide(width: int, height: int, tile_width: int, tile_height: int) -> bool:
    return width * enlargement(width, height, tile_width, tile_height) >= _WIDE


def _grid_picture(
    source: str,
    alt: str,
    size: tuple[int, int],
    tile: tuple[int, int],
    *,
    pixelated: bool = True,
    sideways: bool,
) -> Picture:
    factor = enlargement(*size, *tile, sideways=sideways)
    # Hard edges suit enlarged pixels; a picture that the page shrinks is smoothed.
    hard = pixelated and (sideways or size[0] <= COLUMN_WIDTH)
    return Picture(source, alt, size[0] * factor, size[1] * factor, pixelated=hard)


def _marks(
    silent: Sequence[int],
    size: tuple[int, int],
    tile: tuple[int, int],
    margin: int,
    columns: int,
    *,
    sideways: bool,
) -> str:
    """SVG path data that crosses out the silent tiles, in CSS pixels of the grid's picture."""
    factor = enlargement(*size, *tile, sideways=sideways)
    return cross_marks(silent, (tile[1] * factor, tile[0] * factor), margin * factor, columns)


def cross_marks(silent: Sequence[int], tile: tuple[int, int], margin: int, columns: int) -> str:
    """SVG path data of the diagonals of silent tiles, each `tile` (height, width) in size."""
    height, width = tile
    parts = []
    for at in silent:
        row, column = divmod(at, columns)
        x, y = column * (width + margin), row * (height + margin)
        parts.append(f"M{x} {y}l{width} {height}m0 {-height}l{-width} {height}")
    return "".join(parts)


def gallery_key(outline: Outline, gallery: Gallery) -> str:
    """Under which key the numbers behind a gallery stand: its kind, and its layer's slug."""
    kind = "filters" if gallery.method == "classic" else gallery.method
    return f"{kind}/{outline.layer_slugs[gallery.layer]}"
