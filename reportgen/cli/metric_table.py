"""The table of metrics in `docs/gates.md`, made from the metrics themselves.

`python -m reportgen.cli.metric_table` rewrites it: all that follows the page's last heading.
"""

from pathlib import Path

from reportgen.gates.metrics import METRICS, Metric

GATES_PAGE = Path(__file__).resolve().parent.parent / "docs" / "gates.md"

HEADING = "## Metrics\n\n"
_HEAD = "| metric | of | kind | meaning |\n|---|---|---|---|\n"
_KINDS = {
    "share": "share",
    "change": "change of a share",
    "count": "count",
    "number": "number",
}


def metric_table() -> str:
    """The table as Markdown."""
    return _HEAD + "".join(map(_row, METRICS.values()))


def rewritten(page: str) -> str:
    """A page's text with the table behind the heading."""
    before, heading, _ = page.partition(HEADING)
    return before + heading + metric_table()


def _row(metric: Metric) -> str:
    scopes = ", ".join(metric.scopes) + (", with a baseline" if metric.needs_baseline else "")
    return f"| `{metric.name}` | {scopes} | {_KINDS[metric.unit]} | {metric.description} |\n"


def main() -> None:
    """Rewrite the page."""
    GATES_PAGE.write_text(rewritten(GATES_PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
