"""The pictures of a course: a curve for each number, and strips of patterns and feature maps."""

import math
from collections.abc import Iterator, Mapping, Sequence

from PIL import Image as PillowImage

from reportgen.comparison.album import Album
from reportgen.comparison.filters import Key, patterns_by_key
from reportgen.comparison.matching import match
from reportgen.comparison.reading import Source
from reportgen.evenly_spaced import spread
from reportgen.pictures.charts.plain import Curve, curves
from reportgen.pictures.colormaps import INACTIVE_COLOUR
from reportgen.records.comparison import Comparison, Course, CourseNumber, CourseStrip
from reportgen.records.filters import Filter
from reportgen.records.image import Image
from reportgen.records.model import Layer
from reportgen.wording import number, percent

MOST_LAYERS, MOST_CHANNELS = 12, 4
"""Layers with strips, evenly chosen, and the channels of each."""

_SIDE, _GAP = 96, 6
"""Pixels of a tile of a strip, and between tiles."""

Tile = PillowImage.Image | None


def with_course_pictures(
    album: Album, comparison: Comparison, sources: Sequence[Source]
) -> Course | None:
    """Write the pictures; the record with their paths."""
    course = comparison.course
    if course is None:
        return None
    names = [side.name for side in comparison.sides]
    charts = {
        series.key: album.write(_chart(series, names), f"pictures/course/{series.key}.svg")
        for series in course.numbers
        if sum(value is not None for value in series.values) > 1
    }
    strips = list(_strips(album, sources))
    return course.model_copy(update={"charts": charts, "strips": strips})


def _chart(found: CourseNumber, names: Sequence[str]) -> bytes:
    known = [(at, value) for at, value in enumerate(found.values) if value is not None]
    share = found.kind == "share"
    ticks = _ticks([value for _, value in known], share=share)
    shown = spread(range(len(names)), 8)
    labels = [(float(at), names[at]) for at in shown]
    words = percent if share else number
    return curves(
        [Curve(found.title, [(float(at), value) for at, value in known])],
        labels,
        [(at, words(at)) for at in ticks],
        f"{found.title} of each report",
    )


def _ticks(values: Sequence[float], *, share: bool) -> list[float]:
    """Three to six round numbers around the values; of shares never beyond 0 and 1."""
    low, high = min(values), max(values)
    reach = (high - low) or abs(high) or 1.0
    rough = reach / 4
    step = 10.0 ** math.floor(math.log10(rough))
    step *= next(times for times in (1, 2, 5, 10) if times * step >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        first, last = first - 1, last + 1
    ticks = [round(at * step, 12) for at in range(first, last + 1)]
    inside = [at for at in ticks if 0 <= at <= 1] if share else ticks
    return inside if len(inside) > 1 else [0.0, 1.0]


def _strips(album: Album, sources: Sequence[Source]) -> Iterator[CourseStrip]:
    """A strip for the first channels of each convolution that all reports have."""
    last = sources[-1].report
    places: list[dict[str, Layer]] = [
        {pair.b.path: pair.a for pair in match(source.report, last).layers} for source in sources
    ]
    shared = set.intersection(
        *({image.sha256 for image in source.report.images} for source in sources)
    )
    image = next((candidate for candidate in last.images if candidate.sha256 in shared), None)
    images = [_named(source, image.sha256) if image else None for source in sources]
    patterns = [patterns_by_key(source.report) for source in sources]
    convolutions = [
        layer.path
        for layer in last.model.layers
        if layer.convolution and all(layer.path in known for known in places)
    ]
    for row, path in enumerate(spread(convolutions, MOST_LAYERS)):
        channels = sorted({channel for layer, channel, _ in patterns[-1] if layer == path})
        layers = [known[path].path for known in places]
        for channel in (channels or range(MOST_CHANNELS))[:MOST_CHANNELS]:
            tiles = [
                (
                    _pattern(album, source, known, layer, channel),
                    _map(album, source, seen, layer, channel),
                )
                for source, known, layer, seen in zip(
                    sources, patterns, layers, images, strict=True
                )
            ]
            if any(tile is not None for pair in tiles for tile in pair):
                drawn = _joined(tiles)
                yield CourseStrip(
                    layers=layers,
                    channel=channel,
                    image=image.name if image else "",
                    picture=album.png(drawn, f"pictures/course/{row:02}-{channel:04}"),
                    width=drawn.width,
                    height=drawn.height,
                )


def _joined(tiles: Sequence[tuple[Tile, Tile]]) -> PillowImage.Image:
    """A column for each report: the pattern above the map; gray where there is none."""
    has = [any(pair[row] is not None for pair in tiles) for row in (0, 1)]
    rows = [row for row in (0, 1) if has[row]]
    pitch = _SIDE + _GAP
    size = (pitch * len(tiles) - _GAP, pitch * len(rows) - _GAP)
    drawn = PillowImage.new("RGBA", size, (0, 0, 0, 0))
    for x, pair in enumerate(tiles):
        for y, row in enumerate(rows):
            tile = pair[row]
            place = (x * pitch, y * pitch)
            drawn.paste(INACTIVE_COLOUR, (*place, place[0] + _SIDE, place[1] + _SIDE))
            if tile is not None:
                drawn.paste(_scaled(tile), place)
    return drawn


def _scaled(tile: PillowImage.Image) -> PillowImage.Image:
    way = PillowImage.Resampling
    larger = max(tile.size) > _SIDE
    return tile.convert("RGB").resize((_SIDE, _SIDE), way.BOX if larger else way.NEAREST)


def _named(source: Source, sha256: str) -> Image | None:
    return next((image for image in source.report.images if image.sha256 == sha256), None)


def _pattern(
    album: Album, source: Source, known: Mapping[Key, Filter], layer: str, channel: int
) -> Tile:
    """The pattern of a filter, of the first method by which one was found."""
    found = (pattern for (path, at, _), pattern in known.items() if (path, at) == (layer, channel))
    first = next((pattern for pattern in found if pattern.status == "ok"), None)
    return album.pattern(source, first) if first else None


def _map(album: Album, source: Source, image: Image | None, layer: str, channel: int) -> Tile:
    grids = image.activations if image else ()
    found = next((grid for grid in grids if grid.layer == layer), None)
    return album.feature_map(source, found, channel) if found else None
