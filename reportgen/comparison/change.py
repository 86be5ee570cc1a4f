"""What changed from a baseline to a model, as the plain numbers that gates ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Change:
    """The numbers of a comparison. A number is None where it was not measured.

    All numbers are over the images that both reports hold, of which both know the same true class;
    `flips` needs no true class.
    """

    images: int
    """Images whose predictions are compared."""
    accuracy_change: float | None
    """Accuracy of the model minus accuracy of the baseline, -1..1."""
    regressions: float | None
    """Share of the images of known class that the baseline classifies correctly and the model does
    not, 0..1."""
    flips: float | None
    """Share of the images whose predicted class changed, 0..1."""
    new_silent_channels: int | None
    """Channels of layers with filters that are silent in the model and not in the baseline."""
    regressed: tuple[str, ...] = ()
    """Names of the images that `regressions` counts, in the order of the model's report."""
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    """Why a number is None, by the name of its field: a clause without a full stop."""
