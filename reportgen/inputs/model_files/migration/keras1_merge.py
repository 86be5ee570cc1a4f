"""Merge of Keras 1: one layer for what are now seven, and the branches that it could carry."""

from typing import Any

from reportgen.inputs.model_files.migration.rule import (
    Node,
    Rule,
    class_name,
    layer_nodes,
    settings,
    with_settings,
)
from reportgen.inputs.model_files.migration.sequential import entry_of, layers_of

_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
}


def _replace_merge(node: Node) -> Node:
    if class_name(node) != "Merge":
        return node
    config = settings(node)
    new = _MERGES.get(str(config.get("mode")))
    # A mode that was a function was stored as code: it is left to the error for unknown layers.
    if new is None or config.get("layers"):
        return node
    arguments: Node = {key: config[key] for key in ("name", "trainable") if key in config}
    if new == "Concatenate":
        arguments["axis"] = config.get("concat_axis", -1)
    if new == "Dot":
        arguments["axes"] = config.get("dot_axes", -1)
    return {**node, "class_name": new, "config": arguments}


def _branches_to_graph(node: Node) -> Node:
    if class_name(node) != "Sequential" or not _starts_with_branches(layers_of(node)):
        return node
    graph = _Graph()
    end = graph.chain(layers_of(node))
    if end is None:
        return node
    config: Node = {
        "name": settings(node).get("name", "sequential"),
        "layers": graph.nodes,
        "input_layers": [[name, 0, 0] for name in graph.inputs],
        "output_layers": [[end, 0, 0]],
    }
    return {**node, "class_name": "Model", "config": config}


def _starts_with_branches(layers: list[Node]) -> bool:
    return (
        bool(layers) and class_name(layers[0]) == "Merge" and bool(layer_nodes(settings(layers[0])))
    )


class _Graph:
    """Sequential branches laid out in one graph, where Keras 1 looked for their weights too."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: list[str] = []

    def chain(self, layers: list[Node], depth: int = 0) -> str | None:
        """Add one branch; its last layer's name, None when it does not say what it takes."""
        if not layers or depth > 20:
            return None
        ends: list[str | None]
        first, rest = layers[0], layers[1:]
        if _starts_with_branches(layers):
            ends = [self._branch(branch, depth + 1) for branch in layer_nodes(settings(first))]
            first = with_settings(first, {**settings(first), "layers": None})
        else:
            ends = [self._input(first)]
            rest = rest if class_name(first) == "InputLayer" else layers
            first = {}
        if None in ends:
            return None
        end = self._add(first, ends) if first else ends[0]
        for layer in rest:
            end = self._add(layer, [end])
        return end

    def _branch(self, node: Node, depth: int) -> str | None:
        return self.chain(layers_of(node) if class_name(node) == "Sequential" else [node], depth)

    def _input(self, first: Node) -> str | None:
        found = entry_of(first)
        if found is None:
            return None
        shape, dtype = found
        name = f"{settings(first).get('name', 'branch')}_input_{len(self.inputs) + 1}"
        self.nodes.append(
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": shape, "dtype": dtype, "name": name},
                "name": name,
                "inbound_nodes": [],
            }
        )
        self.inputs.append(name)
        return name

    def _add(self, layer: Node, sources: list[Any]) -> str:
        name = str(settings(layer).get("name", f"layer_{len(self.nodes)}"))
        references = [[source, 0, 0, {}] for source in sources]
        self.nodes.append({**layer, "name": name, "inbound_nodes": [references]})
        return name


MERGE_LAYERS = Rule(
    "keras1_merge",
    "Merge layers of Keras 1 were replaced by today's (Add, Concatenate)",
    _replace_merge,
)
MERGE_BRANCHES = Rule(
    "keras1_merge_branches",
    "a Sequential model began with a Merge of branches, which became inputs of a graph",
    _branches_to_graph,
)
