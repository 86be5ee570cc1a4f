"""Networks that end in layers which cannot be rebuilt: cut behind the last spatial layer."""

from typing import Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.call_graph import CallGraph
from reportgen.inputs.model_files.migration.graph import is_reference
from reportgen.inputs.model_files.migration.rule import (
    MODEL_CLASSES,
    Node,
    class_name,
    layer_nodes,
    settings,
    stored_name,
)
from reportgen.inputs.model_files.parts import help_needed

_SPATIAL = ("Conv", "MaxPool", "AveragePool", "UpSampling", "SeparableConv", "DepthwiseConv")


def check_cut(
    file_name: str, nodes: list[Node], missing: dict[str, str], unreached: set[str]
) -> None:
    """Allow leaving out `unreached` only if all spatial layers stay; raises `ModelFileError` else.

    `missing` holds, for each layer that cannot be made, the sentence that says what would help.
    """
    kept = [node for node in nodes if stored_name(node) not in unreached]
    lost = [node for node in nodes if stored_name(node) in unreached]
    # A class of the user's may be all there is before the end: its own layers are not listed here.
    stays = _any_spatial(kept) or any(class_name(node) != "InputLayer" for node in kept)
    if stays and not _any_spatial(lost):
        return
    raise ModelFileError(f"{file_name} needs help: {help_needed(missing)}.")


def left_out(nodes: list[Node], unreached: set[str]) -> list[str]:
    """The layers left out, each as its name and class."""
    return [
        f"“{stored_name(node)[:80]}” ({class_name(node)[:60]})"
        for node in nodes
        if stored_name(node) in unreached and class_name(node) != "InputLayer"
    ]


def check_learned(file_name: str, model: Any, missing: dict[str, str]) -> None:
    """Raise `ModelFileError` when what is left of a network has learned nothing.

    `missing` is as in `check_cut`.
    """
    import keras

    layers = model._flatten_layers(include_self=False, recursive=True)
    if any(layer.weights and not isinstance(layer, keras.layers.Normalization) for layer in layers):
        return
    raise ModelFileError(
        f"{file_name} needs help: {help_needed(missing)}. Without them, no layer with"
        " learned weights is left."
    )


def _any_spatial(nodes: list[Node]) -> bool:
    return any(
        _any_spatial(layer_nodes(settings(node)))
        if class_name(node) in MODEL_CLASSES
        else class_name(node).startswith(_SPATIAL)
        for node in nodes
    )


def cut_outputs(
    file_name: str, graph: CallGraph, unreached: set[str], output_layers: Any
) -> list[Any]:
    """The tensors where the network now ends: what the lost layers read, and outputs that stay."""
    found: list[Any] = []

    def keep(reference: Any) -> None:
        name, call, _ = reference[:3]
        calls = graph.tensors.get(name, [])
        if name in unreached or call >= len(calls):
            return
        tensor = graph.tensor(reference)
        is_input = tensor._keras_history[0].__class__.__name__ == "InputLayer"
        if not is_input and all(tensor is not other for other in found):
            found.append(tensor)

    for key in graph.waiting:
        for call in graph.waiting[key]:
            for reference in _references(call):
                keep(reference)
    for reference in _references(output_layers):
        keep(reference)
    if not found:
        raise ModelFileError(f"{file_name} has nothing left when its unknown layers are left out.")
    return found


def _references(value: Any) -> list[Any]:
    if is_reference(value):
        return [value]
    if isinstance(value, list):
        return [item for inner in value for item in _references(inner)]
    if isinstance(value, dict):
        return [item for inner in value.values() for item in _references(inner)]
    return []
