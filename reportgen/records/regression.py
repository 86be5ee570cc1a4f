"""How a model that gives values does on images whose true values are known."""

from dataclasses import dataclass

from pydantic import Field

from reportgen.records.base import LightRecord, Record


class ValueFit(Record):
    """One value over all images with a true one.

    `r2` is the coefficient of determination, 1 less the squared errors over those of the mean of
    the true values; None where these are all the same, or of one image. `mean_error` is signed:
    above zero, the model predicts too much. `baseline_mae` is the mean absolute error of always
    predicting the median of the true values. `chart` is the path of the scatter plot.
    """

    output: str
    index: int
    name: str
    images: int
    mae: float
    rmse: float
    mean_error: float
    r2: float | None
    baseline_mae: float
    chart: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMiss(LightRecord):
    """A predicted value and the true one of an image; `error` is the first less the second.

    `relative` is the error's size in standard deviations of the true values, by which values of
    different units are compared; None where these are all the same.
    """

    image: str
    output: str
    index: int
    name: str
    predicted: float
    true: float
    error: float
    relative: float | None


class Regression(Record):
    """Predicted against true values."""

    images: int
    """Images with a true value and a predicted one."""
    unknown: int
    """Images without."""
    table: str
    """The file with the true values."""
    fits: list[ValueFit]
    misses: list[ValueMiss] = Field(default_factory=list)
    """All pairs, the largest error first, at most 500."""
