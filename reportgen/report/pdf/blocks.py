"""The blocks of sections on paper: cut to what a reader of paper wants, sizes in millimetres."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from reportgen.evenly_spaced import spread
from reportgen.pictures.charts.svg import shorten
from reportgen.report import blocks as said
from reportgen.report.blocks import plain
from reportgen.report.contexts import Picture as SitePicture
from reportgen.report.pdf.contexts import (
    Block,
    Bullets,
    Card,
    CardPicture,
    Cards,
    Fact,
    Facts,
    Picture,
    Plate,
    Table,
    Title,
    Words,
)
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.wording import only_in_site, sentence

T = TypeVar("T")

_LETTERS = {"text": "t", "long": "w", "name": "c", "number": "n", "numbers": "r"}
_PIXEL = 0.4
"""Millimetres of a picture's pixel where it is not enlarged."""
_GAP = 4.0
_LONGEST = 60
_TALLEST = 75.0
"""Millimetres that a picture takes at most: where it moves to the next page, no third is blank."""


class PaperBlocks:
    """Renders blocks for a line that is `room` millimetres wide."""

    def __init__(self, pictures: PdfPictures, room: float) -> None:
        self.pictures = pictures
        self.room = room
        self._render: dict[type, Callable[..., Iterator[Block]]] = {
            said.Text: self._text,
            said.Bullets: self._bullets,
            said.Facts: self._facts,
            said.Callout: self._callout,
            said.Table: self._table,
            said.Figure: self._figure,
            said.Figures: self._figures,
            said.Cards: self._cards,
        }

    def rendered(self, blocks: Sequence[said.Block], level: int = 2) -> Iterator[Block]:
        """The blocks in their order, parts under headings of this `level` or below.

        Links by themselves lead nowhere on paper.
        """
        for block in blocks:
            if isinstance(block, said.Part | said.Parts | said.Details):
                yield from self._parts(block, level)
            elif not isinstance(block, said.Links):
                yield from self._render[type(block)](block)
            if isinstance(block, said.Long):
                yield from _left_out(block)

    def _text(self, block: said.Text) -> Iterator[Block]:
        yield Words(plain(block.words), quiet=block.style in ("quiet", "reason"))

    def _bullets(self, block: said.Bullets) -> Iterator[Block]:
        yield Bullets(tuple(map(plain, block.items)))

    def _facts(self, block: said.Facts) -> Iterator[Block]:
        yield Facts(tuple(Fact(fact.name, fact.value, fact.note) for fact in block.facts))

    def _callout(self, block: said.Callout) -> Iterator[Block]:
        yield Words(f"{plain(block.title)} {plain(block.words)}")

    def _table(self, block: said.Table) -> Iterator[Block]:
        rows = _kept(block.rows, block.limits)
        if block.axes:
            yield Words(f"Rows: {block.axes[0].lower()}. Columns: {block.axes[1].lower()}.", True)
        yield Table(
            tuple(column.short or column.head for column in block.columns),
            "".join(_LETTERS[column.kind] for column in block.columns),
            tuple(tuple(plain(cell.words) for cell in row.cells) for row in rows),
            tuple(
                (y, x)
                for y, row in enumerate(rows)
                for x, cell in enumerate(row.cells)
                if cell.strong
            ),
        )

    def _figure(self, block: said.Figure) -> Iterator[Block]:
        if block.picture is None:
            yield Words(plain((*block.title, *block.caption)), quiet=True)
            return
        picture = self._picture(block.picture)
        width, height = block.share * self.room, min(block.tall * self.room, _TALLEST)
        if not picture.smooth:
            pixel = _PIXEL * block.enlarged
            width, height = min(width, picture.width * pixel), min(height, picture.height * pixel)
        columns = block.short_columns or block.columns
        yield Plate(
            plain(block.title),
            picture,
            round(width, 2),
            round(height, 2),
            plain(block.caption) or sentence(block.picture.alt),
            tuple(shorten(plain(words), _LONGEST) for words in columns),
        )

    def _figures(self, block: said.Figures) -> Iterator[Block]:
        cards = tuple(self._figure_card(figure) for figure in _kept(block.figures, block.limits))
        if cards:
            yield self._laid_out(cards, block.across)

    def _cards(self, block: said.Cards) -> Iterator[Block]:
        cards = tuple(
            Card(
                shorten(plain(card.title), _LONGEST),
                " ".join(filter(None, (plain(card.words), card.reason))),
                tuple(self._shown(figure) for figure in card.figures),
            )
            for card in _kept(block.cards, block.limits)
        )
        if cards:
            yield self._laid_out(cards, block.across)

    def _parts(self, block: said.Part | said.Parts | said.Details, level: int) -> Iterator[Block]:
        if isinstance(block, said.Parts):
            for part in _kept(block.parts, block.limits):
                yield from self._parts(part, level)
        elif block.on_paper:
            yield Title(plain(block.title), level)
            yield from self.rendered(block.blocks, level + 1)

    def _picture(self, picture: SitePicture) -> Picture:
        return self.pictures.picture(picture.src, picture.alt, smooth=not picture.pixelated)

    def _shown(self, figure: said.Figure) -> CardPicture:
        picture = self._picture(figure.picture) if figure.picture else None
        return CardPicture(picture, plain(figure.caption))

    def _figure_card(self, figure: said.Figure) -> Card:
        """A figure as a card; its caption is the title where it has no other."""
        shown = self._shown(figure)
        if title := plain(figure.title):
            return Card(title, "", (shown,))
        return Card(shown.text, "", (replace(shown, text=""),))

    def _laid_out(self, cards: tuple[Card, ...], across: int) -> Cards:
        """Cards in columns, their pictures as large as there is room for side by side."""
        most = max(len(card.pictures) for card in cards)
        column = (self.room - 5.0 * (across - 1)) / across
        width = (column - _GAP * (most - 1)) / max(1, most)
        return Cards(cards, across, round(width, 2), round(min(0.85 * width, 62.0), 2))


def _kept(items: tuple[T, ...], limits: said.Limits | None) -> tuple[T, ...]:
    """The items that paper shows."""
    if limits is None or limits.paper is None:
        return items
    return tuple(spread(items, limits.paper)) if limits.evenly else items[: limits.paper]


def _left_out(block: said.Long) -> Iterator[Block]:
    if block.limits:
        items = said.items_of(block)
        left = len(items) - len(_kept(items, block.limits))
        if sentence := only_in_site(left, block.limits.noun, block.limits.plural):
            yield Words(sentence, quiet=True)
