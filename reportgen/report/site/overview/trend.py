"""The trend over earlier runs as the overview shows it."""

from pathlib import Path

from reportgen.records.report import Report
from reportgen.report.contexts import Picture
from reportgen.report.figures import COLUMN_WIDTH, plain_picture, svg_size
from reportgen.wording import count


def trend_picture(report: Report, page: str, folder: Path) -> Picture | None:
    """The chart of the trend; None for fewer than two runs."""
    if report.trend_chart is None:
        return None
    size = svg_size(folder / report.trend_chart)
    alt = f"Trend of the metrics over {count(len(report.history), 'run')}"
    return plain_picture(page, report.trend_chart, size, alt, COLUMN_WIDTH)


def trend_text(report: Report) -> str:
    """What the chart of the trend shows."""
    runs = count(len(report.history), "run")
    failed = sum(run.passed is False for run in report.history)
    crosses = f" A cross marks each of the {failed:,} with a failed gate." if failed else ""
    return f"The last {runs}, the newest at the right.{crosses}"
