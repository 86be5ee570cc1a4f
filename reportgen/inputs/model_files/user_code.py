"""The user's own code, named on the command line: the only code that opening a model may run."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import ModelFileError, SettingsError
from reportgen.inputs.model_files.arithmetic import (
    Expression,
    as_scale_and_offset,
    evaluate,
    parse_arithmetic,
)
from reportgen.inputs.model_files.migration.rule import Node, layer_nodes, settings, stored_name


@dataclass(frozen=True)
class Replacement:
    """What a layer is replaced by: arithmetic in its input, or a function of the user's."""

    layer: str
    meaning: str
    expression: Expression | None
    function: Callable[..., Any] | None

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
    """Read `NAME=EXPR` and `NAME=MODULE:FUNCTION`; raises `SettingsError` for anything else."""
    replacements = {}
    for option in options:
        name, equals, meaning = option.partition("=")
        name, meaning = name.strip(), meaning.strip()
        if not equals or not name or not meaning:
            raise SettingsError(
                f"--replace-layer {option!r} is not NAME=EXPR, as in lambda_1=x/127.5-1."
            )
        if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", meaning):
            replacements[name] = Replacement(name, meaning, None, _import_function(meaning))
        else:
            replacements[name] = Replacement(name, meaning, parse_arithmetic(meaning), None)
    return replacements


def check_replaced(
    file_name: str, replacements: dict[str, Replacement], replaced: set[str], root: Node
) -> None:
    """Refuse a replacement for a layer that the network lacks; raises `ModelFileError`."""
    for name in replacements.keys() - replaced:
        known = [stored_name(node) for node in layer_nodes(settings(root))]
        raise ModelFileError(
            f"--replace-layer: {file_name} has no layer {name[:80]!r}; its layers are"
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
            f"--replace-layer: {module_name} cannot be imported: {_one_line(error)}"
        ) from error
    finally:
        sys.path.remove(here)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise SettingsError(f"--replace-layer: {module_name} has no function {function_name}.")
    return function  # type: ignore[no-any-return]


def load_custom_objects(path: Path) -> dict[str, Any]:
    """Run the user's file and take the classes and functions that it defines, by name.

    Raises `ModelFileError` when the file is absent or fails.
    """
    if not path.is_file():
        raise ModelFileError(f"There is no file {str(path)!r} for --custom-objects.")
    spec = importlib.util.spec_from_file_location("reportgen_custom_objects", path)
    if spec is None or spec.loader is None:
        raise ModelFileError(f"{path.name} is not a Python file (.py) for --custom-objects.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and Keras's registration look their module up by name.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelFileError(
            f"{path.name} (--custom-objects) failed with {type(error).__name__}: {_one_line(error)}"
        ) from error
    return {
        name: item
        for name, item in vars(module).items()
        if callable(item) and getattr(item, "__module__", None) == spec.name
    }


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
