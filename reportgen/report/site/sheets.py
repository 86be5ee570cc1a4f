"""Pictures of the tiles that a page shows of several grids: whole grids would be megabytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reportgen.records.filters import Filter, Gallery
from reportgen.records.image import Activations
from reportgen.report.site.drawings import Drawings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.pictures.tiles import GridLayout

MOST_PIXELS = 250_000
"""Of a sheet, so that it takes about 160 kB at most."""

SIDES = (160, 128, 96, 72, 64, 48, 32)
"""Longest sides of a tile, in pixels; the first with which the sheet is small enough is taken."""

COLUMNS = 12

_FLAT = 8
"""Gray levels between the percentiles below which a tile is shown as it is."""


class Sheet(NamedTuple):
    """A picture of tiles without margins, in the order in which they were asked for."""

    path: str
    columns: int
    width: int
    height: int
    """Of the whole picture, in pixels."""
    tile_width: int
    tile_height: int

    def view(self, at: int) -> str:
        """Left, top, width and height of a tile in the picture's pixels, for an SVG view."""
        row, column = divmod(at, self.columns)
        place = column * self.tile_width, row * self.tile_height
        return "{} {} {} {}".format(*place, self.tile_width, self.tile_height)


def activation_sheet(
    drawings: Drawings, path: str, cells: Sequence[tuple[Activations, int]]
) -> Sheet:
    """Ask for a drawing of channels of the grids of one layer.

    `path` is that of the picture below the report's folder, without an extension; `cells` (one at
    least) are grids, whose maps all have one size, each with a channel of it.
    """
    from reportgen.pictures.tiles import GridLayout, block_size

    height, width = cells[0][0].size
    side = _side(len(cells), max(height, width))
    block = block_size(height, width, side)
    layout = GridLayout.fit(len(cells), -(-height // block), -(-width // block), COLUMNS, 0)
    folder, picture = drawings.folder, f"{path}.png"
    drawings.add(picture, lambda: _activations(folder, cells, side, layout))
    return _sheet(picture, layout)


def _activations(
    folder: Path, cells: Sequence[tuple[Activations, int]], side: int, layout: "GridLayout"
) -> bytes:
    import numpy as np

    from reportgen.pictures.encode import palette_png, read_indices
    from reportgen.pictures.regrid import clear, shrunk, tiles_of
    from reportgen.pictures.tiles import GridLayout, grid

    tiles: dict[tuple[str, int], NDArray[np.uint8]] = {}
    for picture, about in {about.picture: about for about, _ in cells}.items():
        height, width = about.size
        of_grid = GridLayout.fit(about.shown, height, width, about.columns, about.margin)
        drawn = tiles_of(read_indices(folder / picture), of_grid)
        # Copies: the other channels need not stay in memory.
        wanted = {channel for other, channel in cells if other.picture == picture}
        tiles |= {(picture, channel): drawn[:, :, channel].copy() for channel in wanted}
    levels = np.stack([tiles[about.picture, channel] for about, channel in cells], axis=2)
    inactive = np.array([channel in about.inactive for about, channel in cells])
    sheet = grid(shrunk(levels, side), inactive, COLUMNS, 0)
    clear(sheet, layout, [at for at, (about, channel) in enumerate(cells)
                          if channel in about.left_out])  # fmt: skip
    return palette_png(sheet)


def pattern_sheet(
    drawings: Drawings, path: str, cells: Sequence[tuple[Gallery, Filter]], columns: int = COLUMNS
) -> Sheet:
    """Ask for filter patterns of one gallery (one at least), see `activation_sheet`; as a JPEG."""
    from reportgen.pictures.tiles import GridLayout

    size = cells[0][0].size
    side = min(size, _side(len(cells), size))
    layout = GridLayout.fit(len(cells), side, side, columns, 0)
    folder, picture = drawings.folder, f"{path}.jpg"
    drawings.add(picture, lambda: _patterns(folder, cells, side, layout))
    return _sheet(picture, layout)


def _patterns(
    folder: Path, cells: Sequence[tuple[Gallery, Filter]], side: int, layout: "GridLayout"
) -> bytes:
    import numpy as np
    from PIL import Image

    from reportgen.pictures.colormaps import INACTIVE_COLOUR
    from reportgen.pictures.encode import jpeg
    from reportgen.pictures.tiles import GridLayout

    about = cells[0][0]
    with Image.open(folder / about.picture) as opened:
        ground = Image.new("RGBA", opened.size, (*INACTIVE_COLOUR, 255))
        ground.alpha_composite(opened.convert("RGBA"))
    gallery = np.asarray(ground.convert("RGB"))
    of_gallery = GridLayout.fit(about.shown, about.size, about.size, about.columns, about.margin)
    sheet = np.full((layout.height, layout.width, 3), INACTIVE_COLOUR, np.uint8)
    for at, (_, found) in enumerate(cells):
        left, top, right, bottom = of_gallery.box(found.tile)
        tile = Image.fromarray(gallery[top:bottom, left:right])
        drawn = np.asarray(tile.resize((side, side), Image.Resampling.BOX))
        place = layout.box(at)
        if about.method.startswith("classic") and found.status == "ok":
            drawn = stretched(drawn)
        sheet[place[1] : place[3], place[0] : place[2]] = drawn
    return jpeg(sheet, 92)


def stretched(tile: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """A tile whose percentiles 1 and 99, over all colours, are black and white; for display."""
    import numpy as np

    low, high = np.percentile(tile, (1, 99))
    if high - low < _FLAT:
        return tile
    levels = (tile.astype(np.float32) - low) * (255 / (high - low))
    drawn: NDArray[np.uint8] = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return drawn


def _side(tiles: int, longest: int) -> int:
    for side in SIDES:
        if tiles * min(side, longest) ** 2 <= MOST_PIXELS:
            return side
    return SIDES[-1]


def _sheet(path: str, layout: "GridLayout") -> Sheet:
    return Sheet(
        path,
        layout.columns,
        layout.width,
        layout.height,
        layout.tile_width,
        layout.tile_height,
    )
