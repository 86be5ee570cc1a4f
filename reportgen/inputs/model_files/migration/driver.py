"""Apply every rule to every stored object, and remember which ones changed something."""

import re
from dataclasses import dataclass
from typing import Any

from reportgen.inputs.model_files.limits import every_object
from reportgen.inputs.model_files.migration import (
    graph,
    keras1,
    keras1_merge,
    keras2,
    sequential,
    wrappers,
)
from reportgen.inputs.model_files.migration.rule import Node, Rule

RULES: tuple[Rule, ...] = (
    keras2.PLAIN_VALUES,
    sequential.SEQUENTIAL_LIST,
    keras1_merge.MERGE_BRANCHES,
    wrappers.UNWRAP_QUANTISED,
    keras1.CLASS_NAMES,
    keras1_merge.MERGE_LAYERS,
    keras1.ARGUMENT_NAMES,
    keras2.CLASS_NAMES,
    sequential.INPUT_FIRST,
    keras2.INPUT_SHAPE_KEYS,
    keras2.TRAINING_LEFTOVERS,
    keras2.ALL_TRAINING_LEFTOVERS,
    keras2.DTYPE_POLICIES,
    keras2.CUDNN,
    keras2.HARD_SIGMOID,
    keras2.TIME_MAJOR,
    keras2.RECURRENT_DEFAULTS,
    keras2.AXIS_LISTS,
    keras2.NO_OPERATION,
    keras2.SCALED_SUM,
    graph.NESTED_CALLS,
    graph.NODE_REFERENCES,
    graph.OUTPUT_REFERENCES,
    graph.OPERATIONS,
)
"""In the order in which they are applied to each object."""


@dataclass(frozen=True)
class Migrated:
    """A configuration in today's form, and a sentence for each rule that changed it."""

    config: Node
    sentences: tuple[str, ...]


def migrate(config: Node, keras_version: str | None) -> Migrated:
    """Bring a stored configuration to today's form; `config` itself is left as it is."""
    origin = find_origin(config, keras_version)
    applied: dict[str, str] = {}
    migrated = _apply(config, origin, applied)
    return Migrated(migrated, tuple(applied[rule.name] for rule in RULES if rule.name in applied))


def find_origin(config: Node, keras_version: str | None) -> int:
    """The major version of the Keras that wrote a configuration: 1, 2 or 3."""
    found = re.match(r"\s*([123])\.", keras_version or "")
    if found:
        return int(found[1])
    for node in every_object(config):
        inner = node.get("config")
        if isinstance(inner, dict):
            if "batch_shape" in inner or "build_config" in node:
                return 3
            if "nb_filter" in inner or "border_mode" in inner or "output_dim" in inner:
                return 1
    return 2


def _apply(value: Any, origin: int, applied: dict[str, str]) -> Any:
    """Every rule on `value` if it is an object, then the same on what it holds."""
    if isinstance(value, list):
        return [_apply(item, origin, applied) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" in value:
        for rule in RULES:
            if origin not in rule.origins:
                continue
            changed = rule.apply(value)
            if changed is not value:
                if rule.sentence:
                    applied[rule.name] = rule.sentence
                if not isinstance(changed, dict) or "class_name" not in changed:
                    return _apply(changed, origin, applied)
                value = changed
    return {key: _apply(item, origin, applied) for key, item in value.items()}
