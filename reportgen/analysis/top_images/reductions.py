"""What a scan keeps of feature maps, reduced on the CPU by OpenCV.

TensorFlow and JAX read a map about twelve times for these numbers, slowly where the reduced axes
are not the last ones: for VGG16 that took two thirds of the time of the forward pass. OpenCV reads
blocks of rows that stay in the cache. On a GPU the engine reduces the maps where they are.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reportgen.analysis.top_images.top_k import Floats, Integers
from reportgen.pictures.channels import NOISE

_BLOCK = 1 << 17
"""Values that are read together: 512 kB, which a core's cache holds."""

_SMALLEST_SPREAD = 1e-19
"""Below it the squares of float32 are zero, so that a channel has no standard deviation."""

_MANY = 8
"""From one in so many channels, the maxima of all are located at once."""


@dataclass(frozen=True)
class Reduced:
    """Numbers of the maps of a layer for N images.

    Attributes:
        channels: low, high, mean and 1 for inactive of each channel, (N, 4, C); the first three
            are NaN for a channel that holds NaN or infinity.
        zeros: share of zeros, 0..1, (N,).

    """

    channels: Floats
    zeros: Floats


def reduced(maps: Floats) -> Reduced:
    """Reduce maps (N, H, W, C); means are summed in float64."""
    images, height, width, count = maps.shape
    low = np.empty((images, count), np.float32)
    high, total = np.empty_like(low), np.empty((images, count))
    zeros = np.empty(images, np.float32)
    for at in range(images):
        values = _rows(maps[at])
        zeros[at] = 1 - _reduce(values, low[at], high[at], total[at]) / values.size
    mean = total / (height * width)
    lost = ~np.isfinite(mean)
    for value in (low, high, mean):
        value[lost] = np.nan
    noise = NOISE * np.maximum(np.abs(low), np.abs(high))
    active = high.astype(np.float64) - low > np.maximum(noise, _SMALLEST_SPREAD)
    return Reduced(np.stack([low, high, mean, ~active], axis=1, dtype=np.float32), zeros)


def _reduce(values: Floats, low: Floats, high: Floats, total: npt.NDArray[np.float64]) -> int:
    """Fill in the extremes and sums (C,) of values (rows, C); the number that are not zero."""
    step = max(1, _BLOCK // len(low))
    sound = 0
    for start in range(0, len(values), step):
        block = values[start : start + step]
        parts = (
            cv2.reduce(block, 0, cv2.REDUCE_MIN)[0],
            cv2.reduce(block, 0, cv2.REDUCE_MAX)[0],
            cv2.reduce(block, 0, cv2.REDUCE_SUM, dtype=cv2.CV_64F)[0],
        )
        sound += cv2.countNonZero(block)
        if start:
            np.minimum(low, parts[0], out=low)
            np.maximum(high, parts[1], out=high)
            total += parts[2]
        else:
            low[:], high[:], total[:] = parts
    return sound


def located(maps: Floats, channels: Integers) -> Integers:
    """Where the maxima of these channels of the maps (H, W, C) of one image are.

    Numbers of positions, row by row; the first one of equal values.
    """
    values = _rows(maps)
    if _MANY * len(channels) >= values.shape[1]:
        found: Integers = cv2.reduceArgMax(values, 0)[0, channels].astype(np.int64)
        return found
    return np.array([values[:, channel].argmax() for channel in channels], np.int64)


def _rows(maps: Floats) -> Floats:
    """Maps (H, W, C) with a row for each position, (H × W, C)."""
    return np.ascontiguousarray(maps, np.float32).reshape(-1, maps.shape[-1])
