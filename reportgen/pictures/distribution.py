"""A small chart of a layer's channels: how strongly each answers, over all images.

A report has one for every layer, so it is written as SVG directly, without Matplotlib.
"""

import math
from collections.abc import Sequence

from reportgen.pictures.charts import CARD, INK, LINES, RULE

WIDTH, HEIGHT = 320, 150
_LEFT, _TOP, _RIGHT, _BELOW = 46, 10, 10, 22
_COLOUR = LINES[0][0]
_TICKS = 3


def distribution(
    lows: Sequence[float],
    lower: Sequence[float],
    medians: Sequence[float],
    upper: Sequence[float],
    highs: Sequence[float],
    channels: int,
) -> bytes:
    """The channels from left to right: median as a line, quartiles and range as bands around it.

    Args:
        lows: smallest value of each channel drawn, at least one of them, finite.
        lower: lower quartiles, as many as channels are drawn, and so on.
        medians: the same.
        upper: upper quartiles.
        highs: largest values.
        channels: of how many channels these are.

    Returns:
        SVG without style, script or reference; no text in it comes from a file.

    Raises:
        ValueError: the series differ in length, or have no channel.

    """
    series = (lows, lower, medians, upper, highs)
    if not medians or len({len(one) for one in series}) > 1:
        raise ValueError("each series needs one value for each channel, at least one")
    bottom, top = min(0.0, *lows), max(0.0, *highs)
    span = (top - bottom) or 1.0
    across, up = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BELOW

    def places(values: Sequence[float]) -> list[str]:
        last = max(1, len(values) - 1)
        ys = (_TOP + up * (1 - (value - bottom) / span) for value in values)
        found = [f"{_LEFT + across * at / last:.1f},{y:.1f}" for at, y in enumerate(ys)]
        # a single channel is drawn over the whole width
        return found if len(values) > 1 else [found[0], f"{_LEFT + across}.0,{found[0][5:]}"]

    def band(under: Sequence[float], over: Sequence[float], opacity: float) -> str:
        corners = " ".join([*places(over), *reversed(places(under))])
        return f'<polygon points="{corners}" fill="{_COLOUR}" fill-opacity="{opacity}"/>'

    ticks = [bottom + span * at / (_TICKS - 1) for at in range(_TICKS)]
    heights = [_TOP + up * (1 - at / (_TICKS - 1)) for at in range(_TICKS)]
    text = f'fill="{INK}" font-family="sans-serif" font-size="11"'
    title = "Distribution by channel"
    about = (
        f"Mean activation of {len(medians)} of {channels} channels, the strongest first: medians"
        f" from {max(medians):.3g} to {min(medians):.3g}, all values from {min(lows):.3g} to"
        f" {max(highs):.3g}."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
        f"<title>{title}</title><desc>{about}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{CARD}"/>',
        *(f'<path d="M{_LEFT} {y:.1f}h{across}" stroke="{RULE}"/>' for y in heights),
        *(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {text}>{_short(one)}</text>'
            for one, y in zip(ticks, heights, strict=True)
        ),
        band(lows, highs, 0.18),
        band(lower, upper, 0.4),
        f'<polyline points="{" ".join(places(medians))}" fill="none" stroke="{_COLOUR}"'
        ' stroke-width="1.8"/>',
        f'<text x="{_LEFT}" y="{HEIGHT - 6}" {text}>strongest channel</text>',
        f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 6}" text-anchor="end" {text}>weakest</text>',
        "</svg>",
    ]
    return "\n".join(parts).encode("utf-8")


def _short(value: float) -> str:
    """A number of at most seven letters: there is no room for more beside the axis."""
    if not math.isfinite(value):
        return ""
    return f"{value:.2g}" if abs(value) < 1000 else f"{value:.1e}".replace("e+0", "e")
