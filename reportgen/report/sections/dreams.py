"""Dreams: each photo beside what a layer makes of it."""

from collections.abc import Iterator

from reportgen.records.filters import Dream
from reportgen.report.blocks import Card, Cards, Figure, Inline, Limits, Page
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.wording import TIMES, count, number

DREAMS_A_PAGE = 24
_MOST_ON_PAPER = 12

_REASONS = {
    "ok": "",
    "not risen": "No change: the photo may already saturate this layer.",
    "failed": "The response or its gradient is not a finite number.",
}


def dreams(outline: Outline) -> Iterator[Page]:
    """The page of all dreams."""
    cards = tuple(_card(outline, dream) for dream in outline.report.dreams)
    limits = Limits("dream", page=DREAMS_A_PAGE, paper=_MOST_ON_PAPER, evenly=True)
    yield Page("dreams.html", "Dreams", (Cards(cards, 2, limits),))


def _card(outline: Outline, dream: Dream) -> Card:
    size = (dream.width, dream.height)
    what = "whole layer" if dream.channel is None else f"channel {dream.channel}"
    alt = f"Dream of {dream.layer}, {what}, on {dream.image}"
    return Card(
        _title(outline, dream),
        (
            Figure(Picture(dream.original, f"Photo {dream.image}", *size), ("Photo",)),
            Figure(Picture(dream.picture, alt, *size), ("Dream",)),
        ),
        (
            Link(dream.layer, outline.layer_place(dream.layer)),
            f" · {what} · response {number(dream.response_start)} to"
            f" {number(dream.response_end)} · {count(dream.steps, 'step')} over"
            f" {count(len(dream.octaves), 'size')} from {dream.octaves[0][0]} {TIMES}"
            f" {dream.octaves[0][1]} pixels",
        ),
        _REASONS[dream.status],
    )


def _title(outline: Outline, dream: Dream) -> tuple[Inline, ...]:
    known = dream.image in outline.images
    return (Link(dream.image, outline.image_place(dream.image) if known else ""),)
