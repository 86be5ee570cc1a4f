"""The map of images as a scatter plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportgen.pictures.charts import svg
from reportgen.pictures.charts.depth import LABEL_SIZE, card_axes
from reportgen.pictures.charts.svg import INK, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

STYLES = (
    ("#0072b2", "o"),
    ("#d55e00", "s"),
    ("#009e73", "^"),
    ("#aa4499", "D"),
    ("#56b4e9", "v"),
    ("#c79a00", "P"),
    ("#882255", "X"),
    ("#117733", "<"),
)
"""Colour and marker of each group of images."""
OTHERS = ("#888888", ".")
"""Those of images in no group of their own."""

_WIDTH, _HEIGHT, _LONGEST_NAME = 900, 460, 30
_BOX = (40, 40, _WIDTH - 330, _HEIGHT - 60)


@dataclass(frozen=True)
class Drawn:
    """What the map shows of each image: its group (an index of the names, -1 for none)."""

    positions: Floats
    groups: Sequence[int]
    misclassified: Sequence[bool]
    names: Sequence[str]


def map_chart(drawn: Drawn, axes_names: tuple[str, str]) -> bytes:
    """Scatter plot of all images: a colour and a marker for each group, misclassified ones circled.

    Args:
        drawn: positions (N, 2) and what the images are.
        axes_names: what the axes are called.

    Returns:
        SVG, see ``svg.render``.

    """
    groups, wrong = np.array(drawn.groups), np.array(drawn.misclassified, bool)

    def draw(figure: "Figure", names: svg.Names) -> None:
        axes = card_axes(figure, _BOX)
        for group in range(-1, len(drawn.names)):
            own = drawn.positions[groups == group]
            if not len(own):
                continue
            colour, marker = style(group)
            name = drawn.names[group] if group >= 0 else "others"
            label = names.place(f"{svg.shorten(name, _LONGEST_NAME)} ({len(own):,})")
            axes.plot(*own.T, color=colour, marker=marker, markersize=6, alpha=0.75,
                      linestyle="none", markeredgewidth=0, label=label)  # fmt: skip
        if wrong.any():
            axes.plot(*drawn.positions[wrong].T, marker="o", markersize=12, linestyle="none",
                      markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.5,
                      label=f"misclassified ({wrong.sum():,})")  # fmt: skip
        axes.grid(color=RULE, linewidth=1)
        axes.set_axisbelow(True)
        axes.set_xticklabels([])
        axes.set_yticklabels([])
        axes.tick_params(length=0)
        axes.set_xlabel(axes_names[0], color=INK, fontsize=LABEL_SIZE + 1)
        axes.set_ylabel(axes_names[1], color=INK, fontsize=LABEL_SIZE + 1)
        axes.legend(
            loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, fontsize=11, labelcolor=INK
        )

    said = f"{len(groups):,} images, {int(wrong.sum()):,} of them misclassified."
    return svg.render(draw, _WIDTH, _HEIGHT, "Map of images", said)


def style(group: int) -> tuple[str, str]:
    """Colour and marker of a group; -1 is of none."""
    return STYLES[group] if 0 <= group < len(STYLES) else OTHERS
