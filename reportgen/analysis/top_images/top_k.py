"""A running top-K of many channels: memory does not grow with the number of images."""

from collections.abc import Callable, Iterator, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

Locate = Callable[[Integers, Integers], Integers]
"""From rows of the values that are added, and channels of these rows, to their places."""


class TopK:
    """The K highest values of each channel so far, with the image and place of each.

    `values`, `images` and `places` are (channels, K), highest first; of equal values the earlier
    image stands first. Places without a value yet hold minus infinity.
    """

    def __init__(self, channels: int, k: int) -> None:
        self.values: Floats = np.full((channels, k), -np.inf, np.float32)
        self.images: Integers = np.full((channels, k), -1, np.int64)
        self.places: Integers = np.zeros((channels, k), np.int64)

    def add(self, values: Floats, images: Integers, place: Locate) -> None:
        """Add images: `values` (N, channels), `images` (N,). NaN counts as nothing.

        Only the places of those that come among the highest are asked for.
        """
        new = np.where(np.isnan(values), -np.inf, values).T
        unknown = np.broadcast_to(-1 - np.arange(len(images)), new.shape)
        self._take(new, np.broadcast_to(images, new.shape), unknown)
        channels, ranks = np.nonzero(self.places < 0)
        if len(channels):
            rows = -1 - self.places[channels, ranks]
            self.places[channels, ranks] = place(rows, channels)

    def merge(self, other: Self, images: Sequence[int]) -> None:
        """Add what another one found; `images` are the numbers here of its images."""
        known = np.array([*images, -1], np.int64)  # -1 stays -1
        self._take(other.values, known[other.images], other.places)

    def _take(self, values: Floats, images: Integers, places: Integers) -> None:
        k = self.values.shape[1]
        if not k or not values.size:
            return
        # Late images rarely come among the first: the channels of which none does are passed over.
        most, least = values.max(axis=1), self.values[:, -1]
        earlier = images.min(axis=1) < self.images[:, -1]
        rows = np.flatnonzero((most > least) | ((most == least) & np.isfinite(most) & earlier))
        everything = np.concatenate([self.values[rows], values[rows]], axis=1)
        numbers = np.concatenate([self.images[rows], images[rows]], axis=1)
        where = np.concatenate([self.places[rows], places[rows]], axis=1)
        order = np.lexsort((numbers, -everything), axis=1)[:, :k]
        self.values[rows] = np.take_along_axis(everything, order, axis=1)
        self.images[rows] = np.take_along_axis(numbers, order, axis=1)
        self.places[rows] = np.take_along_axis(where, order, axis=1)

    def of(self, channel: int) -> Iterator[tuple[float, int, int]]:
        """Value, image and place of a channel's exemplars; a value of zero is none."""
        for value, image, place in zip(
            self.values[channel], self.images[channel], self.places[channel], strict=True
        ):
            if np.isfinite(value) and value != 0:
                yield float(value), int(image), int(place)

    @classmethod
    def of_arrays(cls, values: Floats, images: npt.ArrayLike, places: npt.ArrayLike) -> Self:
        """From the arrays of another one."""
        made = cls(0, 0)
        made.values = values
        made.images, made.places = np.asarray(images, np.int64), np.asarray(places, np.int64)
        return made
