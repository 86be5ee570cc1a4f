"""What the template of the page of dreams receives; see `reportgen.report.contexts`."""

from dataclasses import dataclass

from reportgen.report.contexts import Explanation, Frame, Link, Note, Pager, Picture


@dataclass(frozen=True)
class DreamFigure:
    """A dream beside the photo that it began with; `reason` says where it did not rise."""

    title: str
    layer: Link
    facts: tuple[str, ...]
    original: Picture
    picture: Picture
    reason: str


@dataclass(frozen=True)
class DreamsPage:
    """`dreams.html`: photos and what layers make of them."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    dreams: tuple[DreamFigure, ...]
    pager: Pager
