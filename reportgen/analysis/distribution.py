"""How the channels of a layer answer over many images: one image after the other, in fixed memory.

The range is exact. Quartiles are those of all images up to `MOST_KEPT`, and of more, those of so
many of them at most, evenly spaced: whenever there are too many, every second is dropped.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.records.over_images import Distribution
from reportgen.spread import spread

MOST_KEPT = 64
"""Images whose means are kept for the quartiles."""

MOST_SHOWN = 64
"""Channels of a layer that the record has."""


class ChannelMeans:
    """The means of a layer's channels, image by image."""

    def __init__(self) -> None:
        self._images = 0
        self._every = 1
        self._kept: list[npt.NDArray[np.float32]] = []
        self._low = self._high = np.empty(0)

    def add(self, means: Sequence[float | None]) -> None:
        """Add an image: the mean of each channel (C,), None where it is not finite."""
        now = np.array([np.nan if one is None else one for one in means], np.float64)
        self._low = np.minimum(self._low, now) if self._images else now
        self._high = np.maximum(self._high, now) if self._images else now
        if self._images % self._every == 0:
            if len(self._kept) == MOST_KEPT:
                self._kept = self._kept[::2]
                self._every *= 2
            if self._images % self._every == 0:
                self._kept.append(now.astype(np.float32))
        self._images += 1

    def record(self) -> Distribution | None:
        """The channels that are finite on every image; None where there is none.

        Those with the highest median come first, of equal ones those with the higher quartiles.
        """
        finite = np.flatnonzero(np.isfinite(self._low))
        if not len(finite):
            return None
        kept = np.stack(self._kept)[:, finite].astype(np.float64)
        lower, median, upper = np.percentile(kept, (25, 50, 75), axis=0)
        low, high = self._low[finite], self._high[finite]
        order = spread(np.lexsort((-high, -lower, -upper, -median)).tolist(), MOST_SHOWN)
        return Distribution(
            measured=len(finite),
            sampled=len(self._kept),
            channels=finite[order].tolist(),
            lows=_rounded(low[order]),
            lower=_rounded(lower[order]),
            medians=_rounded(median[order]),
            upper=_rounded(upper[order]),
            highs=_rounded(high[order]),
        )


def _rounded(values: npt.NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
