"""Weights of Keras 1 and 2 in HDF5: for each layer of the network a list of named arrays.

A nested model's arrays stand in one list: all trainable ones in the order of its layers, then all
others. Names tell them apart where they are unique, the order where they are not.
"""

import re
from dataclasses import dataclass
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
from reportgen.printable import quoted

StoredLists = dict[str, list[tuple[str, StoredArray]]]
_KERAS_1_NAMES = {
    "W": "kernel",
    "b": "bias",
    "U": "recurrent_kernel",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
}


@dataclass(frozen=True)
class Given:
    """Which stored list goes to which layer, and warnings about it."""

    lists: list[tuple[Part, str]]
    warnings: list[str]


def load_legacy(
    root: Part, weights: LegacyWeights, *, apart: bool = True, by_name: bool = False
) -> list[str]:
    """Give every layer below `root` its stored arrays; returns warnings.

    `apart` says that the weights come from another file than the network. They are then given in
    the order of the layers, as Keras does, unless that does not fit or `by_name` is set. Raises
    `WeightsMismatchError` naming the first layer that lacks arrays, or whose arrays have another
    number or shape; no layer has changed then.
    """
    parts = [part for part in root.children or [root] if part.layer is not None]
    weighted = [part for part in parts if part.layer.weights]
    stored = {name: arrays for name, arrays in weights.layers.items() if arrays}
    if apart and not by_name:
        given, found = _in_order(weighted, stored, weights)
    else:
        given = _by_names(weighted, stored, weights.file_name, by_name)
        found = _fitting(given, stored, weights, by_name=True)
    for variable, array, owner in found.pairs:
        assign(variable, array, owner, weights.file_name)
    for part in weighted:
        for leaf in part.leaves():
            finish(leaf.layer)
    return [*given.warnings, *found.warnings]


@dataclass(frozen=True)
class Fitting:
    """(variable, array, owner) for every layer, and warnings about what was assumed."""

    pairs: list[tuple[Any, Array, str]]
    warnings: list[str]


def _fitting(
    given: Given, stored: StoredLists, weights: LegacyWeights, *, by_name: bool
) -> Fitting:
    pairs = []
    guessed = []
    renamed = []
    for part, name in given.lists:
        arrays, guess = todays_layout(stored[name], part, weights.backend, weights.keras_version)
        found, others = _pairs_of(part, arrays, weights.file_name, by_name)
        pairs += [(variable, array, _owner(variable, part)) for variable, array in found]
        guessed += [part.name] if guess else []
        renamed += [part.name] if others else []
    warnings = [
        f"{weights.file_name} names the layers inside {quoted(name[:60])} differently than "
        "the network;"
        " their weights were given by order, as Keras does; --weights-by-name gives them by name"
        for name in renamed[:1]
    ]
    warnings += [
        f"{weights.file_name} does not say whether TensorFlow or Theano wrote the kernels of"
        f" {quoted(name[:60])}: TensorFlow is assumed (Theano's would be upside down)"
        for name in guessed[:1]
    ]
    return Fitting(pairs, warnings)


def _in_order(
    weighted: list[Part], stored: StoredLists, weights: LegacyWeights
) -> tuple[Given, Fitting]:
    """By order where that fits, else by name where every layer is found by its name."""
    mismatch: WeightsMismatchError | None = None
    if len(stored) == len(weighted):
        given = _as_they_stand(weighted, stored, weights.file_name)
        try:
            return given, _fitting(given, stored, weights, by_name=False)
        except WeightsMismatchError as error:
            mismatch = error
    try:
        given = _by_names(weighted, stored, weights.file_name)
        return given, _fitting(given, stored, weights, by_name=False)
    except WeightsMismatchError:
        raise mismatch or _other_count(weighted, stored, weights.file_name) from None


def _as_they_stand(weighted: list[Part], stored: StoredLists, file_name: str) -> Given:
    lists = list(zip(weighted, stored, strict=True))
    names = {part.name for part in weighted}
    other = [
        (part, name)
        for part, name in lists
        if part.name != name and not part.name.startswith(UNNAMED)
    ]
    if not other:
        return Given(lists, [])
    part, name = other[0]
    said = "names its layers differently" if names != {*stored} else "has its layers in other order"
    return Given(
        lists,
        [
            f"{file_name} {said} than the network ({quoted(name[:60])} where that has"
            f" {quoted(part.name[:60])}); weights were given by order, as Keras does; "
            "--weights-by-name"
            " gives them by name"
        ],
    )


