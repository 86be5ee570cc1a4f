"""How notes are read: Markdown without raw HTML, headings that skip no level."""

from markdown_it import MarkdownIt
from markdown_it.token import Token


def notes_parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; raw HTML is text."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    return parser.enable(["table", "strikethrough"])


def level_headings(tokens: list[Token], above: int) -> None:
    """Give headings levels below `above` without gaps: a screen reader's user counts on them.

    The level of each is in its opening token's and its closing token's `meta["level"]`.
    """
    open_ones: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            given = int(token.tag[1])
            while open_ones and open_ones[-1] >= given:
                open_ones.pop()
            open_ones.append(given)
        if token.type in ("heading_open", "heading_close"):
            token.meta["level"] = min(6, above + len(open_ones))
