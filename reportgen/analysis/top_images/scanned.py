"""What a scan has found of a group of images, read back from the store."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from reportgen.analysis.top_images.top_k import Floats, TopK
from reportgen.execution.store import Stored

FILE = "scan.npz"
"""The arrays of a group."""

ANSWERS = ("scores", "probabilities", "values")
"""Arrays with a row for each image that was read, where they were asked for."""

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Channels:
    """What the channels of all measured layers are on all images of a group, (channels,) each.

    Attributes:
        inactive, silent, saturated: on every image.
        non_finite: on any image.
        low, high: the range of the channel's mean, over the images; NaN where it is not finite.

    """

    inactive: Booleans
    silent: Booleans
    saturated: Booleans
    non_finite: Booleans
    low: Floats
    high: Floats

    def merged(self, other: Self) -> "Channels":
        """Over the images of both."""
        return Channels(
            self.inactive & other.inactive,
            self.silent & other.silent,
            self.saturated & other.saturated,
            self.non_finite | other.non_finite,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )

    def part(self, start: int, end: int) -> "Channels":
        """Some of the channels."""
        return Channels(**{name: value[start:end] for name, value in vars(self).items()})


_PARTS = ("values", "images", "places")


def arrays_of(name: str, top: TopK) -> dict[str, npt.NDArray[Any]]:
    """The arrays that a file keeps of top images; their names begin with `name`."""
    values = top.values, top.images.astype(np.int32), top.places.astype(np.int32)
    return {f"{name}_{part}": array for part, array in zip(_PARTS, values, strict=True)}


@dataclass(frozen=True)
class ScanData:
    """The images of a group, and the layers that its arrays are about.

    Attributes:
        digests: of the images that were read.
        unread: the others, with the reason of each.
        searched, measured: layers with the number of their channels, in the order of the arrays.

    """

    digests: list[str]
    unread: dict[str, str]
    searched: list[tuple[str, int]]
    measured: list[tuple[str, int]]


@dataclass(frozen=True)
class ScannedGroup:
    """The images of one unit, and what a scan found of them.

    Attributes:
        digests: of the images that were read, in the order of the rows below.
        unread: the others, with the reason of each.
        measured, searched: channels of each layer that was measured, and searched for top images.
        arrays: what the properties below are.

    """

    digests: Sequence[str]
    unread: Mapping[str, str]
    measured: Mapping[str, int]
    searched: Mapping[str, int]
    arrays: Mapping[str, npt.NDArray[Any]] = field(repr=False)

    @classmethod
    def read(cls, stored: Stored) -> Self:
        """What a finished unit holds. Raises OutputError when it is damaged."""
        data = stored.read(ScanData)
        with np.load(io.BytesIO(stored.read_file(FILE)), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return cls(data.digests, data.unread, dict(data.measured), dict(data.searched), arrays)

    @property
    def all_digests(self) -> list[str]:
        """Of all images of the unit, in the order by which top images are numbered."""
        return sorted([*self.digests, *self.unread])

    @property
    def scores(self) -> Floats | None:
        """Class scores (images, classes); None where there are none."""
        return self.arrays.get("scores")

    @property
    def probabilities(self) -> Floats | None:
        """(images, classes); None where there are none."""
        return self.arrays.get("probabilities")

    @property
    def values(self) -> Floats | None:
        """Values of the output asked for, (images, values); None where there are none."""
        return self.arrays.get("values")

    @property
    def zeros(self) -> npt.NDArray[np.float64]:
        """Share of zeros, (images, measured layers), 0..1."""
        return self.arrays["zeros"]

    @property
    def means(self) -> Floats:
        """Means of the channels of the first images, (sampled, channels)."""
        return self.arrays["means"]

    @property
    def channels(self) -> Channels | None:
        """Of all measured layers, one after the other; None where no image was read."""
        names = Channels.__dataclass_fields__
        if "channel_low" not in self.arrays:
            return None
        return Channels(**{name: self.arrays[f"channel_{name}"] for name in names})

    def top(self, layers: Sequence[str]) -> dict[str, TopK]:
        """The top images of each channel of these layers; images are numbered as the unit's are."""
        ends = dict(zip(self.searched, np.cumsum(list(self.searched.values())), strict=True))
        found = {}
        for path in layers:
            start = int(ends[path]) - self.searched[path]
            parts = (self.arrays[f"top_{part}"][start : int(ends[path])] for part in _PARTS)
            found[path] = TopK.of_arrays(*parts)
        return found

    @property
    def units(self) -> TopK:
        """The top images of the single units."""
        return TopK.of_arrays(*(self.arrays[f"unit_{part}"] for part in _PARTS))
