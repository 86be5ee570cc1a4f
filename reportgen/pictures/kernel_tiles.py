"""Weights of a convolution → tiles: in colour where it sees the image, else one slice each."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.colormaps import signed_colours
from reportgen.pictures.tiles import gallery

MOST_TILES = 512
"""Filters of one slice each, or of three that make a colour, that are drawn."""

MOST_ROWS, MOST_SLICES = 16, 32
"""Filters, one a row, and of each the slices for the first channels of its input."""

GAP = 2
"""Pixels between tiles."""

_TILE = 36
_GAP = (160, 168, 176, 255)


Kind = Literal["colour", "single", "slices"]


def enlargement(height: int, width: int, kind: Kind) -> int:
    """How many times the weights of a kernel are enlarged in its tile."""
    return max(1, (_TILE if kind != "slices" else _TILE // 2) // max(height, width))


class Drawn(NamedTuple):
    """A picture of weights: RGBA (height, width, 4), and how its tiles stand.

    Gaps are transparent, or gray where zero is white.
    """

    picture: NDArray[np.uint8]
    kind: Kind
    """ "colour": a tile is a filter in the colours of the image that raise it, gray is zero;
    "single": a tile is a filter of one slice; "slices": a row is a filter, a tile one slice of it.
    In the last two, red is positive, blue negative, white zero."""
    filters: int
    """How many of the filters are drawn (the first ones)."""
    slices: int
    """How many slices of each filter are drawn (the first ones)."""


def draw_kernel(
    kernel: NDArray[np.floating],
    columns: int | None = 16,
    colours: NDArray[np.floating] | None = None,
) -> Drawn:
    """Draw the weights (height, width, channels of the input, filters) of a convolution.

    Each filter has its own scale: its largest weight, by size, has the strongest colour. Weights
    that are not finite are drawn as zero. `columns` says how many tiles make a row, where a tile is
    a whole filter; None stands for all. `colours` (channels of the input, 3) says how much red,
    green and blue count in each channel of the input: a filter is drawn in the colours that raise
    its response. None stands for channels that are no colours.
    """
    height, width, inputs, filters = kernel.shape
    weights = np.nan_to_num(kernel.astype(np.float64), posinf=0.0, neginf=0.0)
    if colours is not None:
        weights = np.einsum("hwif,ic->hwcf", weights, colours)
    largest = np.abs(weights).max(axis=(0, 1, 2))
    weights /= np.where(largest > 0, largest, 1.0)
    if inputs == 1 or colours is not None:
        shown, slices = min(filters, MOST_TILES), inputs
        tiles = weights[..., :shown].transpose(3, 0, 1, 2)
        drawn = signed_colours(tiles[..., 0]) if colours is None else _gray_is_zero(tiles)
        kind: Kind = "single" if colours is None else "colour"
    else:
        shown, slices = min(filters, MOST_ROWS), min(inputs, MOST_SLICES)
        tiles = weights[:, :, :slices, :shown].transpose(3, 2, 0, 1)
        drawn, columns = signed_colours(tiles.reshape(shown * slices, height, width)), slices
        kind = "slices"
    times = enlargement(height, width, kind)
    drawn = drawn.repeat(times, axis=1).repeat(times, axis=2)
    picture = gallery(drawn, columns, GAP)
    if kind != "colour":
        picture[picture[..., 3] == 0] = _GAP  # white stands for zero
    return Drawn(picture, kind, shown, slices)


def _gray_is_zero(tiles: NDArray[np.float64]) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.rint(127.5 + 127.5 * tiles).astype(np.uint8)
    return levels
