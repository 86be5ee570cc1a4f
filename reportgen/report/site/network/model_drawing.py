"""The drawing of the network on the page of the model: every layer to scale, with its branches."""

import math
from collections.abc import Iterator, Sequence

from reportgen.records.model import Layer
from reportgen.report.figures import COLUMN_WIDTH
from reportgen.report.layer_facts import kernel_text, trained_kind
from reportgen.report.outline import Outline, href
from reportgen.report.site.network.graph import Node, graph_of
from reportgen.report.site.network.layer_contexts import DrawnLabel, DrawnNode, ModelDrawing
from reportgen.report.site.network.stages import channels_first, map_size, output_of, output_size
from reportgen.wording import count, shape

MOST_NODES = 100
"""Nodes up to which each layer is drawn; beyond, each block is."""

_TALLEST, _SHORTEST = 112, 6
_GAP, _LANE_GAP, _ARCH = 16, 22, 20
_LETTER, _LINE = 7, 18
"""Pixels of a letter of a label, and from line to line."""
_LABEL_LINES = 2
_LARGEST = 1.25
"""How many times its size a small drawing is shown."""


def model_drawing(outline: Outline, page: str) -> ModelDrawing | None:
    """The nodes, lines and labels to draw; None for a network without layers."""
    nodes = graph_of(outline.report.model.layers, MOST_NODES)
    if not nodes:
        return None
    drawn, hidden = nodes[: 2 * MOST_NODES], len(nodes) - 2 * MOST_NODES
    placed = _Placed(outline, drawn)
    blocks = len(nodes) < len(outline.layers) and any(_is_block(node) for node in nodes)
    text = (
        "Height: side of the feature maps (square root). Width: channels (logarithm). The size"
        " of a block is that of its output. "
    )
    text += (
        "Each box is a block."
        if blocks
        else "Normalisations and activation functions belong to the layer before them."
    )
    if hidden > 0:
        text += f" {hidden:,} more in the table."
    times = min(_LARGEST, max(1.0, COLUMN_WIDTH / placed.width))
    return ModelDrawing(
        width=placed.width,
        height=placed.height,
        shown_width=round(placed.width * times),
        shown_height=round(placed.height * times),
        nodes=tuple(_node(outline, page, placed, at) for at in range(len(drawn))),
        lines="".join(_lines(placed)),
        labels=tuple(_labels(outline, page, placed)),
        text=text,
    )


_WORDS = {
    "trainable": ", trainable",
    "frozen": ", frozen",
    "partly": ", trainable in part",
    "plain": "",
}


