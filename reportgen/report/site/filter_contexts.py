"""What the template of the list of filter patterns receives, under the name `page`."""

from dataclasses import dataclass

from reportgen.report.contexts import Explanation, Frame, Note, Picture
from reportgen.report.site.channels.contexts import Tile


@dataclass(frozen=True)
class FilterLayer:
    """Some patterns of a layer, which link to the pages of their channels."""

    name: str
    href: str
    method: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class FilterBlock:
    """A block with the patterns of its layers; `href` leads to its galleries in full."""

    id: str
    name: str
    href: str
    text: str
    layers: tuple[FilterLayer, ...]


@dataclass(frozen=True)
class StartFigure:
    """An image that an ascent started from."""

    picture: Picture
    text: str


@dataclass(frozen=True)
class FiltersIndexPage:
    """`filters/index.html`: patterns of all blocks that have some."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    blocks: tuple[FilterBlock, ...]
    ways: tuple[str, ...]
    """How the patterns of each kind of gallery were made."""
    text: str
    starts: tuple[StartFigure, ...]
    """The images that ascents start from, one for each way to find patterns."""
