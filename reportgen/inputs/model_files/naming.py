"""What stored layers are called, and what to say about one that Keras does not know."""

import re
from typing import Any

from reportgen.inputs.model_files.migration.rule import Node, stored_name
from reportgen.printable import quoted


def help_for(key: str, name: str) -> str:
    """What would make the layer `key`, of the unknown class `name`, known."""
    shown = key[:80]
    if name == "Lambda":
        return (
            f"the layer {quoted(shown)} is a Lambda, whose stored code is never run: say what it"
            f" computes with --replace-layer '{shown}=EXPR' (such as x/127.5-1) or"
            f" '{shown}=MODULE:FUNCTION'"
        )
    if name == "Merge":
        return (
            f"the layer {quoted(shown)} is a Merge with code of its own, which is never run: say "
            f"what it computes with --replace-layer '{shown}=EXPR' (such as x0-x1) or"
            f" '{shown}=MODULE:FUNCTION'"
        )
    return (
        f"the layer {quoted(shown)} is of the class {quoted(name[:60])}, which is not part of "
        "Keras: give its code with --custom-objects FILE.py"
    )


def clean_name(name: Any) -> str:
    """A name that can be a scope of a TensorFlow graph: letters, digits, dot, dash, underscore.

    Keras checks only for the slash; the other signs fail later, when the model is compiled.
    """
    clean = re.sub(r"[^A-Za-z0-9_.-]", "_", str(name)[:200])
    return clean if re.match(r"[A-Za-z0-9.]", clean) else f"layer{clean}"


def unique_names(nodes: list[Node]) -> dict[str, str]:
    """For each stored name the clean one; two that become the same are told apart by a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    # Names that need no change keep it, wherever they stand.
    keys = list(dict.fromkeys(stored_name(node) for node in nodes))
    for key in sorted(keys, key=lambda key: clean_name(key) != key):
        name, number = clean_name(key), 1
        while name in taken:
            number += 1
            name = f"{clean_name(key)}_{number}"
        taken.add(name)
        names[key] = name
    return names


class OperationNames:
    """Gives the operations of a graph the names that they have in the file.

    Keras numbers operations by itself, without a look at the layers: an operation and a layer that
    are both called `multiply` cannot be in one model.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, str] = {}
        self._taken: set[str] = set()
        self._given: set[str] = set()
        self._named: dict[int, Any] = {}

    def take(self, names: dict[str, str]) -> None:
        """Learn the names of a model's layers: by stored name the one that it has today."""
        self._wanted.update(names)
        self._taken.update(names.values())

    def give(self, key: str, outputs: Any) -> None:
        """Name the operations that were made to compute `outputs`, the last one after `key`."""
        import keras

        waiting = list(keras.tree.flatten(outputs))
        while waiting:
            history: Any = getattr(waiting.pop(0), "_keras_history", None)
            operation = getattr(history, "operation", None)
            if operation is None or isinstance(operation, keras.layers.Layer):
                continue
            if id(operation) not in self._named:
                self._named[id(operation)] = operation
                operation.name = self._next(key)
                waiting += operation._inbound_nodes[history.node_index].input_tensors

    def _next(self, key: str) -> str:
        wanted = self._wanted.get(key, clean_name(key))
        name, number = wanted, 1
        while name in self._given or (number > 1 and name in self._taken):
            number += 1
            name = f"{wanted}_{number}"
        self._given.add(name)
        return name


def is_trainable(config: Node) -> bool:
    """Whether a model's configuration says that it can be trained."""
    return config.get("trainable") is not False
