"""Bounds of activation functions: inside a layer, as layers, as functions of Keras."""

import keras
import pytest

from reportgen.inputs.network import Network

layers = keras.layers


@pytest.mark.parametrize(
    ("last", "bounds"),
    [
        (layers.Conv2D(2, 1, activation="sigmoid"), (0.0, 1.0)),
        (layers.Conv2D(2, 1, activation="tanh"), (-1.0, 1.0)),
        (layers.Conv2D(2, 1, activation="relu"), (None, None)),
        (layers.Conv2D(2, 1), (None, None)),
        (layers.Activation("hard_sigmoid"), (0.0, 1.0)),
        (layers.Activation("relu6"), (None, 6.0)),
        (layers.ReLU(6.0), (None, 6.0)),
        (layers.ReLU(2.5), (None, 2.5)),
        (layers.ReLU(), (None, None)),
        (layers.Softmax(), (None, None)),
        (layers.MaxPooling2D(), (None, None)),
    ],
)
def test_the_bounds_of_a_layer(last, bounds):
    start = keras.Input((4, 4, 3))
    network = Network(keras.Model(start, last(start)))
    assert network.bounds(last.name) == bounds


def test_the_bounds_of_a_function():
    start = keras.Input((4, 4, 3))
    network = Network(keras.Model(start, keras.ops.tanh(start)))
    assert network.bounds(network.trace.steps[-1].path) == (-1.0, 1.0)
