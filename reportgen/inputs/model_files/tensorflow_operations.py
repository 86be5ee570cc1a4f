"""TensorFlow functions that Keras 2 stored as layers (TFOpLambda), from code between layers.

The plain ones, as in `preprocess_input(inputs)` or `x / 255`, become today's `keras.ops`, which the
rest of reportgen knows. All others are computed by the function of TensorFlow itself, so JAX cannot
compute them.
"""

import inspect
from collections.abc import Callable
from typing import Any

from reportgen.inputs.model_files.bygone_layers import bygone_class
from reportgen.inputs.model_files.migration.rule import Node, class_name, settings
from reportgen.inputs.model_files.tensorflow_functions import is_known

_NAMES = {
    "__operators__.add": "add",
    "math.add": "add",
    "math.subtract": "subtract",
    "math.multiply": "multiply",
    "math.divide": "divide",
    "math.truediv": "divide",
    "math.negative": "negative",
    "math.maximum": "maximum",
    "math.minimum": "minimum",
    "math.abs": "abs",
    "math.exp": "exp",
    "math.log": "log",
    "math.sqrt": "sqrt",
    "math.square": "square",
    "math.pow": "power",
    "math.sigmoid": "sigmoid",
    "math.tanh": "tanh",
    "nn.sigmoid": "sigmoid",
    "nn.tanh": "tanh",
    "nn.relu": "relu",
    "nn.relu6": "relu6",
    "nn.elu": "elu",
    "nn.silu": "silu",
    "nn.swish": "silu",
    "nn.softmax": "softmax",
    "nn.leaky_relu": "leaky_relu",
    "nn.bias_add": "add",
    "cast": "cast",
    "reshape": "reshape",
    "expand_dims": "expand_dims",
    "squeeze": "squeeze",
    "concat": "concatenate",
    "stack": "stack",
    "transpose": "transpose",
    "compat.v1.transpose": "transpose",
    "reverse": "flip",
    "math.reduce_mean": "mean",
    "math.reduce_sum": "sum",
    "math.reduce_max": "max",
    "clip_by_value": "clip",
    "identity": "copy",
}
_ARGUMENTS = {
    "alpha": "negative_slope",
    "perm": "axes",
    "newshape": "newshape",
    "shape": "newshape",
    "clip_value_min": "x_min",
    "clip_value_max": "x_max",
}
_GONE = {"name", "data_format", "conjugate"}
_V1_OPERATIONS = {
    "Add": "add",
    "AddV2": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "RealDiv": "divide",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softmax": "softmax",
    "BiasAdd": "add",
}


def tensorflow_operation(node: Node) -> Callable[..., Any] | None:
    """A function of Keras tensors that computes this stored layer; None when it is unknown."""
    name = class_name(node)
    config = settings(node)
    function = str(config.get("function"))
    if name == "TFOpLambda" and function in _NAMES:
        return _modern(_NAMES[function], function)
    if name == "TFOpLambda" and is_known(function):
        return _by_tensorflow(function)
    if name == "SlicingOpLambda":
        return _slice
    if name == "TensorFlowOpLayer":
        return _first_version(config)
    return None


def _modern(operation: str, function: str | None = None) -> Callable[..., Any]:
    """The operation of `keras.ops`; `function` of TensorFlow where that one cannot do the same."""

    def compute(*args: Any, **kwargs: Any) -> Any:
        import keras
        import numpy as np

        modern = getattr(keras.ops, operation)
        renamed = {
            _ARGUMENTS.get(key, key): value for key, value in kwargs.items() if key not in _GONE
        }
        if operation == "softmax" and renamed.get("axis") is None:
            renamed["axis"] = -1
        if operation in {"add", "subtract", "multiply", "divide", "maximum", "minimum", "power"}:
            values = [*args, *renamed.values()][:2]
            return modern(*(_constant(value, np) for value in values))
        if function is not None and not _takes(modern, args, renamed):
            return _by_tensorflow(function)(*args, **kwargs)
        return modern(*args, **renamed)

    return compute


def _takes(modern: Callable[..., Any], args: Any, kwargs: Node) -> bool:
    """Whether an operation of `keras.ops` knows the arguments, none of them computed."""
    import keras

    try:
        inspect.signature(modern).bind(*args, **kwargs)
    except TypeError:
        return False
    first = args[0] if args and isinstance(args[0], list) else []
    if not all(isinstance(value, keras.KerasTensor) for value in first):
        return False
    settings_of_it = keras.tree.flatten([*args[1:], *kwargs.values()])
    return not any(isinstance(value, keras.KerasTensor) for value in settings_of_it)


def _by_tensorflow(function: str) -> Callable[..., Any]:
    """The function itself, which raises ValueError where Keras computes with another engine."""

    def compute(*args: Any, **kwargs: Any) -> Any:
        import keras

        if keras.backend.backend() != "tensorflow":
            raise ValueError(f"only TensorFlow computes tf.{function}; use --engine tensorflow.")
        kwargs.pop("name", None)
        return bygone_class("TFOpLambda")(function)(*args, **kwargs)  # type: ignore[misc]

    return compute


def _constant(value: Any, numpy: Any) -> Any:
    return numpy.asarray(value, "float32") if isinstance(value, list) else value


def _slice(tensor: Any, slice_spec: Any = None, **_: Any) -> Any:
    def part(item: Any) -> Any:
        if isinstance(item, dict):
            return slice(item.get("start"), item.get("stop"), item.get("step"))
        return item

    spec = slice_spec if isinstance(slice_spec, list) else [slice_spec]
    return tensor[tuple(part(item) for item in spec)]


def _first_version(config: Node) -> Callable[..., Any] | None:
    """TensorFlow 2.0 to 2.3 stored the graph's node as text, and its constants by position."""
    import re

    text = config.get("node_def")
    found = re.search(r"op\"?:\s*\"(\w+)\"", text) if isinstance(text, str) else None
    constants = config.get("constants")
    operation = _V1_OPERATIONS.get(found[1]) if found else None
    if operation is None or not isinstance(constants, dict):
        return None

    def compute(*args: Any, **_: Any) -> Any:
        inputs = args[0] if len(args) == 1 and isinstance(args[0], list) else list(args)
        values: list[Any] = list(inputs)
        for position in sorted(constants, key=int):
            values.insert(int(position), constants[position])
        return _modern(str(operation))(*values)

    return compute
