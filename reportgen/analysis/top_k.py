"""A running top-K of many channels: memory does not grow with the number of images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class TopK:
    """The K highest values of each channel so far, with the image and place of each.

    `values`, `images` and `places` are (channels, K), highest first; of equal values the earlier
    image stands first. Places without a value yet hold minus infinity.
    """

    def __init__(self, channels: int, k: int) -> None:
        self.values: Floats = np.full((channels, k), -np.inf, np.float32)
        self.images: Integers = np.full((channels, k), -1, np.int64)
        self.places: Integers = np.zeros((channels, k), np.int64)

    def add(self, values: Floats, images: Integers, places: Integers) -> None:
        """Add images: `values` and `places` (N, channels), `images` (N,). NaN counts as nothing."""
        new = np.where(np.isnan(values), -np.inf, values).T
        self._take(new, np.broadcast_to(images, new.shape), places.T)

    def merge(self, other: Self, images: Sequence[int]) -> None:
        """Add what another one found; `images` are the numbers here of its images."""
        known = np.array([*images, -1], np.int64)  # -1 stays -1
        self._take(other.values, known[other.images], other.places)

    def _take(self, values: Floats, images: Integers, places: Integers) -> None:
        everything = np.concatenate([self.values, values], axis=1)
        numbers = np.concatenate([self.images, images], axis=1)
        where = np.concatenate([self.places, places], axis=1)
        order = np.lexsort((numbers, -everything), axis=1)[:, : self.values.shape[1]]
        self.values = np.take_along_axis(everything, order, axis=1)
        self.images = np.take_along_axis(numbers, order, axis=1)
        self.places = np.take_along_axis(where, order, axis=1)

    def of(self, channel: int) -> Iterator[tuple[float, int, int]]:
        """Value, image and place of a channel's exemplars; a value of zero is none."""
        for value, image, place in zip(
            self.values[channel], self.images[channel], self.places[channel], strict=True
        ):
            if np.isfinite(value) and value != 0:
                yield float(value), int(image), int(place)

    def to_data(self) -> dict[str, Any]:
        """Plain JSON: nine digits hold every float32, None stands for minus infinity."""
        return {
            "values": [[float(f"{v:.9g}") if np.isfinite(v) else None for v in row]
                       for row in self.values.tolist()],
            "images": self.images.tolist(),
            "places": self.places.tolist(),
        }  # fmt: skip

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """`to_data` backwards."""
        made = cls(0, 0)
        values = np.array(data["values"], np.float64)
        made.values = np.where(np.isnan(values), -np.inf, values).astype(np.float32)
        made.images = np.array(data["images"], np.int64)
        made.places = np.array(data["places"], np.int64)
        return made
