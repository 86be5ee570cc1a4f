"""Keras 1: other names for classes and arguments."""

from typing import Any

from reportgen.inputs.model_files.migration.rule import (
    Node,
    Rule,
    class_name,
    settings,
    with_settings,
)

_CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "MaxPool2D": "MaxPooling2D",
    "AvgPool2D": "AveragePooling2D",
}

_ARGUMENTS = {
    "nb_filter": "filters",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "p": "rate",
    "sigma": "stddev",
    "pool_length": "pool_size",
    "stride": "strides",
    "inner_activation": "recurrent_activation",
    "filter_length": "kernel_size",
}
"""Old argument to new; both mean the same in every layer that has them."""

_UNITS = {"Dense", "LSTM", "GRU", "SimpleRNN", "MaxoutDense", "Highway"}
_CHANNEL_ORDERS = {"tf": "channels_last", "th": "channels_first"}
_GONE = {
    "init",
    "inner_init",
    "forget_bias_init",
    "beta_init",
    "gamma_init",
    "W_regularizer",
    "b_regularizer",
    "U_regularizer",
    "gamma_regularizer",
    "beta_regularizer",
    "W_constraint",
    "b_constraint",
    "U_constraint",
    "consume_less",
    "input_dtype",
    "output_shape_type",
    "dropout_U",
    "dropout_W",
    "dropout",
    "weights",
    "depth_multiplier_init",
    "nb_feature_init",
}
"""Arguments that only training used, or that say how and not what to compute."""


def _rename_class(node: Node) -> Node:
    new = _CLASSES.get(class_name(node))
    return {**node, "class_name": new} if new else node


def _rename_arguments(node: Node) -> Node:
    old = settings(node)
    keys = set(old)
    kernel = {"nb_row", "nb_col"} <= keys
    if not kernel and not keys & (set(_ARGUMENTS) | _GONE | {"dim_ordering", "output_dim", "mode"}):
        return node
    name = class_name(node)
    new: dict[str, Any] = {}
    for key, value in old.items():
        if key in _GONE and not (key == "dropout" and name == "Bidirectional"):
            continue
        if key == "mode" and value == 0:  # of BatchNormalization: the one that is left today
            continue
        if key == "output_dim" and name in _UNITS:
            new["units"] = value
        elif key == "dim_ordering":
            new["data_format"] = _CHANNEL_ORDERS.get(str(value), "channels_last")
        elif key == "kernel_dim3":
            continue
        elif key not in {"nb_row", "nb_col", "kernel_dim1", "kernel_dim2"}:
            new[_ARGUMENTS.get(key, key)] = value
    if kernel:
        new["kernel_size"] = [old["nb_row"], old["nb_col"]]
    if "kernel_dim1" in keys:
        new["kernel_size"] = [old.get(f"kernel_dim{axis}") for axis in (1, 2, 3)]
    if name == "Conv2DTranspose":
        # Keras 1 stated the output's shape; today's layer works it out.
        new.pop("output_shape", None)
    if name in {"Dense", "Conv1D", "LSTM", "GRU"}:
        new.pop("input_dim", None)
    return with_settings(node, new)


CLASS_NAMES = Rule(
    "keras1_class_names",
    "layers had names of Keras 1 (Convolution2D is now Conv2D)",
    _rename_class,
)
ARGUMENT_NAMES = Rule(
    "keras1_argument_names",
    "layers had argument names of Keras 1 (nb_filter is now filters, border_mode padding)",
    _rename_arguments,
    frozenset({1}),
)
