"""A convolution computed for a few of its channels only: all that a filter pattern needs."""

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
    import tensorflow as tf

    kernel = tf.cast(tf.gather(tf.convert_to_tensor(layer.kernel), channels, axis=3),
                     layer.compute_dtype)  # fmt: skip
    bias = None
    if layer.use_bias:
        bias = tf.cast(tf.gather(tf.convert_to_tensor(layer.bias), channels), layer.compute_dtype)

    def call(values: Any) -> Any:
        found = tf.nn.convolution(
            tf.cast(values, layer.compute_dtype),
            kernel,
            strides=list(layer.strides),
            padding=layer.padding.upper(),
            dilations=list(layer.dilation_rate),
        )
        return found if bias is None else found + bias

    return call
