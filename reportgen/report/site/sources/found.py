"""What the steps of the sources are made from, and how one is stated."""

from dataclasses import dataclass
from functools import cached_property

from reportgen.records.image import Activations, Image
from reportgen.records.report import Report
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline, href
from reportgen.report.site.channels.contexts import Tile
from reportgen.report.site.sources.contexts import PAGE, Step


@dataclass(frozen=True)
class StepMaterial:
    """A report, and its image that the steps show."""

    outline: Outline

    @cached_property
    def report(self) -> Report:
        """The report's record."""
        return self.outline.report

    @cached_property
    def image(self) -> Image | None:
        """The first image; None where the report has none."""
        return next(iter(self.report.images), None)

    @cached_property
    def grids(self) -> list[Activations]:
        """The activation grids of the image."""
        return list(self.image.activations) if self.image else []


def step(
    title: str,
    source: str,
    listing: str,
    here: str,
    *,
    pictures: tuple[Picture, ...] = (),
    tiles: tuple[Tile, ...] = (),
    rows: tuple[str, ...] = (),
    more: tuple[str, str] | None = None,
) -> Step:
    """A step without its number; `more` is the text and the place of a link."""
    link = Link(more[0], href(PAGE, more[1])) if more and more[1] else None
    return Step(0, title, source, listing, here, pictures, tiles, rows, link)


def absent(title: str, source: str, listing: str, reason: str = "") -> Step:
    """A step that the report cannot show, and why."""
    why = reason or "the section that shows it is not part of this report"
    return step(title, source, listing, f"Not shown: {why}.")
