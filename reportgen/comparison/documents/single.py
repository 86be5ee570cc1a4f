"""A comparison in one HTML file."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from reportgen.comparison.documents.site import pages, search_rows
from reportgen.errors import OutputError
from reportgen.pictures.shrink import Encoded, as_it_is, shrunk
from reportgen.records.comparison import Comparison
from reportgen.report.contexts import Link
from reportgen.report.single.contexts import Sheet
from reportgen.report.single.markup import Links, SheetMaker, sheet_id
from reportgen.report.single.page import NOT_HERE, SINGLE_NAME, Content, Masthead, scripted_page
from reportgen.report.single.writer import REFUSED_AT
from reportgen.report.site.script_data import search_index
from reportgen.report.templates import Templates
from reportgen.wording import count, size_of

_MEGABYTE = 1_000_000

_PICTURED = (120, 60, 30, 12, 4, 0)
"""Changed predictions that keep their pictures, tried one after the other."""


@dataclass(frozen=True)
class _Choice:
    """What the file shows: flips with pictures, activation grids, and whether pictures shrink."""

    pictured: int
    grids: bool
    shrinking: bool


def write_single(
    comparison: Comparison,
    folder: Path,
    source: Templates,
    *,
    megabytes: int | None = 10,
    force: bool = False,
    explained: bool = True,
) -> tuple[str, ...]:
    """Write `report.html`, a file that needs no other; returns warnings.

    To stay within `megabytes` (of 1,000,000 bytes), pictures are shrunk first; then the activation
    grids go, then pictures of flips, which the file states. Raises OutputError for a file above 100
    MB without `force`.
    """
    limit = None if megabytes is None else megabytes * _MEGABYTE
    text = b""
    for choice in _choices(limit):
        shown, notes = _reduced(comparison, choice, megabytes)
        text = _made(shown, folder, source, choice, notes, explained=explained)
        if limit is None or len(text) <= limit:
            break
    if len(text) > REFUSED_AT and not force:
        raise OutputError(
            f"{SINGLE_NAME} would take {size_of(len(text))}, which few programs open; let "
            "--single-size leave out what does not fit, or use --force."
        )
    (folder / SINGLE_NAME).write_bytes(text)
    if limit is not None and len(text) > limit:
        return (f"{SINGLE_NAME} takes {size_of(len(text))}: it cannot be made smaller.",)
    return ()


def _choices(limit: int | None) -> list[_Choice]:
    most = _PICTURED[0]
    first = _Choice(most, grids=True, shrinking=False)
    if limit is None:
        return [first]
    smaller = [_Choice(number, grids=False, shrinking=True) for number in _PICTURED]
    return [first, _Choice(most, grids=True, shrinking=True), *smaller]


def _reduced(
    comparison: Comparison, choice: _Choice, megabytes: int | None
) -> tuple[Comparison, tuple[str, ...]]:
    """The comparison with what the file shows, and sentences on what it does not."""
    notes = []
    pictured = [flip for flip in comparison.flips if flip.photo]
    kept = {id(flip) for flip in pictured[: choice.pictured]}
    flips = [
        flip if id(flip) in kept else flip.model_copy(update={"photo": None})
        for flip in comparison.flips
    ]
    if len(pictured) > len(kept):
        notes.append(
            f"To keep this file under {megabytes} MB, {len(kept):,} of"
            f" {count(len(pictured), 'changed prediction')} have pictures."
        )
    if comparison.grid_image and not choice.grids:
        notes.append("The activation grids are in the full comparison only.")
    if choice.shrinking:
        notes.append("Pictures are reduced to the size at which this page shows them.")
    grid_image = comparison.grid_image if choice.grids else ""
    return comparison.model_copy(update={"flips": flips, "grid_image": grid_image}), tuple(notes)


def _made(
    comparison: Comparison,
    folder: Path,
    source: Templates,
    choice: _Choice,
    notes: tuple[str, ...],
    *,
    explained: bool,
) -> bytes:
    texts, titles, menu = {}, {}, []
    for path, page in pages(comparison, NOT_HERE, folder, explained=explained, whole=True):
        texts[path] = source.render("section.html", page)
        titles[path] = page.frame.title
        menu += [Link(link.text, f"#{sheet_id(path)}") for link in page.frame.menu if link.current]

    def inline(path: str, width: int) -> Encoded:
        return shrunk(folder / path, width) if choice.shrinking else as_it_is(folder / path)

    links = Links(texts, {})
    maker = SheetMaker(links, inline)
    sheets = [
        Sheet(sheet_id(path), titles[path], Markup(maker.content(path, text)))  # noqa: S704
        for path, text in texts.items()
    ]
    rows = [
        (text, kind, links.inside("index.html", at)) for text, kind, at in search_rows(comparison)
    ]
    masthead = Masthead(
        comparison.title, comparison.author, comparison.generator, comparison.created
    )
    data = search_index(rows)
    content = Content(tuple(sheets), tuple(menu), notes=notes)
    return scripted_page(masthead, content, source, data).encode("utf-8", "replace")
