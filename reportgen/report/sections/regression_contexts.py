"""What the template of the regression receives."""

from dataclasses import dataclass

from reportgen.report.contexts import Explanation, Fact, Frame, Link, Note, Picture


@dataclass(frozen=True)
class FitRow:
    """One value over all images."""

    name: str
    images: str
    mae: str
    baseline: str
    """The mean absolute error of always predicting the median of the true values."""
    rmse: str
    mean_error: str
    r2: str


@dataclass(frozen=True)
class MissRow:
    """A predicted and a true value of one image."""

    image: Link
    name: str
    predicted: str
    true: str
    error: str


@dataclass(frozen=True)
class ScatterPlot:
    """Predicted over true values of one value."""

    name: str
    chart: Picture


@dataclass(frozen=True)
class RegressionPage:
    """`regression.html`: predicted against true values, the largest errors first."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    fits: tuple[FitRow, ...]
    charts: tuple[ScatterPlot, ...]
    misses: tuple[MissRow, ...]
    misses_text: str
