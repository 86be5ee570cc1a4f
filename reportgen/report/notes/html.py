"""The user's notes as HTML: Markdown without raw HTML, without scripts, nothing fetched."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from markdown_it.token import Token
from markupsafe import Markup, escape

from reportgen.config import SECTIONS
from reportgen.records.report import NotePicture
from reportgen.report.contexts import Note
from reportgen.report.notes.markdown import level_headings, notes_parser
from reportgen.report.outline import Outline, src

_OUTSIDE = re.compile(r"(https?:|mailto:)", re.IGNORECASE)
_BLOCK_HEADING = 2


def page_notes(
    outline: Outline, page: str, place: str, others: Iterable[str] = ()
) -> tuple[Note, ...]:
    """What the notes say of a page's own place, and of others that stand on it as well."""
    notes, pictures = outline.notes, outline.report.note_pictures
    found = [("Notes", notes.by_place.get(place, ""))]
    found += [
        (f"Notes: {notes.headings[other]}", notes.by_place[other])
        for other in others
        if other in notes.by_place
    ]
    return tuple(
        Note(f"notes--{at}", title, render_notes(text, page, pictures))
        for at, (title, text) in enumerate(found, 1)
        if text
    )


def front_notes(outline: Outline, page: str) -> tuple[Note, ...]:
    """The notes that belong to no other page."""
    left = [place for place in outline.notes.by_place if not _has_page(outline, place)]
    text = outline.notes.front_with(left)
    html = render_notes(text, page, outline.report.note_pictures)
    return (Note("notes--1", "Notes", html),) if html else ()


def _has_page(outline: Outline, place: str) -> bool:
    if place == "filters":
        return bool(outline.gallery_blocks)
    if place in ("images", "activations", "gradcam"):
        return bool(outline.images)
    return outline.has(place) or place not in SECTIONS


def render_notes(text: str, page: str, pictures: Sequence[NotePicture] = ()) -> Markup:
    """Markdown → HTML that is safe to place into a page.

    Raw HTML is shown as text. Of pictures only those that the report has are shown, any other is
    replaced by its alternative text, since nothing is fetched. Headings begin at level 3, below
    the block's own, and skip no level.
    """
    parser = notes_parser()
    parser.add_render_rule("image", _picture)
    tokens = parser.parse(text)
    level_headings(tokens, _BLOCK_HEADING)
    for token in tokens:
        if "level" in token.meta:
            token.tag = f"h{token.meta['level']}"
        token.attrs.pop("style", None)
        for child in token.children or ():
            if child.type == "link_open" and _OUTSIDE.match(str(child.attrs.get("href", ""))):
                child.attrs["rel"] = "noopener noreferrer"
    shown = {
        picture.file: (src(page, picture.file), picture.width, picture.height)
        for picture in pictures
    }
    return Markup(parser.renderer.render(tokens, parser.options, shown))  # noqa: S704 - html is off


def _picture(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    words = escape(tokens[index].content)
    shown = env.get(unquote(str(tokens[index].attrs.get("src", ""))))
    if shown is None:
        return str(words or "picture")
    address, width, height = shown
    return (
        f'<img src="{escape(address)}" alt="{words}" width="{width}" height="{height}"'
        ' loading="lazy" decoding="async">'
    )
