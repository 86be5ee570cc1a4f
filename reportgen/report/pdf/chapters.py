"""The sections over all images, and those about weights, as chapters of the PDF."""

from collections.abc import Callable, Iterator

from reportgen.report.explanations import explanation
from reportgen.report.pdf.blocks import PaperBlocks
from reportgen.report.pdf.contexts import Block, Chapter, OwnWords, Words
from reportgen.report.pdf.dreams import dreams
from reportgen.report.pdf.evaluation import evaluation
from reportgen.report.pdf.exemplars import exemplars
from reportgen.report.pdf.figures import Materials
from reportgen.report.pdf.health import health
from reportgen.report.pdf.kernels import kernels
from reportgen.report.pdf.regression import regression
from reportgen.report.sections.pages import PAGES
from reportgen.report.sections.table import WITH_PAGES

_BLOCKS: dict[str, Callable[[Materials], Iterator[Block]]] = {
    "evaluation": evaluation,
    "regression": regression,
    "health": health,
    "exemplars": exemplars,
    "kernels": kernels,
    "dreams": dreams,
}
"""The blocks of each section that is a chapter by itself."""


def chapters(materials: Materials) -> tuple[Chapter, ...]:
    """The chapters of the sections that the report has."""
    return tuple(
        Chapter(section.key, section.title, (*_opening(materials, section.key), *blocks))
        for section in WITH_PAGES
        if materials.outline.shows(section) and (blocks := tuple(_blocks(materials, section.key)))
    )


def _blocks(materials: Materials, key: str) -> Iterator[Block]:
    if key in _BLOCKS:
        yield from _BLOCKS[key](materials)
    elif key in PAGES:
        paper = PaperBlocks(materials.pictures, materials.room)
        for page in PAGES[key](materials.outline):
            if page.on_paper:
                yield from paper.rendered(page.blocks)


def _opening(materials: Materials, name: str) -> Iterator[Block]:
    """What the section is about, and the user's own words on it."""
    if about := explanation(materials.outline.report, name):
        yield Words(about.text)
        yield from (Words(source, quiet=True) for source in about.sources)
    if nodes := materials.notes.take(name, 1):
        yield OwnWords(nodes)
