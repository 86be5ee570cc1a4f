"""A few channels only: of a convolution, all that a filter pattern needs; of values, one each."""

from collections.abc import Callable
from typing import Any

import keras

_ELEMENTWISE = {
    "celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_shrink", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid",
    "silu", "soft_shrink", "softplus", "softsign", "squareplus", "swish", "tanh", "tanh_shrink",
    "threshold",
}  # fmt: skip
"""Activation functions that treat each value by itself."""


def can_slim(layer: Any) -> bool:
    """Whether the layer's channels can be computed one by one: a plain convolution."""
    activation = getattr(layer, "activation", None)
    return (
        type(layer) is keras.layers.Conv2D
        and layer.data_format == "channels_last"
        and layer.groups == 1
        and not getattr(layer, "quantization_mode", None)
        and (activation is None or getattr(activation, "__name__", "") in _ELEMENTWISE)
    )


def slim(layer: Any, channels: Any) -> Callable[[Any], Any]:
    """The layer without its activation, for these channels (K,) in this order: (N, h, w, K).

    As `keras.layers.Conv2D.call` computes it (Keras 3).
    """
    ops, kind = keras.ops, layer.compute_dtype
    kernel = ops.cast(ops.take(layer.kernel, channels, axis=3), kind)
    bias = ops.cast(ops.take(layer.bias, channels), kind) if layer.use_bias else None

    def call(values: Any) -> Any:
        found = ops.conv(
            ops.cast(values, kind),
            kernel,
            strides=list(layer.strides),
            padding=layer.padding,
            data_format=layer.data_format,
            dilation_rate=list(layer.dilation_rate),
        )
        return found if bias is None else found + bias

    return call


def picked(values: Any, numbers: Any) -> Any:
    """Of values (N, ..., C) those of the channel `numbers` (N,) of each image: (N, ...)."""
    ops = keras.ops
    channels = ops.arange(values.shape[-1], dtype="int32")
    chosen = channels[None] == ops.cast(numbers, "int32")[:, None]
    shape = ops.shape(chosen)
    middle = (1,) * (len(values.shape) - 2)
    mask = ops.reshape(chosen, (shape[0], *middle, shape[1]))
    return ops.sum(ops.where(mask, values, ops.zeros_like(values)), axis=-1)
