"""A scatter plot of predicted over true values."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportgen.pictures.charts import svg
from reportgen.pictures.charts.depth import LABEL_SIZE, LINES, card_axes
from reportgen.pictures.charts.svg import INK, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 480, 440
_BOX = (76, 56, _WIDTH - 96, _HEIGHT - 90)
_MOST_POINTS = 2000


def scatter_plot(true: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> bytes:
    """Predicted (N,) over true values (N,); without errors the points lie on the diagonal.

    Of more than 2,000 points, 2,000 are drawn, evenly chosen in the order given.

    Returns:
        SVG, see ``svg.render``.

    Raises:
        ValueError: the arrays are empty or differ in length.

    """
    if not len(true) or len(true) != len(predicted):
        raise ValueError("a scatter plot needs two arrays of one length")
    count = min(len(true), _MOST_POINTS)
    shown = np.linspace(0, len(true) - 1, count).astype(int)
    low = float(min(true.min(), predicted.min()))
    high = float(max(true.max(), predicted.max()))
    room = 0.05 * (high - low) or 0.5

    def draw(figure: "Figure", names: svg.Names) -> None:  # noqa: ARG001 - draws no names
        axes = card_axes(figure, _BOX)
        ends = [low - room, high + room]
        axes.plot(ends, ends, color=INK, linewidth=1, linestyle="--", label="no error")
        axes.plot(
            true[shown],
            predicted[shown],
            color=LINES[0][0],
            marker="o",
            markersize=5,
            alpha=0.6,
            linestyle="none",
            label="an image",
        )
        axes.set_xlim(*ends)
        axes.set_ylim(*ends)
        axes.grid(color=RULE, linewidth=1)
        axes.set_axisbelow(True)
        axes.set_xlabel("true value", color=INK, fontsize=LABEL_SIZE + 1)
        axes.set_ylabel("predicted value", color=INK, fontsize=LABEL_SIZE + 1)
        axes.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=2,
            frameon=False,
            fontsize=LABEL_SIZE,
            labelcolor=INK,
        )

    said = f"{len(true):,} images, values from {low:.4g} to {high:.4g}."
    return svg.render(draw, _WIDTH, _HEIGHT, "Predicted over true values", said)
