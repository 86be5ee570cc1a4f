"""The network as a graph to draw: nodes of one main layer, in columns by depth and in lanes.

A normalisation, an activation or another layer that only follows one layer belongs to its node.
The longest path from an input to an output has the first lane; every branch has another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reportgen.records.model import Layer


@dataclass
class Node:
    """A layer and the small ones that follow it; `inputs` and `outputs` are numbers of nodes."""

    layers: list[Layer]
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    column: int = 0
    lane: int = 0

    @property
    def main(self) -> Layer:
        """The layer that it stands for."""
        return self.layers[0]


def graph_of(layers: Sequence[Layer], most: int) -> list[Node]:
    """The nodes of a network in order of computation; a node a block where they exceed `most`."""
    nodes = _joined(layers, _by_layer(layers))
    if len(nodes) > most:
        nodes = _joined(layers, {layer.path: layer.block for layer in layers})
    _place(nodes)
    return nodes


def _by_layer(layers: Sequence[Layer]) -> dict[str, str]:
    """For each layer the path of the one whose node it belongs to."""
    fed: dict[str, int] = {}
    for layer in layers:
        for path in layer.inputs:
            fed[path] = fed.get(path, 0) + 1
    owner: dict[str, str] = {}
    for layer in layers:
        before = layer.inputs[0] if len(layer.inputs) == 1 else ""
        follows = before in owner and fed[before] == 1 and _is_small(layer)
        owner[layer.path] = owner[before] if follows else layer.path
    return owner


def _is_small(layer: Layer) -> bool:
    """Whether a layer is drawn with the one before it."""
    scales = "Normalization" in layer.type or layer.type in ("PReLU", "Rescaling")
    return layer.window is None and (scales or not layer.parameters)


def _joined(layers: Sequence[Layer], owner: dict[str, str]) -> list[Node]:
    """One node for all layers of an owner, with what leads from node to node."""
    numbers: dict[str, int] = {}
    nodes: list[Node] = []
    for layer in layers:
        number = numbers.setdefault(owner[layer.path], len(nodes))
        if number == len(nodes):
            nodes.append(Node([]))
        nodes[number].layers.append(layer)
        for path in layer.inputs:
            source = numbers.get(owner.get(path, ""), number)
            # A block that is left and entered again would make a circle.
            if source < number and source not in nodes[number].inputs:
                nodes[number].inputs.append(source)
                nodes[source].outputs.append(number)
    return nodes


def _place(nodes: list[Node]) -> None:
    """Give each node its column and its lane."""
    for node in nodes:
        node.column = max((nodes[at].column + 1 for at in node.inputs), default=0)
    ahead = [0] * len(nodes)
    for at in reversed(range(len(nodes))):
        ahead[at] = max((ahead[after] + 1 for after in nodes[at].outputs), default=0)
    placed: set[int] = set()
    taken: list[list[tuple[int, int]]] = []
    while len(placed) < len(nodes):
        free = [at for at in range(len(nodes)) if at not in placed]
        path = _longest(nodes, ahead, free, placed)
        span = _span(nodes, path)
        lane = next(
            (at for at, spans in enumerate(taken) if all(_apart(span, other) for other in spans)),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append(span)
        for at in path:
            nodes[at].lane = lane
        placed.update(path)


def _longest(
    nodes: Sequence[Node], ahead: Sequence[int], free: Sequence[int], placed: set[int]
) -> list[int]:
    """The path of free nodes that starts with the one that has the most layers ahead."""
    path = [max(free, key=lambda at: (ahead[at], -at))]
    while after := [at for at in nodes[path[-1]].outputs if at not in placed]:
        path.append(max(after, key=lambda at: (ahead[at], -at)))
    return path


def _span(nodes: Sequence[Node], path: Sequence[int]) -> tuple[int, int]:
    """The columns that a path takes, with the lines that lead to it and away from it."""
    first, last = nodes[path[0]], nodes[path[-1]]
    start = min((nodes[at].column for at in first.inputs), default=first.column - 1)
    end = max((nodes[at].column for at in last.outputs), default=last.column + 1)
    return start, end


def _apart(first: tuple[int, int], other: tuple[int, int]) -> bool:
    return first[1] <= other[0] or other[1] <= first[0]
