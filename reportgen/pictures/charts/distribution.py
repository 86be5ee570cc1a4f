"""A small chart of a layer's channels: how strongly each responds, over all images.

A report has one for every layer, so it is written as SVG directly, without Matplotlib.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.pictures.charts.depth import LINES
from reportgen.pictures.charts.svg import RULE_OPACITY, STYLE
from reportgen.wording import MINUS

WIDTH, HEIGHT = 320, 150
_LEFT, _TOP, _RIGHT, _BELOW = 54, 10, 10, 22
_ACROSS, _UP = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BELOW
_COLOUR = LINES[0][0]
_MOST_TICKS = 5
_TEXT = 'fill="currentColor" font-family="sans-serif" font-size="11"'


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
        SVG without style attribute, script or reference; no text in it comes from a file. Its
        ground is transparent, its ink follows the page.

    Raises:
        ValueError: the series differ in length, or have no channel.

    """
    series = (lows, lower, medians, upper, highs)
    if not medians or len({len(values) for values in series}) > 1:
        raise ValueError("each series needs one value for each channel, at least one")
    axis = _Axis(min(0.0, *lows), max(0.0, *highs))
    title = "Distribution by channel"
    about = (
        f"Mean activation of {len(medians)} of {channels} channels, the strongest first: medians"
        f" from {max(medians):.3g} to {min(medians):.3g}, all values from {min(lows):.3g} to"
        f" {max(highs):.3g}."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" class="chart" role="img" aria-label="{title}">',
        f"<title>{title}</title><desc>{about}</desc>{STYLE}",
        *axis.rules(),
        axis.band(lows, highs, 0.18),
        axis.band(lower, upper, 0.4),
        f'<polyline points="{" ".join(axis.points(medians))}" fill="none" stroke="{_COLOUR}"'
        ' stroke-width="1.8"/>',
        f'<text x="{_LEFT}" y="{HEIGHT - 6}" {_TEXT}>strongest channel</text>',
        f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 6}" text-anchor="end" {_TEXT}>weakest</text>',
        "</svg>",
    ]
    return "\n".join(parts).encode("utf-8")


@dataclass(frozen=True)
class _Axis:
    """The values from the lower edge of the drawing to its upper one."""

    bottom: float
    top: float

    @property
    def span(self) -> float:
        """The range of the values; 1 where it is empty."""
        return (self.top - self.bottom) or 1.0

    def y(self, value: float) -> float:
        """The height of a value in pixels, from the top."""
        return _TOP + _UP * (1 - (value - self.bottom) / self.span)

    def points(self, values: Sequence[float]) -> list[str]:
        """A point `x,y` for each value; a single one is drawn over the whole width."""
        last = max(1, len(values) - 1)
        points = [
            f"{_LEFT + _ACROSS * at / last:.1f},{self.y(value):.1f}"
            for at, value in enumerate(values)
        ]
        return points if len(values) > 1 else [points[0], f"{_LEFT + _ACROSS}.0,{points[0][5:]}"]

    def band(self, under: Sequence[float], over: Sequence[float], opacity: float) -> str:
        """The area between two series."""
        corners = " ".join([*self.points(over), *reversed(self.points(under))])
        return f'<polygon points="{corners}" fill="{_COLOUR}" fill-opacity="{opacity}"/>'

    def rules(self) -> Iterator[str]:
        """A rule for each round value, then their numbers."""
        ticks = round_ticks(self.bottom, self.bottom + self.span, _MOST_TICKS)
        stroke = f'stroke="currentColor" stroke-opacity="{RULE_OPACITY}"'
        for tick in ticks:
            yield f'<path d="M{_LEFT} {self.y(tick):.1f}h{_ACROSS}" {stroke}/>'
        for tick in ticks:
            place = f'x="{_LEFT - 6}" y="{self.y(tick) + 4:.1f}" text-anchor="end"'
            yield f"<text {place} {_TEXT}>{short(tick)}</text>"


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values from `low` to `high`, which is larger; at most `most` of them (2 or more).

    Their step is 1, 2, 2.5 or 5 times a power of ten.
    """
    rough = (high - low) / (most - 1)
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 2.5, 5, 10) if times * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [at * step for at in range(first, last + 1)]


def short(value: float) -> str:
    """A round number in at most seven letters: there is no room for more beside the axis."""
    size = abs(value)
    text = f"{size:.3g}" if size == 0 or 1e-3 <= size < 1000 else f"{size:,.0f}"
    if size and not 1e-3 <= size < 1e5:
        mantissa, _, power = f"{size:.1e}".partition("e")
        text = f"{mantissa.removesuffix('.0')}e{int(power)}"
    return f"{MINUS}{text}" if value < 0 else text
