"""Feature maps → statistics and levels of gray, on the device, so that bytes cross over.

In float32. Levels are those of Chollet, Deep Learning with Python (2017), listing 5.30: subtract
the mean, divide by the standard deviation, multiply by 64, add 128, cut to 0..255, drop the
fraction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reportgen.analysis.engine import engine
from reportgen.pictures.channels import NOISE, ChannelStatistics
from reportgen.pictures.colormaps import TOP_LEVEL
from reportgen.pictures.tiles import block_size, block_weights


class Quantised(NamedTuple):
    """What crosses over from the device of one layer of a batch: tensors there, arrays here.

    `levels` (N, h, w, shown) and `singles` (N, height, width, chosen) are uint8, the first reduced
    to the size of a tile; `channels` (N, 5, C) holds low, high, mean, standard deviation and 1 for
    inactive; `layer` (N, 5) the share of zeros, the smallest and largest finite value, and the
    centre and spread of the whole layer; `map_size` (N, 2) is the maps' height and width.
    """

    levels: Any
    singles: Any
    channels: Any
    layer: Any
    map_size: Any

    def of(self, image: int) -> "Measured":
        """What belongs to one image of the batch."""
        return Measured(
            self.levels[image],
            self.singles[image],
            self.channels[image],
            self.layer[image],
            (int(self.map_size[image, 0]), int(self.map_size[image, 1])),
        )


@dataclass(frozen=True)
class Measured:
    """A layer's maps for one image, quantised, with the statistics of all its values."""

    levels: npt.NDArray[np.uint8]
    singles: npt.NDArray[np.uint8]
    channels: npt.NDArray[np.float32]
    layer: npt.NDArray[np.float32]
    map_size: tuple[int, int]

    @cached_property
    def statistics(self) -> ChannelStatistics:
        """Range, mean and standard deviation of every channel."""
        low, high, mean, std, inactive = self.channels.astype(np.float64)
        return ChannelStatistics(low, high, mean, std, inactive > 0)

    @property
    def sparsity(self) -> float:
        """Share of exact zeros, 0..1."""
        return float(self.layer[0])

    @property
    def span(self) -> tuple[float, float]:
        """Smallest and largest finite value; not finite where there is none."""
        return float(self.layer[1]), float(self.layer[2])

    def scale(self, channel: int, per: str) -> tuple[float, float]:
        """Mean and standard deviation by which a channel's levels were made."""
        if per == "layer":
            return float(self.layer[3]), float(self.layer[4])
        return float(self.statistics.mean[channel]), float(self.statistics.std[channel])


@dataclass(frozen=True)
class Quantiser:
    """How maps become levels.

    The mean comes to lie on level `mean`, and `std` levels are one standard deviation. `per` is
    "channel" where each channel has its own scale, "layer" where all active ones have a common.
    `shown` is how many channels a grid holds, `longest` the side in pixels that a tile may have.
    """

    mean: float
    std: float
    per: str
    shown: int | None
    longest: int | None

    def __call__(self, maps: Any, singles: Sequence[int] = ()) -> Quantised:
        """Quantise maps (N, height, width, C) float32; `singles` are shown by themselves as well.

        Those keep their full resolution, and go from their own smallest to their largest value.
        """
        from keras import ops

        tiles = reduce(maps[..., : self.shown], self.longest)
        numbers = ops.convert_to_tensor(np.asarray(singles, np.int32))
        found: Quantised = self._graph(maps, tiles, ops.take(maps, numbers, axis=3), numbers)
        return found

    @cached_property
    def _graph(self) -> Any:
        """`_quantise` for maps of any size: however many layers a network has, traced once."""
        maps = (4, "float32")
        return engine().traced_once(self._quantise, [maps, maps, maps, (1, "int32")])

    def _quantise(self, maps: Any, tiles: Any, chosen: Any, singles: Any) -> Quantised:
        """Quantise maps, their tiles, and their channels `chosen`, whose numbers are `singles`."""
        from keras import ops

        low, high, mean, std, inactive, zeros = statistics(maps)
        centre, spread = _whole_layer(mean, std, inactive)

        def levels(values: Any, select: Any) -> Any:
            idle = select(inactive)
            if self.per == "layer":
                middle, width = centre[:, None], spread[:, None]
            else:
                middle, width = select(mean), select(std)
            factor = ops.where(idle, 0.0, self.std / ops.where(idle, 1.0, width))
            scaled = (values - middle[:, None, None]) * factor[:, None, None] + self.mean
            # Inactive channels may hold NaN, which has no level.
            scaled = ops.where(idle[:, None, None], 0.0, scaled)
            return ops.cast(ops.clip(scaled, 0.0, 255.0), "uint8")

        def own_range() -> Any:
            idle, least = ops.take(inactive, singles, axis=1), ops.take(low, singles, axis=1)
            span = ops.where(idle, 1.0, ops.take(high, singles, axis=1) - least)
            shares = (chosen - least[:, None, None]) / span[:, None, None]
            shares = ops.where(idle[:, None, None], 0.0, shares)
            return ops.cast(ops.clip(shares * TOP_LEVEL + 0.5, 0.0, TOP_LEVEL), "uint8")

        sound = ops.isfinite(mean)
        images, height, width, _ = ops.shape(maps)
        return Quantised(
            levels(tiles, lambda of: of[:, : self.shown]),
            own_range(),
            ops.stack([low, high, mean, std, ops.cast(inactive, "float32")], axis=1),
            ops.stack(
                [
                    ops.mean(zeros, axis=1),
                    ops.min(ops.where(sound, low, np.float32(np.inf)), axis=1),
                    ops.max(ops.where(sound, high, np.float32(-np.inf)), axis=1),
                    centre,
                    spread,
                ],
                axis=1,
            ),
            ops.broadcast_to(ops.stack([height, width])[None], (images, 2)),
        )


