"""What the pages of the model, its layers and their filters receive."""

from dataclasses import dataclass

from reportgen.report.answers import OutputRow
from reportgen.report.contexts import (
    Fact,
    Frame,
    Grid,
    Legend,
    Link,
    Note,
    Pager,
    Picture,
)
from reportgen.report.site.channels.contexts import ChannelLabel, FoldedChannels, Tile


@dataclass(frozen=True)
class DrawnNode:
    """A box in the drawing of the network, in pixels.

    `kind` is "trainable", "frozen", "partly" or "plain" (without parameters).
    """

    href: str
    title: str
    left: int
    top: int
    width: int
    height: int
    kind: str


@dataclass(frozen=True)
class DrawnLabel:
    """The name of a block and its output's shape, below the drawing."""

    left: int
    top: int
    text: str
    size: str
    href: str


@dataclass(frozen=True)
class ModelDrawing:
    """The network as SVG: boxes, lines as path data, and labels, `width` × `height` pixels.

    A small network is shown enlarged, in `shown_width` × `shown_height` pixels of the page.
    """

    width: int
    height: int
    shown_width: int
    shown_height: int
    nodes: tuple[DrawnNode, ...]
    lines: str
    labels: tuple[DrawnLabel, ...]
    text: str


@dataclass(frozen=True)
class LayerRow:
    """One layer in the table of the model."""

    id: str
    path: str
    href: str
    type: str
    kernel: str
    stride: str
    shape: str
    parameters: str
    bar: str
    """Its parameters as a share of the network's, as a length 0..100; empty for none."""
    share: str
    """The same in words, such as "81.6 %"; empty for none."""
    multiply_adds: str
    memory: str
    frozen: str
    """What is not trained, as "frozen"; empty where the heading of the block says it."""
    inputs: tuple[Link, ...]
    more_inputs: str


@dataclass(frozen=True)
class LayerGroup:
    """The layers of one block in the table of the model."""

    id: str
    title: str
    note: str
    rows: tuple[LayerRow, ...]


@dataclass(frozen=True)
class ModelPage:
    """`model.html`: every layer."""

    frame: Frame
    facts: tuple[Fact, ...]
    remarks: tuple[str, ...]
    """Sentences on how the model's file was read."""
    outputs: tuple[OutputRow, ...]
    """On the first page alone."""
    notes: tuple[Note, ...]
    drawing: ModelDrawing | None
    """On the first page alone."""
    groups: tuple[LayerGroup, ...]
    costs_text: str
    """What the numbers of multiply-adds and memory count."""
    pager: Pager


@dataclass(frozen=True)
class FilterRow:
    """One filter in the table below a gallery."""

    channel: int
    status: str
    start: str
    end: str
    obtained: str


@dataclass(frozen=True)
class LayerGallery:
    """A gallery on its layer's page, and the scores of its filters."""

    grid: Grid
    filters: tuple[FilterRow, ...]
    filters_text: str
    """The table of filters as lines of text where it is too long for one."""


@dataclass(frozen=True)
class ChannelBand:
    """A picture of some channels, a row each, on the images that are the columns.

    `geometry`, `marks`, `values`, `key` and `channels` are as those of a `Grid`.
    """

    picture: Picture
    rows: tuple[ChannelLabel, ...]
    geometry: str
    marks: str
    values: str
    key: str
    channels: str


@dataclass(frozen=True)
class LayerPage:
    """`layers/<slug>.html`: one layer, its channels over the images."""

    frame: Frame
    first: bool
    facts: tuple[Fact, ...]
    notes: tuple[Note, ...]
    links: tuple[Link, ...]
    """What else there is of the layer: its channels one by one, its patterns, its kernels."""
    ways: tuple[str, ...]
    """How the patterns of each of its galleries were made, for students."""
    galleries: tuple[LayerGallery, ...]
    bands: tuple[ChannelBand, ...]
    """Its channels on this page; empty without activations."""
    folded: tuple[FoldedChannels, ...]
    """The channels of this page with one value on every image, which have no row."""
    columns: tuple[Tile, ...]
    """The photos above the columns."""
    rows_text: str
    legend: Legend
    pager: Pager
    """The layer's pages, named by their channels."""
    channels: tuple[Link, ...]
    """Links to the channels on this page."""


@dataclass(frozen=True)
class FiltersPage:
    """`filters/<slug>.html`: the galleries of one block."""

    frame: Frame
    ways: tuple[str, ...]
    """How the patterns of each kind of gallery were made, for students."""
    grids: tuple[Grid, ...]
    text: str
    pager: Pager
