"""Feature maps → levels in NumPy and float64: what the package computes is compared with this."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.channels import NOISE, ChannelStatistics

# Half precision has so few digits that its own last places decide what is constant.
_LAST_PLACES = 4
_BLOCK = 1 << 18


def normalise(
    maps: NDArray[np.floating],
    mean: float = 128.0,
    std: float = 64.0,
    per: Literal["channel", "layer"] = "channel",
    statistics: ChannelStatistics | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Bring feature maps to levels that can be looked at (Chollet, Deep Learning with Python, 5.4).

    Subtract the mean, divide by the standard deviation, multiply by ``std``, add ``mean``, cut to
    0..255 and drop the fraction, as the book's listing does.

    Args:
        maps: (height, width, channels), any floating type, any values.
        mean: the level on which the mean comes to lie.
        std: the number of levels in one standard deviation.
        per: ``"channel"`` gives each channel its own scale, ``"layer"`` all active ones a common.
        statistics: those of ``maps`` before they were reduced, where they were; else measured.

    Returns:
        Levels, uint8 of the same shape (0 throughout an inactive channel), and which channels are
        inactive, bool (channels,): constant, dead or not finite.

    """
    check_maps(maps)
    measured = channel_statistics(maps) if statistics is None else statistics
    channels = maps.shape[2]
    if len(measured.inactive) != channels:
        raise ValueError(f"statistics of {len(measured.inactive)} channels for {channels} maps")
    if per == "layer":
        layer_mean, layer_std = whole_layer(measured)
        centre, spread = np.full(channels, layer_mean), np.full(channels, layer_std)
    else:
        centre = np.where(measured.inactive, 0.0, measured.mean)
        spread = np.where(measured.inactive, 1.0, measured.std)
    pixels = maps.reshape(-1, channels)
    levels = np.empty(pixels.shape, dtype=np.uint8)
    with np.errstate(all="ignore"):
        for block in row_blocks(pixels):
            values = pixels[block] - centre
            values /= spread
            values *= std
            values += mean
            # Inactive channels may hold NaN, which has no level.
            values[:, measured.inactive] = 0.0
            levels[block] = np.clip(values, 0.0, 255.0, out=values)
    return levels.reshape(maps.shape), measured.inactive.copy()


def whole_layer(statistics: ChannelStatistics) -> tuple[float, float]:
    """Mean and standard deviation over all active channels together; (0, 1) if none is."""
    active = ~statistics.inactive
    if not active.any():
        return 0.0, 1.0
    with np.errstate(over="ignore"):
        mean = float(statistics.mean[active].mean())
        variance = (statistics.std[active] ** 2 + (statistics.mean[active] - mean) ** 2).mean()
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
