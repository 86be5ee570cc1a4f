"""What stored layers are called, and what to say about one that Keras does not know."""

from typing import Any

from reportgen.inputs.model_files.migration.rule import Node, class_name, settings


def help_for(key: str, name: str) -> str:
    """What would make the layer `key`, of the unknown class `name`, known."""
    shown = key[:80]
    if name == "Lambda":
        return (
            f"the layer {shown!r} is a Lambda, whose stored code is never run: say what it"
            " computes with"
            f" --replace-layer '{shown}=EXPR' (such as x/127.5-1) or '{shown}=MODULE:FUNCTION'"
        )
    return (
        f"the layer {shown!r} is of the class {name[:60]!r}, which is not part of Keras: give"
        " its code with"
        " --custom-objects FILE.py"
    )


def stored_name(node: Node) -> str:
    """A layer's name in the file."""
    name = node.get("name", settings(node).get("name"))
    return name if isinstance(name, str) else class_name(node).lower()


def clean_name(name: Any) -> str:
    """A name that Keras takes: it forbids the slash, which old files use."""
    return str(name).replace("/", "_").replace("\0", "")[:200] or "layer"


def is_trainable(config: Node) -> bool:
    """Whether a model's configuration says that it can be trained."""
    return config.get("trainable") is not False
