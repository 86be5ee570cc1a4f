"""Feature maps and filter patterns → one array of tiles, the same for every channel count."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.colormaps import BACKGROUND, INACTIVE, INACTIVE_COLOUR, TOP_LEVEL

WIDEST = 32_000
"""Pixels across a picture that browsers and decoders still show."""

_TRANSPARENT = (0, 0, 0, 0)


def block_size(height: int, width: int, longest: int | None) -> int:
    """The side of the square blocks to average so that no side of a tile exceeds ``longest``.

    A whole number, so that each pixel of a tile is the mean of the same number of values: the least
    one, or one up to a third larger that leaves no smaller blocks at the edges. 1 where the maps
    are small enough or ``longest`` is None.
    """
    if longest is None:
        return 1
    least = -(-max(height, width) // longest)
    even = (block for block in range(least, least * 4 // 3 + 1)
            if height % block == 0 and width % block == 0)  # fmt: skip
    return next(even, least)


def block_weights(size: int, block: int) -> NDArray[np.float32]:
    """The matrix (ceil(size / block), size) that averages runs of ``block`` pixels.

    The last run may be shorter. Each row adds up to 1.
    """
    owner = np.arange(size) // block
    chosen = owner[None] == np.arange(owner[-1] + 1)[:, None]
    weights: NDArray[np.float32] = (chosen / chosen.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


@dataclass(frozen=True)
class GridLayout:
    """Where the tile of each channel lies: row by row, margins between tiles, none around them."""

    columns: int
    rows: int
    tile_height: int
    tile_width: int
    margin: int
    channels: int

    @classmethod
    def fit(
        cls,
        channels: int,
        tile_height: int,
        tile_width: int,
        columns: int | None = 16,
        margin: int = 1,
    ) -> Self:
        """The layout of ``channels`` tiles, ``columns`` a row: no wider than there are tiles.

        None stands for all in one row, or as many as ``WIDEST`` pixels hold.

        Raises:
            ValueError: a number is below 1 (the margin: below 0).

        """
        if columns is None:
            columns = max(1, WIDEST // max(1, tile_width + margin))
        if min(channels, tile_height, tile_width, columns) < 1 or margin < 0:
            raise ValueError(
                f"no grid of {channels} tiles of {tile_height}×{tile_width} pixels in {columns} "
                f"columns with a margin of {margin}"
            )
        used = min(columns, channels)
        return cls(used, -(-channels // used), tile_height, tile_width, margin, channels)

    @property
    def width(self) -> int:
        """Pixels across the whole grid."""
        return self.columns * (self.tile_width + self.margin) - self.margin

    @property
    def height(self) -> int:
        """Pixels down the whole grid."""
        return self.rows * (self.tile_height + self.margin) - self.margin

    def box(self, channel: int) -> tuple[int, int, int, int]:
        """The tile of a channel as (left, top, right, bottom), right and bottom excluded.

        Raises:
            IndexError: the grid has no such channel.

        """
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of a grid of {self.channels}")
        row, column = divmod(channel, self.columns)
        left, top = column * (self.tile_width + self.margin), row * (self.tile_height + self.margin)
        return left, top, left + self.tile_width, top + self.tile_height


def grid(
    levels: NDArray[np.uint8],
    inactive: NDArray[np.bool_],
    columns: int | None = 16,
    margin: int = 1,
) -> NDArray[np.uint8]:
    """Lay all channels of a layer out as tiles, ``GridLayout.fit`` says where.

    Args:
        levels: (height, width, channels), as ``analysis.quantise`` gives them.
        inactive: (channels,), which of them have nothing to show.
        columns: tiles a row; None for all.
        margin: pixels between tiles.

    Returns:
        Palette indices, uint8 (layout.height, layout.width): 0..253 a level (254 and 255 are drawn
        as 253), ``BACKGROUND`` between and after tiles, ``INACTIVE`` for the flat tile of an
        inactive channel.

    """
    height, width, channels = levels.shape
    layout = GridLayout.fit(channels, height, width, columns, margin)
    tiles = np.minimum(levels, TOP_LEVEL).transpose(2, 0, 1)
    tiles[inactive] = INACTIVE
    return _assemble(tiles[..., None], layout, (BACKGROUND,))[:, :, 0]


def gallery(
    patterns: NDArray[np.uint8],
    columns: int | None = 16,
    margin: int = 1,
    present: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """Lay filter patterns out as tiles on a transparent ground, ``GridLayout.fit`` says where.

    Args:
        patterns: (filters, height, width, 3), RGB.
        columns: tiles a row; None for all.
        margin: pixels between tiles.
        present: (filters,), False for a silent filter, drawn flat gray; default all
            present.

    Returns:
        uint8 (layout.height, layout.width, 4), RGBA.

    """
    filters, height, width, _ = patterns.shape
    layout = GridLayout.fit(filters, height, width, columns, margin)
    tiles = np.full((filters, height, width, 4), 255, dtype=np.uint8)
    tiles[..., :3] = patterns
    if present is not None:
        tiles[~present] = (*INACTIVE_COLOUR, 255)
    return _assemble(tiles, layout, _TRANSPARENT)


def squares(patterns: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Patterns (filters, height, width, 3) in the middle of gray squares of the longer side."""
    height, width = patterns.shape[1:3]
    if height == width:
        return patterns
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.empty((len(patterns), side, side, 3), dtype=np.uint8)
    square[:] = INACTIVE_COLOUR
    square[:, top : top + height, left : left + width] = patterns
    return square


def _assemble(
    tiles: NDArray[np.uint8], layout: GridLayout, ground: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Tiles (count, height, width, depth) → one array (layout.height, layout.width, depth)."""
    count, height, width, depth = tiles.shape
    rows, columns = layout.rows, layout.columns
    canvas = np.empty(
        (rows, height + layout.margin, columns, width + layout.margin, depth), dtype=np.uint8
    )
    canvas[:] = ground
    full, rest = divmod(count, columns)
    whole_rows = tiles[: full * columns].reshape(full, columns, height, width, depth)
    canvas[:full, :height, :, :width] = whole_rows.transpose(0, 2, 1, 3, 4)
    if rest:
        canvas[full, :height, :rest, :width] = tiles[full * columns :].transpose(1, 0, 2, 3)
    flat = canvas.reshape(rows * (height + layout.margin), columns * (width + layout.margin), depth)
    return np.ascontiguousarray(flat[: layout.height, : layout.width])
