"""How the channels of a layer answer over many images: one image after the other, in fixed memory.

The range is exact. Quartiles are those of all images up to `MOST_KEPT`, and of more, those of so
many of them at most, evenly spaced: whenever there are too many, every second is dropped.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.analysis.workbench import numbers
from reportgen.evenly_spaced import spread
from reportgen.records.over_images import Distribution

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
        now = np.array([np.nan if mean is None else mean for mean in means], np.float64)
        self._low = np.minimum(self._low, now) if self._images else now
        self._high = np.maximum(self._high, now) if self._images else now
        if self._images % self._every == 0:
            if len(self._kept) == MOST_KEPT:
                self._kept = self._kept[::2]
                self._every *= 2
            if self._images % self._every == 0:
                self._kept.append(now.astype(np.float32))
        self._images += 1

    @property
    def sampled(self) -> list[npt.NDArray[np.float32]]:
        """The means (C,) of the images that the quartiles are of."""
        return self._kept

    def record(self) -> Distribution | None:
        """The channels that are finite on every image; None where there is none.

        Those with the highest median come first, of equal ones those with the higher quartiles.
        """
        finite = np.flatnonzero(np.isfinite(self._low))
        if not len(finite):
            return None
        kept = np.stack(self.sampled)[:, finite].astype(np.float64)
        lower, median, upper = np.percentile(kept, (25, 50, 75), axis=0)
        low, high = self._low[finite], self._high[finite]
        order = spread(np.lexsort((-high, -lower, -upper, -median)).tolist(), MOST_SHOWN)
        return Distribution(
            measured=len(finite),
            sampled=len(self.sampled),
            channels=finite[order].tolist(),
            lows=_rounded(low[order]),
            lower=_rounded(lower[order]),
            medians=_rounded(median[order]),
            upper=_rounded(upper[order]),
            highs=_rounded(high[order]),
        )


class GroupMeans(ChannelMeans):
    """The same, group by group, each with a sample of its images.

    The quartiles are those of the images with the lowest digests: a random choice that does not
    depend on the order of the groups.
    """

    def __init__(self) -> None:
        super().__init__()
        self._by_digest: dict[str, npt.NDArray[np.float32]] = {}

    def add_group(
        self,
        low: npt.NDArray[np.float32],
        high: npt.NDArray[np.float32],
        means: npt.NDArray[np.float32],
        digests: Sequence[str],
    ) -> None:
        """Add a group: the range of each channel's mean, (C,), NaN where it is not finite.

        `means` (sampled, C) are those of its images with the lowest digests, which are `digests`.
        """
        least, most = rounded(low), rounded(high)
        self._low = np.minimum(self._low, least) if len(self._low) else least
        self._high = np.maximum(self._high, most) if len(self._high) else most
        for digest, own in zip(digests, means, strict=True):
            self._by_digest[digest] = own
        lowest = sorted(self._by_digest)[:MOST_KEPT]
        self._by_digest = {digest: self._by_digest[digest] for digest in lowest}

    @property
    def sampled(self) -> list[npt.NDArray[np.float32]]:
        """The means (C,) of the images that the quartiles are of."""
        return [rounded(means).astype(np.float32) for means in self._by_digest.values()]


def rounded(means: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """As a record of one image has them: four significant digits."""
    return np.array([np.nan if mean is None else mean for mean in numbers(means)], np.float64)


def _rounded(values: npt.NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
