"""What the templates of the pages by unit receive, under the name `page`."""

from dataclasses import dataclass

from reportgen.report.contexts import Frame, Legend, Link, Pager


@dataclass(frozen=True)
class Tile:
    """One tile of a picture that holds all of a page, cut out by an SVG view."""

    title: str
    href: str
    alt: str
    src: str
    """The picture of all tiles, `width` × `height` pixels."""
    width: int
    height: int
    view: str
    """ "left top width height" of the tile in the picture's pixels."""
    pixelated: bool


@dataclass(frozen=True)
class Unit:
    """One channel: its statistics over all images, then its tiles, the filter pattern first."""

    id: str
    title: str
    text: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class UnitsPage:
    """`units/<slug>.html`: channels of one layer, one by one."""

    frame: Frame
    layer: Link
    text: str
    legend: Legend
    units: tuple[Unit, ...]
    pager: Pager


@dataclass(frozen=True)
class UnitsGroup:
    """The layers of one block, with links to their units."""

    title: str
    id: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class UnitsIndexPage:
    """`units/index.html`: the layers whose channels are shown one by one."""

    frame: Frame
    text: str
    groups: tuple[UnitsGroup, ...]
    pager: Pager
