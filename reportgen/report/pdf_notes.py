"""The user's notes for the PDF: Markdown → nodes of plain data, each text literal."""

from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

Node = dict[str, Any]

_OUTSIDE = ("http://", "https://", "mailto:")
_SPANS = {"strong": "strong", "em": "emphasis", "s": "strike"}
_BLOCKS = {
    "paragraph": "paragraph",
    "blockquote": "quote",
    "bullet_list": "list",
    "ordered_list": "list",
    "list_item": "item",
    "tr": "row",
    "th": "cell",
    "td": "cell",
}
_LEAVES = {
    "text": "text",
    "text_special": "text",
    "softbreak": "text",
    "image": "text",
    "html_inline": "text",
    "html_block": "text",
    "hardbreak": "break",
    "code_inline": "code",
    "fence": "listing",
    "code_block": "listing",
    "hr": "rule",
}


def note_nodes(text: str) -> tuple[Node, ...]:
    """Markdown as nodes: every node has a `kind`, most have `children`, some a `text`.

    Raw HTML is text. A picture is replaced by its alternative text, a link that leads nowhere
    outside by its words. Headings start at level 2, below the chapter's own, and skip no level.
    """
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.enable(["table", "strikethrough"])
    return tuple(_nodes(SyntaxTreeNode(_levelled(parser.parse(text))).children))


def _levelled(tokens: list[Token]) -> list[Token]:
    """Give headings the levels 2 to 6 without gaps: a screen reader's user counts on them."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            given = int(token.tag[1])
            while above and above[-1] >= given:
                above.pop()
            above.append(given)
            token.meta["level"] = 1 + len(above)
    return tokens


def _nodes(children: Sequence[SyntaxTreeNode]) -> Iterator[Node]:
    for child in children:
        yield from _node(child)


def _node(node: SyntaxTreeNode) -> Iterator[Node]:
    kind = node.type
    if kind in _LEAVES:
        yield from _leaf(node)
        return
    inner = list(_nodes(node.children))
    if kind == "link":
        yield from _link(str(node.attrs.get("href", "")), inner)
    elif kind in _SPANS:
        yield {"kind": _SPANS[kind], "children": inner}
    elif kind == "heading":
        yield {"kind": "heading", "level": node.meta["level"], "children": inner}
    elif kind == "table":
        yield {"kind": "table", "rows": [row["children"] for row in inner]}
    elif kind in _BLOCKS:
        yield _block(node, inner)
    else:
        yield from inner


def _leaf(node: SyntaxTreeNode) -> Iterator[Node]:
    kind, text = _LEAVES[node.type], node.content
    if node.type in ("fence", "code_block"):
        text = text.removesuffix("\n")
    elif node.type == "softbreak":
        text = " "
    elif node.type == "image":
        text = text or "picture"
    if kind != "text" or text:
        yield {"kind": kind, "text": text}


def _link(href: str, inner: list[Node]) -> Iterator[Node]:
    if href.lower().startswith(_OUTSIDE):
        yield {"kind": "link", "href": href, "children": inner}
    else:
        yield from inner


def _block(node: SyntaxTreeNode, inner: list[Node]) -> Node:
    block: Node = {"kind": _BLOCKS[node.type], "children": inner}
    if block["kind"] == "list":
        block["ordered"] = node.type == "ordered_list"
        block["start"] = int(node.attrs.get("start", 1))
    return block
