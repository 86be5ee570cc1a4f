"""The user's notes: Markdown without raw HTML, without pictures, without scripts."""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

_OUTSIDE = re.compile(r"(https?:|mailto:)", re.IGNORECASE)
_FIRST_HEADING = 3
_HEADING_SHIFT = 2


def render_notes(text: str) -> Markup:
    """Markdown → HTML that is safe to place into a page.

    Raw HTML is shown as text. A picture is replaced by its alternative text, since nothing is
    fetched. Headings begin at level 3, below the section's own, and go down
    one level at a time.
    """
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("image", _picture)
    tokens = parser.parse(text)
    level = _FIRST_HEADING - 1
    for token in tokens:
        if token.type == "heading_open":
            level = max(_FIRST_HEADING, min(6, level + 1, int(token.tag[1]) + _HEADING_SHIFT))
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"
        token.attrs.pop("style", None)
        for child in token.children or ():
            if child.type == "link_open" and _OUTSIDE.match(str(child.attrs.get("href", ""))):
                child.attrs["rel"] = "noopener noreferrer"
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - html is off


def _picture(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    return str(escape(tokens[index].content or "picture"))
