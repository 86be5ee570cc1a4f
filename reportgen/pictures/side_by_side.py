"""Pictures of one height side by side, with gaps between them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GAP = 4
"""Pixels between two pictures."""

GROUND = 238
"""Gray level of the gaps, and of what a tile leaves empty."""


def side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """RGB pictures (height, any width, 3) as one; raises ValueError where there is none."""
    if not pictures:
        raise ValueError("there is no picture to show")
    gap = np.full((pictures[0].shape[0], GAP, 3), GROUND, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)][1:]
    return np.concatenate(parts, axis=1)
