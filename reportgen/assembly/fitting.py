"""What to leave out so that a report fits: resolution first, then channels, then images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from reportgen.analysis.feature_maps.grids import ActivationData, Grid
from reportgen.errors import OutputError
from reportgen.evenly_spaced import spread
from reportgen.execution.store import Stored
from reportgen.records.report import Skipped
from reportgen.wording import count

RESOLUTIONS = (64, 48, 32, 24, 16)
"""Longest sides of a tile in pixels, tried one after the other."""

SHARES = (2, 4, 8)
"""Then one of 2, 4, … channels of each layer is kept, in tiles of the last resolution."""

_CLOSE = 1.03
"""Ratio of estimated size to limit up to which a reduction is tried."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reduction:
    """What of its activations and images a report shows; the default is everything."""

    longest: int | None = None
    """Longest side of a tile, in pixels."""
    share: int = 1
    """One of this many channels of each layer is shown: those whose values vary the most."""
    images: int | None = None
    """How many images, evenly chosen."""

    @property
    def title(self) -> str:
        """What sets it apart from the reduction before, in a few words."""
        if self.images is not None:
            return count(self.images, "image")
        if self.share > 1:
            return f"one channel in {self.share}"
        return f"tiles of {self.longest} pixels" if self.longest else "everything"

    def shown(self, images: Sequence[T]) -> list[T]:
        """The images that are kept."""
        if self.images is None:
            return list(images)
        return spread(images, self.images) if self.images > 1 else list(images[:1])

    def said(self, images: int, limit: str) -> list[Skipped]:
        """What a report with this number of images says of what it leaves out."""
        grids, why = "activation grids", f"left out to stay under {limit}"
        said = []
        if self.longest is not None:
            reason = f"tiles are at most {self.longest} pixels a side, the rest is {why}"
            said.append(Skipped(what="resolution", name=grids, reason=reason))
        if self.share > 1:
            reason = (
                f"of each layer, the channels that vary the most, one in {self.share}, are drawn, "
                f"also among filter patterns and exemplars; the others are {why}"
            )
            said.append(Skipped(what="channels", name="pictures of channels", reason=reason))
        if self.images is not None and self.images < images:
            name = f"{images - self.images:,} of {count(images, 'image')}"
            reason = f"{why}; those shown are chosen evenly, numbers over all images count all"
            said.append(Skipped(what="images", name=name, reason=reason))
        return said


EVERYTHING = Reduction()


def reductions(images: int) -> list[Reduction]:
    """From everything to one image with a few small channels, each smaller than the one before."""
    found = [EVERYTHING, *(Reduction(side) for side in RESOLUTIONS)]
    found += [Reduction(RESOLUTIONS[-1], share) for share in SHARES]
    while (images := images * 2 // 3) >= 1:
        found.append(Reduction(RESOLUTIONS[-1], SHARES[-1], images))
    return found


def fitted(
    images: int, limit: int, written: Callable[[Reduction], int], drawn: Callable[[Reduction], int]
) -> Reduction:
    """Write the report with the first of the `reductions` whose files take at most `limit` bytes.

    `written` writes a whole report and gives its bytes. `drawn` gives the bytes of its pictures
    alone, which is quicker: by them the reduction to try is guessed. Raises OutputError when
    not even the last one fits; `limit` is then what the sentence names.
    """
    steps = reductions(images)
    pictures = cache(lambda at: drawn(steps[at]))
    sizes: dict[int, int] = {}

    def fits(at: int) -> bool:
        sizes[at] = written(steps[at])
        return sizes[at] <= limit

    if fits(0):
        return steps[0]
    too_large, enough = 0, len(steps)
    while enough - too_large > 1:
        between = range(too_large + 1, enough)
        likely = (at for at in between if _guess(at, sizes, pictures) <= _CLOSE * limit)
        at = next(likely, None if enough < len(steps) else between[-1])
        if at is None:
            break
        too_large, enough = (too_large, at) if fits(at) else (at, enough)
    if enough == len(steps):
        raise OutputError(
            f"The report takes {_megabytes(sizes[too_large])} with one image and its smallest "
            f"grids, more than --max-size {_megabytes(limit)}; leave sections out with "
            "--skip-section, or allow more."
        )
    if list(sizes)[-1] != enough:
        written(steps[enough])
    return steps[enough]


def _guess(at: int, sizes: Mapping[int, int], pictures: Callable[[int], int]) -> float:
    """About the bytes of a report, from those of its pictures and from the `sizes` known by now.

    What is no picture of the report's own is taken to be linear in its pictures: part of it are
    copies of them, as in a PDF. Before that is known, half of it.
    """
    below = max(size for size in sizes if size < at)
    others = (size for size in sizes if size != below)
    other = max(others, key=lambda size: (size > at, -abs(size - at)), default=None)
    rest = sizes[below] - pictures(below)
    slope = rest / (2 * max(pictures(below), 1))
    if other is not None and pictures(other) != pictures(below):
        slope = (sizes[other] - pictures(other) - rest) / (pictures(other) - pictures(below))
    return pictures(at) + max(0.0, rest + slope * (pictures(at) - pictures(below)))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.3g} MB"


def folder_size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def by_variance(grids: Sequence[Stored]) -> dict[str, tuple[int, ...]]:
    """By layer path, its channels, those first whose values vary the most over all images.

    The variance of all values of a channel is the mean of its variances on each image and the
    variance of its means.
    """
    totals: dict[str, _Moments] = {}
    for stored in grids:
        for grid in stored.read(ActivationData).activations:
            totals.setdefault(grid.layer, _Moments(grid.shown)).add(grid)
    return {layer: found.order() for layer, found in totals.items()}


class _Moments:
    """Running sums of each shown channel of a layer."""

    def __init__(self, channels: int) -> None:
        self.images = 0
        self.mean, self.square = np.zeros(channels), np.zeros(channels)

    def add(self, grid: Grid) -> None:
        mean, deviation = (
            np.nan_to_num(np.array(values, np.float64)) for values in (grid.means, grid.deviations)
        )
        self.images += 1
        self.mean += mean
        self.square += deviation**2 + mean**2

    def order(self) -> tuple[int, ...]:
        variance = self.square / self.images - (self.mean / self.images) ** 2
        return tuple(int(channel) for channel in np.argsort(-variance, kind="stable"))
