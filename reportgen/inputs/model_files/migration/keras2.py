"""Keras 2 (and 1): how inputs and settings of layers were written down before Keras 3."""

import re
from typing import Any

from reportgen.inputs.model_files.migration.rule import (
    EVERY_ORIGIN,
    MODEL_CLASSES,
    Node,
    Rule,
    class_name,
    settings,
    with_settings,
)

_SHAPE_KEYS = ("batch_input_shape", "input_shape", "input_dim", "input_length")
_RECURRENT = {"LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
HARD_SIGMOID_OF_KERAS_2 = "hard_sigmoid_of_keras_2"


def _plain_values(node: Node) -> Any:
    """`{"class_name": "__tuple__", "items": [...]}` is a list."""
    if class_name(node) in {"__tuple__", "TensorShape"} and isinstance(node.get("items"), list):
        return node["items"]
    return node


def _input_shape_keys(node: Node) -> Node:
    config = settings(node)
    if class_name(node) == "InputLayer":
        if "batch_input_shape" not in config:
            return node
        kept = {key: config[key] for key in ("name", "dtype") if key in config}
        return with_settings(node, {**kept, "batch_shape": config["batch_input_shape"]})
    gone = [key for key in _SHAPE_KEYS if key in config]
    if class_name(node) == "Embedding":
        gone = [key for key in gone if key != "input_dim"]
    if not gone or class_name(node) in MODEL_CLASSES:
        return node
    return with_settings(node, {key: config[key] for key in config if key not in gone})


def _without_leftovers(node: Node) -> Node:
    config = settings(node)
    gone = [key for key in config if key.endswith(("_initializer", "_regularizer", "_constraint"))]
    if not gone:
        return node
    return with_settings(node, {key: config[key] for key in config if key not in gone})


def _without_stated_leftovers(node: Node) -> Node:
    """The same change, but only where today's Keras would stumble over it: it is worth saying."""
    for key, value in settings(node).items():
        if (
            key.endswith(("_initializer", "_regularizer", "_constraint"))
            and isinstance(value, dict)
            and "dtype" in settings(value)
        ):
            return _without_leftovers(node)
    return node


def _dtype_policy(node: Node) -> Node:
    config = settings(node)
    policy = config.get("dtype")
    if not isinstance(policy, dict) or class_name(policy) not in {
        "Policy",
        "PolicyV1",
        "DTypePolicy",
    }:
        return node
    return with_settings(node, {**config, "dtype": settings(policy).get("name", "float32")})


_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
    "DenseV2": "Dense",
    "Conv2DV2": "Conv2D",
    "Model": "Functional",
    "ModelV2": "Functional",
    "Network": "Functional",
}


def _rename_class(node: Node) -> Node:
    name = class_name(node)
    if name == "ThresholdedReLU":
        config = settings(node)
        kept = {key: config[key] for key in ("name", "trainable", "dtype") if key in config}
        return {
            **node,
            "class_name": "ReLU",
            "config": {**kept, "threshold": config.get("theta", 1.0)},
        }
    if name == "LeakyReLU" and "alpha" in settings(node):
        config = dict(settings(node))
        config["negative_slope"] = config.pop("alpha")
        return with_settings(node, config)
    if name in _CLASSES and (name != "Model" or "layers" in settings(node)):
        return {**node, "class_name": _CLASSES[name]}
    return node


def _without_cudnn(node: Node) -> Node:
    name = class_name(node)
    if name not in {"CuDNNLSTM", "CuDNNGRU"}:
        return node
    # What cuDNN has built in, and those layers had no settings for.
    fixed: Node = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    if name == "CuDNNGRU":
        fixed["reset_after"] = True
    return {**with_settings(node, {**settings(node), **fixed}), "class_name": name[5:]}


def _hard_sigmoid(node: Node) -> Node:
    config = settings(node)
    changed = {
        key: HARD_SIGMOID_OF_KERAS_2
        for key in ("activation", "recurrent_activation")
        if _function_name(config.get(key)) == "hard_sigmoid"
    }
    return with_settings(node, {**config, **changed}) if changed else node


