"""The user's notes taken apart: what stands under a known heading belongs to that place."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

SECTION_HEADINGS = {
    "activations": ("activations", "activation grids", "feature maps"),
    "filters": ("filters", "filter galleries", "filter patterns"),
    "gradcam": ("gradcam", "grad-cam"),
    "model": ("model", "summary", "network"),
}
"""The headings, in lower case, that stand for a section."""


@dataclass(frozen=True)
class PlacedNotes:
    """Notes by place: `front` holds what stands under no known heading. All are Markdown."""

    front: str
    by_place: Mapping[str, str]


def place_notes(text: str, places: Mapping[str, str]) -> PlacedNotes:
    """Split Markdown at its headings.

    `places` maps headings, as they are written, to places; the headings of `SECTION_HEADINGS` are
    known in any case of letters. What a known heading covers (to the next heading that is not
    below it) goes to its place, without the heading itself; the rest goes to the front.
    """
    known = {words: name for name, many in SECTION_HEADINGS.items() for words in many}
    lines = text.splitlines()
    taken: dict[str, list[list[str]]] = {}
    front: list[str] = []
    current, depth, position = front, 7, 0
    for start, end, level, title in _headings(text):
        current += lines[position:start]
        place = places.get(title) or known.get(title.lower())
        position = start
        if place is not None:
            current, depth, position = [], level, end
            taken.setdefault(place, []).append(current)
        elif level <= depth:
            current, depth = front, 7
    current += lines[position:]
    placed = {
        place: "\n\n".join(_joined(one) for one in many if _joined(one))
        for place, many in taken.items()
    }
    return PlacedNotes(_joined(front), {place: note for place, note in placed.items() if note})


def without_html(text: str) -> str:
    """The same Markdown with raw HTML as visible text, for pages that would let HTML through."""
    lines = text.splitlines()
    for token in MarkdownIt("commonmark").parse(text):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "html_block":
            lines[start:end] = [line.replace("<", "&lt;") for line in lines[start:end]]
        elif token.type == "inline":
            lines[start:end] = _without_tags(lines[start:end], token)
    return "\n".join(lines)


def _without_tags(lines: list[str], inline: Token) -> list[str]:
    """Tags are looked for behind what stood before them: code that shows a tag stays as it is."""
    source, position = "\n".join(lines), 0
    for child in inline.children or ():
        if child.type not in ("html_inline", "code_inline"):
            continue
        found = source.find(child.content, position)
        if child.type == "code_inline":
            position = position if found < 0 else found + len(child.content)
        elif found < 0:  # a tag over several lines of a list or a quotation
            return [line.replace("<", "&lt;") for line in lines]
        else:
            shown = child.content.replace("<", "&lt;")
            source = source[:found] + shown + source[found + len(child.content) :]
            position = found + len(shown)
    return source.split("\n")


def _headings(text: str) -> list[tuple[int, int, int, str]]:
    """First line, line behind, level and text of every heading that stands by itself."""
    found = []
    tokens = MarkdownIt("commonmark").parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            title = inline.content.strip().strip("`").strip()
            first, behind = opening.map
            found.append((first, behind, int(opening.tag[1]), title))
    return found


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
