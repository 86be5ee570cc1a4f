"""What each template receives: one frozen dataclass, under the name `page`.

These classes are a public contract for people who bring their own templates. Every text is plain
(the templates escape it), every `href` and `src` is relative to the page and percent-encoded,
every number that a reader sees is already worded. Sizes of pictures are in CSS pixels.
"""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True)
class Link:
    """A link, or where `href` is empty, plain text."""

    kind: ClassVar[str] = "link"
    text: str
    href: str
    current: bool = False
    """Whether it leads to where the reader is."""
    note: str = ""
    """A few words beside it, such as a shape; often empty."""


@dataclass(frozen=True)
class Fact:
    """One line of a list of facts."""

    name: str
    value: str
    note: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Legend:
    """What colours stand for: a name and its colours, such as "#440154", from low to high."""

    colormap: str
    colors: tuple[str, ...]
    low: str
    high: str
    text: str
    scale: str = ""
    """Levels (0 to 255) of a channel's mean and of its standard deviation; empty for others."""


@dataclass(frozen=True)
class Picture:
    """One picture; `pixelated` asks for hard edges when it is shown enlarged."""

    src: str
    alt: str
    width: int
    height: int
    pixelated: bool = False


@dataclass(frozen=True)
class Single:
    """A single channel shown large, with its colour bar (None where the range has no ends)."""

    picture: Picture
    colorbar: Picture | None
    title: str
    text: str


@dataclass(frozen=True)
class Grid:
    """An activation grid or a filter gallery: a picture made of tiles.

    `geometry` is "columns tile-height tile-width margin tiles" in the picture's own pixels.
    `values` and `key` say in which script file the numbers of each tile are, and under which key.
    """

    id: str
    """Anchor of the figure; a tile's address is `#id:channel`."""
    kind: str
    """ "activations" or "filters"."""
    title: str
    href: str
    """Page of the layer; empty where there is none."""
    beside: str
    """Where its channels stand on all images: the layer's first page, the first channel of each of
    its pages, and the number of channels on them."""
    facts: tuple[str, ...]
    picture: Picture
    columns: tuple[str, ...]
    """Labels above the columns: what to add to the number at the left."""
    rows: tuple[str, ...]
    """Labels at the left: number of the first tile of each row, or of each run of rows."""
    wide: bool
    """Whether the grid keeps a least width and scrolls in its box on small screens."""
    geometry: str
    marks: str
    """SVG path data that crosses out silent tiles, in the picture's CSS pixels; often empty."""
    values: str
    key: str
    singles: tuple[Single, ...] = ()
    sideways: bool = False
    """Whether the grid keeps its full width and scrolls in its box on every screen."""
    channels: str = ""
    """The folder of the pages of its channels and which have one, as "../channels/conv/ 0-7,12"."""


@dataclass(frozen=True)
class Note:
    """A block of the user's own text as safe HTML, under its own heading of level 2."""

    id: str
    title: str
    text: Markup


@dataclass(frozen=True)
class Explanation:
    """Sentences for a student at the head of a section, and the sources of its method."""

    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """Grids of one block."""

    title: str
    id: str
    grids: tuple[Grid, ...]
    note: str = ""


@dataclass(frozen=True)
class Prediction:
    """One class of an image; `bar` is the probability as a length 0..100, empty for a value."""

    label: str
    index: int
    probability: str
    score: str
    bar: str


@dataclass(frozen=True)
class Stage:
    """One block in the drawing of the architecture: a slab seen from the side.

    `front`, `top` and `side` are SVG path data in a view of `width` × `height` pixels; `top` and
    `side` are empty for layers that are not spatial.
    """

    name: str
    href: str
    width: int
    height: int
    front: str
    top: str
    side: str
    size: str
    note: str


@dataclass(frozen=True)
class Card:
    """An image on the overview: photo, first Grad-CAM, top predictions."""

    name: str
    href: str
    photo: Picture
    overlay: Picture | None
    predictions: tuple[Prediction, ...]
    note: str
    mistake: bool
    """Whether the predicted class is not the true class."""
    more: tuple[Picture, ...] = ()
    """Heatmaps of further classes, where the image is the only one."""


@dataclass(frozen=True)
class Finding:
    """Something that was found, once for all its places.

    `kind` is "wrong", "warning", "skipped", "dead", "silent" or "note".
    """

    kind: str
    title: str
    text: str
    href: str
    places: tuple[Link, ...] = ()
    """Where it was found, if in several places, and what was found there."""
    more: str = ""
    """How many places are not listed; empty where all are."""


@dataclass(frozen=True)
class Pager:
    """The pages of something that is too long for one, and where the reader is."""

    pages: tuple[Link, ...]
    text: str


@dataclass(frozen=True)
class SidebarBlock:
    """A block in the side bar; `layers` is filled for the blocks that are listed in full."""

    name: str
    href: str
    open: bool
    layers: tuple[Link, ...]
    note: str


@dataclass(frozen=True)
class Frame:
    """What every page has around its content."""

    title: str
    """Title of the page."""
    report_title: str
    generator: str
    author: str
    created: str
    """Day on which the report was made."""
    created_iso: str
    home: str
    """Link to the overview."""
    root: str
    """What leads from the page to the report's folder: "" or "../"."""
    stylesheet: str
    script: str
    theme_script: str
    icon: str
    search_index: str
    menu: tuple[Link, ...]
    """All parts of the report."""
    in_bar: int
    """How many of them stand in the header; the others are in its list “More”."""
    breadcrumbs: tuple[Link, ...]
    sidebar: tuple[SidebarBlock, ...]
    previous: Link | None
    next: Link | None


@dataclass(frozen=True)
class ImagesPage:
    """`images/index.html`: all images, or the misclassified ones."""

    frame: Frame
    notes: tuple[Note, ...]
    views: tuple[Link, ...]
    """The lists of images, where there are several."""
    cards: tuple[Card, ...]
    pager: Pager
    text: str


@dataclass(frozen=True)
class Method:
    """How something was computed, and where the method comes from."""

    title: str
    text: str
    source: str


@dataclass(frozen=True)
class AboutPage:
    """`about.html`: methods, settings, environment, timings."""

    frame: Frame
    notes: tuple[Note, ...]
    methods: tuple[Method, ...]
    preprocessing: str
    trials: tuple[Fact, ...]
    """Preprocessing modes that were tried, and how many predictions were correct."""
    statistics: tuple[Fact, ...]
    """Preprocessing modes, and how far their batch statistics are from those of training."""
    skipped: tuple[Fact, ...]
    """What is not in the report: name, reason, and its kind as note."""
    warnings: tuple[str, ...]
    settings: tuple[Fact, ...]
    """Those that differ from their defaults."""
    default_settings: tuple[Fact, ...]
    environment: tuple[Fact, ...]
    digests: tuple[Fact, ...]
    """SHA-256 of the model and the images."""
    digests_text: str
    timings: tuple[Fact, ...]
    timing_notes: tuple[str, ...]
    command: str
