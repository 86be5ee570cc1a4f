"""The page "As in the sources" of a report made with the profile "sources"."""

from collections.abc import Iterator

from reportgen.report.navigation import Here, Navigation
from reportgen.report.outline import Outline
from reportgen.report.site.sources.contexts import PAGE, TITLE, SourcesPage
from reportgen.report.site.sources.steps import steps
from reportgen.wording import count


def sources_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, SourcesPage]]:
    """The page, where the report has one, see `Outline.has_sources`."""
    if not outline.has_sources:
        return
    found = steps(outline)
    shown = sum(bool(step.pictures or step.tiles or step.rows) for step in found)
    here = Here(PAGE, TITLE, "Sources")
    yield (
        PAGE,
        SourcesPage(navigation.frame(here), found, f"{shown} of {count(len(found), 'step')} shown"),
    )
