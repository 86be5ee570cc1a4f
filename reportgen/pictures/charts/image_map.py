"""The map of images as a scatter plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

_WIDTH, _HEIGHT, _MARGIN, _LONGEST_NAME = 480, 330, 36, 30
_FONT, _LETTER, _ROW, _MARKER = 13, 7.8, 24, 28
"""Of the legend: size of its letters, width of one, height of a row, room for a marker."""
_CIRCLE: dict[str, Any] = {
    "marker": "o",
    "markersize": 12,
    "markerfacecolor": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 1.5,
}
"""Around a misclassified image."""


@dataclass(frozen=True)
class Drawn:
    """What the map shows of each image: its group (an index of the names, -1 for none)."""

    positions: Floats
    groups: Sequence[int]
    misclassified: Sequence[bool]
    names: Sequence[str]


def map_chart(drawn: Drawn, axes_names: tuple[str, str]) -> bytes:
    """Scatter plot of all images: a colour and a marker for each group, misclassified ones circled.

    The legend stands below the plot, which then fills the width of a phone.

    Args:
        drawn: positions (N, 2) and what the images are.
        axes_names: what the axes are called.

    Returns:
        SVG, see ``svg.render``.

    """
    groups, wrong = np.array(drawn.groups), np.array(drawn.misclassified, bool)

    shown = sorted(set(groups.tolist()), key=lambda group: (group < 0, group))
    entries = [(_label(drawn.names, group, groups), _mark(group)) for group in shown]
    if wrong.any():
        entries.append((f"misclassified ({wrong.sum():,})", _CIRCLE))
    longest = max((svg.columns(label) for label, _ in entries), default=0)
    across = max(1, min(len(entries), int(_WIDTH // (longest * _LETTER + _MARKER))))
    rows = -(-len(entries) // across)
    below = rows * _ROW + 2 * _MARGIN

    def draw(figure: "Figure", names: svg.Names) -> None:
        axes = card_axes(figure, (_MARGIN, below, _WIDTH - 2 * _MARGIN, _HEIGHT))
        for group in shown:
            axes.plot(*drawn.positions[groups == group].T, linestyle="none", **_mark(group))
        axes.plot(*drawn.positions[wrong].T, linestyle="none", **_CIRCLE)
        axes.grid(color=RULE, linewidth=1)
        axes.set_axisbelow(True)
        axes.set_xticklabels([])
        axes.set_yticklabels([])
        axes.tick_params(length=0)
        axes.set_xlabel(axes_names[0], color=INK, fontsize=LABEL_SIZE + 2)
        axes.set_ylabel(axes_names[1], color=INK, fontsize=LABEL_SIZE + 2)
        # By hand: Matplotlib would measure the place holders of the names.
        legend = card_axes(figure, (_MARGIN, 0, _WIDTH - _MARGIN, rows * _ROW + _MARGIN // 2))
        legend.set(xlim=(0, across), ylim=(rows + _MARGIN / 2 / _ROW, 0))
        legend.axis("off")
        indent = _MARKER * across / (_WIDTH - _MARGIN)
        for at, (label, mark) in enumerate(entries):
            left, top = at % across, at // across + 0.5
            legend.plot([left + indent / 2], [top], linestyle="none", **mark)
            legend.text(left + indent, top, names.place(label), color=INK, fontsize=_FONT,
                        verticalalignment="center_baseline")  # fmt: skip

    said = f"{len(groups):,} images, {int(wrong.sum()):,} of them misclassified."
    return svg.render(draw, _WIDTH, _HEIGHT + below + _MARGIN // 2, "Map of images", said)


def _mark(group: int) -> dict[str, Any]:
    """The marker of a group of images, as Matplotlib's arguments."""
    colour, marker = style(group)
    return {"color": colour, "marker": marker, "markersize": 6, "markeredgewidth": 0, "alpha": 0.75}


def _label(names: Sequence[str], group: int, groups: npt.NDArray[np.int_]) -> str:
    name = names[group] if group >= 0 else "others"
    return f"{svg.shorten(name, _LONGEST_NAME)} ({(groups == group).sum():,})"


def style(group: int) -> tuple[str, str]:
    """Colour and marker of a group; -1 is of none."""
    return STYLES[group] if 0 <= group < len(STYLES) else OTHERS
