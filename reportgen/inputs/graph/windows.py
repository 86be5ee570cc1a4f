"""The windows of convolutions and poolings, and the activation functions inside layers."""

from typing import Any

import keras

from reportgen.inputs.graph.steps import Step
from reportgen.records.windows import Window


def window_of(layer: Any) -> Window | None:
    """The window of a layer of Keras; None for a layer without one, and for unknown kinds."""
    if not isinstance(layer, keras.layers.Layer):
        return None
    kind = type(layer).__name__
    if kind.startswith("Global") and "Pooling" in kind:
        return Window(size=[], strides=[], dilation=[], padding="global")
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    padding = getattr(layer, "padding", None)
    if not size or padding not in ("same", "valid", "causal"):
        return None
    axes = len(_sizes(size, 1))
    depthwise = isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D)
    groups = layer.kernel.shape[-2] if depthwise and layer.built else getattr(layer, "groups", 1)
    return Window(
        size=_sizes(size, axes),
        strides=_sizes(layer.strides, axes),
        dilation=_sizes(getattr(layer, "dilation_rate", 1), axes),
        padding=padding,
        groups=groups,
    )


def activation_name(step: Step) -> str | None:
    """The function that a layer applies at its end, such as "relu"; None for none."""
    function = step.fused_activation
    if function is None and isinstance(step.layer, keras.layers.Activation):
        function = step.layer.activation
    if function is None or function is keras.activations.linear:
        return None
    return str(getattr(function, "__name__", "") or type(function).__name__)


def _sizes(value: Any, axes: int) -> list[int]:
    return [int(size) for size in (value if isinstance(value, tuple | list) else (value,) * axes)]
