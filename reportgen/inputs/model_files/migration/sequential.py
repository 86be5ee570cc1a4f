"""Sequential models of Keras 1 and 2: how their layers, names and inputs were written down."""

from typing import Any

from reportgen.inputs.model_files.migration.rule import (
    Node,
    Rule,
    class_name,
    layer_nodes,
    settings,
    stored_name,
    with_settings,
)

UNNAMED = "unnamed_sequential"
"""What nested models without a stored name are called, with a number; no file uses such names."""


def _wrap_list(node: Node) -> Node:
    """A bare list of layers; those inside of it that are bare lists too get names of their own."""
    if class_name(node) != "Sequential":
        return node
    config = node.get("config")
    wrapped = settings(node)
    if isinstance(config, list):
        wrapped = {"name": "sequential", "layers": config}
    if not isinstance(wrapped.get("layers"), list):
        return node
    inner = _with_names(wrapped["layers"])
    if wrapped is config and inner is wrapped["layers"]:
        return node
    return with_settings(node, {**wrapped, "layers": inner})


def _with_names(layers: list[Any]) -> list[Any]:
    nameless = [
        isinstance(layer, dict) and _is_bare(layer) and not isinstance(layer.get("name"), str)
        for layer in layers
    ]
    if not any(nameless):
        return layers
    return [
        with_settings(
            layer, {"name": f"{UNNAMED}_{sum(nameless[:index]) + 1}", "layers": layer["config"]}
        )
        if nameless[index]
        else layer
        for index, layer in enumerate(layers)
    ]


def _is_bare(node: Node) -> bool:
    return class_name(node) == "Sequential" and isinstance(node.get("config"), list)


def layers_of(node: Node) -> list[Node]:
    """The layers of a model, also where they are a bare list."""
    config = node.get("config")
    return layer_nodes({"layers": config} if isinstance(config, list) else settings(node))


def entry_of(node: Node, depth: int = 0) -> tuple[list[Any], str] | None:
    """Shape (batch axis first) and dtype of the first tensor that a layer or model takes.

    It stands on the layer itself, or on the first layer of a model, however deep. None when it
    stands nowhere.
    """
    config = settings(node)
    dtype = config.get("dtype")
    # An embedding takes whole numbers, which its own dtype does not tell.
    kind = "int32" if class_name(node) == "Embedding" else dtype
    shape = _shape_in(config)
    if shape is not None:
        return shape, kind if isinstance(kind, str) else "float32"
    layers = layers_of(node)
    ends = config.get("input_layers")
    while isinstance(ends, list) and ends and isinstance(ends[0], list):
        ends = ends[0]
    if isinstance(ends, list) and ends:
        layers = [layer for layer in layers if stored_name(layer) == ends[0]]
    return entry_of(layers[0], depth + 1) if layers and depth < 60 else None


def _shape_in(config: Node) -> list[Any] | None:
    for key in ("batch_input_shape", "batch_shape", "build_input_shape"):
        if isinstance(config.get(key), list):
            return list(config[key])
    if isinstance(config.get("input_shape"), list):
        return [None, *config["input_shape"]]
    if isinstance(config.get("input_dim"), int):
        return [None, config["input_dim"]]
    return None


def _input_first(node: Node) -> Node:
    if class_name(node) != "Sequential":
        return node
    config = settings(node)
    layers = layer_nodes(config)
    if not layers or class_name(layers[0]) == "InputLayer":
        return node
    found = entry_of(layers[0]) or entry_of(with_settings(node, {**config, "layers": []}))
    if found is None:
        return node
    shape, dtype = found
    first = settings(layers[0])
    name = f"{first.get('name', config.get('name', 'sequential'))}_input"
    entry = {
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": dtype, "name": name},
    }
    return with_settings(node, {**config, "layers": [entry, *layers]})


SEQUENTIAL_LIST = Rule("sequential_list", "Sequential layers were a bare list", _wrap_list)
INPUT_FIRST = Rule(
    "input_first", "the input's shape stood on the first layer of a Sequential model", _input_first
)
