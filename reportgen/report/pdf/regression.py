"""Predicted against true values as a chapter of the PDF."""

from collections.abc import Iterator

from reportgen.pictures.svg import shorten
from reportgen.report.contexts import Link
from reportgen.report.pdf.contexts import Block, Fact, Facts, Plate, Table, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.regression import (
    CHART_ALT,
    fit_row,
    miss_row,
    misses_text,
    regression_facts,
)

_MOST_MISSES = 20
_MOST_CHARTS = 4
_LONGEST = 40


def regression(materials: Materials) -> Iterator[Block]:
    """Numbers, the largest errors, each value, and scatter plots."""
    found = materials.outline.report.regression
    if found is None:
        return
    yield Facts(tuple(Fact(one.name, one.value, one.note) for one in regression_facts(found)))
    yield Title("Largest errors")
    misses = found.misses[:_MOST_MISSES]
    yield Words(misses_text(found, len(misses)), quiet=True)
    rows = [miss_row(one, Link(shorten(one.image, _LONGEST), "")) for one in misses]
    yield Table(
        ("Image", "Value", "Predicted", "True", "Error"),
        "wwnnn",
        tuple((row.image.text, row.name, row.predicted, row.true, row.error) for row in rows),
    )
    yield Title("Values")
    yield Table(
        ("Value", "Images", "MAE", "MAE of the median", "RMSE", "Mean error", "R²"),
        "wnnnnnn",
        tuple(
            (row.name, row.images, row.mae, row.baseline, row.rmse, row.mean_error, row.r2)
            for row in map(fit_row, found.fits)
        ),
    )
    for fit in [one for one in found.fits if one.chart][:_MOST_CHARTS]:
        chart = materials.pictures.picture(str(fit.chart), f"{CHART_ALT} {fit.name}")
        yield Plate(
            "", chart, 100.0, 90.0,
            f"{fit.name}: predicted over true values; without errors all points lie on the dashed"
            " line.",
        )  # fmt: skip
