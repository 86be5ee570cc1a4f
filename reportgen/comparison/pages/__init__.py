"""The pages of a comparison: blocks made from its record, one module for each section."""

from collections.abc import Callable, Iterator, Mapping

from reportgen.comparison.pages.classes import classes_page
from reportgen.comparison.pages.course import course_page
from reportgen.comparison.pages.filters import filters_page
from reportgen.comparison.pages.flips import flips_page
from reportgen.comparison.pages.layers import layers_page
from reportgen.comparison.pages.similarity import similarity_page
from reportgen.comparison.pages.verdict import verdict_page
from reportgen.records.comparison import Comparison
from reportgen.report.blocks import Block

PAGES: Mapping[str, Callable[[Comparison], Iterator[Block]]] = {
    "verdict": verdict_page,
    "course": course_page,
    "flips": flips_page,
    "classes": classes_page,
    "layers": layers_page,
    "similarity": similarity_page,
    "filters": filters_page,
}
"""What each section of the table says."""
