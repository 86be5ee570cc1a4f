"""A few channels of a layer equal those of the whole layer, whatever the layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.inputs.graph.slim import can_slim
from reportgen.inputs.network import Network

layers = keras.layers


def plain(**options):
    return lambda: layers.Conv2D(6, 3, bias_initializer="random_normal", name="conv", **options)


CASES = {
    "relu": (plain(activation="relu"), True),
    "strided": (plain(strides=2, padding="same", activation="tanh"), True),
    "dilated": (plain(dilation_rate=2), True),
    "without bias": (plain(use_bias=False, activation="leaky_relu"), True),
    "softmax": (plain(activation="softmax"), False),
    "groups": (plain(groups=3), False),
    "depthwise": (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, name="conv"), False),
    "separable": (lambda: layers.SeparableConv2D(6, 3, name="conv"), False),
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("nested", [False, True])
def test_channels_are_those_of_the_whole_layer(kind, nested):
    keras.utils.set_random_seed(0)
    make, slims = CASES[kind]
    inner = [layers.Conv2D(3, 3, name="before"), make(), layers.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input((16, 14, 3)), *inner], name="inner")
    if nested:
        model = keras.Sequential([keras.Input((16, 14, 3)), model, layers.Dense(2)])
    network = Network(model)
    path = "inner/conv" if nested else "conv"
    assert can_slim(network._steps[path].layer) is slims
    values = np.random.default_rng(0).normal(size=(3, 16, 14, 3)).astype("float32")
    wanted = [network.maps(one[0], path).numpy() for one in network.run(values, [path])]
    found = network.channels(tf.constant(values), path, tf.constant([4, 0, 4]))
    for one, whole in zip(found, wanted, strict=True):
        expected = np.stack([whole[0, ..., 4], whole[1, ..., 0], whole[2, ..., 4]])
        np.testing.assert_allclose(one.numpy(), expected, atol=1e-5)