def _by_names(
    weighted: list[Part], stored: StoredLists, file_name: str, strictly: bool = False
) -> Given:
    """By name; lists that no layer is called by go to the layers without one, in order.

    Not so `strictly`. Nested models without a stored name are no warning: their order is all there
    ever was.
    """
    names = {part.name for part in weighted}
    spare = [name for name in stored if name not in names]
    lacking = [part for part in weighted if part.name not in stored]
    nameless = [part for part in lacking if not part.name.startswith(UNNAMED)]
    same_count = len(spare) == len(lacking) or len(lacking) == len(weighted) < len(spare)
    if (strictly and nameless) or (lacking and not same_count):
        raise WeightsMismatchError(
            f"{file_name} has no weights for the layer {quoted(lacking[0].name[:80])}."
        )
    replaced = {part.name: name for part, name in zip(lacking, spare, strict=False)}
    lists = [(part, replaced.get(part.name, part.name)) for part in weighted]
    warnings = [
        f"{file_name} names its layers differently ({quoted(replaced[part.name][:60])} where "
        "the network"
        f" has {quoted(part.name[:60])}); weights were given by order"
        for part in nameless[:1]
    ]
    found = [name for name in stored if name in {name for _, name in lists}]
    if not warnings and not strictly and found != [name for _, name in lists]:
        warnings = [
            f"{file_name} has its layers in another order than the network; weights were given by"
            " name, because their order does not fit"
        ]
    return Given(lists, warnings)


def _other_count(weighted: list[Part], stored: StoredLists, file_name: str) -> WeightsMismatchError:
    lacking = next((part.name for part in weighted if part.name not in stored), None)
    first = f" ({quoted(lacking[:80])} has none)" if lacking else ""
    return WeightsMismatchError(
        f"{file_name} holds weights for {len(stored)} layers where the network has"
        f" {len(weighted)}{first}."
    )


def last_size_legacy(root: Part, weights: LegacyWeights, *, by_name: bool = False) -> int | None:
    """The last axis of what is stored for the last layer with weights below `root`.

    Its list is the one of its name; where the file has none and is not read `by_name`, it is the
    last one, as far as the file has a list for each layer.
    """
    weighted = [part for part in root.children if part.layer.weights]
    stored = {name: arrays for name, arrays in weights.layers.items() if arrays}
    if not weighted or not stored:
        return None
    arrays = stored.get(weighted[-1].name)
    if arrays is None and not by_name and len(stored) == len(weighted):
        arrays = list(stored.values())[-1]
    return arrays[-1][1].shape[-1] if arrays and arrays[-1][1].shape else None


_Pairs = list[tuple[Any, Array]]


def _pairs_of(
    part: Part, arrays: list[tuple[str, Array]], file_name: str, by_name: bool
) -> tuple[_Pairs, bool]:
    """Variables with their arrays, and whether names and order inside a nested model disagree.

    Names then count only if `by_name` is set; names that agree with one of the orders say which.
    """
    variables = _keras_2_order(part.layer)
    named = _by_name(variables, arrays)
    if named is not None and (by_name or not part.children):
        return named, False
    orders = _by_order(part, variables, arrays)
    if named is not None and (not orders or any(_same(named, order) for order in orders)):
        return named, False
    if not orders:
        raise _misfit(part, variables, arrays, file_name)
    return orders[0], bool(part.children) and not by_name and _names_differ(variables, arrays)


def _same(first: _Pairs, second: _Pairs) -> bool:
    arrays = {id(variable): array for variable, array in first}
    return all(arrays.get(id(variable)) is array for variable, array in second)


def _names_differ(variables: list[Any], arrays: list[tuple[str, Array]]) -> bool:
    """Whether arrays state layers' names, and others than the network has, or in other order."""
    stored = {_key(name, 2) for name, _ in arrays}
    return all(len(key) == 2 for key in stored) and len(stored) == len(variables)


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


def _by_order(part: Part, variables: list[Any], arrays: list[tuple[str, Array]]) -> list[_Pairs]:
    """Pairs by position, in each of three orders in which all shapes fit, the usual one first."""
    if len(arrays) != len(variables):
        return []
    orders = [variables, list(part.layer.weights), _all_trainable_first(part)]
    found = [
        [(variable, array) for variable, (_, array) in zip(order, arrays, strict=True)]
        for order in orders
    ]
    return [
        pairs
        for pairs in found
        if all(tuple(variable.shape) == tuple(array.shape) for variable, array in pairs)
    ]


def _misfit(
    part: Part, variables: list[Any], arrays: list[tuple[str, Array]], file_name: str
) -> WeightsMismatchError:
    if len(arrays) != len(variables):
        return WeightsMismatchError(
            f"{file_name} does not fit the layer {quoted(part.name[:80])}: it holds "
            f"{len(arrays)} arrays"
            f" of weights where the network has {len(variables)}."
        )
    variable, name, array = next(
        (variable, name, array)
        for variable, (name, array) in zip(variables, arrays, strict=True)
        if tuple(variable.shape) != tuple(array.shape)
    )
    return WeightsMismatchError(
        f"{file_name} does not fit the layer {quoted(_owner(variable, part)[:80])}: it holds"
        f" {size_text(array.shape)} weights ({name[:60]}) where the network has"
        f" {size_text(variable.shape)}."
    )


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
