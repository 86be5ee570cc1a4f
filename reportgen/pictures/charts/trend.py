"""The trend chart: metrics of a model from run to run."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.pictures.charts import svg
from reportgen.pictures.charts.depth import LABEL_SIZE, LINES, card_axes
from reportgen.pictures.charts.svg import INK, RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, PANEL = 900, 150
_LEFT, _TOP, _RIGHT, _GAP, _BELOW = 84, 30, 24, 44, 52
_MOST_LABELS = 10
_MOST_MARKERS = 60


def trend(
    labels: Sequence[str],
    failed: Sequence[bool],
    panels: Mapping[str, Sequence[float]],
    shares: Sequence[str],
) -> bytes:
    """One panel for each metric, above each other, over the same runs.

    Args:
        labels: what each run is called below the axis, such as its date; at least two.
        failed: whether a gate failed in each run.
        panels: for each metric, by title, its number in every run, NaN where it was not measured.
        shares: titles of the metrics that are shares 0..1, drawn as percent.

    Returns:
        SVG, see ``svg.render``.

    Raises:
        ValueError: fewer than two runs, no metric, or a metric of another length.

    """
    if len(labels) < 2 or not panels:
        raise ValueError("a trend needs two runs and a metric")
    if any(len(values) != len(labels) for values in panels.values()):
        raise ValueError("a metric needs one number for each run")
    height = _TOP + len(panels) * PANEL + (len(panels) - 1) * _GAP + _BELOW

    def draw(figure: "Figure", names: svg.Names) -> None:
        for at, (title, values) in enumerate(panels.items()):
            low = _BELOW + (len(panels) - 1 - at) * (PANEL + _GAP)
            axes = card_axes(figure, (_LEFT, low, WIDTH - _LEFT - _RIGHT, PANEL))
            _panel(axes, title, values, failed, share=title in shares)
            _name_runs(axes, [names.place(label) for label in labels], last=low == _BELOW)

    failures = sum(failed)
    said = f" A gate failed in {failures} of them." if failures else ""
    metrics = ", ".join(panels)
    return svg.render(
        draw, WIDTH, height, "Trend over runs", f"{metrics} over {len(labels)} runs.{said}"
    )


def _panel(
    axes: "Axes", title: str, values: Sequence[float], failed: Sequence[bool], *, share: bool
) -> None:
    scale = 100 if share else 1
    points = [value * scale for value in values]
    colour, marker = LINES[0]
    axes.plot(points, color=colour, marker=marker if len(points) <= _MOST_MARKERS else "",
              markersize=4)  # fmt: skip
    bad = [at for at, is_bad in enumerate(failed) if is_bad and math.isfinite(points[at])]
    axes.plot(bad, [points[at] for at in bad], linestyle="", marker="X", markersize=9,
              color=LINES[1][0], markeredgecolor="white")  # fmt: skip
    axes.set_title(f"{title} (%)" if share else title, loc="left", color=INK,
                   fontsize=LABEL_SIZE + 1)  # fmt: skip
    axes.grid(axis="y", color=RULE, linewidth=1)
    axes.set_xlim(-0.5, len(points) - 0.5)
    axes.ticklabel_format(axis="y", useOffset=False)
    known = [point for point in points if math.isfinite(point)]
    if known and min(known) == max(known):
        reach = max(abs(known[0]) * 0.05, 1.0 if share else 1e-3)
        axes.set_ylim(known[0] - reach, known[0] + reach)


def _name_runs(axes: "Axes", labels: Sequence[str], *, last: bool) -> None:
    """Name the runs below the last panel, as many as there is room for."""
    step = math.ceil(len(labels) / _MOST_LABELS)
    shown = range((len(labels) - 1) % step, len(labels), step)  # the newest run has a name
    axes.set_xticks(list(shown), [labels[at] for at in shown] if last else [""] * len(shown))
