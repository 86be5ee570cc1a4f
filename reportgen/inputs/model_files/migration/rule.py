"""What a migration rule is, and the few questions that rules ask of a stored object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]
"""A stored object: `class_name`, `config`, and in a graph also `name` and `inbound_nodes`."""

MODEL_CLASSES = {"Sequential", "Functional", "Model"}


@dataclass(frozen=True)
class Rule:
    """One change to a stored object.

    `apply` returns the changed object, or the very same one when the rule does not concern it.
    `sentence` says in the report what was changed; an empty one is not worth saying. `origins` are
    the major versions of Keras whose files the rule concerns.
    """

    name: str
    sentence: str
    apply: Callable[[Node], Any]
    origins: frozenset[int] = frozenset({1, 2})


EVERY_ORIGIN = frozenset({1, 2, 3})


def settings(node: Node) -> Node:
    """A stored object's `config`, or an empty one when it has none."""
    config = node.get("config")
    return config if isinstance(config, dict) else {}


def with_settings(node: Node, config: Any) -> Node:
    """The same object with another `config`."""
    return {**node, "config": config}


def class_name(node: Node) -> str:
    """The object's class, or an empty string for something else than text."""
    name = node.get("class_name")
    return name if isinstance(name, str) else ""


def layer_nodes(config: Node) -> list[Node]:
    """The layers in a model's `config`, without anything that is not one."""
    layers = config.get("layers")
    if not isinstance(layers, list):
        return []
    return [layer for layer in layers if isinstance(layer, dict) and "class_name" in layer]


def stored_name(node: Node) -> str:
    """A layer's name in the file."""
    name = node.get("name", settings(node).get("name"))
    return name if isinstance(name, str) else class_name(node).lower()
