"""Feature maps → statistics and levels of gray, on the device, so that bytes cross over.

The same quantities as `pictures.channels.channel_statistics` and `pictures.tiles.normalise`
compute in NumPy, in float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from reportgen.pictures.channels import NOISE, ChannelStatistics
from reportgen.pictures.tiles import block_size, block_weights


class Quantised(NamedTuple):
    """What crosses over from the device of one layer of a batch: tensors, then arrays.

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

    def to_host(self) -> Self:
        """The same as NumPy arrays."""
        return type(self)(*(one.numpy() for one in self))

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
    """How maps become levels: as in `pictures.tiles.normalise`.

    `shown` is how many channels a grid holds, `longest` the side in pixels that a tile may have.
    """

    mean: float
    std: float
    per: str
    shown: int | None
    longest: int | None

    def __call__(self, maps: Any, singles: Sequence[int] = ()) -> Quantised:
        """Quantise maps (N, height, width, C) float32; `singles` are shown by themselves as well.

        Those keep their full resolution.
        """
        import tensorflow as tf

        tiles = reduce(maps[..., : self.shown], self.longest)
        numbers = tf.constant(singles, tf.int32)
        found: Quantised = self._graph(maps, tiles, tf.gather(maps, numbers, axis=3), numbers)
        return found

    @cached_property
    def _graph(self) -> Any:
        """`_quantise` as a function of its own for maps of any size.

        However many layers a network has, it is traced once; not inlined, it is optimised once too.
        """
        import tensorflow as tf

        maps = tf.TensorSpec([None] * 4, tf.float32)
        return tf.function(
            self._quantise,
            input_signature=[maps, maps, maps, tf.TensorSpec([None], tf.int32)],
            autograph=False,
            experimental_attributes={"_noinline": True},
        )

    def _quantise(self, maps: Any, tiles: Any, chosen: Any, singles: Any) -> Quantised:
        """Quantise maps, their tiles, and their channels `chosen`, whose numbers are `singles`."""
        import tensorflow as tf

        low, high, mean, std, inactive, zeros = _statistics(maps)
        centre, spread = _whole_layer(mean, std, inactive)

        def levels(values: Any, select: Any) -> Any:
            idle = select(inactive)
            if self.per == "layer":
                middle, width = centre[:, None], spread[:, None]
            else:
                middle, width = select(mean), select(std)
            factor = tf.where(idle, 0.0, self.std / tf.where(idle, 1.0, width))
            scaled = (values - middle[:, None, None]) * factor[:, None, None] + self.mean
            # Inactive channels may hold NaN, which has no level.
            scaled = tf.where(idle[:, None, None], 0.0, scaled)
            return tf.cast(tf.clip_by_value(scaled, 0.0, 255.0), tf.uint8)

        sound = tf.math.is_finite(mean)
        infinity = np.float32(np.inf)
        return Quantised(
            levels(tiles, lambda of: of[:, : self.shown]),
            levels(chosen, lambda of: tf.gather(of, singles, axis=1)),
            tf.stack([low, high, mean, std, tf.cast(inactive, tf.float32)], 1),
            tf.stack(
                [
                    tf.reduce_mean(zeros, 1),
                    tf.reduce_min(tf.where(sound, low, infinity), 1),
                    tf.reduce_max(tf.where(sound, high, -infinity), 1),
                    centre,
                    spread,
                ],
                1,
            ),
            tf.tile(tf.shape(maps)[None, 1:3], [tf.shape(maps)[0], 1]),
        )


def reduce(maps: Any, longest: int | None) -> Any:
    """Maps (N, height, width, C) averaged over square blocks until no side exceeds `longest`."""
    import tensorflow as tf

    height, width, channels = (int(side) for side in maps.shape[1:])
    block = block_size(height, width, longest)
    if block == 1:
        return maps
    # Two matrix products: pooling would cut the blocks at the wrong places.
    rows, columns = block_weights(height, block), block_weights(width, block)
    shrunk = tf.reshape(maps, [-1, height, width * channels])
    shrunk = tf.matmul(tf.constant(rows), shrunk)
    shrunk = tf.reshape(shrunk, [-1, width, channels])
    shrunk = tf.matmul(tf.constant(columns), shrunk)
    return tf.reshape(shrunk, [-1, len(rows), len(columns), channels])


def _statistics(maps: Any) -> Any:
    """Low, high, mean, standard deviation, inactivity and share of zeros of channels, (N, C) each.

    The first four are NaN for a channel that holds NaN or infinity.
    """
    import tensorflow as tf

    images, height, width, channels = tf.unstack(tf.shape(maps))
    values = tf.reshape(maps, [images, height * width, channels])
    # Means are matrix products, which are faster than reductions of the middle axes.
    share = tf.fill([1, height * width], tf.cast(1 / (height * width), tf.float32))

    def average(of: Any) -> Any:
        return tf.matmul(share, of)[:, 0]

    low, high, mean = tf.reduce_min(values, 1), tf.reduce_max(values, 1), average(values)
    zeros = average(tf.cast(values == 0.0, tf.float32))
    # What the first mean lost to rounding is made good by that of the differences from it.
    centred = values - mean[:, None]
    rest = average(centred)
    mean += rest
    std = tf.sqrt(tf.maximum(average(tf.square(centred)) - tf.square(rest), 0.0))
    finite = tf.math.is_finite(mean) & tf.math.is_finite(std)
    largest = tf.maximum(tf.abs(low), tf.abs(high))
    inactive = ~finite | (high - low <= NOISE * largest) | (std == 0.0)
    nothing = np.float32(np.nan)
    return (
        *(tf.where(finite, one, nothing) for one in (low, high, mean, std)), inactive, zeros,
    )  # fmt: skip


def _whole_layer(mean: Any, std: Any, inactive: Any) -> Any:
    """Mean and standard deviation over all active channels together; (0, 1) if none is."""
    import tensorflow as tf

    active = tf.cast(~inactive, tf.float32)
    count = tf.reduce_sum(active, 1)

    def average(values: Any) -> Any:
        total = tf.reduce_sum(tf.where(inactive, 0.0, values), 1)
        return tf.math.divide_no_nan(total, count)

    centre = average(mean)
    spread = tf.sqrt(average(tf.square(std) + tf.square(mean - centre[:, None])))
    return centre, tf.where(count > 0, spread, 1.0)
