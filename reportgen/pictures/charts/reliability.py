"""The reliability diagram: accuracy by confidence, and the histogram of confidence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from reportgen.pictures.charts import svg
from reportgen.pictures.charts.depth import LABEL_SIZE, LINES, card_axes
from reportgen.pictures.charts.svg import INK, RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 560, 500
_LEFT, _ACROSS = 64, 476
_COUNTS = (_LEFT, 50, _ACROSS, 90)
_BOX = (_LEFT, 168, _ACROSS, 290)
_SHARES = [at / 5 for at in range(6)]
_WORDS = [f"{at * 20} %" for at in range(6)]


def reliability_diagram(
    images: Sequence[int], confidence: Sequence[float | None], accuracy: Sequence[float | None]
) -> bytes:
    """Accuracy over confidence, and below it how many images have each confidence.

    Bins have equal width from 0 to 1; a calibrated network follows the diagonal.

    Args:
        images: how many images each bin has; the number stands above its bar of the histogram.
        confidence: the mean probability of each bin's predicted classes, None without images.
        accuracy: the share of each bin that is correct, likewise.

    Returns:
        SVG, see ``svg.render``.

    Raises:
        ValueError: the lists are empty or differ in length.

    """
    if not images or not len(images) == len(confidence) == len(accuracy):
        raise ValueError("a reliability diagram needs three lists of one length")
    bins = [
        _Bin((at + 0.5) / len(images), many, sure, right)
        for at, (many, sure, right) in enumerate(zip(images, confidence, accuracy, strict=True))
        if sure is not None and right is not None
    ]
    width = 0.92 / len(images)

    def draw(figure: "Figure", names: svg.Names) -> None:  # noqa: ARG001 - draws no names
        _draw_accuracy(card_axes(figure, _BOX), bins, width)
        _draw_counts(card_axes(figure, _COUNTS), bins, width)

    said = ", ".join(
        f"confidence {bin_.confidence:.0%}, accuracy {bin_.accuracy:.0%} ({bin_.images})"
        for bin_ in bins
    )
    return svg.render(draw, _WIDTH, _HEIGHT, "Reliability diagram", f"By bins: {said or 'empty'}.")


class _Bin(NamedTuple):
    """Images of similar confidence; `middle` is the bin's own."""

    middle: float
    images: int
    confidence: float
    accuracy: float


def _draw_accuracy(axes: "Axes", bins: Sequence[_Bin], width: float) -> None:
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", label="perfect calibration")
    colour, marker = LINES[0][0], LINES[1]
    heights = [bin_.accuracy for bin_ in bins]
    axes.bar([bin_.middle for bin_ in bins], heights, width, color=colour, alpha=0.5,
             label="accuracy")  # fmt: skip
    axes.plot([bin_.confidence for bin_ in bins], heights, color=marker[0], marker=marker[1],
              markersize=5, linestyle="none", label="at the mean confidence")  # fmt: skip
    axes.set_xticks(_SHARES, [""] * len(_SHARES))
    axes.set_yticks(_SHARES, _WORDS)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.grid(axis="y", color=RULE, linewidth=1)
    axes.set_axisbelow(True)
    axes.set_ylabel("accuracy", color=INK, fontsize=LABEL_SIZE + 1)
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3,
        frameon=False,
        fontsize=LABEL_SIZE,
        labelcolor=INK,
    )


def _draw_counts(axes: "Axes", bins: Sequence[_Bin], width: float) -> None:
    """The histogram of confidence."""
    axes.bar(
        [bin_.middle for bin_ in bins], [bin_.images for bin_ in bins], width, color=LINES[0][0]
    )
    for bin_ in bins:
        axes.annotate(f"{bin_.images:,}", (bin_.middle, bin_.images), (0, 3),
                      textcoords="offset points", ha="center", fontsize=LABEL_SIZE - 1,
                      color=INK)  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.25 * max((bin_.images for bin_ in bins), default=1))
    axes.set_xticks(_SHARES, _WORDS)
    axes.set_yticks([])
    axes.set_xlabel("confidence", color=INK, fontsize=LABEL_SIZE + 1)
    axes.set_ylabel("images", color=INK, fontsize=LABEL_SIZE + 1)