class _Placed:
    """Where each node stands, in pixels: boxes of left, top, width and height."""

    def __init__(self, outline: Outline, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.blocks = any(_is_block(node) for node in nodes)
        first = channels_first(outline)
        sizes = [
            output_size(node.layers, channels_first=first)
            if self.blocks
            else map_size(node.main, channels_first=first)
            for node in nodes
        ]
        largest = max((max(size[:2]) for size in sizes if size), default=1)
        boxes = [_box(node, size, largest) for node, size in zip(nodes, sizes, strict=True)]
        lefts, self.width = _offsets([node.column for node in nodes], [b[0] for b in boxes], _GAP)
        tops, bottom = _offsets([node.lane for node in nodes], [b[1] for b in boxes], _LANE_GAP)
        self.boxes = [
            (lefts[node.column], tops[node.lane] + _ARCH, width, height)
            for node, (width, height) in zip(nodes, boxes, strict=True)
        ]
        heights = dict.fromkeys(tops, 0)
        for node, (_, height) in zip(nodes, boxes, strict=True):
            heights[node.lane] = max(heights[node.lane], height)
        # In the middle of their lane.
        self.boxes = [
            (left, top + (heights[node.lane] - height) // 2, width, height)
            for node, (left, top, width, height) in zip(nodes, self.boxes, strict=True)
        ]
        self.floor = bottom + _ARCH
        self.height = self.floor + _LABEL_LINES * 2 * _LINE


def _offsets(places: Sequence[int], sizes: Sequence[int], gap: int) -> tuple[dict[int, int], int]:
    """Where each column or lane begins, as large as its largest node, and where the last ends."""
    largest: dict[int, int] = {}
    for place, size in zip(places, sizes, strict=True):
        largest[place] = max(largest.get(place, 0), size)
    offsets, at = {}, gap // 2
    for place in sorted(largest):
        offsets[place] = at
        at += largest[place] + gap
    return offsets, at


def _is_block(node: Node) -> bool:
    """Whether a node is a block: it has more than one layer with a kernel or a window."""
    return sum(layer.window is not None for layer in node.layers) > 1


def _box(node: Node, size: tuple[int, int, int] | None, largest: int) -> tuple[int, int]:
    """Width and height of a node in pixels."""
    if size is None:
        sizes = node.main.output_shape[1:]
        units = max(1, math.prod(side or 1 for side in sizes))
        return 8, round(10 + 5 * math.log2(units))
    height = round(_TALLEST * math.sqrt(max(size[:2]) / largest))
    return round(6 + 3 * math.log2(max(1, size[2]))), max(_SHORTEST, height)


def _node(outline: Outline, page: str, placed: _Placed, at: int) -> DrawnNode:
    node = placed.nodes[at]
    left, top, width, height = placed.boxes[at]
    parameters = sum(layer.parameters for layer in node.layers)
    kind, main = trained_kind(node.layers), node.main
    if placed.blocks:
        name, what = main.block or main.path, count(len(node.layers), "layer")
        place = outline.block_place(main.block)
    else:
        name, what = main.path, " ".join(filter(None, (main.type, kernel_text(main))))
        place = outline.layer_place(main.path)
    words = [name, what, shape(main.output_shape)]
    words.append(f"{count(parameters, 'parameter')}{_WORDS[kind]}")
    if not placed.blocks and len(node.layers) > 1:
        words.append(f"with {', '.join(layer.type for layer in node.layers[1:])}")
    return DrawnNode(
        href=href(page, place),
        title=" · ".join(words),
        left=left,
        top=top,
        width=width,
        height=height,
        kind=kind,
    )


def _lines(placed: _Placed) -> Iterator[str]:
    """SVG path data of what leads from node to node."""
    lanes: dict[int, list[int]] = {}
    for at, node in enumerate(placed.nodes):
        lanes.setdefault(node.lane, []).append(at)
    for at, node in enumerate(placed.nodes):
        for source in node.inputs:
            yield _line(placed, source, at, lanes)


def _line(placed: _Placed, source: int, target: int, lanes: dict[int, list[int]]) -> str:
    first, other = placed.nodes[source], placed.nodes[target]
    left, top, width, height = placed.boxes[source]
    x, y = left + width, top + height // 2
    to_left, to_top, to_width, to_height = placed.boxes[target]
    to_y = to_top + to_height // 2
    if first.lane == other.lane:
        between = [
            placed.boxes[at][1]
            for at in lanes[first.lane]
            if first.column < placed.nodes[at].column < other.column
        ]
        if not between:
            return f"M{x} {y}H{to_left}"
        # An arch over the nodes that are passed by.
        over = min(*between, top, to_top) - _ARCH + 6
        start, end = left + width // 2, to_left + to_width // 2
        arch = f"Q{start} {over} {start + 8} {over}H{end - 8}Q{end} {over} {end} {to_top}"
        return f"M{start} {top}{arch}"
    turn = _GAP // 2
    if first.lane < other.lane:
        return f"M{x} {y}C{x + turn} {y} {x} {to_y} {x + turn} {to_y}H{to_left}"
    return f"M{x} {y}H{to_left - turn}C{to_left} {y} {to_left - turn} {to_y} {to_left} {to_y}"


def _labels(outline: Outline, page: str, placed: _Placed) -> Iterator[DrawnLabel]:
    """The name of each block and the shape that it puts out, below where it begins."""
    begins: dict[str, int] = {}
    members: dict[str, list[Layer]] = {}
    for at, node in enumerate(placed.nodes):
        for layer in node.layers:
            begins.setdefault(layer.block, at)
            members.setdefault(layer.block, []).append(layer)
    free = [0] * _LABEL_LINES
    for block, at in sorted(begins.items(), key=lambda item: placed.boxes[item[1]][0]):
        left = placed.boxes[at][0]
        name, size = (
            outline.block_titles[block] or "other",
            shape(output_of(members[block]).output_shape),
        )
        row = next((row for row, taken in enumerate(free) if taken <= left), None)
        if row is None:
            continue
        free[row] = left + _LETTER * max(len(name), len(size)) + 10
        top = placed.floor + (2 * row + 1) * _LINE
        yield DrawnLabel(
            left=left, top=top, text=name, size=size, href=href(page, outline.block_place(block))
        )
