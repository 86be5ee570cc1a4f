"""The weights of a convolution layer in one form, whatever its kind."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt


def kernel_of(layer: Any) -> npt.NDArray[np.float32]:
    """The weights of a convolution layer: (height, width, channels of its input, filters).

    A depthwise convolution has filters of one input channel each. Of a separable one it is the
    plain convolution that does the same.
    """
    if isinstance(layer, keras.layers.SeparableConv2D):
        depth, point = (_array(weight) for weight in layer.weights[:2])
        inputs, multiplier = depth.shape[2:]
        point = point.reshape(inputs, multiplier, -1)
        return np.asarray(np.einsum("hwim,imo->hwio", depth, point))
    kernel = _array(layer.kernel)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return kernel.reshape(*kernel.shape[:2], 1, -1)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return kernel.transpose(0, 1, 3, 2)
    return kernel


def _array(weight: Any) -> npt.NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(weight), np.float32)
