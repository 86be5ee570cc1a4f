"""Texts from files and users as Markdown in which they are nothing but text."""

import re

_MARKS = re.compile(
    r"[\\`*_\[\]<>&|~#@$!{}\"']"  # markup, HTML, cells of a table, mentions
    r"|:(?=\S)"  # addresses and emoji
    r"|(?<=www)\."  # addresses without a scheme
    r"|^[-+=]|^\d{1,9}[.)](?= |$)",  # lists and headings, where a text begins a line
    re.IGNORECASE,
)


def as_markdown(text: str) -> str:
    """A text on one line, of which GitHub's Markdown and HTML interpret nothing.

    What would be markup becomes character references.
    """
    return _MARKS.sub(_referred, " ".join(text.split()))


def _referred(hit: re.Match[str]) -> str:
    """The match with its last character, the mark, as a reference."""
    return f"{hit[0][:-1]}&#{ord(hit[0][-1])};"
