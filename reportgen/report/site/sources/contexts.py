"""What the template of the page "As in the sources" receives."""

from dataclasses import dataclass

from reportgen.report.contexts import Frame, Link, Picture
from reportgen.report.site.channels.contexts import Tile

PAGE, TITLE = "sources.html", "As in the sources"


@dataclass(frozen=True)
class Step:
    """One figure of a source: what its listing makes, and what this report shows."""

    number: int
    title: str
    source: str
    listing: str
    """The listing's numbers."""
    here: str
    """The same numbers of this report; why there is no figure where there is none."""
    pictures: tuple[Picture, ...]
    tiles: tuple[Tile, ...]
    """Single tiles of a gallery."""
    rows: tuple[str, ...]
    """Lines of text that belong to the figure, such as predictions."""
    link: Link | None
    """Where the report shows more of it."""


@dataclass(frozen=True)
class SourcesPage:
    """`sources.html`: the steps in the order of the sources."""

    frame: Frame
    steps: tuple[Step, ...]
    text: str
