"""The reliability diagram: accuracy by confidence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportgen.pictures import svg
from reportgen.pictures.charts import INK, LABEL_SIZE, LINES, RULE, card_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 560, 400
_BOX = (64, 56, _WIDTH - 84, _HEIGHT - 96)


def reliability_diagram(
    images: Sequence[int], confidence: Sequence[float | None], accuracy: Sequence[float | None]
) -> bytes:
    """Accuracy over confidence, in bins of equal width from 0 to 1; a calibrated network follows
    the diagonal.

    Args:
        images: how many images each bin has; the number stands above its bar.
        confidence: the mean probability of each bin's likeliest classes, None without images.
        accuracy: the share of each bin that is right, likewise.

    Returns:
        SVG, see ``svg.render``.

    Raises:
        ValueError: the lists are empty or differ in length.

    """
    if not images or not len(images) == len(confidence) == len(accuracy):
        raise ValueError("a reliability diagram needs three lists of one length")
    width = 1 / len(images)
    known = [
        (at, many, sure, right)
        for at, (many, sure, right) in enumerate(zip(images, confidence, accuracy, strict=True))
        if sure is not None and right is not None
    ]

    def draw(figure: "Figure", names: svg.Names) -> None:  # noqa: ARG001 - draws no names
        axes = card_axes(figure, _BOX)
        axes.plot(
            [0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", label="perfect calibration"
        )
        axes.bar(
            [(at + 0.5) * width for at, *_ in known],
            [right for *_, right in known],
            width=width * 0.92,
            color=LINES[0][0],
            alpha=0.35,
            label="accuracy",
        )
        axes.plot(
            [sure for _, _, sure, _ in known],
            [right for *_, right in known],
            color=LINES[1][0],
            marker=LINES[1][1],
            markersize=5,
            linestyle="none",
            label="at the mean confidence",
        )
        for at, many, _, right in known:
            axes.annotate(
                f"{many:,}",
                ((at + 0.5) * width, right),
                (0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=LABEL_SIZE,
                color=INK,
            )
        ticks = [at / 5 for at in range(6)]
        words = [f"{at * 20} %" for at in range(6)]
        axes.set_xticks(ticks, words)
        axes.set_yticks(ticks, words)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.08)
        axes.grid(axis="y", color=RULE, linewidth=1)
        axes.set_axisbelow(True)
        axes.set_xlabel("confidence", color=INK, fontsize=LABEL_SIZE + 1)
        axes.set_ylabel("accuracy", color=INK, fontsize=LABEL_SIZE + 1)
        axes.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=3,
            frameon=False,
            fontsize=LABEL_SIZE,
            labelcolor=INK,
        )

    said = ", ".join(
        f"{sure:.0%} sure, {right:.0%} right ({many})" for _, many, sure, right in known
    )
    return svg.render(draw, _WIDTH, _HEIGHT, "Reliability diagram", f"By bins: {said or 'empty'}.")
