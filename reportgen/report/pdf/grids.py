"""Grids on paper: how large a tile is drawn, and where a long grid may be cut between its rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.report.pdf.contexts import Band, Grid, Picture
from reportgen.report.pdf.pictures import Box, PdfPictures, UnusablePictureError

LABEL_WIDTH = 8.0
"""Millimetres at the left that the numbers of the rows take."""

_LARGEST_TILE = 42.0
_TALLEST_ROW = 110.0
_WIDEST_MARGIN = 4.0
_TALLEST_WHOLE = 50.0
_TALLEST_BAND = 36.0
_SMALLEST_LABELLED = 2.4
_FEW_PATTERNS = 64
_PATTERNS_A_LINE = 8


@dataclass(frozen=True)
class Tiles:
    """A picture of tiles, lengths in pixels, and the channel that each tile shows."""

    picture: str
    height: int
    width: int
    margin: int
    columns: int
    channels: Sequence[int]
    smooth: bool
    """Whether the tiles are photographs rather than pixels to be told apart."""


@dataclass(frozen=True)
class Line:
    """Tiles that stand side by side on paper, by their place in the picture."""

    row: int
    first: int
    last: int
    """One past the last column."""


def lines_of(tiles: Tiles) -> list[Line]:
    """The lines in reading order; patterns are drawn larger, eight a line, where they are few."""
    used = max(1, min(tiles.columns, len(tiles.channels)))
    few = tiles.smooth and len(tiles.channels) <= _FEW_PATTERNS
    across = min(used, _PATTERNS_A_LINE) if few else used
    lines = []
    for row in range(-(-len(tiles.channels) // used)):
        filled = min(used, len(tiles.channels) - row * used)
        lines += [
            Line(row, first, min(first + across, filled)) for first in range(0, filled, across)
        ]
    return lines


def bands_of(lines: Sequence[Line], row: float) -> list[list[Line]]:
    """Lines drawn as one picture: whole rows below one another, no taller than a band may be.

    A grid that is low as a whole is not cut.
    """
    whole = len(lines) * row <= _TALLEST_WHOLE
    most = len(lines) if whole else max(1, int(_TALLEST_BAND / row))
    bands: list[list[Line]] = []
    for line in lines:
        previous = bands[-1][-1] if bands else None
        below = (
            previous is not None and line.row == previous.row + 1 and line.first == previous.first
        )
        if below and len(bands[-1]) < most:
            bands[-1].append(line)
        else:
            bands.append([line])
    return bands


def grid(
    pictures: PdfPictures, tiles: Tiles, title: str, facts: Sequence[str], about: str, room: float
) -> Grid:
    """The grid on paper with `room` millimetres across; `about` begins its alternative texts."""
    lines = lines_of(tiles)
    across = max((line.last - line.first for line in lines), default=1)
    taken = across * tiles.width + (across - 1) * tiles.margin
    scale = min(
        (room - LABEL_WIDTH) / taken,
        _LARGEST_TILE / max(tiles.width, tiles.height),
        _TALLEST_ROW / tiles.height,
        _WIDEST_MARGIN / max(tiles.margin, 1),
    )
    bands = bands_of(lines, (tiles.height + tiles.margin) * scale)
    try:
        parts = pictures.parts(tiles.picture, [_box(tiles, band) for band in bands])
    except UnusablePictureError as error:
        parts, bands, reason = [], [], str(error)
    else:
        reason = ""
    return Grid(
        title=title,
        facts=tuple(facts),
        bands=tuple(
            _band(tiles, band, part, about, scale) for band, part in zip(bands, parts, strict=True)
        ),
        columns=_columns(tiles, across, scale),
        row=round(tiles.height * scale, 3),
        column=round(tiles.width * scale, 3),
        pitch=round((tiles.width + tiles.margin) * scale, 3),
        gap=round(tiles.margin * scale, 3),
        reason=reason,
    )


def _box(tiles: Tiles, band: Sequence[Line]) -> Box:
    down, across = tiles.height + tiles.margin, tiles.width + tiles.margin
    first, last = band[0], band[-1]
    return (
        first.first * across,
        first.row * down,
        max(line.last for line in band) * across - tiles.margin,
        last.row * down + tiles.height,
    )


def _band(tiles: Tiles, band: Sequence[Line], part: str, about: str, scale: float) -> Band:
    left, top, right, bottom = _box(tiles, band)
    used = max(1, min(tiles.columns, len(tiles.channels)))
    firsts = [tiles.channels[line.row * used + line.first] for line in band]
    last = tiles.channels[band[-1].row * used + band[-1].last - 1]
    kind = "filter" if tiles.smooth else "channel"
    said = f"{kind} {firsts[0]}" if firsts[0] == last else f"{kind}s {firsts[0]} to {last}"
    # Where rows are lower than type, only every second, third … is numbered.
    stride = max(1, round(_SMALLEST_LABELLED / ((tiles.height + tiles.margin) * scale)))
    return Band(
        picture=Picture(part, f"{about}, {said}", right - left, bottom - top, tiles.smooth),
        width=round((right - left) * scale, 3),
        height=round((bottom - top) * scale, 3),
        labels=tuple("" if at % stride else str(first) for at, first in enumerate(firsts)),
    )


def _columns(tiles: Tiles, across: int, scale: float) -> tuple[str, ...]:
    """What to add to a row's number; the numbers of a single row of chosen channels.

    Nothing where several rows hold channels that are not counted one by one.
    """
    if across == 1 or (tiles.width + tiles.margin) * scale < _SMALLEST_LABELLED * 1.5:
        return ()
    if _chosen(tiles) and len(tiles.channels) <= across:
        return tuple(str(channel) for channel in tiles.channels)
    return () if _chosen(tiles) else tuple(f"+{at}" for at in range(across))


def _chosen(tiles: Tiles) -> bool:
    """Whether the channels do not follow each other."""
    channels = list(tiles.channels)
    return not channels or channels != list(range(channels[0], channels[0] + len(channels)))