def _function_name(value: Any) -> Any:
    if isinstance(value, dict) and class_name(value) == "function":
        return value.get("config")
    return value


def _time_major(node: Node) -> Node:
    config = settings(node)
    # A true time_major is another layout of the data: better an error than a wrong picture.
    if class_name(node) not in _RECURRENT or config.get("time_major") is not False:
        return node
    return with_settings(node, {key: config[key] for key in config if key != "time_major"})


def _recurrent_defaults(node: Node) -> Node:
    if class_name(node) not in {"LSTM", "GRU"}:
        return node
    config = settings(node)
    new = dict(config)
    if class_name(node) == "GRU":
        # The default was False until Keras 2.3 and is True today.
        new.setdefault("reset_after", False)
    new.setdefault("recurrent_activation", HARD_SIGMOID_OF_KERAS_2)
    return with_settings(node, new) if new != config else node


def _axis_lists(node: Node) -> Node:
    config = settings(node)
    axis = config.get("axis")
    if class_name(node) == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        return with_settings(node, {**config, "axis": axis[0]})
    return node


# FixedDropout comes from the package efficientnet, older than the networks of that name in Keras.
_TRAINING_ONLY = {"RandomHeight", "RandomWidth", "ActivityRegularization", "FixedDropout"}


def _no_operation(node: Node) -> Node:
    if class_name(node) not in _TRAINING_ONLY:
        return node
    config = settings(node)
    kept = {key: config[key] for key in ("name", "trainable", "dtype") if key in config}
    return {**node, "class_name": "Identity", "config": kept}


def _scaled_sum(node: Node) -> Node:
    """InceptionResNetV2 of keras.applications, before its sum of two tensors had a class."""
    config = settings(node)
    given = config.get("arguments")
    if class_name(node) != "Lambda" or not isinstance(given, dict) or set(given) != {"scale"}:
        return node
    named = re.fullmatch(r"block(35|17|8)_\d+", str(config.get("name")))
    if named is None or not isinstance(given["scale"], int | float):
        return node
    kept = {key: config[key] for key in ("name", "trainable", "dtype") if key in config}
    return {
        **node,
        "class_name": "CustomScaleLayer",
        "config": {**kept, "scale": float(given["scale"])},
    }


PLAIN_VALUES = Rule("plain_values", "", _plain_values)
INPUT_SHAPE_KEYS = Rule("input_shape_keys", "", _input_shape_keys, EVERY_ORIGIN)
TRAINING_LEFTOVERS = Rule(
    "stated_training_leftovers",
    "initializers carried a dtype; they were dropped, as they do not matter once trained",
    _without_stated_leftovers,
)
ALL_TRAINING_LEFTOVERS = Rule("training_leftovers", "", _without_leftovers, EVERY_ORIGIN)
DTYPE_POLICIES = Rule("dtype_policies", "", _dtype_policy, EVERY_ORIGIN)
CLASS_NAMES = Rule("keras2_class_names", "", _rename_class)
CUDNN = Rule(
    "cudnn",
    "recurrent layers for cuDNN were replaced by those that compute the same anywhere",
    _without_cudnn,
)
HARD_SIGMOID = Rule(
    "hard_sigmoid",
    "hard_sigmoid was kept as Keras 2 computed it (today's has another slope)",
    _hard_sigmoid,
)
TIME_MAJOR = Rule("time_major", "recurrent layers had a setting time_major, now gone", _time_major)
RECURRENT_DEFAULTS = Rule(
    "recurrent_defaults",
    "recurrent layers left out settings whose defaults have changed since",
    _recurrent_defaults,
)
AXIS_LISTS = Rule("axis_lists", "", _axis_lists)
NO_OPERATION = Rule(
    "no_operation",
    "layers that do nothing outside training were replaced by Identity",
    _no_operation,
)
SCALED_SUM = Rule(
    "scaled_sum",
    "Lambda layers named as in InceptionResNetV2 of keras.applications are read as its"
    " x + scale · y",
    _scaled_sum,
)
