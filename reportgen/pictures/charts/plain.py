"""Small charts written as SVG directly: curves and matrices, without Matplotlib's second to start.

Texts are escaped, and there is no style attribute, no script and no reference to anything outside.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.pictures.charts.svg import RULE_OPACITY, STYLE, escaped, shorten
from reportgen.pictures.colormaps import signed_colours

INK = "currentColor"
_FAINT = f' stroke-opacity="{RULE_OPACITY}"'
COLOURS = ("#0072b2", "#d55e00")
MISSING = "#c8c8c8"
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
    width, height = size
    left, right, top, bottom = 64, width - 24, 40, height - 58
    low_x, high_x = ticks_x[0][0], ticks_x[-1][0]
    low_y, high_y = ticks_y[0][0], ticks_y[-1][0]

    def across(x: float) -> float:
        return left + (right - left) * (x - low_x) / (high_x - low_x)

    def down(y: float) -> float:
        return bottom - (bottom - top) * (y - low_y) / (high_y - low_y)

    def parts() -> Iterator[str]:
        for at, words in ticks_y:
            yield _line(left, down(at), right, down(at), INK, _FAINT)
            yield _text(left - 8, down(at) + 4, words, "end")
        for at, words in ticks_x:
            yield _line(across(at), bottom, across(at), bottom + 4, INK)
            label, edge = shorten(words, _LONGEST), width - 4
            half = len(label) * _LETTER / 2
            # A long label of the last tick ends with the picture.
            ends = across(at) + half > edge
            yield _text(edge if ends else across(at), bottom + 18, label, _ANCHOR[ends])
        yield _line(left, bottom, right, bottom, INK)
        if axes[0]:
            yield _text((left + right) / 2, height - 14, axes[0], "middle")
        if axes[1]:
            yield _text(left - 48, top - 16, axes[1], "start")
        if diagonal:
            yield _line(left, bottom, right, top, INK, ' stroke-dasharray="5 4"')
        for at, curve in enumerate(all_curves):
            yield from _curve(curve, COLOURS[at], across, down)
            if len(all_curves) > 1:
                place = right - 200 + at * 104
                yield f'<circle cx="{place}" cy="{top - 20}" r="4" fill="{COLOURS[at]}"/>'
                yield _text(place + 9, top - 16, shorten(curve.name, 13), "start")

    return _svg(width, height, title, parts())


def _curve(
    curve: Curve, colour: str, across: Callable[[float], float], down: Callable[[float], float]
) -> Iterator[str]:
    places = [(across(x), down(y)) for x, y in curve.points]
    if len(places) > 1:
        line = " ".join(f"{_round(x)},{_round(y)}" for x, y in places)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
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
