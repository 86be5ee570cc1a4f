"""What each section says, by its key: the pages that writers render."""

from collections.abc import Callable, Iterator, Mapping

from reportgen.report.blocks import Page
from reportgen.report.outline import Outline
from reportgen.report.sections.trust import trust

PAGES: Mapping[str, Callable[[Outline], Iterator[Page]]] = {
    "trust": trust,
}
"""Pages are made only of a section that the report has, see `Outline.shows`."""
