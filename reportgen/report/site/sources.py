"""The page "As in the sources" of a report made with the profile "sources"."""

from collections.abc import Iterator

from reportgen.report.navigation import Here, Navigation
from reportgen.report.outline import Outline
from reportgen.report.site.source_contexts import PAGE, TITLE, SourcesPage
from reportgen.report.site.source_steps import Steps
from reportgen.wording import count


def sources_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, SourcesPage]]:
    """The page, where the report has one, see `Outline.has_sources`."""
    if not outline.has_sources:
        return
    steps = tuple(Steps(outline).all())
    shown = sum(bool(step.pictures or step.tiles or step.rows) for step in steps)
    here = Here(PAGE, TITLE, "Sources")
    yield (
        PAGE,
        SourcesPage(navigation.frame(here), steps, f"{shown} of {count(len(steps), 'step')} shown"),
    )
