"""What the template of the PDF receives: plain data, lengths in millimetres unless said otherwise.

`templates/report.typ` reads it as JSON. Every text is literal: the template takes none of it for
markup.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reportgen.report.answers import AnswerTable, OutputRow
from reportgen.report.contexts import Method

Node = dict[str, Any]
"""A piece of the user's notes, see `pdf_notes`."""


@dataclass(frozen=True)
class Picture:
    """One picture; `width` and `height` are its pixels, or of an SVG its own units.

    `src` is the path from the report's folder, with a slash in front, empty where the picture
    cannot be shown: `reason` then says why. `smooth` is False where pixels stay hard-edged.
    """

    src: str
    alt: str
    width: int
    height: int
    smooth: bool = True
    reason: str = ""


@dataclass(frozen=True)
class Fact:
    """One line of a list of facts."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that was found, in a few words and in a sentence."""

    title: str
    text: str


@dataclass(frozen=True)
class Band:
    """Some rows of a grid's tiles as one picture, `width` and `height` on paper.

    `labels` has the first channel's number for each row, empty where there is no room for it.
    """

    picture: Picture
    width: float
    height: float
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Single:
    """A single channel shown large, with its colour bar (None where the range has no ends)."""

    picture: Picture
    colorbar: Picture | None
    title: str
    text: str


@dataclass(frozen=True)
class Grid:
    """An activation grid or a filter gallery, cut into bands that stand `gap` apart.

    `row` is the height of a tile, `column` its width, `pitch` from tile to tile across; `columns`
    labels the columns. A picture that cannot be shown leaves `bands` empty and gives the `reason`.
    """

    title: str
    facts: tuple[str, ...]
    bands: tuple[Band, ...]
    columns: tuple[str, ...]
    row: float
    column: float
    pitch: float
    gap: float
    reason: str = ""
    singles: tuple[Single, ...] = ()
    notes: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Section:
    """Grids of one block."""

    title: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Prediction:
    """One class of an image; `bar` is the probability as a share 0..1."""

    label: str
    probability: str
    score: str
    bar: float


@dataclass(frozen=True)
class GradCam:
    """One Grad-CAM. Where there is none, `overlay` is None and `reason` says why."""

    title: str
    text: str
    overlay: Picture | None
    heatmap: Picture | None
    cells: Picture | None
    """The map at its own size, not smoothed."""
    reason: str


@dataclass(frozen=True)
class OtherMap:
    """A map of another kind; where there is none, `overlay` is None and `text` says why."""

    title: str
    text: str
    overlay: Picture | None


@dataclass(frozen=True)
class Photo:
    """One image: what the network made of it."""

    title: str
    """Its name, shortened where it is very long; the facts then have it whole."""
    facts: tuple[Fact, ...]
    photo: Picture
    network_photo: Picture | None
    predictions: tuple[Prediction, ...]
    no_predictions: str
    answers: tuple[AnswerTable, ...]
    """Values, and what outputs say that the report does not explain."""
    gradcams: tuple[GradCam, ...]
    placing: str
    """How the maps of these layers come to lie on the image."""
    other_maps: tuple[OtherMap, ...]
    """Of the top class that has any."""
    other_maps_text: str
    sections: tuple[Section, ...]
    left_out: str
    """What of its activations is only in the site."""
    notes: tuple[Node, ...]


@dataclass(frozen=True)
class Thumbnail:
    """An image in the overview, with its predicted class."""

    title: str
    photo: Picture
    text: str


@dataclass(frozen=True)
class LayerRow:
    """One layer in the table of the model."""

    path: str
    type: str
    shape: str
    parameters: str
    trainable: str
    inputs: str


@dataclass(frozen=True)
class LayerGroup:
    """The layers of one block in the table of the model."""

    title: str
    note: str
    rows: tuple[LayerRow, ...]


@dataclass(frozen=True)
class Page:
    """The paper: its size and margins."""

    width: float
    height: float
    side: float = 18.0
    top: float = 24.0
    bottom: float = 20.0

    @property
    def room(self) -> tuple[float, float]:
        """Width and height of what can be written on."""
        return self.width - 2 * self.side, self.height - self.top - self.bottom


PAPERS = {"a4": Page(210.0, 297.0), "letter": Page(215.9, 279.4)}


