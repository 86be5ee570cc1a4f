"""A finished activation grid → one that takes fewer bytes: smaller tiles, or fewer of them."""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.colormaps import BACKGROUND
from reportgen.pictures.tiles import GridLayout, block_size, block_weights, grid


def tiles_of(picture: NDArray[np.uint8], layout: GridLayout) -> NDArray[np.uint8]:
    """The tiles of a grid, ``tiles.grid`` backwards.

    Args:
        picture: palette indices (layout.height, layout.width).
        layout: where its tiles lie.

    Returns:
        Palette indices, uint8 (tile height, tile width, channels).

    """
    height, width = layout.tile_height + layout.margin, layout.tile_width + layout.margin
    whole = np.full((layout.rows * height, layout.columns * width), BACKGROUND, np.uint8)
    whole[: layout.height, : layout.width] = picture
    tiles = whole.reshape(layout.rows, height, layout.columns, width).transpose(1, 3, 0, 2)
    flat = tiles[: layout.tile_height, : layout.tile_width].reshape(
        layout.tile_height, layout.tile_width, -1
    )
    return flat[:, :, : layout.channels]


def shrunk(levels: NDArray[np.uint8], longest: int | None) -> NDArray[np.uint8]:
    """Tiles (height, width, channels) averaged over square blocks: no side exceeds ``longest``."""
    height, width = levels.shape[:2]
    block = block_size(height, width, longest)
    if block == 1:
        return levels
    rows, columns = block_weights(height, block), block_weights(width, block)
    means = np.einsum("yh,hwc,xw->yxc", rows, levels, columns, optimize=True)
    averaged: NDArray[np.uint8] = np.rint(means).astype(np.uint8)
    return averaged


def regrid(
    picture: NDArray[np.uint8],
    layout: GridLayout,
    longest: int | None,
    inactive: Collection[int] = (),
    left_out: Collection[int] = (),
) -> NDArray[np.uint8]:
    """Average tiles over square blocks, leave channels out: their places stay, and are empty.

    Args:
        picture: palette indices (layout.height, layout.width), as ``tiles.grid`` gives them.
        layout: where its tiles lie; the new ones lie as many in a row.
        longest: side in pixels that no tile exceeds; None leaves their size.
        inactive: the channels drawn as inactive.
        left_out: the channels not to draw.

    Returns:
        Palette indices of the new grid.

    """
    levels = shrunk(tiles_of(picture, layout), longest)
    struck = np.zeros(layout.channels, np.bool_)
    struck[list(inactive)] = True
    made = grid(levels, struck, layout.columns, layout.margin)
    tall, wide = levels.shape[:2]
    new = GridLayout.fit(layout.channels, tall, wide, layout.columns, layout.margin)
    clear(made, new, left_out)
    return made


def clear(picture: NDArray[np.uint8], layout: GridLayout, tiles: Iterable[int]) -> None:
    """Empty the places of some tiles of a grid (layout.height, layout.width)."""
    for tile in tiles:
        left, top, right, bottom = layout.box(tile)
        picture[top:bottom, left:right] = BACKGROUND
