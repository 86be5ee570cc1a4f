"""Which layers can make zeros, and whose channels a layer hands on."""

from collections.abc import Mapping
from typing import Any

import keras

from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace

_ZEROING = {
    *("relu", "relu6", "hard_sigmoid", "hardsigmoid", "hard_silu", "hardsilu", "hard_swish"),
    *("hardswish", "hard_shrink", "hardshrink", "soft_shrink", "softshrink", "sparse_plus"),
    *("sparseplus", "sparsemax", "sparse_sigmoid", "sparsesigmoid", "threshold"),
}
"""Activation functions that give exactly zero for many values."""

_CHANNELWISE = {
    "Activation", "AveragePooling2D", "AveragePooling3D", "BatchNormalization", "Cropping2D",
    "Cropping3D", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling2D",
    "GlobalMaxPooling2D", "GroupNormalization", "Identity", "LayerNormalization", "LeakyReLU",
    "MaxPooling2D", "MaxPooling3D", "PReLU", "ReLU", "Relu", "Relu6", "Resizing", "Softmax",
    "SpatialDropout2D", "SpatialDropout3D", "UpSampling2D", "UpSampling3D", "ZeroPadding2D",
    "ZeroPadding3D", "Silu", "Sigmoid", "Tanh", "Gelu", "HardSilu", "HardSwish", "HardSigmoid",
}  # fmt: skip
"""Layers and operations whose channel k is made of channel k of their only input."""


def makes_zeros(step: Step) -> bool:
    """Whether the layer's own function gives exact zeros; a layer of the user's own may."""
    layer = step.layer
    if step.fused_activation is not None:
        return _name(step.fused_activation) in _ZEROING
    if step.is_activation:
        slope = getattr(layer, "negative_slope", 0.0)
        kind = _name(getattr(layer, "activation", layer))
        return kind in _ZEROING and not (isinstance(slope, int | float) and slope)
    return not type(layer).__module__.startswith(("keras.", "reportgen."))


def origins(trace: Trace) -> Mapping[str, str]:
    """By layer path, the layer whose channels it hands on: itself where it makes its own."""
    makers = {id(tensor): step.path for step in trace.steps for tensor in step.outputs}
    found: dict[str, str] = {}
    for step in trace.steps:
        feeding = [makers[id(x)] for x in step.inputs if id(x) in makers]
        hands_on = type(step.layer).__name__ in _CHANNELWISE and len(feeding) == 1
        found[step.path] = found[feeding[0]] if hands_on else step.path
    return found


def has_filters(layer: Any) -> bool:
    """Whether the layer has channels of its own making: weights that are no normalisation's."""
    kind = type(layer).__name__
    weights = bool(getattr(layer, "weights", None))
    return weights and isinstance(layer, keras.layers.Layer) and "Norm" not in kind


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__)).lower()
