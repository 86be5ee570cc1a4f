"""The chart of deletion and insertion: how the class fades while pixels go, and comes with them."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from reportgen.pictures.charts import svg
from reportgen.pictures.charts.depth import LABEL_SIZE, LINES, card_axes
from reportgen.pictures.charts.svg import INK, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 900, 320
_LEFT, _BOTTOM, _GAP, _ACROSS, _UP = 60, 50, 50, 320, 230
_CHANCE = "#888888"


def curves(
    panels: Mapping[str, Mapping[str, Sequence[float]]], chances: Collection[str] = ()
) -> bytes:
    """Panels side by side, each with one curve for each kind of map.

    Args:
        panels: by title the curves by name, at most seven of each: probabilities 0..1 at evenly
            spaced shares of the pixels.
        chances: names of random maps, which are dashed.

    Returns:
        SVG, see ``svg.render``.

    """

    def draw(figure: "Figure", names: svg.Names) -> None:  # noqa: ARG001 - no strings from files
        for at, (title, lines) in enumerate(panels.items()):
            left = _LEFT + at * (_ACROSS + _GAP)
            axes = card_axes(figure, (left, _BOTTOM, _ACROSS, _UP))
            axes.set_title(title, color=INK, fontsize=LABEL_SIZE + 2)
            axes.set_xlim(0, 100)
            axes.set_ylim(-2, 102)
            for set_ticks in (axes.set_xticks, axes.set_yticks):
                set_ticks(range(0, 101, 25), [f"{share} %" for share in range(0, 101, 25)])
            axes.set_xlabel("share of the pixels", color=INK, fontsize=LABEL_SIZE + 1)
            axes.grid(color=RULE, linewidth=1)
            for place, (name, values) in enumerate(lines.items()):
                chance = name in chances
                colour = _CHANCE if chance else LINES[place % len(LINES)][0]
                shares = np.linspace(0, 100, len(values))
                style = "--" if chance else "-"
                axes.plot(shares, np.array(values) * 100, style, color=colour, label=name)
            if at == len(panels) - 1:
                axes.legend(
                    loc="upper left",
                    bbox_to_anchor=(1.01, 1),
                    frameon=False,
                    fontsize=11,
                    labelcolor=INK,
                )

    kinds = list(next(iter(panels.values())))
    return svg.render(
        draw,
        _WIDTH,
        _HEIGHT,
        " and ".join(panels),
        f"Probability of the class by the share of the pixels, for {', '.join(kinds)}.",
    )
