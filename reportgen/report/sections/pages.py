"""What each section says, by its key: the pages that writers render."""

from collections.abc import Callable, Iterator, Mapping

from reportgen.report.blocks import Page
from reportgen.report.outline import Outline
from reportgen.report.sections.concepts import concepts
from reportgen.report.sections.confusions import confusions
from reportgen.report.sections.decisions import decisions
from reportgen.report.sections.dreams import dreams
from reportgen.report.sections.evaluation import evaluation
from reportgen.report.sections.exemplars import exemplars
from reportgen.report.sections.health import health
from reportgen.report.sections.image_map import image_map
from reportgen.report.sections.kernels import kernels
from reportgen.report.sections.regression import regression
from reportgen.report.sections.robustness import robustness
from reportgen.report.sections.similarity import similarity
from reportgen.report.sections.trust import trust

PAGES: Mapping[str, Callable[[Outline], Iterator[Page]]] = {
    "decisions": decisions,
    "evaluation": evaluation,
    "confusions": confusions,
    "map": image_map,
    "regression": regression,
    "health": health,
    "similarity": similarity,
    "exemplars": exemplars,
    "kernels": kernels,
    "trust": trust,
    "robustness": robustness,
    "concepts": concepts,
    "dreams": dreams,
}
"""Pages are made only of a section that the report has, see `Outline.shows`."""
