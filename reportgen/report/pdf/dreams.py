"""Dreams as a chapter of the PDF: each photo beside what a layer makes of it."""

from collections.abc import Iterator

from reportgen.pictures.svg import shorten
from reportgen.records.report import Dream
from reportgen.report.pdf.contexts import Block, Card, Cards, Shown, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.dreams import DREAM_REASONS, dream_facts
from reportgen.spread import spread
from reportgen.wording import only_in_site

_MOST = 12
_LONGEST = 60


def dreams(materials: Materials) -> Iterator[Block]:
    """Pairs of photo and dream."""
    found = materials.outline.report.dreams
    shown = spread(found, _MOST)
    if left_out := only_in_site(len(found) - len(shown), "dream"):
        yield Words(left_out)
    if shown:
        width = (materials.room - 4.0) / 2
        yield Cards(tuple(_card(materials, one) for one in shown), 1, width, 62.0)


def _card(materials: Materials, one: Dream) -> Card:
    name, facts = shorten(one.image, _LONGEST), dream_facts(one)
    picture, reason = materials.pictures.picture, DREAM_REASONS[one.status]
    return Card(
        f"{name}, {one.layer}",
        " · ".join(facts) + (f". {reason}" if reason else ""),
        (
            Shown(picture(one.original, f"Photo {name}"), "Photo"),
            Shown(picture(one.picture, f"Dream of {one.layer}, {facts[0]}, on {name}"), "Dream"),
        ),
    )
