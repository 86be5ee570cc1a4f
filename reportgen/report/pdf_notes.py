"""The user's notes for the PDF: Markdown → nodes of plain data, each text literal."""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from reportgen.report.notebook_choices import places
from reportgen.report.pdf_contexts import Node
from reportgen.report.placed_notes import place_notes
from reportgen.results import Report

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


class PdfNotes:
    """A report's notes by their places; what nobody takes goes to the front."""

    def __init__(self, report: Report) -> None:
        placed = place_notes(report.notes, places(report))
        self._front = placed.front
        self._left = dict(placed.by_place)

    def take(self, place: str, above: int) -> tuple[Node, ...]:
        """The notes of a place, once, below a heading of the level `above`."""
        return note_nodes(self._left.pop(place, ""), above)

    def front(self) -> tuple[Node, ...]:
        """Everything that is left, each part of it under the name of its place."""
        left = [
            node
            for place, text in self._left.items()
            for node in (
                {"kind": "heading", "level": 2, "children": [{"kind": "text", "text": place}]},
                *note_nodes(text, 2),
            )
        ]
        return (*note_nodes(self._front), *left)


def note_nodes(text: str, above: int = 1) -> tuple[Node, ...]:
    """Markdown as nodes: every node has a `kind`, most have `children`, some a `text`.

    Raw HTML is text. A picture is replaced by its alternative text, a link that leads nowhere
    outside by its words. Headings start below the level `above`, and skip no level.
    """
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.enable(["table", "strikethrough"])
    return tuple(_nodes(SyntaxTreeNode(_levelled(parser.parse(text), above)).children))


def _levelled(tokens: list[Token], level: int) -> list[Token]:
    """Give headings levels without gaps: a screen reader's user counts on them."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            given = int(token.tag[1])
            while above and above[-1] >= given:
                above.pop()
            above.append(given)
            token.meta["level"] = min(6, level + len(above))
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
