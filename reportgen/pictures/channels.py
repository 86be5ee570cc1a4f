"""What the channels of a layer measure, and which of them have nothing to show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOISE = 1e-6
"""A channel that varies by less than this share of its largest value is constant: what is left
shows how the sums were rounded."""


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

    def part(self, start: int, end: int) -> "ChannelStatistics":
        """Some of the channels; they are the last axis."""
        return ChannelStatistics(
            **{name: values[..., start:end] for name, values in vars(self).items()}
        )
