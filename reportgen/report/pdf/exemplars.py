"""Exemplars as a chapter of the PDF: a few channels of a few layers."""

from collections.abc import Iterator, Sequence

from reportgen.pictures.svg import shorten
from reportgen.records.over_images import ExemplarsOf
from reportgen.report.pdf.contexts import Block, Plate, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.exemplars import exemplar_title, searched_text
from reportgen.spread import spread
from reportgen.wording import number, only_in_site

_MOST_UNITS = 6
_MOST_LAYERS = 8
_CHANNELS = 3
"""Channels of a layer: the first ones that an image activates."""
_LARGEST_TILE = 25.0
_LARGEST_UNIT_TILE = 40.0
_LONGEST = 30


def exemplars(materials: Materials) -> Iterator[Block]:
    """Single units, and channels of layers spread over the depth of the network."""
    found = materials.outline.report.exemplars
    if found is None:
        return
    units = [one for one in found.units if one.picture]
    by_layer: dict[str, list[ExemplarsOf]] = {}
    for one in found.channels:
        if one.picture:
            by_layer.setdefault(one.layer, []).append(one)
    layers = {path: by_layer[path][:_CHANNELS] for path in spread(list(by_layer), _MOST_LAYERS)}
    shown = sum(map(len, layers.values())) + len(units[:_MOST_UNITS])
    left = sum(map(len, by_layer.values())) + len(units) - shown
    text = (
        f"{searched_text(found)} Above, the image with the part that can be seen marked; below,"
        " that part alone."
    )
    if not shown:
        text = f"{searched_text(found)} No image activates any of the channels."
    yield Words(f"{text} {only_in_site(left, 'channel or unit', 'channels and units')}".rstrip())
    if units:
        yield Title("Single units")
        yield from _plates(materials, units[:_MOST_UNITS], _LARGEST_UNIT_TILE)
    for path, channels in layers.items():
        yield Title(path)
        yield from _plates(materials, channels, _LARGEST_TILE)


def _plates(materials: Materials, rows: Sequence[ExemplarsOf], largest: float) -> Iterator[Block]:
    """Strips of pictures in one scale: millimetres for each pixel."""
    widest = max(one.width for one in rows)
    scale = min(materials.room / widest, largest / max(one.tile for one in rows))
    for one in rows:
        title = exemplar_title(one)
        names = [shorten(exemplar.image, _LONGEST) for exemplar in one.exemplars]
        where = title if one.unit is not None else f"{one.layer}, {title[:1].lower()}{title[1:]}"
        yield Plate(
            title,
            materials.pictures.picture(
                one.picture or "", f"{where}: images that activate it most: {', '.join(names)}"
            ),
            round(one.width * scale, 2),
            round(one.height * scale, 2),
            " · ".join(
                f"{name} {number(exemplar.value)}"
                for name, exemplar in zip(names, one.exemplars, strict=True)
            ),
        )
