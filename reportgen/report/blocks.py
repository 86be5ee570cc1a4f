"""What a section says, as blocks: text, facts, tables, figures, cards. Every writer renders them.

A section makes blocks from records and knows no writer: a `href` or `src` is a path from the
report's folder, and the sizes of pictures are their own pixels (0 where the writer measures the
file). The site makes paths relative to its page and sizes those of the screen; the PDF takes the
pictures and leaves out links.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from reportgen.report.contexts import Fact, Link, Picture

Tone = Literal["", "good", "bad", "warn"]
"""What a badge or a cell says beside its words: better or passed, worse or failed, take care."""


@dataclass(frozen=True)
class Strong:
    """Words that stand out."""

    kind: ClassVar[str] = "strong"
    text: str


@dataclass(frozen=True)
class Badge:
    """A verdict in a word or two, such as "passed"; its tone is a colour, never the only sign."""

    kind: ClassVar[str] = "badge"
    text: str
    tone: Tone = ""


Inline = str | Link | Strong | Badge
Words = tuple[Inline, ...]
"""A sentence or a few words: plain text, links, verdicts, in the order of reading."""


@dataclass(frozen=True)
class Limits:
    """How much of a long list stands in one place.

    The site goes on over further pages; paper leaves out the rest and names it once, as so many
    `noun`s. `evenly` takes items spread over the whole list instead of the first ones.
    """

    noun: str
    plural: str = ""
    page: int | None = None
    paper: int | None = None
    evenly: bool = False


@dataclass(frozen=True)
class Text:
    """A paragraph. A "quiet" one explains, a "reason" says why something is missing."""

    kind: ClassVar[str] = "text"
    words: Words
    style: Literal["", "lead", "quiet", "reason"] = ""


@dataclass(frozen=True)
class Bullets:
    """Sentences below each other."""

    kind: ClassVar[str] = "bullets"
    items: tuple[Words, ...]


@dataclass(frozen=True)
class Facts:
    """A list of numbers with their names."""

    kind: ClassVar[str] = "facts"
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Links:
    """Links below each other; paper leaves them out."""

    kind: ClassVar[str] = "links"
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Callout:
    """A verdict or a warning in a frame of its own."""

    kind: ClassVar[str] = "callout"
    title: Words
    words: Words
    tone: Tone = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    "name" is code such as a layer's path, "number" an amount on one line, "numbers" several that
    may wrap, "long" text that takes more room than other text. Paper heads it with `short` where
    there is one.
    """

    head: str
    kind: Literal["text", "long", "name", "number", "numbers"] = "text"
    short: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table; `shade` (0..1) is the strength of its ground."""

    words: Words
    tone: Tone = ""
    shade: float | None = None
    strong: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table; its first cell is the row's head."""

    cells: tuple[Cell, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """A table; `label` says in a few words what it holds.

    `axes` names what the rows are and what the columns are, where both are of one kind, as in a
    confusion matrix.
    """

    kind: ClassVar[str] = "table"
    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    limits: Limits | None = None
    axes: tuple[str, str] | None = None


@dataclass(frozen=True)
class Spot:
    """A box of a picture, in its pixels, that links to a place; without one it has a name only."""

    link: Link
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Figure:
    """A picture with its title and caption; None where there is none, which the caption explains.

    `share` is the part of the line that it takes at most, and `tall` its height at most, as a part
    of the line's width. `enlarged` is how many times its pixels it may be shown. A `chart` follows
    the colours of the page. `columns` are the captions of what the picture has side by side, each
    as wide as the others; paper has `short_columns` where there are any. `spots` are boxes of the
    picture that lead on, all over it; paper leaves them out.
    """

    kind: ClassVar[str] = "figure"
    picture: Picture | None
    caption: Words = ()
    columns: tuple[Words, ...] = ()
    short_columns: tuple[Words, ...] = ()
    title: Words = ()
    share: float = 1.0
    tall: float = 0.6
    enlarged: int = 1
    chart: bool = False
    anchor: str = ""
    spots: tuple[Spot, ...] = ()

    @property
    def box(self) -> str:
        """The `viewBox` of all spots together."""
        across = max((spot.left + spot.width for spot in self.spots), default=0)
        down = max((spot.top + spot.height for spot in self.spots), default=0)
        return f"0 0 {across} {down}"


@dataclass(frozen=True)
class Figures:
    """Figures side by side, so many `across`."""

    kind: ClassVar[str] = "figures"
    figures: tuple[Figure, ...]
    across: int
    limits: Limits | None = None


@dataclass(frozen=True)
class Card:
    """Pictures that belong together, with a title and a sentence."""

    title: Words
    figures: tuple[Figure, ...]
    words: Words
    reason: str = ""
    """Why something is not as it should be; often empty."""
    anchor: str = ""


@dataclass(frozen=True)
class Cards:
    """Cards in `across` columns where there is room."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]
    across: int = 2
    limits: Limits | None = None


@dataclass(frozen=True)
class Part:
    """Blocks under a heading of their own."""

    kind: ClassVar[str] = "part"
    title: Words
    anchor: str
    blocks: tuple["Block", ...]
    on_paper: bool = True


@dataclass(frozen=True)
class Parts:
    """Parts of one kind that may go on over further pages."""

    kind: ClassVar[str] = "parts"
    parts: tuple[Part, ...]
    limits: Limits | None = None


@dataclass(frozen=True)
class Details:
    """Blocks that the reader unfolds; paper has them where they are worth the room."""

    kind: ClassVar[str] = "details"
    title: Words
    blocks: tuple["Block", ...]
    on_paper: bool = False


Block = (
    Text
    | Bullets
    | Facts
    | Links
    | Callout
    | Table
    | Figure
    | Figures
    | Cards
    | Part
    | Parts
    | Details
)

Long = Table | Figures | Cards | Parts
"""Blocks that may be too long for one place."""

_ITEMS = {"table": "rows", "figures": "figures", "cards": "cards", "parts": "parts"}


@dataclass(frozen=True)
class Page:
    """A page of a section: its path in the report's folder, its title, and what it says."""

    path: str
    title: str
    blocks: tuple[Block, ...]
    layer: str = ""
    """The layer that it is about; empty for a page about the whole network."""
    on_paper: bool = True
    """Whether the PDF has it."""
    on_site: bool = True
    """Whether the site has it: other pages of the site may say the same."""


def text(*words: Inline, style: Literal["", "lead", "quiet", "reason"] = "") -> Text:
    """A paragraph from its words."""
    return Text(words, style)


def row(*cells: Inline | Cell, anchor: str = "") -> Row:
    """A row from its cells."""
    return Row(tuple(cell if isinstance(cell, Cell) else Cell((cell,)) for cell in cells), anchor)


def plain(words: Words) -> str:
    """Words without links and emphasis."""
    return "".join(word if isinstance(word, str) else word.text for word in words)


def items_of(block: Long) -> tuple[Any, ...]:
    """The rows, figures, cards or parts of a block."""
    items: tuple[Any, ...] = getattr(block, _ITEMS[block.kind])
    return items


def with_items(block: Long, items: Sequence[Any]) -> Long:
    """The block with other items in the place of its own."""
    changes: dict[str, Any] = {_ITEMS[block.kind]: tuple(items)}
    changed: Long = replace(block, **changes)
    return changed
