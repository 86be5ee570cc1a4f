"""Links in the user's notes that would run something, made text for viewers that follow them."""

import re

from markdown_it import MarkdownIt

from reportgen.report.placed_notes import markdown_lines

_RUNS = re.compile("(?:javascript|vbscript|data|file):", re.IGNORECASE)
_OVERLOOKED = re.compile(r"[\s\x00-\x20]|%0[0-9a-f]|%1[0-9a-f]|%20", re.IGNORECASE)
"""What browsers pass over in an address, as it is and as Markdown writes it."""

_OPENS = str.maketrans({"[": "&#91;", "<": "&lt;"})


def without_scripts(text: str) -> str:
    """The same Markdown, its links to scripts, to data and to files as text.

    Reportgen's own pages have no such links. A notebook's viewer reads the Markdown itself, and
    some viewers follow every link. All brackets of a paragraph that has such a link become text.
    """
    lines = markdown_lines(text)
    for parser in _parsers():
        for start, end in _found(parser, "\n".join(lines)):
            lines[start:end] = [line.translate(_OPENS) for line in lines[start:end]]
    return "\n".join(lines)


def _parsers() -> tuple[MarkdownIt, MarkdownIt]:
    """Readers that take any address for a link; in tables, one has each cell stand apart."""
    made = (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable("table"))
    for parser in made:
        parser.validateLink = _any_address  # type: ignore[method-assign]
    return made


def _any_address(url: str) -> bool:  # noqa: ARG001
    return True


def _found(parser: MarkdownIt, text: str) -> list[tuple[int, int]]:
    """First line and line behind of each paragraph that has such a link."""
    found, lines = [], (0, 0)
    for token in parser.parse(text):
        first, behind = token.map or lines
        lines = (first, behind)
        addresses = [
            _OVERLOOKED.sub("", str(child.attrs.get("href") or child.attrs.get("src") or ""))
            for child in token.children or ()
        ]
        if any(map(_RUNS.match, addresses)):
            found.append(lines)
    return found
