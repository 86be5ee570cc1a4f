"""What the templates of the pages on channels receive, under the name `page`."""

from dataclasses import dataclass

from reportgen.report.contexts import Fact, Frame, Legend, Link, Pager, Picture


@dataclass(frozen=True)
class Tile:
    """One tile of a picture that holds several, cut out by an SVG view."""

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
    cross: str = ""
    """SVG path data that crosses out a silent tile; empty for any other."""


@dataclass(frozen=True)
class Histogram:
    """How the strongest responses spread over the images; `path` is drawn in a view of 160 × 40."""

    path: str
    low: str
    high: str
    alt: str


@dataclass(frozen=True)
class ChannelLabel:
    """The number of a channel; `href` leads to its page, if it has one."""

    id: str
    text: str
    href: str


@dataclass(frozen=True)
class FoldedChannels:
    """Channels without anything to show: how many and which, why, and a link to each."""

    title: str
    text: str
    channels: tuple[ChannelLabel, ...]


@dataclass(frozen=True)
class ChannelRow:
    """A channel in the list of its layer: patterns, then top patches or else feature maps."""

    id: str
    title: str
    href: str
    text: str
    tiles: tuple[Tile, ...]
    histogram: Histogram | None


@dataclass(frozen=True)
class ChannelsPage:
    """`channels/<layer>.html`: the channels of one layer, a row for each."""

    frame: Frame
    layer: Link
    text: str
    rows: tuple[ChannelRow, ...]
    folded: tuple[FoldedChannels, ...]
    pager: Pager


@dataclass(frozen=True)
class TopImage:
    """An image that activates the channel, with its receptive field outlined and enlarged."""

    image: Tile
    patch: Tile
    link: Link
    text: str


@dataclass(frozen=True)
class Response:
    """A photo beside the channel's feature map on it."""

    photo: Picture
    map: Tile
    link: Link
    text: str


@dataclass(frozen=True)
class ChannelKernel:
    """The weights of a channel; `slices` in a row, one for each channel of the input."""

    tile: Tile
    text: str
    slices: bool


@dataclass(frozen=True)
class ChannelPage:
    """`channels/<layer>/<number>.html`: everything about one channel."""

    frame: Frame
    facts: tuple[Fact, ...]
    patterns: tuple[Tile, ...]
    kernel: ChannelKernel | None
    top_images: tuple[TopImage, ...]
    top_text: str
    """Among how many images they were looked for, or why there are none."""
    responses: tuple[Response, ...]
    responses_text: str
    legend: Legend
    histogram: Histogram | None
    neighbours: tuple[Tile, ...]
    neighbours_text: str


@dataclass(frozen=True)
class LayerChannels:
    """A layer on the list of all channels, with the patterns of some of them."""

    title: str
    id: str
    href: str
    text: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class ChannelsIndexPage:
    """`channels/index.html`: the layers whose channels have pages."""

    frame: Frame
    text: str
    layers: tuple[LayerChannels, ...]
    pager: Pager