def reduce(maps: Any, longest: int | None) -> Any:
    """Maps (N, height, width, C) averaged over square blocks until no side exceeds `longest`."""
    from keras import ops

    height, width, channels = (int(side) for side in maps.shape[1:])
    block = block_size(height, width, longest)
    if block == 1:
        return maps
    # Two matrix products: pooling would cut the blocks at the wrong places.
    rows, columns = block_weights(height, block), block_weights(width, block)
    shrunk = ops.reshape(maps, (-1, height, width * channels))
    shrunk = ops.matmul(rows, shrunk)
    shrunk = ops.reshape(shrunk, (-1, width, channels))
    shrunk = ops.matmul(columns, shrunk)
    return ops.reshape(shrunk, (-1, len(rows), len(columns), channels))


def statistics(maps: Any) -> Any:
    """Low, high, mean, standard deviation, inactivity and share of zeros of channels, (N, C) each.

    The first four are NaN for a channel that holds NaN or infinity.
    """
    from keras import ops

    images, height, width, channels = ops.shape(maps)
    values = ops.reshape(maps, (images, height * width, channels))
    # Means are matrix products, which are faster than reductions of the middle axes.
    share = ops.full((1, height * width), ops.cast(1 / (height * width), "float32"))

    def average(of: Any) -> Any:
        return ops.matmul(share, of)[:, 0]

    low, high, mean = ops.min(values, axis=1), ops.max(values, axis=1), average(values)
    zeros = average(ops.cast(values == 0.0, "float32"))
    # What the first mean lost to rounding is made good by that of the differences from it.
    centred = values - mean[:, None]
    rest = average(centred)
    mean += rest
    std = ops.sqrt(ops.maximum(average(ops.square(centred)) - ops.square(rest), 0.0))
    finite = ops.isfinite(mean) & ops.isfinite(std)
    largest = ops.maximum(ops.abs(low), ops.abs(high))
    inactive = ~finite | (high - low <= NOISE * largest) | (std == 0.0)
    nothing = np.float32(np.nan)
    return (
        *(ops.where(finite, stat, nothing) for stat in (low, high, mean, std)), inactive, zeros,
    )  # fmt: skip


def _whole_layer(mean: Any, std: Any, inactive: Any) -> Any:
    """Mean and standard deviation over all active channels together; (0, 1) if none is."""
    from keras import ops

    active = ops.cast(~inactive, "float32")
    count = ops.sum(active, axis=1)

    def average(values: Any) -> Any:
        total = ops.sum(ops.where(inactive, 0.0, values), axis=1)
        return ops.divide_no_nan(total, count)

    centre = average(mean)
    spread = ops.sqrt(average(ops.square(std) + ops.square(mean - centre[:, None])))
    return centre, ops.where(count > 0, spread, 1.0)
