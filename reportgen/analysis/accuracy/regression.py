"""Predicted against true values: mean absolute error, root mean squared error, R².

R² as scikit-learn's `r2_score` has it: 1 less the sum of squared errors over that of the mean of
the true values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.records.regression import ValueFit, ValueMiss

MOST_MISSES = 500


@dataclass(frozen=True)
class Pairs:
    """The pairs of one value: images by name, predicted and true values (N,)."""

    output: str
    index: int
    name: str
    images: tuple[str, ...]
    predicted: npt.NDArray[np.float64]
    true: npt.NDArray[np.float64]

    def fit(self, chart: str | None) -> ValueFit:
        """The numbers over all images; there is at least one."""
        error = self.predicted - self.true
        spread = float(np.sum((self.true - self.true.mean()) ** 2))
        return ValueFit(
            output=self.output,
            index=self.index,
            name=self.name,
            images=len(self.images),
            mae=float(np.abs(error).mean()),
            rmse=float(np.sqrt((error**2).mean())),
            mean_error=float(error.mean()),
            r2=1.0 - float(np.sum(error**2)) / spread if spread > 0 else None,
            baseline_mae=float(np.abs(self.true - np.median(self.true)).mean()),
            chart=chart,
        )

    def misses(self) -> list[ValueMiss]:
        """Every pair with its error."""
        deviation = float(self.true.std())
        return [
            ValueMiss(
                image=image,
                output=self.output,
                index=self.index,
                name=self.name,
                predicted=float(predicted),
                true=float(true),
                error=float(predicted - true),
                relative=float(abs(predicted - true)) / deviation if deviation > 0 else None,
            )
            for image, predicted, true in zip(self.images, self.predicted, self.true, strict=True)
        ]


def largest_misses(pairs: Sequence[Pairs]) -> list[ValueMiss]:
    """The pairs of all values with the largest errors first.

    Several values are compared in standard deviations of their true values; a single one by its
    error alone.
    """
    several = len(pairs) > 1

    def size(miss: ValueMiss) -> tuple[float, str, int]:
        known = miss.relative if several and miss.relative is not None else abs(miss.error)
        return -known, miss.image, miss.index

    return sorted((miss for pair in pairs for miss in pair.misses()), key=size)[:MOST_MISSES]
