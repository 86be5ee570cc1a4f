"""A comparison as a PDF: its sections as chapters."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from reportgen.comparison.pages import PAGES
from reportgen.comparison.table import ComparisonSection, sections_of
from reportgen.pictures.charts.svg import shorten
from reportgen.records.comparison import Comparison
from reportgen.report.pdf.blocks import PaperBlocks
from reportgen.report.pdf.contexts import PAPERS, Block, Chapter, Document, Picture, Words
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.pdf.writer import write_document
from reportgen.wording import count

_SHORT = 40
_COVER = 2
"""Pictures on the cover at most: the heatmaps of the first changed prediction."""


def write_pdf(
    comparison: Comparison, folder: Path, *, paper: str = "a4", explained: bool = True
) -> tuple[str, ...]:
    """Write `folder/report.pdf`; returns warnings. Raises OutputError when it cannot be made."""

    def content(pictures: PdfPictures, fonts: Sequence[str]) -> Document:
        return _document(comparison, pictures, fonts, paper, explained=explained)

    return write_document(folder, content).warnings


def _document(
    comparison: Comparison,
    pictures: PdfPictures,
    fonts: Sequence[str],
    paper: str,
    *,
    explained: bool,
) -> Document:
    created = _moment(comparison.created)
    blocks = PaperBlocks(pictures, PAPERS[paper].room[0])
    models = " and ".join(dict.fromkeys(side.model for side in comparison.sides))
    images = count(comparison.compared, "image")
    return Document(
        paper=PAPERS[paper],
        fonts=tuple(fonts),
        kicker="A comparison of two models"
        if len(comparison.sides) == 2
        else f"A comparison of {len(comparison.sides)} models",
        title=comparison.title,
        short_title=shorten(comparison.title, _SHORT),
        author=comparison.author,
        organisation="",
        date=f"{created.day} {created:%B %Y}",
        moment=created,
        generator=comparison.generator,
        model=f"{models}, {images}",
        cover=_cover(comparison, pictures),
        chapters=tuple(
            Chapter(
                section.key,
                section.title,
                (
                    *(_opening(section) if explained else ()),
                    *blocks.rendered(tuple(PAGES[section.key](comparison))),
                ),
            )
            for section in sections_of(comparison)
        ),
    )


def _opening(section: ComparisonSection) -> Iterator[Block]:
    yield Words(section.introduction)
    yield from (Words(source, quiet=True) for source in section.sources)


def _cover(comparison: Comparison, pictures: PdfPictures) -> tuple[Picture, ...]:
    for flip in comparison.flips:
        paths = [answer.heatmap for answer in (flip.a, flip.b)]
        shown = [pictures.picture(path, f"Heatmap on {flip.image}") for path in paths if path]
        if len(shown) == _COVER and all(picture.src for picture in shown):
            return tuple(shown)
    return ()


def _moment(created: str) -> datetime:
    """The time of the later report; the beginning of Unix time where none is stated."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
