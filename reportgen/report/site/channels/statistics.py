"""Numbers of channels over the images: how responses spread, and which channels are alike."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.few_images import FEWEST_RANKED
from reportgen.report.site.channels.contexts import Histogram
from reportgen.report.site.channels.gathering import KnownChannel
from reportgen.wording import count, number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BINS, _WIDTH, _HEIGHT = 16, 160, 40
_NEIGHBOURS = 5


def histogram(known: KnownChannel) -> Histogram | None:
    """How the channel's highest values spread over the images; None for too few images."""
    values = [value for value in known.highs if value is not None and math.isfinite(value)]
    if len(values) < FEWEST_RANKED:
        return None
    low, high = min(0.0, *values), max(values)
    if high <= low:
        return None
    amounts = [0] * _BINS
    for value in values:
        amounts[min(_BINS - 1, int((value - low) / (high - low) * _BINS))] += 1
    most, step = max(amounts), _WIDTH / _BINS
    bars = (
        f"M{at * step + 0.5:g} {_HEIGHT}v-{_HEIGHT * amount / most:.4g}h{step - 1:g}V{_HEIGHT}z"
        for at, amount in enumerate(amounts)
        if amount
    )
    return Histogram(
        path="".join(bars),
        low=number(low),
        high=number(high),
        alt=f"Histogram of the channel's maximum over {count(len(values), 'image')}",
    )


def neighbours(found: Mapping[int, KnownChannel]) -> dict[int, list[tuple[int, float]]]:
    """The channels most alike to each, with Pearson's correlation of their means over the images.

    Empty for too few images; channels that do not vary, or are not finite, have no neighbours.
    """
    import numpy as np

    rows = {channel: _finite(known.means) for channel, known in found.items()}
    usable = [channel for channel, row in rows.items() if row is not None and np.ptp(row) > 0]
    if len(usable) < 2:
        return {}
    together = np.corrcoef(np.array([rows[channel] for channel in usable]))
    np.fill_diagonal(together, -np.inf)
    alike = {}
    for at, channel in enumerate(usable):
        order = np.argsort(-together[at], kind="stable")[:_NEIGHBOURS]
        alike[channel] = [
            (usable[other], float(together[at, other])) for other in order if other != at
        ]
    return alike


def _finite(values: Sequence[float | None]) -> "NDArray[np.float64] | None":
    import numpy as np

    if len(values) < FEWEST_RANKED or any(value is None for value in values):
        return None
    row = np.array(values, np.float64)
    return row if np.isfinite(row).all() else None
