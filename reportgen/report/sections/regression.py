"""Predicted against true values: the page, and the words that the PDF shares."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from reportgen.records.regression import Regression, ValueFit, ValueMiss
from reportgen.report.contexts import Fact, Link
from reportgen.report.explanations import explanation
from reportgen.report.figures import plain_picture, svg_size
from reportgen.report.navigation import Here, Navigation
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.sections.regression_contexts import (
    FitRow,
    MissRow,
    RegressionPage,
    ScatterPlot,
)
from reportgen.wording import count, number

MOST_MISSES = 60
CHART_ALT = "Scatter plot: predicted over true values of"


def regression_pages(
    outline: Outline, navigation: Navigation, folder: Path
) -> Iterator[tuple[str, RegressionPage]]:
    """Path and context of the page; none without true values."""
    found = outline.report.regression
    if found is None or not outline.has("regression"):
        return
    page = "regression.html"
    shown = [one for one in found.misses if one.image in outline.images]
    yield (
        page,
        RegressionPage(
            frame=navigation.frame(Here(page, "Regression", "Regression")),
            explanation=explanation(outline.report, "regression"),
            notes=page_notes(outline, page, "regression"),
            facts=regression_facts(found),
            fits=tuple(map(fit_row, found.fits)),
            charts=tuple(_charts(page, found.fits, folder)),
            misses=tuple(
                miss_row(one, Link(one.image, href(page, outline.image_place(one.image))))
                for one in shown[:MOST_MISSES]
            ),
            misses_text=misses_text(found, min(len(shown), MOST_MISSES)),
        ),
    )


def regression_facts(found: Regression) -> tuple[Fact, ...]:
    """The numbers over all images."""
    facts = [Fact("Images", f"{found.images:,}", f"with true values from {found.table}")]
    if len(found.fits) == 1:
        (fit,) = found.fits
        facts.append(Fact("Mean absolute error", number(fit.mae), _baseline(fit)))
        facts.append(Fact("R²", _r2(fit), "1 is a perfect fit; 0 is no better than the mean"))
    if found.unknown:
        facts.append(Fact("Not counted", count(found.unknown, "image"), "without a true value"))
    return tuple(facts)


def _baseline(fit: ValueFit) -> str:
    return f"the median of the true values alone has {number(fit.baseline_mae)}"


def _r2(fit: ValueFit) -> str:
    return "not defined" if fit.r2 is None else number(fit.r2)


def fit_row(fit: ValueFit) -> FitRow:
    """A value in the table."""
    return FitRow(
        name=fit.name,
        images=f"{fit.images:,}",
        mae=number(fit.mae),
        baseline=number(fit.baseline_mae),
        rmse=number(fit.rmse),
        mean_error=number(fit.mean_error),
        r2=_r2(fit),
    )


def miss_row(miss: ValueMiss, image: Link) -> MissRow:
    """A pair in the table of the largest errors."""
    return MissRow(
        image=image,
        name=miss.name,
        predicted=number(miss.predicted),
        true=number(miss.true),
        error=number(miss.error),
    )


def misses_text(found: Regression, shown: int) -> str:
    """How many pairs are listed, and how they are ordered."""
    order = "largest first"
    if len(found.fits) > 1:
        order += ", in standard deviations of the true values"
    more = f" The first {shown:,}; more are in report.json." if shown < len(found.misses) else ""
    return f"Error: predicted less true value, {order}.{more}"


def _charts(page: str, fits: Sequence[ValueFit], folder: Path) -> Iterator[ScatterPlot]:
    for fit in fits:
        if fit.chart is not None:
            alt = f"{CHART_ALT} {fit.name}"
            size = svg_size(folder / fit.chart)
            yield ScatterPlot(fit.name, plain_picture(page, fit.chart, size, alt, 480))
