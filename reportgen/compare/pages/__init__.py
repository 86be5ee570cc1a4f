"""The pages of a comparison: blocks made from its record, one module for each section."""

from collections.abc import Callable, Iterator, Mapping

from reportgen.compare.pages.classes import classes_page
from reportgen.compare.pages.course import course_page
from reportgen.compare.pages.filters import filters_page
from reportgen.compare.pages.flips import flips_page
from reportgen.compare.pages.layers import layers_page
from reportgen.compare.pages.similarity import similarity_page
from reportgen.compare.pages.verdict import verdict_page
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
