"""The pages of dreams: each photo beside what a layer makes of it."""

from collections.abc import Iterator

from reportgen.records.report import Dream
from reportgen.report.contexts import Link
from reportgen.report.explanations import explanation
from reportgen.report.figures import plain_picture
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.paging import paged
from reportgen.report.sections.dream_contexts import DreamFigure, DreamsPage
from reportgen.wording import TIMES, count, number

DREAMS_A_PAGE = 24
_SIDE = 460

DREAM_REASONS = {
    "ok": "",
    "not risen": "The response did not rise: the photo may block this layer, or excite it already.",
    "failed": "The response or its gradient is not a finite number.",
}


def dream_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, DreamsPage]]:
    """Paths and contexts of `dreams.html` and its further pages."""
    dreams = outline.report.dreams if outline.has("dreams") else []
    if not dreams:
        return
    pages = paged(dreams, [1] * len(dreams), DREAMS_A_PAGE, DREAMS_A_PAGE)
    paths = ["dreams.html", *(f"dreams--{at}.html" for at in range(2, len(pages) + 1))]
    for at, (page, shown) in enumerate(zip(paths, pages, strict=True), 1):
        yield (
            page,
            DreamsPage(
                frame=navigation.frame(Here(page, "Dreams", "Dreams")),
                explanation=explanation(outline.report, "dreams") if at == 1 else None,
                notes=page_notes(outline, page, "dreams") if at == 1 else (),
                dreams=tuple(_figure(outline, page, one) for one in shown),
                pager=pager(page, paths, at, "Pages of dreams"),
            ),
        )


def _figure(outline: Outline, page: str, one: Dream) -> DreamFigure:
    size = (one.width, one.height)
    facts = dream_facts(one)
    return DreamFigure(
        title=one.image,
        layer=Link(one.layer, href(page, outline.layer_place(one.layer))),
        facts=facts,
        original=plain_picture(page, one.original, size, f"Photo {one.image}", _SIDE),
        picture=plain_picture(
            page, one.picture, size, f"Dream of {one.layer}, {facts[0]}, on {one.image}", _SIDE
        ),
        reason=DREAM_REASONS[one.status],
    )


def dream_facts(one: Dream) -> tuple[str, ...]:
    """What dreamt, how its response rose, and how it was climbed."""
    smallest = one.octaves[0]
    return (
        "the whole layer" if one.channel is None else f"channel {one.channel}",
        f"response {number(one.response_start)} to {number(one.response_end)}",
        count(one.steps, "step"),
        f"{count(len(one.octaves), 'size')} from {smallest[0]} {TIMES} {smallest[1]} pixels",
    )
