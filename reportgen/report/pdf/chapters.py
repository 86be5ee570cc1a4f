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
from reportgen.report.pdf.trust import trust

_CHAPTERS: dict[str, tuple[str, Callable[[Materials], Iterator[Block]]]] = {
    "evaluation": ("Evaluation", evaluation),
    "health": ("Health", health),
    "exemplars": ("Exemplars", exemplars),
    "kernels": ("Kernels", kernels),
    "trust": ("Can the heatmaps be trusted?", trust),
    "dreams": ("Dreams", dreams),
}
"""Title and blocks of each section that is a chapter by itself, in the order of the site."""


def chapters(materials: Materials) -> tuple[Chapter, ...]:
    """The chapters of the sections that the report has."""
    return tuple(
        Chapter(name, title, (*_opening(materials, name), *blocks))
        for name, (title, make) in _CHAPTERS.items()
        if materials.outline.has(name) and (blocks := tuple(make(materials)))
    )


def _opening(materials: Materials, name: str) -> Iterator[Block]:
    """What the section is about, and the user's own words on it."""
    if about := explanation(materials.outline.report, name):
        yield Words(about.text)
        yield from (Words(source, quiet=True) for source in about.sources)
    if nodes := materials.notes.take(name, 1):
        yield OwnWords(nodes)
