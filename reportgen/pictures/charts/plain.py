"""Small charts written as SVG directly: curves and matrices, without Matplotlib's second to start.

Texts are escaped, and there is no style attribute, no script and no reference to anything outside.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.pictures.charts.svg import RULE_OPACITY, STYLE, escaped, shorten
from reportgen.pictures.colormaps import signed_colours

INK = "currentColor"
_FAINT = f' stroke-opacity="{RULE_OPACITY}"'
COLOURS = ("#0072b2", "#d55e00")
MISSING = "#c8c8c8"
_DASHED = ' stroke-dasharray="6 6"'
_FONT = 'font-family="sans-serif" font-size="11"'
_CELL, _MOST_SIDE = 22, 660
_LONGEST = 24
_LETTER = 6.6
_ANCHOR = ("middle", "end")


@dataclass(frozen=True)
class Curve:
    """Points (x, y) of one colour, joined by a line where they follow each other."""

    name: str
    points: Sequence[tuple[float, float]]


def curves(
    all_curves: Sequence[Curve],
    ticks_x: Sequence[tuple[float, str]],
    ticks_y: Sequence[tuple[float, str]],
    title: str,
    *,
    axes: tuple[str, str] = ("", ""),
    diagonal: bool = False,
    size: tuple[int, int] = (560, 320),
) -> bytes:
    """Draw at most two curves in a frame.

    Args:
        all_curves: what to draw; a curve has a legend where there is more than one.
        ticks_x: positions and texts below the frame, from low to high, two at least; the frame
            reaches from the first to the last.
        ticks_y: the same at the left.
        title: what the picture is, read out by screen readers.
        axes: names of both axes; empty for none.
        diagonal: whether a dashed line goes from corner to corner.
        size: width and height in pixels.

    Returns:
        UTF-8 text that begins with ``<svg``.

    """
    frame = _Frame(*size, (ticks_x[0][0], ticks_x[-1][0]), (ticks_y[0][0], ticks_y[-1][0]))

    def parts() -> Iterator[str]:
        yield from frame.ticks(ticks_x, ticks_y)
        yield from frame.names(axes)
        if diagonal:
            ends = frame.left, frame.bottom, frame.right, frame.top
            yield _line(*ends, INK, ' stroke-dasharray="5 4"')
        for at, curve in enumerate(all_curves):
            # Dashes show the first curve below the second where they coincide.
            yield from frame.curve(curve, COLOURS[at], _DASHED if at else "")
            if len(all_curves) > 1:
                place = frame.right - 200 + at * 104
                yield f'<circle cx="{place}" cy="{frame.top - 20}" r="4" fill="{COLOURS[at]}"/>'
                yield _text(place + 9, frame.top - 16, shorten(curve.name, 13), "start")

    return _svg(*size, title, parts())


@dataclass(frozen=True)
class _Frame:
    """The frame of a chart in a picture of this size, and the ranges (low, high) of its axes."""

    width: int
    height: int
    range_x: tuple[float, float]
    range_y: tuple[float, float]
    left: int = 64
    top: int = 40

    @property
    def right(self) -> int:
        return self.width - 24

    @property
    def bottom(self) -> int:
        return self.height - 58

    def across(self, x: float) -> float:
        """The place of a value of the horizontal axis, in pixels."""
        low, high = self.range_x
        return self.left + (self.right - self.left) * (x - low) / (high - low)

    def down(self, y: float) -> float:
        """The place of a value of the vertical axis, in pixels."""
        low, high = self.range_y
        return self.bottom - (self.bottom - self.top) * (y - low) / (high - low)

    def ticks(
        self, ticks_x: Sequence[tuple[float, str]], ticks_y: Sequence[tuple[float, str]]
    ) -> Iterator[str]:
        """The axes: rules with their numbers at the left, marks with their texts below."""
        for y, words in ticks_y:
            yield _line(self.left, self.down(y), self.right, self.down(y), INK, _FAINT)
            yield _text(self.left - 8, self.down(y) + 4, words, "end")
        for x, words in ticks_x:
            place = self.across(x)
            yield _line(place, self.bottom, place, self.bottom + 4, INK)
            label, edge = shorten(words, _LONGEST), self.width - 4
            # A long label of the last tick ends with the picture.
            ends = place + len(label) * _LETTER / 2 > edge
            yield _text(edge if ends else place, self.bottom + 18, label, _ANCHOR[ends])
        yield _line(self.left, self.bottom, self.right, self.bottom, INK)

    def names(self, axes: tuple[str, str]) -> Iterator[str]:
        """The names of both axes, where they have any."""
        if axes[0]:
            yield _text((self.left + self.right) / 2, self.height - 14, axes[0], "middle")
        if axes[1]:
            yield _text(self.left - 48, self.top - 16, axes[1], "start")

    def curve(self, curve: Curve, colour: str, dashes: str) -> Iterator[str]:
        """A dot at each point, and a line through them; `dashes` are its further attributes."""
        places = [(self.across(x), self.down(y)) for x, y in curve.points]
        if len(places) > 1:
            line = " ".join(f"{_round(x)},{_round(y)}" for x, y in places)
            look = f'fill="none" stroke="{colour}" stroke-width="2"{dashes}'
            yield f'<polyline points="{line}" {look}/>'
        for x, y in places:
            yield f'<circle cx="{_round(x)}" cy="{_round(y)}" r="4" fill="{colour}"/>'


def matrix(
    values: Sequence[Sequence[float | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
) -> bytes:
    """Draw numbers 0..1 as the cells of a matrix, from white (0) to blue (1), gray for none.

    Args:
        values: row by row; what lies below 0 is drawn as 0.
        rows: names of the rows, at the left.
        columns: names of the columns, written upwards above them.
        title: what the picture is, read out by screen readers.

    Returns:
        UTF-8 text that begins with ``<svg``.

    """
    side = max(6, min(_CELL, _MOST_SIDE // max(len(rows), len(columns))))
    names = [[shorten(name, _LONGEST, keep="end") for name in part] for part in (rows, columns)]
    left, top = (12 + math.ceil(_LETTER * max(map(len, part), default=0)) for part in names)
    step = max(1, math.ceil(12 / side))
    width, height = left + side * len(columns) + 12, top + side * len(rows) + 12

    def parts() -> Iterator[str]:
        for y, row in enumerate(values):
            if y % step == 0:
                yield _text(left - 6, top + y * side + side / 2 + 4, names[0][y], "end")
            for x, value in enumerate(row):
                place = f'x="{left + x * side}" y="{top + y * side}" width="{side}" height="{side}"'
                yield f'<rect {place} fill="{_shade(value)}" stroke="#dddddd" stroke-width="0.5"/>'
        for x in range(0, len(columns), step):
            across = _round(left + x * side + side / 2 + 4)
            turn = f'transform="rotate(-90 {across} {top - 6})"'
            yield (
                f'<text x="{across}" y="{top - 6}" {turn} fill="{INK}" {_FONT}>'
                f"{escaped(names[1][x])}</text>"
            )

    return _svg(width, height, title, parts())


def _shade(value: float | None) -> str:
    if value is None:
        return MISSING
    level: npt.NDArray[np.float64] = np.array([-min(1.0, max(0.0, value))])
    return "#" + bytes(signed_colours(level)[0]).hex()


def _svg(width: int, height: int, title: str, parts: Iterator[str]) -> bytes:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" class="chart" role="img" aria-label="{escaped(title)}">\n'
        f"<title>{escaped(title)}</title>{STYLE}\n{body}\n</svg>\n"
    ).encode()


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, more: str = "") -> str:
    ends = f'x1="{_round(x)}" y1="{_round(y)}" x2="{_round(to_x)}" y2="{_round(to_y)}"'
    return f'<line {ends} stroke="{colour}"{more}/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    place = f'x="{_round(x)}" y="{_round(y)}"'
    return f'<text {place} text-anchor="{anchor}" fill="{INK}" {_FONT}>{escaped(words)}</text>'


def _round(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
