"""Copies of pictures at the size at which a page shows them."""

import numpy as np
from numpy.typing import NDArray


def display(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """A copy for the page whose longer side is at most `longest` pixels; never enlarged.

    Each pixel is the mean of the area that it covers (OpenCV's INTER_AREA), so nothing aliases.

    Args:
        rgb: (height, width, 3), uint8.
        longest: pixels, at least 1.

    """
    height, width = rgb.shape[:2]
    if max(height, width) <= longest:
        return rgb.copy()
    import cv2

    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
