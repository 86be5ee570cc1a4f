"""The documentation's table is that of the metrics."""

from reportgen.cli.metric_table import GATES_PAGE, metric_table, rewritten
from reportgen.gates.metrics import METRICS


def test_the_page_has_every_metric_once() -> None:
    page = GATES_PAGE.read_text(encoding="utf-8")
    assert rewritten(page) == page
    assert page.endswith(metric_table())
    assert [page.count(f"| `{name}` |") for name in METRICS] == [1] * len(METRICS)
