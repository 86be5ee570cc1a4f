"""The `[gates]` tables of a configuration file as conditions in one line each.

    [gates]
    accuracy = ">= 0.90"
    [gates.class."cat"]
    recall = ">= 0.85"

is `accuracy >= 0.90` and `recall[cat] >= 0.85`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reportgen.gates.conditions import requirement
from reportgen.gates.metrics import HOLDERS, Scope, metric_named

MODES = ("fail", "warn")
"""What failed gates do."""

_SCOPES: tuple[Scope, ...] = ("class", "layer")


def read_gates(table: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """The conditions of a `[gates]` table, and its `mode`; None where it has none.

    Raises ValueError, a clause that names the key.
    """
    conditions: list[str] = []
    mode = None
    for key, value in table.items():
        if key == "mode":
            if value not in MODES:
                raise ValueError(f"mode: there is no mode “{value}”; use {', '.join(MODES)}")
            mode = value
        elif key in _SCOPES:
            scope = next(known for known in _SCOPES if known == key)
            conditions += _of_subjects(scope, value)
        elif key == "robustness" and isinstance(value, Mapping):
            for name, found in _flat("robustness", value):
                conditions += _of_metric(name, "", found)
        elif isinstance(value, Mapping):
            raise ValueError(
                f"there is no table [gates.{key}]; the tables are [gates.class.“NAME”] and "
                "[gates.layer.“NAME”]"
            )
        else:
            conditions += _of_metric(key, "", value)
    return conditions, mode


def _flat(name: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted keys, which TOML reads as tables in each other, and their values."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{name}.{key}", value)
        else:
            yield f"{name}.{key}", value


def _of_subjects(scope: Scope, tables: Any) -> Iterator[str]:
    """The conditions of `[gates.class."NAME"]` tables, or those of layers."""
    if not isinstance(tables, Mapping):
        raise ValueError(f"{scope}: it is no table; write [gates.{scope}.“NAME”]")
    for subject, metrics in tables.items():
        if not isinstance(metrics, Mapping) or not subject.strip():
            raise ValueError(f"{scope}.{subject}: it is no table of metrics with a name")
        for key, value in metrics.items():
            if scope not in metric_named(key).scopes:
                raise ValueError(f"{scope}.{subject}: {key} is not of {HOLDERS[scope]}")
            yield from _of_metric(key, subject, value)


def _of_metric(key: str, subject: str, value: Any) -> Iterator[str]:
    """The conditions of a metric: one text, or a list of them."""
    metric = metric_named(key)
    for text in value if isinstance(value, list) else [value]:
        if not isinstance(text, str):
            raise ValueError(f"{key}: {text} is no condition; write one such as “>= 0.9”")
        condition = f"{metric.name}{f'[{subject}]' if subject else ''} {text.strip()}"
        requirement(condition)
        yield condition
