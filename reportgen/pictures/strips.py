"""Strips of exemplars: images side by side, what a unit sees marked on them and cut out of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.box import Box
from reportgen.pictures.side_by_side import GAP, GROUND, side_by_side

TILE, GRID_TILE = 72, 192
"""Pixels of the side of a tile, and of one that shows the grid of a layer."""

_MARK = (214, 51, 108)
_LINE = (255, 255, 255)
_FINEST = 6
"""Pixels that a cell needs for a grid to be drawn."""


@dataclass(frozen=True)
class StripImage:
    """An image (height, width, 3), and the box of its pixels that a unit sees.

    `cell` is the unit's cell in the layer's grid; where it is None, the box is marked and cut out
    instead.
    """

    pixels: NDArray[np.uint8]
    box: Box
    cell: "Cell | None" = None


@dataclass(frozen=True)
class Cell:
    """A cell by its row and column, and the edges of all rows (rows + 1,) and columns in pixels."""

    row: int
    column: int
    downs: NDArray[np.float64]
    acrosses: NDArray[np.float64]


def strip(shown: Sequence[StripImage]) -> NDArray[np.uint8]:
    """The strip, RGB uint8: tiles `GAP` apart.

    Images with a box stand above what is cut out of them, tiles of `TILE` pixels; images with a
    cell stand alone, tiles of `GRID_TILE` pixels.

    Raises ValueError when there is nothing to show.
    """
    if not shown:
        raise ValueError("a strip needs an image")
    columns = []
    for image in shown:
        if image.cell is not None:
            columns.append(_tile(_with_grid(image.pixels, image.cell), GRID_TILE))
        else:
            gap = np.full((GAP, TILE, 3), GROUND, np.uint8)
            columns.append(np.concatenate([_marked(image), gap, _cut(image)]))
    return side_by_side(columns)


def _resized(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture with its longer side `side` pixels long."""
    import cv2

    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=how), np.uint8)


def _tile(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture in the middle of a square tile."""
    tile = np.full((side, side, 3), GROUND, np.uint8)
    top, left = (side - picture.shape[0]) // 2, (side - picture.shape[1]) // 2
    tile[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return tile


def _marked(image: StripImage) -> NDArray[np.uint8]:
    picture = _resized(image.pixels, TILE)
    down, across = (picture.shape[k] / image.pixels.shape[k] for k in (0, 1))
    box = image.box
    if box.height * box.width:
        _outline(
            picture,
            (round(box.top * down), round((box.top + box.height) * down)),
            (round(box.left * across), round((box.left + box.width) * across)),
        )
    return _tile(picture, TILE)


def _cut(image: StripImage) -> NDArray[np.uint8]:
    box = image.box
    if not box.height * box.width:
        return np.full((TILE, TILE, 3), GROUND, np.uint8)
    patch = image.pixels[box.top : box.top + box.height, box.left : box.left + box.width]
    return _tile(_resized(patch, TILE), TILE)


def _with_grid(pixels: NDArray[np.uint8], cell: Cell) -> NDArray[np.uint8]:
    picture = _resized(pixels, GRID_TILE)
    height, width = picture.shape[:2]
    downs = np.rint(cell.downs * (height / pixels.shape[0])).astype(int).tolist()
    acrosses = np.rint(cell.acrosses * (width / pixels.shape[1])).astype(int).tolist()
    if min(np.diff(downs).min(), np.diff(acrosses).min()) >= _FINEST:
        for at in downs:
            if 0 < at < height:
                picture[at] = picture[at] // 2 + np.array(_LINE, np.uint8) // 2
        for at in acrosses:
            if 0 < at < width:
                picture[:, at] = picture[:, at] // 2 + np.array(_LINE, np.uint8) // 2
    row, column = cell.row, cell.column
    _outline(picture, (downs[row], downs[row + 1]), (acrosses[column], acrosses[column + 1]))
    return picture


def _outline(picture: NDArray[np.uint8], rows: tuple[int, int], columns: tuple[int, int]) -> None:
    """Draw a frame, two pixels wide, inside the picture."""
    top, bottom = max(0, min(rows[0], picture.shape[0] - 2)), min(rows[1], picture.shape[0])
    left, right = max(0, min(columns[0], picture.shape[1] - 2)), min(columns[1], picture.shape[1])
    bottom, right = max(bottom, top + 2), max(right, left + 2)
    picture[top : top + 2, left:right] = picture[bottom - 2 : bottom, left:right] = _MARK
    picture[top:bottom, left : left + 2] = picture[top:bottom, right - 2 : right] = _MARK
