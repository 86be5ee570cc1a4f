"""What stored layers are called, and what to say about one that Keras does not know."""

import re
from typing import Any

from reportgen.inputs.model_files.migration.rule import Node, stored_name


def help_for(key: str, name: str) -> str:
    """What would make the layer `key`, of the unknown class `name`, known."""
    shown = key[:80]
    if name == "Lambda":
        return (
            f"the layer {shown!r} is a Lambda, whose stored code is never run: say what it"
            f" computes with --replace-layer '{shown}=EXPR' (such as x/127.5-1) or"
            f" '{shown}=MODULE:FUNCTION'"
        )
    if name == "Merge":
        return (
            f"the layer {shown!r} is a Merge with code of its own, which is never run: say what it"
            f" computes with --replace-layer '{shown}=EXPR' (such as x0-x1) or"
            f" '{shown}=MODULE:FUNCTION'"
        )
    return (
        f"the layer {shown!r} is of the class {name[:60]!r}, which is not part of Keras: give"
        " its code with --custom-objects FILE.py"
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


def is_trainable(config: Node) -> bool:
    """Whether a model's configuration says that it can be trained."""
    return config.get("trainable") is not False
