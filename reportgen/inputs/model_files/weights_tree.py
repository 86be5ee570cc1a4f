"""Weights of `.keras` files and Keras 3's `.weights.h5`: arrays by the path of objects.

A layer in a list is called after its class, with a number when the class comes again: `conv2d`,
`conv2d_1`. Keras 2.12 to 2.15 counted a layer with weights twice, under another list's name.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

from reportgen.inputs.model_files.parts import Part
from reportgen.inputs.model_files.stored import VariableTree
from reportgen.inputs.model_files.weights_assign import (
    Array,
    WeightsMismatchError,
    assign,
    finish,
)
from reportgen.printable import quoted

_LISTS = ("layers", "_layer_checkpoint_dependencies", "_self_tracked_trackables", "_layers")
Branch = dict[str, Any]
"""Arrays and further branches, by name."""


def load_tree(root: Part, weights: VariableTree) -> None:
    """Give every layer below `root` its stored arrays; raises `WeightsMismatchError`."""
    _Loader(weights.file_name).load_model(root, as_branch(weights.arrays))


def as_branch(arrays: dict[str, Any]) -> Branch:
    """Paths such as `layers/conv2d/vars/0` as dictionaries in dictionaries."""
    root: Branch = {}
    for path, array in arrays.items():
        branch = root
        *names, last = [name for name in path.split("/") if name]
        for name in names:
            inner = branch.setdefault(name, {})
            branch = inner if isinstance(inner, dict) else {}
        branch[last] = array
    return root


def snake_case(name: str) -> str:
    """A class's name as Keras writes it into paths: MaxPooling2D is max_pooling2d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class _Loader:
    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.done: set[int] = set()

    def load_model(self, part: Part, branch: Branch) -> None:
        name, members = _list_in(branch)
        named = _named(part.children, members, name)
        for child, key in named:
            if child.layer is None or id(child.layer) in self.done:
                continue
            inner = members.get(key)
            inner = inner if isinstance(inner, dict) else {}
            if child.children:
                self.load_model(child, inner)
            else:
                self.load_layer(child.layer, inner, child.name)
            self.done.add(id(child.layer))

    def load_layer(self, layer: Any, branch: Branch, name: str) -> None:
        """A layer's own variables, then those of the layers that it holds by attribute."""
        own = [*layer._trainable_variables, *layer._non_trainable_variables]
        arrays = branch.get("vars")
        stored = _numbered(arrays) if isinstance(arrays, dict) else []
        if _has_an_order_of_its_own(layer):
            self._load_by_keras(layer, stored, name)
        elif len(stored) < len(own):
            raise WeightsMismatchError(
                f"{self.file_name} has no weights for the layer {quoted(name[:80])}."
                if not stored
                else f"{self.file_name} does not fit the layer {quoted(name[:80])}: it holds"
                f" {len(stored)}"
                f" arrays of weights where the network has {len(own)}."
            )
        else:
            for variable, array in zip(own, stored, strict=False):
                assign(variable, array, name, self.file_name)
        finish(layer)
        held = {id(inner): inner for inner in layer._layers}
        for attribute, inner in branch.items():
            if attribute == "vars" or not isinstance(inner, dict):
                continue
            self._load_attribute(layer, attribute, inner, name, held)
        for inner_layer in held.values():
            if inner_layer.weights and id(inner_layer) not in self.done:
                raise WeightsMismatchError(
                    f"{self.file_name} has no weights for {quoted(inner_layer.name[:60])} in "
                    "the layer"
                    f" {quoted(name[:80])}."
                )

    def _load_by_keras(self, layer: Any, stored: Sequence[Array], name: str) -> None:
        """By the layer's own method, once no array is larger than the layer's largest."""
        largest = max((math.prod(variable.shape) for variable in layer.variables), default=0)
        try:
            if any(math.prod(array.shape) > largest for array in stored):
                raise ValueError("an array is larger than any of the layer")
            layer.load_own_variables({str(at): array.read() for at, array in enumerate(stored)})
        except (ValueError, KeyError, TypeError) as error:
            raise WeightsMismatchError(
                f"{self.file_name} does not fit the layer {quoted(name[:80])}, which is "
                "quantised or has"
                f" LoRA weights: it holds {len(stored)} arrays of other sizes."
            ) from error

    def _load_attribute(
        self, layer: Any, attribute: str, branch: Branch, name: str, held: dict[int, Any]
    ) -> None:
        inner = getattr(layer, attribute, None) if attribute.isidentifier() else None
        if isinstance(inner, list | tuple):
            self._load_list(inner, branch, name)
        elif id(inner) in held and id(inner) not in self.done:
            self.done.add(id(inner))
            self._load_held(inner, branch, f"{name}/{attribute}")

    def _load_list(self, layers: Sequence[Any], branch: Branch, name: str) -> None:
        parts = [Part(layer.name, type(layer).__name__, layer) for layer in layers]
        for part, key in _named(parts, branch, "layers"):
            inner = branch.get(key)
            if id(part.layer) not in self.done:
                self.done.add(id(part.layer))
                self._load_held(part.layer, inner if isinstance(inner, dict) else {}, name)

    def _load_held(self, layer: Any, branch: Branch, name: str) -> None:
        import keras

        if isinstance(layer, keras.Sequential) or "_functional" in type(layer).__name__.lower():
            self._load_list(layer.layers, _list_in(branch)[1], name)
        elif isinstance(layer, keras.Model) and "layers" in branch:
            self._load_list(layer.layers, branch["layers"], name)
        else:
            self.load_layer(layer, branch, name)


