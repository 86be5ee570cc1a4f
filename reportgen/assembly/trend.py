"""The runs of a history → the chart of their trend."""

import math
from collections.abc import Sequence
from pathlib import Path

from reportgen.gates.metrics import METRICS
from reportgen.pictures.charts.trend import trend
from reportgen.records.gates import Run

CHART = "pictures/trend.svg"

_SHOWN = ("accuracy", "calibration_error", "loss", "mean_absolute_error", "silent_channels")
"""Metrics that the trend shows, where a run has measured them."""

_MOST_PANELS = 3


def write_trend(runs: Sequence[Run], folder: Path) -> str | None:
    """Draw the metrics of the runs; None for fewer than two runs, or without a metric."""
    shown = [name for name in _SHOWN if any(name in run.metrics for run in runs)][:_MOST_PANELS]
    if len(runs) < 2 or not shown:
        return None
    drawn = trend(
        [run.created[:10] for run in runs],
        [run.passed is False for run in runs],
        {METRICS[name].title: [run.metrics.get(name, math.nan) for run in runs] for name in shown},
        [METRICS[name].title for name in shown if METRICS[name].unit == "share"],
    )
    (folder / CHART).parent.mkdir(parents=True, exist_ok=True)
    (folder / CHART).write_bytes(drawn)
    return CHART
