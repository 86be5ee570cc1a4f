"""Thumbnails of images in the order of their map, on a full grid."""

from collections.abc import Sequence
from math import ceil, sqrt

import cv2
import numpy as np
import numpy.typing as npt

from reportgen.pictures.charts.image_map import Drawn, Floats, style

Pixels = npt.NDArray[np.uint8]

MOST_TILES = 160
TILE = 64
"""Thumbnails of the picture, and pixels of each, its frame included."""

_FRAME, _BADGE = 4, 17


def grid_places(positions: Floats) -> list[tuple[int, int]]:
    """A place (column, row) of a full grid for each point, none of them twice.

    Points are cut into columns of equal counts by x, and sorted by y in each, the highest on top.
    """
    count = len(positions)
    columns = max(1, ceil(sqrt(count * 1.6)))
    rows = ceil(count / columns)
    columns = ceil(count / rows)
    places = [(0, 0)] * count
    by_x = np.argsort(positions[:, 0], kind="stable")
    for column, own in enumerate(np.array_split(by_x, columns)):
        by_y = own[np.argsort(-positions[own, 1], kind="stable")]
        for row, at in enumerate(by_y):
            places[int(at)] = (column, row)
    return places


def thumbnails(
    photos: Sequence[Pixels], drawn: Drawn, marks: Sequence[str]
) -> tuple[Pixels, list[tuple[int, int]]]:
    """Thumbnails in the order of the map, and the left upper corner (x, y) of each.

    A frame and a badge have the group's colour; the badge has its mark. A cross marks an image that
    is misclassified.

    Args:
        photos: uint8 RGB, one for each point.
        drawn: positions and what the images are.
        marks: one or two letters for each name of `drawn`.

    Returns:
        uint8 RGB.

    """
    places = grid_places(drawn.positions)
    columns, rows = (max(place[axis] for place in places) + 1 for axis in (0, 1))
    canvas = np.full((rows * TILE, columns * TILE, 3), 128, np.uint8)
    corners = [(column * TILE, row * TILE) for column, row in places]
    for at, (photo, (left, top)) in enumerate(zip(photos, corners, strict=True)):
        group = drawn.groups[at]
        mark = marks[group] if group >= 0 else ""
        tile = _tile(photo, _rgb(style(group)[0]), mark, wrong=drawn.misclassified[at])
        canvas[top : top + TILE, left : left + TILE] = tile
    return canvas, corners


def _tile(photo: Pixels, colour: tuple[int, int, int], mark: str, *, wrong: bool) -> Pixels:
    inner = TILE - 2 * _FRAME
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = photo[top : top + side, left : left + side]
    way = cv2.INTER_AREA if side > inner else cv2.INTER_LINEAR
    tile = np.full((TILE, TILE, 3), colour, np.uint8)
    tile[1:-1, 1:-1] = colour
    tile[_FRAME:-_FRAME, _FRAME:-_FRAME] = cv2.resize(square, (inner, inner), interpolation=way)
    tile[0], tile[-1], tile[:, 0], tile[:, -1] = 255, 255, 255, 255
    if mark:
        across = _BADGE if len(mark) == 1 else _BADGE + 9
        tile[1:_BADGE, 1:across] = colour
        cv2.putText(
            tile, mark, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA
        )
    if wrong:
        corner = TILE - _BADGE - 1
        tile[corner:-1, corner:-1] = 255
        for ends in (((0, 0), (1, 1)), ((0, 1), (1, 0))):
            (x1, y1), (x2, y2) = (
                (corner + 4 + x * (_BADGE - 9), corner + 4 + y * (_BADGE - 9)) for x, y in ends
            )
            cv2.line(tile, (x1, y1), (x2, y2), (200, 0, 0), 2, cv2.LINE_AA)
    return tile


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
