"""Exemplars: an index with the single units, and the channels of each layer."""

from collections.abc import Iterator
from urllib.parse import quote

from reportgen.evenly_spaced import spread
from reportgen.few_images import FEWEST_RANKED
from reportgen.records.over_images import Exemplar, Exemplars, ExemplarsOf
from reportgen.report.blocks import (
    Block,
    Figure,
    Inline,
    Limits,
    Links,
    Page,
    Part,
    Parts,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.wording import TIMES, count, number

CHANNELS_A_PAGE = 24
_PATH = "exemplars/index.html"
_UNITS_ON_PAPER = 6
_LAYERS_ON_PAPER = 2
_CHANNELS_ON_PAPER = 2
_HOW = "Top row: the image with the receptive field outlined. Bottom row: that patch, enlarged."


def exemplars(outline: Outline) -> Iterator[Page]:
    """The index with the single units, then a page for each layer."""
    found = outline.report.exemplars
    if found is None:
        return
    layers: dict[str, list[ExemplarsOf]] = {}
    for channel in found.channels:
        layers.setdefault(channel.layer, []).append(channel)
    yield Page(_PATH, "Exemplars", tuple(_index(outline, found, layers)))
    active = [layer for layer, rows in layers.items() if any(row.picture for row in rows)]
    on_paper = spread(active, _LAYERS_ON_PAPER)
    for layer, rows in layers.items():
        yield Page(
            exemplar_page(outline, layer),
            f"Exemplars of {layer}",
            tuple(_of_layer(outline, found, rows)),
            layer=layer,
            on_paper=layer in on_paper,
            on_site=not _on_channel_pages(outline, layer, rows),
        )


def _on_channel_pages(outline: Outline, layer: str, rows: list[ExemplarsOf]) -> bool:
    """Whether the pages of single channels show all of a layer's top images."""
    found = outline.report.exemplars
    if found is None or found.images < FEWEST_RANKED or layer not in outline.unit_layers:
        return False
    return {row.channel for row in rows} <= set(outline.unit_channels(layer))


def _page_of(outline: Outline, layer: str, rows: list[ExemplarsOf]) -> str:
    """Where the site shows the top images of a layer's channels."""
    if _on_channel_pages(outline, layer, rows):
        return outline.channels_page(layer)
    return exemplar_page(outline, layer)


def exemplar_page(outline: Outline, layer: str) -> str:
    """The path of the page of a layer's channels."""
    return f"exemplars/{outline.layer_slugs[layer]}.html"


def _index(
    outline: Outline, found: Exemplars, layers: dict[str, list[ExemplarsOf]]
) -> Iterator[Block]:
    words = _searched(found)
    if any(strip.picture for strip in (*found.channels, *found.units)):
        words += f" {_HOW}"
    else:
        words += " No image activates any of the channels."
    yield text(words, style="lead")
    if found.units:
        parts = tuple(_row(outline, unit) for unit in found.units)
        limits = Limits("unit", paper=_UNITS_ON_PAPER)
        yield Part(("Single units",), "exemplars--units", (Parts(parts, limits),))
    if layers:
        links = tuple(
            Link(layer, quote(_page_of(outline, layer, rows)), note=count(len(rows), "channel"))
            for layer, rows in layers.items()
        )
        yield Part(("Layers",), "exemplars--layers", (Links(links),), on_paper=False)


def _of_layer(outline: Outline, found: Exemplars, rows: list[ExemplarsOf]) -> Iterator[Block]:
    """The channels of a layer; paper has the first ones that an image activates."""
    yield text(f"{_searched(found)} {_HOW}", style="lead")
    parts = tuple(_row(outline, channel) for channel in rows)
    yield Parts(parts, Limits("channel", page=CHANNELS_A_PAGE, paper=_CHANNELS_ON_PAPER))


def _searched(found: Exemplars) -> str:
    """Among which images exemplars were looked for."""
    where = f" in {found.dataset}" if found.dataset else ""
    return f"Top images out of {found.images:,}{where}."


def _row(outline: Outline, strip: ExemplarsOf) -> Part:
    """A channel or a unit with its images."""
    title, anchor = _title(strip), f"channel--{strip.channel}"
    if strip.unit is not None:
        row, column = strip.unit
        slug = outline.layer_slugs.get(strip.layer, "layer")
        anchor = f"unit--{slug}-{row}-{column}-{strip.channel}"
    if strip.picture is None:
        what = "channel" if strip.unit is None else "unit"
        return Part((title,), anchor, (text(f"No image activates this {what}.", style="reason"),))
    what = "images" if strip.unit is None else "images with the layer’s grid"
    figure = Figure(
        Picture(strip.picture, f"{title}: {what} that activate it most", strip.width, strip.height),
        (_receptive_field(strip.exemplars),),
        columns=tuple(tuple(_caption(outline, exemplar)) for exemplar in strip.exemplars),
        short_columns=tuple(
            (f"{exemplar.image} {number(exemplar.value)}",) for exemplar in strip.exemplars
        ),
        share=min(1.0, strip.width / 720),
    )
    return Part((title,), anchor, (figure,))


def _title(strip: ExemplarsOf) -> str:
    """Which channel it is, or which unit of which layer."""
    if strip.unit is None:
        return f"Channel {strip.channel}"
    row, column = strip.unit
    return f"{strip.layer}, row {row}, column {column}, channel {strip.channel}"


def _receptive_field(found: list[Exemplar]) -> str:
    """How much of the network's input the channel sees, at the largest of these places."""
    height, width = (max(exemplar.box[side] for exemplar in found) for side in (2, 3))
    least = "" if all(exemplar.exact for exemplar in found) else "at most "
    path = " along the convolutional path" if any(exemplar.beyond for exemplar in found) else ""
    return f"Receptive field: {least}{height} {TIMES} {width} px{path}."


def _caption(outline: Outline, exemplar: Exemplar) -> Iterator[Inline]:
    known = exemplar.image in outline.images
    yield Link(exemplar.image, outline.image_place(exemplar.image) if known else "")
    yield f" {number(exemplar.value)} · row {exemplar.row}, column {exemplar.column}"
