"""Pictures of the tiles that a page shows of several grids: whole grids would be megabytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reportgen.records.filters import Filter, Gallery
from reportgen.records.image import Activations

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


def activation_sheet(folder: Path, path: str, cells: Sequence[tuple[Activations, int]]) -> Sheet:
    """Draw channels of the grids of one layer.

    `path` is that of the picture below the report's `folder`, without an extension; `cells` (one at
    least) are grids, whose maps all have one size, each with a channel of it.
    """
    import numpy as np

    from reportgen.pictures.encode import palette_png, read_indices
    from reportgen.pictures.regrid import clear, shrunk, tiles_of
    from reportgen.pictures.tiles import GridLayout, grid

    tiles: dict[tuple[str, int], NDArray[np.uint8]] = {}
    for picture, about in {one.picture: one for one, _ in cells}.items():
        height, width = about.size
        layout = GridLayout.fit(about.shown, height, width, about.columns, about.margin)
        drawn = tiles_of(read_indices(folder / picture), layout)
        # Copies: the other channels need not stay in memory.
        wanted = {channel for one, channel in cells if one.picture == picture}
        tiles |= {(picture, channel): drawn[:, :, channel].copy() for channel in wanted}
    levels = np.stack([tiles[one.picture, channel] for one, channel in cells], axis=2)
    levels = shrunk(levels, _side(len(cells), max(levels.shape[:2])))
    inactive = np.array([channel in one.inactive for one, channel in cells])
    sheet = grid(levels, inactive, COLUMNS, 0)
    layout = GridLayout.fit(len(cells), levels.shape[0], levels.shape[1], COLUMNS, 0)
    left_out = [at for at, (one, channel) in enumerate(cells) if channel in one.left_out]
    clear(sheet, layout, left_out)
    return _written(folder, f"{path}.png", palette_png(sheet), layout)


def pattern_sheet(
    folder: Path, path: str, cells: Sequence[tuple[Gallery, Filter]], columns: int = COLUMNS
) -> Sheet:
    """Draw filter patterns of one gallery (one at least), see `activation_sheet`; as a JPEG."""
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
    layout = GridLayout.fit(about.shown, about.size, about.size, about.columns, about.margin)
    side = min(about.size, _side(len(cells), about.size))
    new = GridLayout.fit(len(cells), side, side, columns, 0)
    sheet = np.full((new.height, new.width, 3), INACTIVE_COLOUR, np.uint8)
    for at, (_, found) in enumerate(cells):
        left, top, right, bottom = layout.box(found.tile)
        tile = Image.fromarray(gallery[top:bottom, left:right])
        tile = tile.resize((side, side), Image.Resampling.BOX)
        place = new.box(at)
        drawn = np.asarray(tile)
        if about.method.startswith("classic") and found.status == "ok":
            drawn = stretched(drawn)
        sheet[place[1] : place[3], place[0] : place[2]] = drawn
    return _written(folder, f"{path}.jpg", jpeg(sheet, 92), new)


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


def _written(folder: Path, path: str, content: bytes, layout: "GridLayout") -> Sheet:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    return Sheet(
        path,
        layout.columns,
        layout.width,
        layout.height,
        layout.tile_width,
        layout.tile_height,
    )
