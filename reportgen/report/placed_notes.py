"""The user's notes taken apart: what stands under a known heading belongs to that place."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reportgen.records.report import Report
from reportgen.report.note_places import FRONT, NotePlaces

_MOST_NAMED = 6


@dataclass(frozen=True)
class PlacedNotes:
    """Notes by place, all of them Markdown; `front` holds what stands under no known heading.

    `headings` are those of the places, as they are written; `unplaced` are headings that name
    nothing in the report.
    """

    front: str
    by_place: Mapping[str, str]
    headings: Mapping[str, str] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()

    def front_with(self, left: Iterable[str]) -> str:
        """The front, followed by the notes of places that have none, below their headings."""
        return "\n\n".join(filter(None, (self.front, self.under_headings(left))))

    def under_headings(self, places: Iterable[str]) -> str:
        """The notes of some places below each other, with their headings."""
        return "\n\n".join(
            f"## {self.headings[place]}\n\n{self.by_place[place]}" for place in places
        )


def notes_of(report: Report) -> PlacedNotes:
    """The notes of a report at their places, see `NotePlaces`."""
    return place_notes(report.notes, NotePlaces(report).find)


def unplaced_warning(notes: PlacedNotes) -> str:
    """One sentence on headings that name nothing; empty where there are none."""
    if not notes.unplaced:
        return ""
    named = [f"“{heading}”" for heading in notes.unplaced[:_MOST_NAMED]]
    left = len(notes.unplaced) - len(named)
    names = ", ".join(named) + (f" and {left} more" if left else "")
    return (
        f"The notes stand at the front as far as their headings name no layer, image or section"
        f" of the report: {names}."
    )


def place_notes(text: str, find: Callable[[str], str | None]) -> PlacedNotes:
    """Split Markdown at its headings.

    `find` tells the place of a heading's plain text. What a known heading covers (to the next
    heading that is not below it) goes to its place, without the heading itself; the rest goes to
    the front. A heading whose words have all gone to other places goes, too.
    """
    lines = markdown_lines(text)
    headings = _headings(text)
    front = _Part(0, "", lines[: headings[0].start] if headings else lines)
    parts: list[_Part] = [front]
    covering: list[_Part] = []
    unplaced: list[str] = []
    for heading, behind in itertools.zip_longest(headings, headings[1:]):
        end = behind.start if behind else len(lines)
        while covering and covering[-1].level >= heading.level:
            covering.pop()
        above = next((part.place for part in reversed(covering) if part.place), "")
        place = next(filter(None, map(find, heading.names)), None)
        if place in (None, FRONT):
            covering.append(_Part(heading.level, above, lines[heading.start : end]))
            covering[-1].has_words = any(line.strip() for line in lines[heading.end : end])
            if not above and place is None and not _is_title(heading, headings):
                unplaced.append(heading.names[-1])
        else:
            for part in covering:
                part.gave = True
            covering.append(_Part(heading.level, place, lines[heading.end : end], heading.source))
        parts.append(covering[-1])
    return _collected(parts, text, tuple(dict.fromkeys(unplaced)))


@dataclass
class _Part:
    """Some lines of the notes, the level of the heading they stand under, and their place."""

    level: int
    place: str
    lines: list[str]
    heading: str = ""
    has_words: bool = True
    gave: bool = False
    """Whether something below this heading has gone to another place."""


@dataclass(frozen=True)
class _Heading:
    """First line, line behind, level, Markdown, and the names it may stand for."""

    start: int
    end: int
    level: int
    source: str
    names: tuple[str, ...]


def _collected(parts: list[_Part], text: str, unplaced: tuple[str, ...]) -> PlacedNotes:
    taken: dict[str, list[str]] = {}
    headings: dict[str, str] = {}
    for at, part in enumerate(parts):
        if part.has_words or not part.gave or _has_more_below(parts, at):
            taken.setdefault(part.place, []).append(_joined(part.lines))
        if part.heading:
            headings.setdefault(part.place, part.heading)
    definitions = _definitions(text)
    joined = {
        place: _with_definitions("\n\n".join(filter(None, many)), definitions)
        for place, many in taken.items()
    }
    front = joined.pop("", "")
    return PlacedNotes(front, {p: note for p, note in joined.items() if note}, headings, unplaced)


def _has_more_below(parts: list[_Part], at: int) -> bool:
    """Whether a heading below that of a part stays in the part's place."""
    top = parts[at]
    below = itertools.takewhile(lambda part: part.level > top.level, parts[at + 1 :])
    return any(part.place == top.place for part in below)


def _is_title(heading: _Heading, headings: list[_Heading]) -> bool:
    """Whether a heading is the whole text's: the first, and the only one so high."""
    return heading is headings[0] and all(later.level > heading.level for later in headings[1:])


def _definitions(text: str) -> dict[str, str]:
    """The Markdown of each reference definition ("[1]: address"), by its label in capitals."""
    env: dict[str, dict[str, dict[str, str]]] = {"references": {}}
    MarkdownIt("commonmark").parse(text, env)
    return {
        label: f"[{label}]: <{reference['href']}>" for label, reference in env["references"].items()
    }


def _with_definitions(note: str, definitions: Mapping[str, str]) -> str:
    """A note with the definitions that it uses: these may stand anywhere in the whole text."""
    env: dict[str, dict[str, str]] = {"references": {}}
    MarkdownIt("commonmark").parse(note, env)
    words = " ".join(note.upper().split())
    used = [
        line
        for label, line in definitions.items()
        if f"[{label}]" in words and label not in env["references"]
    ]
    return "\n\n".join(filter(None, (note, "\n".join(used))))


def markdown_lines(text: str) -> list[str]:
    """The lines as Markdown counts them: other signs that break lines are part of one."""
    return re.split(r"\r\n|\n|\r", text)


def without_html(text: str) -> str:
    """The same Markdown with raw HTML as visible text, for pages that would let HTML through."""
    lines = markdown_lines(text)
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


def _headings(text: str) -> list[_Heading]:
    """Every heading that stands by itself."""
    found = []
    tokens = MarkdownIt("commonmark").parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            source = " ".join(inline.content.split())
            plain = "".join(child.content or " " for child in inline.children or () if _says(child))
            names = dict.fromkeys(" ".join(name.split()).rstrip(":") for name in (source, plain))
            first, behind = opening.map
            found.append(_Heading(first, behind, int(opening.tag[1]), source, tuple(names)))
    return found


def _says(child: Token) -> bool:
    return child.nesting == 0


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