def _has_an_order_of_its_own(layer: Any) -> bool:
    """Whether a layer is quantised, or LoRA's weights are merged into its kernel when saved."""
    return bool(getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False))


def _list_in(branch: Branch) -> tuple[str, Branch]:
    for name in _LISTS:
        if isinstance(branch.get(name), dict):
            return name, branch[name]
    return "layers", {}


def _named(parts: Sequence[Part], members: Branch, list_name: str) -> list[tuple[Part, str]]:
    """Each part with the name that its branch has."""
    by_class: dict[str, list[Part]] = {}
    for part in parts:
        by_class.setdefault(snake_case(part.class_name.rsplit(">", 1)[-1]), []).append(part)
    named = []
    for name, same in by_class.items():
        keys = [f"{name}_{index}" if index else name for index in range(len(same))]
        if list_name != "layers":
            present = _present(name, members)
            if len(present) == len(same):
                keys = present
        named += list(zip(same, keys, strict=True))
    return named


def _present(name: str, members: Branch) -> list[str]:
    """The branches of one class in the order of their numbers."""
    found = [key for key in members if re.fullmatch(rf"{re.escape(name)}(_\d+)?", key)]
    return sorted(found, key=lambda key: int(key[len(name) + 1 :] or 0))


def _numbered(arrays: Branch) -> list[Array]:
    numbers = sorted((int(key), key) for key in arrays if key.isdigit())
    return [arrays[key] for _, key in numbers if not isinstance(arrays[key], dict)]


def last_size_tree(root: Part, weights: VariableTree) -> int | None:
    """The last axis of what is stored for the last layer with weights below `root`."""
    name, members = _list_in(as_branch(weights.arrays))
    for part, key in reversed(_in_order(root.children, _named(root.children, members, name))):
        if part.layer.weights:
            branch = members.get(key)
            arrays = branch.get("vars") if isinstance(branch, dict) else None
            stored = _numbered(arrays) if isinstance(arrays, dict) else []
            return stored[-1].shape[-1] if stored and stored[-1].shape else None
    return None


def _in_order(parts: Sequence[Part], named: list[tuple[Part, str]]) -> list[tuple[Part, str]]:
    """The pairs of `named` in the order of `parts`."""
    keys = {id(part): key for part, key in named}
    return [(part, keys[id(part)]) for part in parts]
