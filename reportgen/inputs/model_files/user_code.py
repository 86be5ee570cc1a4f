"""What the user says that a layer computes: arithmetic, or a function in a module of theirs."""

import importlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from reportgen.errors import ModelFileError, SettingsError
from reportgen.inputs.model_files.arithmetic import (
    Expression,
    as_scale_and_offset,
    evaluate,
    parse_arithmetic,
)
from reportgen.inputs.model_files.custom_objects import one_line
from reportgen.inputs.model_files.migration.rule import Node, layer_nodes, settings, stored_name
from reportgen.printable import quoted


@dataclass(frozen=True)
class Replacement:
    """What a layer is replaced by: arithmetic in its input, or a function of the user's."""

    layer: str
    meaning: str
    expression: Expression | None
    function: Callable[..., Any] | None

    @classmethod
    def by(cls, layer: str, function: Callable[..., Any]) -> "Replacement":
        """The replacement of a layer by a function."""
        return cls(layer, getattr(function, "__name__", "a function"), None, function)

    def build(self, name: str) -> Any:
        """A Keras layer called `name` that computes the replacement."""
        import keras

        if self.function is not None:
            return keras.layers.Lambda(self.function, name=name)
        expression = self.expression
        if expression is None:
            raise SettingsError(f"--replace-layer {self.layer} has no meaning.")
        line = as_scale_and_offset(expression)
        if line == (1.0, 0.0):
            return keras.layers.Identity(name=name)
        if line is not None:
            # A rescaling that the rest of reportgen recognises as the model's own preprocessing.
            return keras.layers.Rescaling(line[0], line[1], name=name)

        def compute(inputs: Any) -> Any:
            return evaluate(expression, inputs if isinstance(inputs, list | tuple) else [inputs])

        return keras.layers.Lambda(compute, name=name)


def parse_replacements(options: Sequence[str]) -> dict[str, Replacement]:
    """Read `NAME=EXPR` and `NAME=MODULE:FUNCTION`, where NAME may be a glob such as `lambda_*`.

    Raises `SettingsError` for anything else.
    """
    replacements = {}
    for option in options:
        name, equals, meaning = option.partition("=")
        name, meaning = name.strip(), meaning.strip()
        if not equals or not name or not meaning:
            raise SettingsError(
                f"--replace-layer {quoted(option)} is not NAME=EXPR, as in lambda_1=x/127.5-1."
            )
        if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", meaning):
            replacements[name] = Replacement(name, meaning, None, _import_function(meaning))
        else:
            replacements[name] = Replacement(name, meaning, parse_arithmetic(meaning), None)
    return replacements


def replacement_for(name: str, replacements: Mapping[str, Replacement]) -> Replacement | None:
    """The replacement of the layer `name`: under its very name, else the first glob that fits."""
    if name in replacements:
        return replacements[name]
    return next(
        (replacement for glob, replacement in replacements.items() if fnmatchcase(name, glob)), None
    )


def check_replaced(
    file_name: str, replacements: dict[str, Replacement], replaced: set[str], root: Node
) -> None:
    """Refuse a replacement for a layer that the network lacks; raises `ModelFileError`."""
    for name in replacements.keys() - replaced:
        known = [stored_name(node) for node in layer_nodes(settings(root))]
        raise ModelFileError(
            f"--replace-layer: {file_name} has no layer {quoted(name[:80])}; its layers are"
            f" {', '.join(map(repr, known[:12]))}{' ...' if len(known) > 12 else ''}."
        )


def _import_function(meaning: str) -> Callable[..., Any]:
    """MODULE:FUNCTION; the module may lie in the working directory."""
    module_name, _, function_name = meaning.partition(":")
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise SettingsError(
            f"--replace-layer: {module_name} cannot be imported: {one_line(error)}"
        ) from error
    finally:
        sys.path.remove(here)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise SettingsError(f"--replace-layer: {module_name} has no function {function_name}.")
    return function  # type: ignore[no-any-return]
