"""Why this decision: the channels that raise and lower the scores of each image."""

from collections.abc import Iterator
from urllib.parse import quote

from reportgen.records.decisions import ChannelShare, Decision, Decisions
from reportgen.records.over_images import ExemplarsOf
from reportgen.report.blocks import (
    Badge,
    Block,
    Card,
    Cards,
    Details,
    Figure,
    Inline,
    Limits,
    Links,
    Page,
    Part,
    Parts,
    Words,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline, numbered
from reportgen.wording import MINUS, count, number

PAGE = "decisions.html"
_TITLE = "Why this decision?"
_A_PAGE, _ON_PAPER = 4, 1
_RAISING, _LOWERING = 6, 2
"""Channels of a group on the page; the record may have more."""


def decisions(outline: Outline) -> Iterator[Page]:
    """The page: image by image, the channels with the largest part in the scores."""
    found = outline.report.decisions
    if found is not None:
        yield Page(PAGE, _TITLE, (*_lead(outline, found), _images(outline, found)))


def decision_place(outline: Outline, image: str) -> str:
    """Where the page explains the decision on an image; empty where it does not."""
    names = list(_by_image(outline))
    return _place(names.index(image)) if image in names else ""


def _place(at: int) -> str:
    return f"{numbered(PAGE, at // _A_PAGE + 1)}#decision--{at}"


def _by_image(outline: Outline) -> dict[str, list[Decision]]:
    """The decisions on each image, misclassified images first; empty without the section."""
    found = outline.report.decisions if outline.has("decisions") else None
    of_images: dict[str, list[Decision]] = {}
    for decision in found.decisions if found else ():
        of_images.setdefault(decision.image, []).append(decision)
    wrong = outline.mistaken
    return {name: of_images[name] for name in sorted(of_images, key=lambda name: name not in wrong)}


def _lead(outline: Outline, found: Decisions) -> Iterator[Block]:
    layer = Link(found.layer, outline.layer_place(found.layer))
    names = list(_by_image(outline))
    of_all = "" if len(names) == found.images else f" of {found.images:,}"
    wrong = [name for name in names if name in outline.mistaken]
    order = ", misclassified images first" if 0 < len(wrong) < len(names) else ""
    yield text(
        f"{count(len(names), 'image')}{of_all}{order}, in the"
        f" {found.decisions[0].channels} channels of ", layer, ".", style="lead",
    )  # fmt: skip
    exact = (
        "The network is linear behind this layer: the contributions of all channels and the bias"
        " add up to the class score."
        if found.exact
        else "The network is not linear behind this layer: contributions are a first-order"
        " approximation, and their sum differs from the class score."
    )
    shown = f"Each group shows up to {_RAISING} channels that raise the score and {_LOWERING} that"
    yield text(f"{exact} {shown} lower it.", style="quiet")
    if len(names) > 1:
        yield Links(
            tuple(
                Link(name, _place(at), note="misclassified" if name in wrong else "")
                for at, name in enumerate(names)
            )
        )


def _images(outline: Outline, found: Decisions) -> Parts:
    patches = _patches(outline, found.layer)
    return Parts(
        tuple(
            Part(
                _title(outline, name),
                f"decision--{at}",
                tuple(_groups(outline, found.layer, f"decision--{at}--open", of_image, patches)),
            )
            for at, (name, of_image) in enumerate(_by_image(outline).items())
        ),
        Limits("image", page=_A_PAGE, paper=_ON_PAPER),
    )


def _title(outline: Outline, name: str) -> Words:
    link = Link(name, outline.image_place(name))
    return (link, " ", Badge("misclassified", "bad")) if name in outline.mistaken else (link,)


def _groups(
    outline: Outline,
    layer: str,
    anchor: str,
    of_image: list[Decision],
    patches: dict[int, ExemplarsOf],
) -> Iterator[Block]:
    """A group for each score: the comparison of two classes, else the first class, is open."""
    first, *others = sorted(of_image, key=lambda decision: decision.against is None)
    yield Part((_heading(first),), anchor, tuple(_group(outline, layer, first, patches)))
    for decision in others:
        yield Details((_heading(decision),), tuple(_group(outline, layer, decision, patches)))


def _heading(decision: Decision) -> str:
    """The question that a group answers."""
    over = "" if decision.against_label is None else f" over {decision.against_label}"
    return f"Why {decision.label}{over}"


def _group(
    outline: Outline, layer: str, decision: Decision, patches: dict[int, ExemplarsOf]
) -> Iterator[Block]:
    yield text(*_sentence(decision))
    shares = (*decision.strongest[:_RAISING], *decision.opposing[:_LOWERING])
    cards = (_card(outline, layer, share, patches.get(share.channel)) for share in shares)
    yield Cards(tuple(cards), across=3)


def _sentence(decision: Decision) -> Iterator[Inline]:
    """What the score is, and how much of it the channels account for."""
    what = "Score" if decision.against_label is None else "Difference of the scores"
    score = "not finite" if decision.score is None else _signed(decision.score)
    yield f"{what}: {score}. Sum of all channels: {_signed(decision.total)}"
    yield f" ({_signed(decision.raising)} raising, {_signed(decision.lowering)} lowering)."
    strongest = decision.strongest[:_RAISING]
    shown = sum(share.contribution for share in strongest)
    if decision.raising > 0:
        part = f"{shown / decision.raising:.0%}".replace("%", " %")
        first = "channel" if len(strongest) == 1 else f"{len(strongest)} channels"
        yield f" The first {first} below: {part} of what raises it."


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
