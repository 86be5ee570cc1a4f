"""What the channels of a layer measure, and which of them have nothing to show."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A channel that varies by less than this share of its largest value only shows how the sums were
# rounded. Half precision has so few digits that its own last places decide.
NOISE = 1e-6
_LAST_PLACES = 4
_BLOCK = 1 << 18


@dataclass(frozen=True)
class ChannelStatistics:
    """Range, mean and standard deviation of every channel, float64 (channels,) each.

    ``low``, ``high``, ``mean`` and ``std`` are NaN for a channel that holds NaN or infinity.
    ``inactive`` marks the channels with nothing to show: constant (a dead channel is constant at
    zero), or not finite.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    inactive: NDArray[np.bool_]

    def whole_layer(self) -> tuple[float, float]:
        """Mean and standard deviation over all active channels together; (0, 1) if none is."""
        active = ~self.inactive
        if not active.any():
            return 0.0, 1.0
        with np.errstate(over="ignore"):
            mean = float(self.mean[active].mean())
            variance = (self.std[active] ** 2 + (self.mean[active] - mean) ** 2).mean()
        return mean, float(np.sqrt(variance))


def channel_statistics(maps: NDArray[np.floating]) -> ChannelStatistics:
    """Measure every channel of feature maps, in float64, without a warning for any value.

    Args:
        maps: (height, width, channels), any floating type, any values.

    """
    check_maps(maps)
    pixels = maps.reshape(-1, maps.shape[2])
    total, squares = np.zeros((2, maps.shape[2]))
    with np.errstate(all="ignore"):
        low = pixels.min(axis=0).astype(np.float64)
        high = pixels.max(axis=0).astype(np.float64)
        finite = np.isfinite(low) & np.isfinite(high)
        for block in row_blocks(pixels):
            total += pixels[block].sum(axis=0, dtype=np.float64)
        mean = total / len(pixels)
        for block in row_blocks(pixels):
            deviation = pixels[block] - mean
            squares += np.einsum("pc,pc->c", deviation, deviation)
        std = np.sqrt(squares / len(pixels))
        noise = max(NOISE, _LAST_PLACES * float(np.finfo(maps.dtype).eps))
        constant = high - low <= noise * np.maximum(np.abs(low), np.abs(high))
        # The squares of the very largest and smallest float64 values leave its range.
        inactive = ~finite | constant | ~np.isfinite(std) | (std == 0)
    low, high, mean, std = (np.where(finite, each, np.nan) for each in (low, high, mean, std))
    return ChannelStatistics(low, high, mean, std, inactive)


def row_blocks(pixels: NDArray[np.floating]) -> Iterator[slice]:
    """Runs of rows small enough that their float64 copies stay in the processor's cache."""
    step = max(1, _BLOCK // pixels.shape[1])
    return (slice(start, start + step) for start in range(0, len(pixels), step))


def check_maps(maps: NDArray[np.floating]) -> None:
    """Raise ValueError unless ``maps`` is a floating array (height, width, channels), not empty."""
    if maps.ndim != 3 or 0 in maps.shape or not np.issubdtype(maps.dtype, np.floating):
        raise ValueError(
            f"feature maps must be a floating array (height, width, channels) that is not empty, "
            f"not {maps.dtype} {maps.shape}"
        )
