"""Predicted against true values: the largest errors, each value, scatter plots."""

from collections.abc import Iterator

from reportgen.records.regression import Regression, ValueFit, ValueMiss
from reportgen.report.blocks import (
    Block,
    Column,
    Facts,
    Figure,
    Figures,
    Limits,
    Page,
    Part,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Fact, Link, Picture
from reportgen.report.outline import Outline
from reportgen.wording import count, number

MOST_MISSES = 60
_MOST_ON_PAPER = 20
_MOST_CHARTS = 4
_MISSES = (
    Column("Image", "long"),
    Column("Value", "long"),
    *(Column(head, "number") for head in ("Predicted", "True", "Error")),
)
_FITS = (
    Column("Value", "long"),
    *(
        Column(head, "number")
        for head in ("Images", "MAE", "MAE of the median", "RMSE", "Mean error", "R²")
    ),
)


def regression(outline: Outline) -> Iterator[Page]:
    """The page of all values."""
    found = outline.report.regression
    if found is not None:
        yield Page("regression.html", "Regression", tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: Regression) -> Iterator[Block]:
    yield Facts(_facts(found))
    here = [miss for miss in found.misses if miss.image in outline.images][:MOST_MISSES]
    rows = tuple(_miss_row(outline, miss) for miss in here)
    limits = Limits("error", paper=_MOST_ON_PAPER)
    yield Part(
        ("Largest errors",),
        "regression--errors",
        (text(_misses_text(found, len(here))), Table("Largest errors", _MISSES, rows, limits)),
    )
    yield Part(
        ("Values",),
        "regression--values",
        (
            text(
                "MAE: mean absolute error; beside it that of always predicting the median. RMSE:"
                " root mean squared error. Mean error: above zero, the network predicts too much."
            ),
            Table("Errors of each value", _FITS, tuple(map(_fit_row, found.fits))),
        ),
    )
    if charts := tuple(map(_chart, (fit for fit in found.fits if fit.chart is not None))):
        yield Part(
            ("Predicted over true values",),
            "regression--scatter",
            (Figures(charts, 2, Limits("chart", paper=_MOST_CHARTS)),),
        )


def _facts(found: Regression) -> tuple[Fact, ...]:
    """The numbers over all images."""
    facts = [Fact("Images", f"{found.images:,}", f"with true values from {found.table}")]
    if len(found.fits) == 1:
        (fit,) = found.fits
        baseline = f"always predicting the median gives {number(fit.baseline_mae)}"
        facts.append(Fact("Mean absolute error", number(fit.mae), baseline))
        facts.append(Fact("R²", _r2(fit), "1 is a perfect fit; 0 is no better than the mean"))
    if found.unknown:
        facts.append(Fact("Excluded", count(found.unknown, "image"), "without a true value"))
    return tuple(facts)


def _r2(fit: ValueFit) -> str:
    return "not defined" if fit.r2 is None else number(fit.r2)


def _fit_row(fit: ValueFit) -> Row:
    """A value over all images."""
    errors = (fit.mae, fit.baseline_mae, fit.rmse, fit.mean_error)
    return row(fit.name, f"{fit.images:,}", *map(number, errors), _r2(fit))


def _miss_row(outline: Outline, miss: ValueMiss) -> Row:
    """A predicted and a true value of one image."""
    image = Link(miss.image, outline.image_place(miss.image))
    return row(image, miss.name, *map(number, (miss.predicted, miss.true, miss.error)))


def _misses_text(found: Regression, shown: int) -> str:
    """How many pairs are listed, and how they are ordered."""
    order = "largest first"
    if len(found.fits) > 1:
        order += ", in standard deviations of the true values"
    more = f" The first {shown:,}; more are in report.json." if shown < len(found.misses) else ""
    return f"Error: predicted minus true value, {order}.{more}"


def _chart(fit: ValueFit) -> Figure:
    alt = f"Scatter plot: predicted over true values of {fit.name}"
    caption = f"{fit.name}: without errors, all points lie on the dashed line."
    return Figure(Picture(str(fit.chart), alt, 0, 0), (caption,), chart=True)
