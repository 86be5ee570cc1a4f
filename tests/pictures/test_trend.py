"""The chart of a history's trend."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from reportgen.pictures.charts.trend import trend


def test_a_panel_for_each_metric_and_a_mark_for_each_failure() -> None:
    days = [f"2024-01-{day:02}" for day in range(1, 13)]
    accuracy = [0.5 + day / 100 for day in range(11)] + [math.nan]
    drawn = trend(days, [day == 3 for day in range(12)],
                  {"Accuracy": accuracy, "Loss": [1.0] * 12}, ["Accuracy"])  # fmt: skip
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own drawing
    texts = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Accuracy (%)" in texts
    assert "Loss" in texts
    assert days[-1] in texts
    description = root.findtext("{http://www.w3.org/2000/svg}desc")
    assert description == "Accuracy, Loss over 12 runs. A gate failed in 1 of them."
    assert drawn == trend(days, [day == 3 for day in range(12)],
                          {"Accuracy": accuracy, "Loss": [1.0] * 12}, ["Accuracy"])  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "panels"),
    [(["one"], {"Loss": [1.0]}), (["a", "b"], {}), (["a", "b"], {"Loss": [1.0]})],
)
def test_what_is_no_trend_is_refused(labels: list[str], panels: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="needs"):
        trend(labels, [False] * len(labels), panels, [])
