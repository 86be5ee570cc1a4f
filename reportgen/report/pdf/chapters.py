"""The sections over all images, and those about weights, as chapters of the PDF."""

from collections.abc import Iterator

from reportgen.report.blocks import Text
from reportgen.report.explanations import explanation
from reportgen.report.gates import gate_blocks
from reportgen.report.pdf.blocks import PaperBlocks
from reportgen.report.pdf.contexts import Block, Chapter, OwnWords, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.pages import PAGES
from reportgen.report.sections.table import WITH_PAGES
from reportgen.wording import only_in_site


def opening(materials: Materials) -> Iterator[Chapter]:
    """What stands before the overview: the gates, where there are any."""
    report = materials.outline.report
    if report.gates:
        paper = PaperBlocks(materials.pictures, materials.room)
        blocks = paper.rendered(list(gate_blocks(report.gates, report.baseline)))
        yield Chapter("gates", "Gates", tuple(blocks))


def chapters(materials: Materials) -> tuple[Chapter, ...]:
    """The chapters of the sections that the report has."""
    return tuple(
        Chapter(section.key, section.title, (*_opening(materials, section.key), *blocks))
        for section in WITH_PAGES
        if section.key in PAGES
        and materials.outline.shows(section)
        and (blocks := tuple(_blocks(materials, section.key)))
    )


def _opening(materials: Materials, name: str) -> Iterator[Block]:
    """What the section is about, and the user's own words on it."""
    if about := explanation(materials.outline.report, name):
        yield Words(about.text)
        yield from (Words(source, quiet=True) for source in about.sources)
    if nodes := materials.notes.take(name, 1):
        yield OwnWords(nodes)


def _blocks(materials: Materials, key: str) -> Iterator[Block]:
    """All pages of a section; those after the first under their title, without what leads in."""
    paper = PaperBlocks(materials.pictures, materials.room)
    first, *others = PAGES[key](materials.outline)
    yield from paper.rendered(first.blocks)
    for page in others:
        if page.on_paper:
            yield Title(page.layer or page.title)
            leads = [
                block for block in page.blocks if isinstance(block, Text) and block.style == "lead"
            ]
            yield from paper.rendered([block for block in page.blocks if block not in leads], 3)
    if left_out := only_in_site(sum(not page.on_paper for page in others), "layer"):
        yield Words(left_out, quiet=True)
