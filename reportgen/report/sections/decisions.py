"""Why this decision: the channels that raise and lower the scores of each image."""

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import quote

from reportgen.records.decisions import ChannelShare, Decision, Decisions
from reportgen.records.over_images import ExemplarsOf
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Figure,
    Inline,
    Limits,
    Page,
    Part,
    Parts,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline, numbered
from reportgen.wording import MINUS, count, number

PAGE = "decisions.html"
_TITLE = "Why this decision?"
_A_PAGE, _ON_PAPER = 4, 1


def decisions(outline: Outline) -> Iterator[Page]:
    """The page: image by image, the channels with the largest part in the scores."""
    found = outline.report.decisions
    if found is not None:
        yield Page(PAGE, _TITLE, (*_lead(outline, found), _images(outline, found)))


def decision_place(outline: Outline, image: str) -> str:
    """Where the page explains the decision on an image; empty where it does not."""
    found = outline.report.decisions if outline.has("decisions") else None
    names = list(dict.fromkeys(one.image for one in found.decisions)) if found else []
    if image not in names:
        return ""
    at = names.index(image)
    return f"{numbered(PAGE, at // _A_PAGE + 1)}#decision--{at}"


def _lead(outline: Outline, found: Decisions) -> Iterator[Block]:
    layer = Link(found.layer, outline.layer_place(found.layer))
    images = len({one.image for one in found.decisions})
    of_all = "" if images == found.images else f" of {found.images:,}"
    yield text(
        f"{count(images, 'image')}{of_all}, in the {found.decisions[0].channels} channels of ",
        layer, ".", style="lead",
    )  # fmt: skip
    yield text(
        "The network is linear behind this layer: the contributions of all channels and the bias"
        " add up to the class score."
        if found.exact
        else "The network is not linear behind this layer: contributions are a first-order"
        " approximation, and their sum differs from the class score.",
        style="quiet",
    )


def _images(outline: Outline, found: Decisions) -> Parts:
    patches = _patches(outline, found.layer)
    return Parts(
        tuple(
            Part(
                (Link(image, outline.image_place(image)),),
                f"decision--{at}",
                tuple(_blocks(outline, found.layer, list(of_image), patches)),
            )
            for at, (image, of_image) in enumerate(
                groupby(found.decisions, lambda decision: decision.image)
            )
        ),
        Limits("image", page=_A_PAGE, paper=_ON_PAPER),
    )


def _blocks(
    outline: Outline, layer: str, of_image: list[Decision], patches: dict[int, ExemplarsOf]
) -> Iterator[Block]:
    for decision in of_image:
        yield text(*_sentence(decision))
        yield Cards(
            tuple(
                _card(outline, layer, share, patches.get(share.channel))
                for share in (*decision.strongest, *decision.opposing)
            ),
            across=3,
        )


def _sentence(decision: Decision) -> Iterator[Inline]:
    """What the score is, and how much of it the channels account for."""
    if decision.against_label is None:
        yield f"Score of {decision.label}"
    else:
        yield f"{decision.label} rather than {decision.against_label}, difference of the scores"
    score = "not finite" if decision.score is None else _signed(decision.score)
    yield f": {score}. Sum of all channels: {_signed(decision.total)}"
    yield f" ({_signed(decision.raising)} raising, {_signed(decision.lowering)} lowering)."
    shown = sum(share.contribution for share in decision.strongest)
    if decision.raising > 0:
        part = f"{shown / decision.raising:.0%}".replace("%", " %")
        channels = count(len(decision.strongest), "channel")
        yield f" The first {channels} below: {part} of what raises it."


def _card(outline: Outline, layer: str, share: ChannelShare, patches: ExemplarsOf | None) -> Card:
    name = f"channel {share.channel}"
    figures = [
        Figure(Picture(share.picture, f"Map of {name} over the photo", 0, 0)),
        Figure(Picture(share.pattern, f"Pattern of {name}", 0, 0))
        if share.pattern
        else Figure(None, ("No pattern",)),
    ]
    if patches is not None and patches.picture is not None:
        alt = f"Images that activate {name} most"
        figures.append(Figure(Picture(patches.picture, alt, patches.width, patches.height)))
    verb = "Raises" if share.contribution > 0 else "Lowers"
    return Card(
        (Link(f"Channel {share.channel}", channel_place(outline, layer, share.channel)),),
        tuple(figures),
        (f"{verb} the score by {number(abs(share.contribution))}",),
    )


def channel_place(outline: Outline, layer: str, channel: int) -> str:
    """Where the report shows the channel: its own page, or the page of its layer."""
    for path in (layer, outline.layers[layer].origin if layer in outline.layers else None):
        if path in outline.unit_layers and channel in outline.unit_channels(path):
            return quote(outline.channel_page(path, channel))
    return outline.layer_place(layer)


def _patches(outline: Outline, layer: str) -> dict[int, ExemplarsOf]:
    exemplars = outline.report.exemplars
    known = exemplars.channels if exemplars else []
    sources = {layer, outline.layers[layer].origin if layer in outline.layers else None}
    return {channel.channel: channel for channel in known if channel.layer in sources}


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{number(abs(value))}"
