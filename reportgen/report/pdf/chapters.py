"""The sections over all images, and those about weights, as chapters of the PDF."""

from collections.abc import Callable, Iterator

from reportgen.report.explanations import explanation
from reportgen.report.pdf.contexts import Block, Chapter, OwnWords, Words
from reportgen.report.pdf.dreams import dreams
from reportgen.report.pdf.evaluation import evaluation
from reportgen.report.pdf.exemplars import exemplars
from reportgen.report.pdf.figures import Materials
from reportgen.report.pdf.health import health
from reportgen.report.pdf.kernels import kernels
from reportgen.report.pdf.regression import regression
from reportgen.report.pdf.trust import trust
from reportgen.report.sections.table import WITH_PAGES

_BLOCKS: dict[str, Callable[[Materials], Iterator[Block]]] = {
    "evaluation": evaluation,
    "regression": regression,
    "health": health,
    "exemplars": exemplars,
    "kernels": kernels,
    "trust": trust,
    "dreams": dreams,
}
"""The blocks of each section that is a chapter by itself."""


def chapters(materials: Materials) -> tuple[Chapter, ...]:
    """The chapters of the sections that the report has."""
    return tuple(
        Chapter(one.key, one.title, (*_opening(materials, one.key), *blocks))
        for one in WITH_PAGES
        if one.key in _BLOCKS
        and materials.outline.shows(one)
        and (blocks := tuple(_BLOCKS[one.key](materials)))
    )


def _opening(materials: Materials, name: str) -> Iterator[Block]:
    """What the section is about, and the user's own words on it."""
    if about := explanation(materials.outline.report, name):
        yield Words(about.text)
        yield from (Words(source, quiet=True) for source in about.sources)
    if nodes := materials.notes.take(name, 1):
        yield OwnWords(nodes)
