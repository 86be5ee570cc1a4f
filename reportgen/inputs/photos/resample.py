"""Pixels at another size, by the interpolations of `tf.image.resize` without antialiasing.

That is how `keras.utils.image_dataset_from_directory` brings pictures to a network's size. NumPy
computes the same floats on every machine, and only the pixels that are needed are touched.
"""

from itertools import pairwise
from typing import assert_never

import numpy as np
import numpy.typing as npt

from reportgen.feeding import Interpolation

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8] | Floats

_TABLE = 1024
"""TensorFlow looks bicubic weights up in a table of so many steps between two pixels."""

_CUBIC = -0.5
"""The parameter of Keys's cubic convolution (1981), as TensorFlow takes it."""


def resample(values: Pixels, height: int, width: int, interpolation: Interpolation) -> Floats:
    """The values (H, W, C) at height × width, float32.

    Half-pixel centres throughout: "nearest" takes the pixel below each centre, "bilinear" mixes
    two by two, "bicubic" four by four (it may overshoot 0..255, as TensorFlow's does), "area" is
    the mean over the area that each new pixel covers. At the same size all of them give the values.
    """
    if values.shape[:2] == (height, width):
        return values.astype(np.float32)
    if interpolation == "bilinear":
        rows, columns = _centres(height, values.shape[0]), _centres(width, values.shape[1])
        return bilinear(values, rows, columns)
    if interpolation == "nearest":
        chosen: Floats = values[_nearest(height, values.shape[0])][
            :, _nearest(width, values.shape[1])
        ].astype(np.float32)
        return chosen
    if interpolation == "bicubic":
        return _bicubic(values, height, width)
    if interpolation == "area":
        tall = _area_rows(values, height)
        return _area_rows(tall.transpose(1, 0, 2), width).transpose(1, 0, 2).astype(np.float32)
    assert_never(interpolation)


def bilinear(
    values: Pixels, rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]
) -> Floats:
    """Bilinear values at rows × columns (fractional indices, clamped to the edge)."""
    first, second, share = _neighbours(rows, values.shape[0])
    left, right, across = _neighbours(columns, values.shape[1])
    share, across = share[:, np.newaxis, np.newaxis], across[np.newaxis, :, np.newaxis]

    def along_row(index: npt.NDArray[np.intp]) -> Floats:
        # each source row once, then spread: a small map is enlarged far fewer times
        wanted, back = np.unique(index, return_inverse=True)
        picked = values[wanted]
        start = picked[:, left].astype(np.float32)
        mixed: Floats = start + (picked[:, right] - start) * across
        return mixed[back]

    upper = along_row(first)
    result: Floats = upper + (along_row(second) - upper) * share
    return result


def _centres(count: int, length: int) -> npt.NDArray[np.float64]:
    """Where the centres of `count` pixels fall, in indices of the `length` that they replace."""
    return (np.arange(count, dtype=np.float64) + 0.5) * (length / count) - 0.5


def _neighbours(
    positions: npt.NDArray[np.float64], length: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    clamped = np.clip(positions, 0, length - 1)
    first = np.floor(clamped).astype(np.intp)
    return first, np.minimum(first + 1, length - 1), (clamped - first).astype(np.float32)


def _nearest(count: int, length: int) -> npt.NDArray[np.intp]:
    # Added up in float64, as Pillow does it: the sum decides between two pixels equally near.
    scale = length / count
    positions = np.cumsum([scale / 2, *[scale] * (count - 1)])
    chosen: npt.NDArray[np.intp] = np.minimum(np.floor(positions).astype(np.intp), length - 1)
    return chosen


def _bicubic(values: Pixels, height: int, width: int) -> Floats:
    rows, row_weights = _taps(height, values.shape[0])
    columns, column_weights = _taps(width, values.shape[1])
    wanted, back = np.unique(rows, return_inverse=True)
    picked = values[wanted]
    back = back.reshape(rows.shape)
    across = np.zeros((len(wanted), width, values.shape[2]), np.float32)
    result = np.zeros((height, width, values.shape[2]), np.float32)
    for tap in range(4):
        across += picked[:, columns[:, tap]] * column_weights[None, :, tap, None]
    for tap in range(4):
        result += across[back[:, tap]] * row_weights[:, tap, None, None]
    return result


def _taps(count: int, length: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """The four pixels that each new one is mixed of, and their weights; none beyond the edge."""
    positions = _centres(count, length).astype(np.float32)
    start = np.floor(positions)
    offset = np.rint((positions - start) * _TABLE) / _TABLE
    distance = np.stack([offset + 1, offset, 1 - offset, 2 - offset], axis=1)
    near = ((_CUBIC + 2) * distance - (_CUBIC + 3)) * distance**2 + 1
    far = ((_CUBIC * distance - 5 * _CUBIC) * distance + 8 * _CUBIC) * distance - 4 * _CUBIC
    indices = start.astype(np.intp)[:, None] + np.arange(-1, 3)
    inside = (indices >= 0) & (indices < length)
    weights = np.where(inside, np.where(distance <= 1, near, far), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(indices, 0, length - 1), weights.astype(np.float32)


def _area_rows(values: Pixels | npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Means over the rows that each of `count` new rows covers, in part or whole."""
    length = values.shape[0]
    edges = np.arange(count + 1, dtype=np.float64) * (length / count)
    result = np.empty((count, *values.shape[1:]), np.float64)
    for at, (start, end) in enumerate(pairwise(edges)):
        first, last = int(start), max(int(np.ceil(end - 1e-9)), int(start) + 1)
        last = min(last, length)
        inner = np.arange(first, last)
        covered = np.minimum(inner + 1, end) - np.maximum(inner, start)
        block = values[first:last].astype(np.float64)
        result[at] = (block * covered[:, None, None]).sum(axis=0) / covered.sum()
    return result
