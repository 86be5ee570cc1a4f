"""Weights of Keras 1 and 2 in HDF5: for each layer of the network a list of named arrays.

A nested model's arrays stand in one list: all trainable ones in the order of its layers, then all
others. Names tell them apart where they are unique, the order where they are not.
"""

import re
from typing import Any

from reportgen.inputs.model_files.hdf5 import StoredArray
from reportgen.inputs.model_files.migration.sequential import UNNAMED
from reportgen.inputs.model_files.parts import Part
from reportgen.inputs.model_files.stored import LegacyWeights
from reportgen.inputs.model_files.weights_assign import (
    Array,
    WeightsMismatchError,
    assign,
    finish,
    size_text,
)
from reportgen.inputs.model_files.weights_layouts import todays_layout

_KERAS_1_NAMES = {
    "W": "kernel",
    "b": "bias",
    "U": "recurrent_kernel",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
}


def load_legacy(root: Part, weights: LegacyWeights) -> list[str]:
    """Give every layer below `root` its stored arrays; returns warnings.

    Layers are found by their names; if no name is known, by their order, which is a warning.
    Raises `WeightsMismatchError` naming the first layer that lacks arrays, or whose arrays have
    another number or shape.
    """
    parts = [part for part in root.children or [root] if part.layer is not None]
    weighted = [part for part in parts if part.layer.weights]
    stored = {name: arrays for name, arrays in weights.layers.items() if arrays}
    warnings = _name_by_order(weighted, stored, weights.file_name)
    guessed = []
    for part in weighted:
        if part.name not in stored:
            raise WeightsMismatchError(
                f"{weights.file_name} has no weights for the layer {part.name[:80]!r}."
            )
        arrays, guess = todays_layout(
            stored[part.name], part, weights.backend, weights.keras_version
        )
        _load_layer(part, arrays, weights.file_name)
        guessed += [part.name] if guess else []
    if guessed:
        warnings.append(
            f"{weights.file_name} does not say whether TensorFlow or Theano wrote the kernels of"
            f" {guessed[0][:60]!r}: TensorFlow is assumed (Theano's would be upside down)"
        )
    return warnings


def _name_by_order(
    weighted: list[Part], stored: dict[str, list[tuple[str, StoredArray]]], file_name: str
) -> list[str]:
    """Give stored lists that no layer is called by to the layers without one, in order.

    `stored` gets further names; the result are warnings. Nested models without a stored name are
    no warning: their order is all there ever was.
    """
    lacking = [part for part in weighted if part.name not in stored]
    names = {part.name for part in weighted}
    spare = [name for name in stored if name not in names]
    if not lacking:
        return []
    if len(lacking) == len(weighted) and stored and len(spare) < len(lacking):
        raise WeightsMismatchError(
            f"{file_name} holds weights for {len(stored)} layers, none of them with a name"
            f" of the network, which has {len(weighted)} ({weighted[0].name[:80]!r}, ...)."
        )
    if len(spare) != len(lacking) and not (spare and len(lacking) == len(weighted)):
        return []
    for part, name in zip(lacking, spare, strict=False):
        stored[part.name] = stored[name]
    named = [
        (part, name)
        for part, name in zip(lacking, spare, strict=False)
        if not part.name.startswith(UNNAMED)
    ]
    return [
        f"{file_name} names its layers differently ({name[:60]!r} for {part.name[:60]!r}); weights"
        " were given by order"
        for part, name in named[:1]
    ]


def last_size_legacy(root: Part, weights: LegacyWeights) -> int | None:
    """The last axis of what is stored for the last layer with weights below `root`."""
    for part in reversed(root.children):
        if part.layer.weights:
            arrays = weights.layers.get(part.name)
            return arrays[-1][1].shape[-1] if arrays and arrays[-1][1].shape else None
    return None


def _load_layer(part: Part, arrays: list[tuple[str, Array]], file_name: str) -> None:
    variables = _keras_2_order(part.layer)
    pairs = _by_name(variables, arrays) or _by_order(part, variables, arrays, file_name)
    for variable, array in pairs:
        assign(variable, array, _owner(variable, part), file_name)
    for leaf in part.leaves():
        finish(leaf.layer)


def _keras_2_order(layer: Any) -> list[Any]:
    """Variables as Keras 2 listed them."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _by_name(
    variables: list[Any], arrays: list[tuple[str, Array]]
) -> list[tuple[Any, Array]] | None:
    """Pairs by layer and variable name; None when names do not tell, or shapes contradict them."""
    for length in (2, 1):
        stored: dict[tuple[str, ...], Array] = {}
        for name, array in arrays:
            stored.setdefault(_key(name, length), array)
        keys = [_key(variable.path, length) for variable in variables]
        if len(set(keys)) != len(variables) or not set(keys) <= set(stored):
            continue
        if length == 2 and len(stored) != len(arrays):
            continue
        pairs = [(variable, stored[key]) for variable, key in zip(variables, keys, strict=True)]
        if all(tuple(variable.shape) == tuple(array.shape) for variable, array in pairs):
            return pairs
    return None


def _key(name: str, length: int) -> tuple[str, ...]:
    """The last parts of a name: `block1_conv1/kernel:0` is (block1_conv1, kernel)."""
    pieces = [piece for piece in re.sub(r":\d+$", "", name).split("/") if piece]
    last = pieces[-1] if pieces else ""
    for old, new in _KERAS_1_NAMES.items():
        if last.endswith(f"_{old}"):
            last, pieces = new, [last[: -len(old) - 1], new]
    return tuple([*pieces[:-1], last][-length:])


def _by_order(
    part: Part, variables: list[Any], arrays: list[tuple[str, Array]], file_name: str
) -> list[tuple[Any, Array]]:
    """Pairs by position, in the first of three orders whose shapes all fit."""
    orders = [variables, list(part.layer.weights), _all_trainable_first(part)]
    if len(arrays) != len(variables):
        raise WeightsMismatchError(
            f"{file_name} does not fit the layer {part.name[:80]!r}: it holds {len(arrays)}"
            " arrays of"
            f" weights where the network has {len(variables)}."
        )
    for order in orders:
        pairs = [(variable, array) for variable, (_, array) in zip(order, arrays, strict=True)]
        if all(tuple(variable.shape) == tuple(array.shape) for variable, array in pairs):
            return pairs
    for variable, (name, array) in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != tuple(array.shape):
            raise WeightsMismatchError(
                f"{file_name} does not fit the layer {_owner(variable, part)[:80]!r}: it holds"
                f" {size_text(array.shape)} weights ({name[:60]}) where the network has"
                f" {size_text(variable.shape)}."
            )
    return []


def _all_trainable_first(part: Part) -> list[Any]:
    """The order of a model that was frozen only after its weights had been written."""
    first: list[Any] = []
    last: list[Any] = []
    for variable in part.layer.weights:
        is_statistic = variable.name.startswith("moving_") or variable.name in {
            "mean",
            "variance",
            "count",
        }
        (last if is_statistic else first).append(variable)
    return [*first, *last]


def _owner(variable: Any, part: Part) -> str:
    pieces = str(variable.path).split("/")
    return pieces[-2] if part.children and len(pieces) > 1 else part.name
