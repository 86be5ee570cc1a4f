"""Multiply-adds, windows and memory of layers, against counts by other means."""

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.inputs.network import Network
from reportgen.records.model import Layer
from reportgen.records.windows import Window
from tests.support.chains import chain

LINEAR: dict[str, Any] = {
    "convolution": lambda: keras.layers.Conv2D(5, (3, 2), strides=(2, 1)),
    "groups": lambda: keras.layers.Conv2D(6, 3, groups=3, dilation_rate=2),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, depth_multiplier=2),
    "transposed": lambda: keras.layers.Conv2DTranspose(4, 3, strides=2),
    "dense": lambda: keras.layers.Dense(11),
    "frames": lambda: keras.layers.TimeDistributed(keras.layers.Dense(4)),
    "einsum": lambda: keras.layers.EinsumDense("bhwc,cde->bhwde", (None, None, 2, 4)),
}


@pytest.mark.parametrize("kind", LINEAR)
def test_multiply_adds_are_the_products_that_are_summed(kind: str) -> None:
    """With an input and weights of ones, each product adds 1 to the sum of the outputs."""
    model = chain(LINEAR[kind](), size=(11, 9, 3))
    for weight in model.weights:
        weight.assign(np.full(weight.shape, float("bias" not in weight.path), np.float32))
    outputs = keras.ops.convert_to_numpy(model(np.ones((1, 11, 9, 3), np.float32)))
    assert last(model).multiply_adds == outputs.astype(np.float64).sum()


def test_padded_positions_count_like_all_others() -> None:
    layer = last(chain(keras.layers.Conv2D(5, 3, padding="same"), size=(8, 6, 3)))
    assert layer.multiply_adds == 8 * 6 * 5 * 3 * 9


def test_a_separable_convolution_costs_its_two_parts() -> None:
    whole = last(chain(keras.layers.SeparableConv2D(7, 3, depth_multiplier=2)))
    parts = Network(
        chain(keras.layers.DepthwiseConv2D(3, depth_multiplier=2), keras.layers.Conv2D(7, 1))
    ).layers[1:]
    assert whole.multiply_adds == sum(part.multiply_adds or 0 for part in parts)


def test_attention_costs_its_projections_and_two_products() -> None:
    query, value = keras.Input((5, 6)), keras.Input((4, 7))
    attention = keras.layers.MultiHeadAttention(3, 8, value_dim=2)
    found = last(keras.Model([query, value], attention(query, value)))
    projections = 5 * 6 * 24 + 4 * 7 * 24 + 4 * 7 * 6 + 5 * 6 * 6
    assert found.multiply_adds == projections + 3 * 5 * 4 * 8 + 3 * 5 * 4 * 2


def test_a_shared_layer_costs_each_time() -> None:
    start, shared = keras.Input((6, 6, 3)), keras.layers.Conv2D(3, 3, padding="same")
    layers = Network(keras.Model(start, shared(shared(start)))).layers
    assert [layer.multiply_adds for layer in layers] == [0, 2916, 2916]
    assert [layer.parameters for layer in layers] == [0, 84, 0]


class Own(keras.layers.Layer):  # type: ignore[misc]
    """A layer of someone else's, which may do anything."""

    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


class OwnConvolution(keras.layers.Conv2D):  # type: ignore[misc]
    """A convolution that does more than its kind."""

    def call(self, inputs: Any) -> Any:
        return super().call(super().call(inputs))


@pytest.mark.slow
@pytest.mark.parametrize("part", [Own(), OwnConvolution(3, 3), keras.layers.LSTM(4)])
def test_what_is_not_known_has_no_number(part: Any) -> None:
    frames = [keras.layers.Reshape((23 * 20, 3))] if isinstance(part, keras.layers.LSTM) else []
    assert last(chain(*frames, part)).multiply_adds is None


def test_an_output_of_open_size_has_no_bytes() -> None:
    assert last(chain(LINEAR["einsum"]())).output_bytes is None


def test_poolings_and_normalisations_count_as_nothing() -> None:
    parts = [keras.layers.MaxPooling2D(), keras.layers.BatchNormalization(), keras.layers.ReLU()]
    assert [layer.multiply_adds for layer in Network(chain(*parts)).layers] == [0, 0, 0, 0]


@pytest.mark.parametrize("size", [(16, 12, 3)])
def test_memory_is_that_of_the_output(size: tuple[int, ...]) -> None:
    model = chain(keras.layers.Conv2D(5, 3, padding="same", dtype="float16"), size=size)
    assert last(model).output_bytes == 16 * 12 * 5 * 2


@pytest.mark.parametrize(
    ("part", "window"),
    [
        (
            keras.layers.Conv2D(4, (3, 5), strides=2, padding="same", dilation_rate=1, groups=1),
            Window(size=[3, 5], strides=[2, 2], dilation=[1, 1], padding="same"),
        ),
        (
            keras.layers.DepthwiseConv2D(3, dilation_rate=2),
            Window(size=[3, 3], strides=[1, 1], dilation=[2, 2], padding="valid", groups=3),
        ),
        (
            keras.layers.AveragePooling2D((3, 2), strides=1),
            Window(size=[3, 2], strides=[1, 1], dilation=[1, 1], padding="valid"),
        ),
        (
            keras.layers.GlobalMaxPooling2D(),
            Window(size=[], strides=[], dilation=[], padding="global"),
        ),
        (keras.layers.ReLU(), None),
    ],
)
def test_windows_are_those_of_the_layers(part: Any, window: Window | None) -> None:
    assert last(chain(part)).window == window


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (keras.layers.Conv2D(4, 3, activation="relu"), "relu"),
        (keras.layers.Conv2D(4, 3), None),
        (keras.layers.Activation("swish"), "silu"),
        (keras.layers.Conv2D(4, 3, activation=keras.layers.LeakyReLU()), "LeakyReLU"),
    ],
)
def test_activations_have_their_names(part: Any, name: str | None) -> None:
    assert last(chain(part)).activation == name


def test_mobilenet_costs_what_its_paper_says() -> None:
    """300 million multiply-adds (Sandler and others, 2018, table 4)."""
    layers = Network(keras.applications.MobileNetV2(weights=None)).layers
    assert sum(layer.multiply_adds or 0 for layer in layers) == pytest.approx(300e6, rel=0.01)


@pytest.mark.slow
def test_vgg_costs_15_gigaflops() -> None:
    """The 13 convolutions have 15.35 billion multiply-adds, the three dense layers 0.12."""
    layers = Network(keras.applications.VGG16(weights=None)).layers
    assert sum(layer.multiply_adds or 0 for layer in layers) == 15_470_264_320


def last(model: keras.Model) -> Layer:
    """The record of a model's last layer."""
    return Network(model).layers[-1]
