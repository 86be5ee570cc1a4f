"""What chapters of the PDF are made of: plain data that both engines' templates know how to set.

Each kind of block has its name in `kind`. Lengths are millimetres. Every text is literal.
"""

from dataclasses import dataclass

from reportgen.report.pdf.contexts import Fact, Node, Picture


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
    """A heading below the chapter's, which is among the bookmarks."""

    text: str
    kind: str = "title"


@dataclass(frozen=True)
class Facts:
    """A list of facts."""

    facts: tuple[Fact, ...]
    kind: str = "facts"


@dataclass(frozen=True)
class Table:
    """A table whose head stands again on each page.

    `columns` has a letter for each column: "n" a number, "c" code, "t" text, "w" long text.
    `bold` are the cells (row, column) that stand out.
    """

    heads: tuple[str, ...]
    columns: str
    rows: tuple[tuple[str, ...], ...]
    bold: tuple[tuple[int, int], ...] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Plate:
    """A picture across the page, at most `width` wide and `height` tall, with words around it."""

    title: str
    picture: Picture
    width: float
    height: float
    text: str
    kind: str = "plate"


@dataclass(frozen=True)
class Shown:
    """A picture with a few words; None where there is none, for the reason in the words."""

    picture: Picture | None
    text: str


@dataclass(frozen=True)
class Card:
    """Pictures side by side that belong together."""

    title: str
    text: str
    pictures: tuple[Shown, ...]


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