@dataclass(frozen=True)
class Words:
    """A paragraph; `quiet` where it only explains."""

    text: str
    quiet: bool = False
    kind: str = "words"


@dataclass(frozen=True)
class Bullets:
    """Sentences below each other."""

    items: tuple[str, ...]
    kind: str = "bullets"


@dataclass(frozen=True)
class Title:
    """A heading below the chapter's; those of level 2 are in the contents."""

    text: str
    level: int = 2
    kind: str = "title"


@dataclass(frozen=True)
class Facts:
    """A list of facts."""

    facts: tuple[Fact, ...]
    kind: str = "facts"


@dataclass(frozen=True)
class Table:
    """A table whose head stands again on each page.

    `columns` has a letter for each column: "n" a number, "r" numbers that may wrap, "c" code,
    "t" text, "w" long text.
    `bold` are the cells (row, column) that stand out.
    """

    heads: tuple[str, ...]
    columns: str
    rows: tuple[tuple[str, ...], ...]
    bold: tuple[tuple[int, int], ...] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Plate:
    """A picture across the page, at most `width` wide and `height` tall, with words around it.

    `columns` stand below the picture, each under its part of the width.
    """

    title: str
    picture: Picture
    width: float
    height: float
    text: str
    columns: tuple[str, ...] = ()
    kind: str = "plate"


@dataclass(frozen=True)
class CardPicture:
    """A picture with a few words; None where there is none, for the reason in the words."""

    picture: Picture | None
    text: str


@dataclass(frozen=True)
class Card:
    """Pictures side by side that belong together."""

    title: str
    text: str
    pictures: tuple[CardPicture, ...]


@dataclass(frozen=True)
class Cards:
    """Cards in `across` columns, their pictures at most `width` wide and `height` tall."""

    cards: tuple[Card, ...]
    across: int
    width: float
    height: float
    kind: str = "cards"


@dataclass(frozen=True)
class OwnWords:
    """What the user's notes say of a place."""

    nodes: tuple[Node, ...]
    kind: str = "notes"


Block = Words | Bullets | Title | Facts | Table | Plate | Cards | OwnWords


@dataclass(frozen=True)
class Chapter:
    """A section of the report as a chapter; `id` is the section's name."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole PDF: of a report, or of a comparison, which is chapters alone."""

    paper: Page
    fonts: tuple[str, ...]
    """Families of fonts, the first for text, the others for scripts that it lacks."""
    title: str
    short_title: str
    author: str
    organisation: str
    date: str
    """Day as a reader writes it."""
    moment: datetime
    """Of the build, in UTC."""
    generator: str
    model: str
    """What model this is about, in a line."""
    cover: tuple[Picture, ...]
    chapters: tuple[Chapter, ...]
    notes: tuple[Node, ...] = ()
    """The user's notes, as far as they belong to no other place."""
    model_text: tuple[Node, ...] = ()
    images_text: tuple[Node, ...] = ()
    filters_text: tuple[Node, ...] = ()
    description: str = ""
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    findings_note: str = ""
    chart: Picture | None = None
    """Sparsity by depth, unless it stands in the chapter on health."""
    model_notes: tuple[str, ...] = ()
    outputs: tuple[OutputRow, ...] = ()
    groups: tuple[LayerGroup, ...] = ()
    groups_text: str = ""
    """What the table of layers leaves out."""
    activations_legend: str = ""
    gradcam_legend: str = ""
    thumbnails: tuple[Thumbnail, ...] = ()
    thumbnails_text: str = ""
    images: tuple[Photo, ...] = ()
    images_left_out: str = ""
    filters: tuple[Section, ...] = ()
    filters_lead: str = ""
    filters_left_out: str = ""
    opening: tuple[Chapter, ...] = ()
    """Chapters in front of the overview."""
    methods_text: tuple[Node, ...] = ()
    methods: tuple[Method, ...] = ()
    environment: tuple[Fact, ...] = ()
    settings: tuple[Fact, ...] = ()
    timings: tuple[Fact, ...] = ()
    command: str = ""
    kicker: str = "What the network sees"
    """What kind of document this is: a line above the title."""
    gradcam_colors: tuple[str, ...] = ()
    """Colours of the heatmaps from none to strongest, as #rrggbb."""
    activation_colors: tuple[str, ...] = ()
