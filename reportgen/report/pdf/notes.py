"""The user's notes for the PDF: Markdown → nodes of plain data, each text literal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import unquote

from markdown_it.tree import SyntaxTreeNode

from reportgen.records.report import Report
from reportgen.report.notes.markdown import level_headings, notes_parser
from reportgen.report.pdf.contexts import Node, Picture
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.placed_notes import notes_of

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
    "html_inline": "text",
    "html_block": "text",
    "hardbreak": "break",
    "code_inline": "code",
    "fence": "listing",
    "code_block": "listing",
    "hr": "rule",
}


class PdfNotes:
    """A report's notes by their places; what no chapter takes stands in front."""

    def __init__(self, report: Report, pictures: PdfPictures) -> None:
        self._notes = notes_of(report)
        self._taken: set[str] = set()
        self._pictures = {
            note_picture.file: pictures.picture(note_picture.file, "Picture in the notes")
            for note_picture in report.note_pictures
        }

    def take(self, place: str, above: int) -> tuple[Node, ...]:
        """The notes of a place, once, below a heading of the level `above`."""
        if place in self._taken:
            return ()
        self._taken.add(place)
        return note_nodes(self._notes.by_place.get(place, ""), above, self._pictures)

    def take_layers(self, above: int) -> tuple[Node, ...]:
        """The notes on layers that no chapter has taken, each under its heading."""
        left = [place for place in self._left() if place.startswith("layer ")]
        self._taken.update(left)
        return note_nodes(self._notes.under_headings(left), above, self._pictures)

    def front(self) -> tuple[Node, ...]:
        """Everything that is left, each part of it under its heading."""
        return note_nodes(self._notes.front_with(self._left()), 1, self._pictures)

    def _left(self) -> list[str]:
        return [place for place in self._notes.by_place if place not in self._taken]


def note_nodes(
    text: str, above: int = 1, pictures: Mapping[str, Picture] = MappingProxyType({})
) -> tuple[Node, ...]:
    """Markdown as nodes: every node has a `kind`, most have `children`, some a `text`.

    Raw HTML is text. A picture that is not among `pictures`, by its address, is replaced by its
    alternative text, a link that leads nowhere outside by its words. Headings start below the
    level `above`, and skip no level.
    """
    tokens = notes_parser().parse(text)
    level_headings(tokens, above)
    return tuple(_Nodes(pictures).of(SyntaxTreeNode(tokens).children))


class _Nodes:
    """Turns pieces of Markdown into nodes."""

    def __init__(self, pictures: Mapping[str, Picture]) -> None:
        self._pictures = pictures

    def of(self, children: Sequence[SyntaxTreeNode]) -> Iterator[Node]:
        """The nodes of some pieces."""
        for child in children:
            yield from self._node(child)

    def _node(self, node: SyntaxTreeNode) -> Iterator[Node]:
        kind = node.type
        if kind == "image":
            yield self._image(node)
            return
        if kind in _LEAVES:
            yield from _leaf(node)
            return
        inner = list(self.of(node.children))
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

    def _image(self, node: SyntaxTreeNode) -> Node:
        picture = self._pictures.get(unquote(str(node.attrs.get("src", ""))))
        if picture is None:
            return {"kind": "text", "text": node.content or "picture"}
        return {"kind": "picture", "picture": replace(picture, alt=node.content or picture.alt)}


def _leaf(node: SyntaxTreeNode) -> Iterator[Node]:
    kind, text = _LEAVES[node.type], node.content
    if node.type in ("fence", "code_block"):
        text = text.removesuffix("\n")
    elif node.type == "softbreak":
        text = " "
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
