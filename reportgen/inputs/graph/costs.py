"""What a layer costs for one image: multiply-adds with weights, and the memory of its outputs.

A multiply-add is counted for every weight at every position that it is used at, as in the papers
of VGG (Simonyan and Zisserman, 2014) and MobileNetV2 (Sandler and others, 2018). Biases,
normalisations, poolings and activation functions are not counted: they count as 0.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from reportgen.inputs.graph.steps import Step

_FREE = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.UnitNormalization,
    keras.layers.RMSNormalization,
    keras.layers.Normalization,
    keras.layers.Embedding,
    keras.layers.PReLU,
    keras.layers.InputLayer,
)
"""Layers whose weights, if any, are not multiplied with many values each."""

_MULTIPLYING = {"Dot", "Attention", "AdditiveAttention", "Matmul", "Einsum", "Tensordot", "Inner"}
_MULTIPLYING |= {"Outer", "Vdot", "Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose"}
_MULTIPLYING |= {"DotProductAttention", "Lambda", "TFSMLayer"}
"""Layers and functions without weights of their own that may multiply; how often is not known."""


def multiply_adds(step: Step) -> int | None:
    """Multiply-adds of one call of a layer for one image; None where they are not known."""
    layer = step.layer
    outputs = [tuple(output.shape[1:]) for output in step.outputs]
    inputs = [tuple(tensor.shape[1:]) for tensor in step.inputs]
    for kind, counted in _COUNTED.items():
        if isinstance(layer, kind) and type(layer).call is kind.call:
            needed = inputs if kind is keras.layers.EinsumDense else [*inputs, *outputs]
            if any(size is None for sizes in needed for size in sizes):
                return None
            return counted(_Call(layer, inputs, outputs))
    known = type(layer).__module__.split(".")[0] == "keras"
    free = isinstance(layer, _FREE) or not getattr(layer, "weights", ())
    return 0 if known and free and type(layer).__name__ not in _MULTIPLYING else None


def output_bytes(step: Step) -> int | None:
    """Bytes of what a layer puts out for one image; None where a size is open."""
    total = 0
    for output in step.outputs:
        sizes = output.shape[1:]
        if any(size is None for size in sizes):
            return None
        total += math.prod(sizes) * _bytes_each(keras.backend.standardize_dtype(output.dtype))
    return total


def _bytes_each(dtype: str) -> int:
    return 2 if dtype == "bfloat16" else 1 if "float8" in dtype else np.dtype(dtype).itemsize


class _Call(NamedTuple):
    """A layer, and the shapes of its inputs and outputs without the axis of the batch."""

    layer: Any
    inputs: list[tuple[int, ...]]
    outputs: list[tuple[int, ...]]


def _convolution(call: _Call) -> int:
    positions = math.prod(call.outputs[0]) // call.layer.filters
    return int(positions * math.prod(call.layer.kernel.shape))


def _depthwise(call: _Call) -> int:
    # A filter for each channel of the output.
    return int(math.prod(call.outputs[0]) * math.prod(call.layer.kernel_size))


def _separable(call: _Call) -> int:
    positions = math.prod(call.outputs[0]) // call.layer.filters
    kernels = (call.layer.depthwise_kernel, call.layer.pointwise_kernel)
    return int(positions * sum(math.prod(kernel.shape) for kernel in kernels))


def _transposed(call: _Call) -> int:
    # Every value of the input is multiplied by the weights for its channel.
    return int(math.prod(call.inputs[0]) * math.prod(call.layer.kernel_size) * call.layer.filters)


def _dense(call: _Call) -> int:
    return math.prod(call.outputs[0]) * call.inputs[0][-1]


def _einsum(call: _Call) -> int | None:
    """The product of the sizes of all letters of an equation such as "abc,cd->abd"."""
    given, _, weights = call.layer.equation.partition("->")[0].partition(",")
    if "." in call.layer.equation:
        return None
    sizes = dict(zip(weights, call.layer.kernel.shape, strict=True))
    sizes |= dict(zip(given, (1, *call.inputs[0]), strict=True))
    return math.prod(sizes.values())


def _attention(call: _Call) -> int | None:
    """Projections of query, key, value and output, and the two products between them."""
    if any(len(shape) != 2 for shape in (*call.inputs, call.outputs[0])) or len(call.inputs) > 3:
        return None
    query, value = call.inputs[0], call.inputs[1] if len(call.inputs) > 1 else call.inputs[0]
    key = call.inputs[2] if len(call.inputs) > 2 else value
    layer = call.layer
    keys, values = layer.num_heads * layer.key_dim, layer.num_heads * layer.value_dim
    projected = query[0] * query[1] * keys + key[0] * key[1] * keys + value[0] * value[1] * values
    products = query[0] * key[0] * (keys + values)
    return int(projected + products + query[0] * values * call.outputs[0][-1])


_COUNTED: dict[Any, Callable[[_Call], int | None]] = {
    keras.layers.SeparableConv1D: _separable,
    keras.layers.SeparableConv2D: _separable,
    keras.layers.DepthwiseConv1D: _depthwise,
    keras.layers.DepthwiseConv2D: _depthwise,
    keras.layers.Conv1DTranspose: _transposed,
    keras.layers.Conv2DTranspose: _transposed,
    keras.layers.Conv3DTranspose: _transposed,
    keras.layers.Conv1D: _convolution,
    keras.layers.Conv2D: _convolution,
    keras.layers.Conv3D: _convolution,
    keras.layers.Dense: _dense,
    keras.layers.EinsumDense: _einsum,
    keras.layers.MultiHeadAttention: _attention,
}
