"""A network whose filters have known answers."""

import keras
import numpy as np

layers = keras.layers


SIZE = 20


HOPELESS = [
    (np.zeros(9), -1.0, "relu", "silent"),
    (np.zeros(9), 1.0, None, "not risen"),
    (np.full(9, np.nan), 0.0, "relu", "failed"),
]
"""Kernel, bias and activation of filters that nothing raises, and what is said of each."""


def net(activation, channels=3):
    """Each kind of convolution layer once, random weights."""
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((32, 32, channels)),
            layers.Conv2D(6, 3, activation=activation, name="conv"),
            layers.DepthwiseConv2D(3, activation=activation, name="depthwise"),
            layers.SeparableConv2D(5, 3, activation=activation, name="separable"),
            layers.Conv2DTranspose(4, 3, strides=2, activation=activation, name="transposed"),
        ]
    )


def one_filter(kernel, bias=0.0, activation="relu"):
    """A network of a single 3×3 filter over gray pixels, fed as they are."""
    model = keras.Sequential(
        [keras.Input((SIZE, SIZE, 1)), layers.Conv2D(1, 3, activation=activation, name="conv")]
    )
    model.get_layer("conv").set_weights(
        [np.asarray(kernel, "float32").reshape(3, 3, 1, 1), np.array([bias], "float32")]
    )
    return model


def mean_activation(model, layer, pixels, channel):
    """By Keras itself, for pixels that the model is fed as x / 255."""
    inner = keras.Sequential(model.layers[: model.layers.index(model.get_layer(layer)) + 1])
    maps = np.asarray(inner(np.float32(pixels[None] / 255)))
    return float(maps[0, :, :, channel].mean(dtype=np.float64))
