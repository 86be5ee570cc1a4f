"""The wiring of Functional models, brought to one form that does not depend on who wrote it.

Afterwards every call of a layer is `{"args": [...], "kwargs": {...}}`, in which a tensor is
`{"class_name": "__keras_tensor__", "config": {"keras_history": [layer, call, output]}}`, and calls
of a layer are counted from 0. `input_layers` and `output_layers` hold `[layer, call, output]`.
"""

from collections.abc import Callable
from typing import Any

from reportgen.inputs.model_files.migration.rule import (
    MODEL_CLASSES,
    Node,
    Rule,
    class_name,
    layer_nodes,
    settings,
    stored_name,
    with_settings,
)

_NO_TENSOR = "_CONSTANT_VALUE"
UNTOLD_MODULE = "keras.ops"
"""The module of an operation of which the file does not say where in `keras.ops` it is."""
Reference = list[Any]
"""[layer name, which call of it, which of its outputs]"""


def tensor(reference: Reference) -> Node:
    """A tensor in the arguments of a call."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": reference}}


def is_reference(value: Any) -> bool:
    """Whether `value` looks like [layer name, call, output]."""
    return (
        isinstance(value, list)
        and len(value) in {3, 4}
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


def map_references(value: Any, change: Callable[[Reference], Any]) -> Any:
    """`value` with every reference in its lists and dictionaries changed."""
    if is_reference(value):
        return change(value)
    if isinstance(value, list):
        return [map_references(item, change) for item in value]
    if isinstance(value, dict):
        return {key: map_references(item, change) for key, item in value.items()}
    return value


def _is_graph(node: Node) -> bool:
    return "output_layers" in settings(node) and bool(layer_nodes(settings(node)))


def _nested_calls(node: Node) -> Node:
    """Calls of nested models, counted from 1 by Keras 2, are counted from 0 (B4)."""
    if not _is_graph(node):
        return node
    config = settings(node)
    layers = layer_nodes(config)
    shifted = _shifted_layers(config, layers)
    if not shifted:
        return node

    def renumbered(reference: Reference) -> Reference:
        name, call, *rest = reference
        # The fourth member, if there is one, holds arguments that may refer to tensors.
        rest = [rest[0], *(map_references(item, renumbered) for item in rest[1:])]
        return [name, call - 1 if name in shifted and call > 0 else call, *rest]

    changed = [
        {**layer, "inbound_nodes": map_references(_calls(layer), renumbered)} for layer in layers
    ]
    return with_settings(node, {**map_ends(config, renumbered), "layers": changed})


def _node_references(node: Node) -> Node:
    """Lists of `[layer, call, output, arguments]` become calls with args and kwargs (B4)."""
    if not _is_graph(node):
        return node
    config = settings(node)
    layers = layer_nodes(config)
    names = {stored_name(layer) for layer in layers}

    def in_arguments(value: Any) -> Any:
        return map_references(
            value, lambda found: tensor(found[:3]) if found[0] in names else found
        )

    changed = [
        {**layer, "inbound_nodes": [_modern_call(call, in_arguments) for call in _calls(layer)]}
        for layer in layers
    ]
    return with_settings(node, _unwrapped({**config, "layers": changed}))


def _calls(layer: Node) -> list[Any]:
    calls = layer.get("inbound_nodes")
    return calls if isinstance(calls, list) else []


def _modern_call(call: Any, in_arguments: Callable[[Any], Any]) -> Any:
    if isinstance(call, dict) and "args" in call:
        return call
    if isinstance(call, dict):  # a dictionary of tensors as the one argument
        return {"args": [in_arguments(call)], "kwargs": {}}
    if not isinstance(call, list) or not call:
        return {"args": [], "kwargs": {}}
    if isinstance(call[0], str):  # one tensor, not in a list
        call = [call]
    first = [in_arguments(_constants(item)) for item in call]
    keywords = in_arguments(_keywords(call))
    return {"args": [first[0] if len(first) == 1 else first], "kwargs": keywords}


def _is_leaf(value: Any) -> bool:
    """Whether `value` is [layer or _CONSTANT_VALUE, call, output or value, keywords]."""
    return isinstance(value, list) and len(value) in {3, 4} and isinstance(value[0], str)


def _constants(value: Any) -> Any:
    """A stored argument in which every constant stands for itself."""
    if _is_leaf(value):
        return value[2] if value[0] == _NO_TENSOR else value
    return [_constants(item) for item in value] if isinstance(value, list) else value


def _keywords(value: Any) -> Node:
    """The arguments by keyword, which every tensor and constant of a call repeats."""
    if _is_leaf(value):
        return value[3] if len(value) == 4 and isinstance(value[3], dict) else {}
    found: Node = {}
    for item in value if isinstance(value, list) else ():
        found.update(_keywords(item))
    return found


def _shifted_layers(config: Node, layers: list[Node]) -> set[str]:
    """Names of nested models whose calls are counted from 1.

    Keras 2 counted a nested model's own graph as its call 0.
    """
    found: dict[str, set[int]] = {}

    def remember(reference: Reference) -> Reference:
        found.setdefault(reference[0], set()).add(reference[1])
        map_references(reference[3:], remember)
        return reference

    for layer in layers:
        map_references(_calls(layer), remember)
    map_ends(config, remember)
    shifted = set()
    for layer in layers:
        name = stored_name(layer)
        calls = found.get(name, set())
        nested = class_name(layer) in MODEL_CLASSES or "layers" in settings(layer)
        beyond = any(call >= len(_calls(layer)) for call in calls)
        if calls and 0 not in calls and (nested or beyond):
            shifted.add(name)
    return shifted


def map_ends(config: Node, change: Callable[[Reference], Any]) -> Node:
    """The model's configuration with its input and output references changed."""
    return {
        **config,
        **{
            key: map_references(config[key], change)
            for key in ("input_layers", "output_layers")
            if key in config
        },
    }


def _unwrapped(config: Node) -> Node:
    """Keras 2 kept a single input or output in a list, and gave it out without one."""
    changed = dict(config)
    for key in ("input_layers", "output_layers"):
        value = config.get(key)
        if isinstance(value, list) and len(value) == 1 and is_reference(value[0]):
            changed[key] = value[0]
    return changed


def _output_references(node: Node) -> Node:
    """Keras 3 counts a nested Functional model's calls from 1 in `output_layers` only."""
    if not _is_graph(node):
        return node
    config = settings(node)
    nested = {
        stored_name(layer)
        for layer in layer_nodes(config)
        if class_name(layer) == "Functional" or "output_layers" in settings(layer)
    }

    def renumbered(reference: Reference) -> Reference:
        name, call, output = reference[:3]
        return [name, call - 1, output] if name in nested and call > 0 else reference

    changed = {**config, "output_layers": map_references(config["output_layers"], renumbered)}
    return with_settings(node, changed) if changed != config else node


def _operations(node: Node) -> Node:
    """Keras 3 writes operations into HDF5 as if they were layers, but with no layer's settings."""
    if "inbound_nodes" not in node or "module" in node or not isinstance(node.get("config"), dict):
        return node
    if "trainable" in settings(node) or class_name(node) in {*MODEL_CLASSES, "InputLayer"}:
        return node
    return {**node, "module": UNTOLD_MODULE}


NESTED_CALLS = Rule("nested_calls", "calls of nested models were counted from 1", _nested_calls)
NODE_REFERENCES = Rule("node_references", "", _node_references)
OUTPUT_REFERENCES = Rule("output_references", "", _output_references, frozenset({3}))
OPERATIONS = Rule("operations", "", _operations, frozenset({3}))
