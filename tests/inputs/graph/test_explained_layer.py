"""The layer that Grad-CAM takes by itself, and the reasons for taking none."""

import keras
import numpy as np
import pytest

from reportgen.analysis.cams.gradients import score_gradients
from reportgen.inputs.network import Network

layers, ops = keras.layers, keras.ops


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(3)


def classifier(entry, *rest):
    x = entry
    for layer in (*rest, layers.Dense(3, activation="softmax", name="out")):
        x = layer(x)
    return Network(keras.Model(entry, x))


def transformer(x, count=2):
    for k in range(count):
        y = layers.LayerNormalization(name=f"first_{k}")(x)
        x = layers.Add()([x, layers.MultiHeadAttention(2, 4, name=f"attention_{k}")(y, y)])
        y = layers.LayerNormalization(name=f"second_{k}")(x)
        x = layers.Add()([x, layers.Dense(8)(layers.Dense(16, activation="gelu")(y))])
    return layers.LayerNormalization(name="final")(x)


def tokens(entry, class_token):
    x = layers.Reshape((-1, 8))(layers.Conv2D(8, 4, 4, name="patch")(entry))
    if class_token:
        zeros = ops.cast(ops.zeros_like(entry[:, 0, :1, 0]), "int32")
        x = layers.Concatenate(axis=1)([layers.Embedding(1, 8)(zeros), x])
    return x


def test_vgg16_gives_the_layer_that_the_sources_take():
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    x = layers.GlobalAveragePooling2D()(base.output)
    network = Network(keras.Model(base.input, layers.Dense(2, activation="softmax")(x)))
    assert network.explained.path == "block5_conv3"


def test_a_convolution_is_taken_behind_its_normalisation_and_activation():
    network = classifier(
        keras.Input((32, 32, 3)), layers.Conv2D(4, 3, name="early"), layers.MaxPooling2D(),
        layers.Conv2D(4, 3, use_bias=False), layers.BatchNormalization(),
        layers.ReLU(name="taken"), layers.Dropout(0.1), layers.MaxPooling2D(name="pool"),
        layers.Conv2D(4, 3, name="four"), layers.MaxPooling2D(), layers.Flatten(),
    )  # fmt: skip
    assert network.map_size("four") == (4, 4)
    assert network.explained.path == "taken"


def test_maps_that_are_all_small_are_called_coarse():
    network = classifier(
        keras.Input((12, 16, 3)), layers.Conv2D(4, 5, 3, name="conv"), layers.MaxPooling2D(),
        layers.GlobalAveragePooling2D(),
    )  # fmt: skip
    assert network.explained.path == "conv"
    assert "only 3 × 4 positions" in network.explained.reason


def test_a_layer_that_has_learned_nothing_is_not_taken():
    network = classifier(
        keras.Input((16, 16, 3)), layers.Rescaling(1 / 255, name="scale"), layers.Flatten()
    )
    assert network.explained.path is None
    assert "“scale”" in network.explained.reason
    assert "learned nothing" in network.explained.reason


def test_layers_behind_the_maps_that_mix_places_are_named():
    network = classifier(
        keras.Input((24, 24, 3)), layers.Conv2D(4, 3, name="conv"),
        layers.Reshape((22, 88)), layers.LSTM(5, name="rows"),
    )  # fmt: skip
    assert network.explained.path is None
    assert "“rows” (LSTM)" in network.explained.reason


class Overlapping(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2D(8, 5, 2, padding="same")

    def call(self, x):
        x = self.conv(x)
        return ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))


def test_tokens_without_a_grid_leave_no_layer():
    entry = keras.Input((32, 32, 3))
    x = transformer(Overlapping()(layers.Conv2D(4, 3, padding="same", name="stem")(entry)))
    network = classifier_of(entry, layers.GlobalAveragePooling1D()(x))
    assert network.map_size("first_0") is None
    assert network.explained.path is None
    assert "“stem”" in network.explained.reason


def classifier_of(entry, x):
    return Network(keras.Model(entry, layers.Dense(3, activation="softmax")(x)))


@pytest.mark.slow
@pytest.mark.parametrize("class_token", [False, True])
def test_of_a_transformer_the_last_normalisation_that_counts_is_taken(class_token):
    entry = keras.Input((32, 40, 3))
    x = transformer(tokens(entry, class_token))
    x = x[:, 0] if class_token else layers.GlobalAveragePooling1D()(x)
    network = classifier_of(entry, x)
    wanted = "first_1" if class_token else "final"
    assert network.explained.path == wanted
    values = np.random.default_rng(0).uniform(size=(1, 32, 40, 3)).astype("float32")
    maps, _, gradients = score_gradients(network, wanted, 1)(values)
    assert maps.shape == (1, 8, 10, 8)
    assert np.abs(gradients).max() > 0
    if class_token:
        assert not np.abs(score_gradients(network, "final", 1)(values)[2]).any()


def test_gradients_of_tokens_are_those_of_keras():
    import tensorflow as tf

    entry = keras.Input((32, 40, 3))
    x = layers.GlobalAveragePooling1D(name="mean")(transformer(tokens(entry, False)))
    model = keras.Model(entry, layers.Dense(3, activation="softmax", name="out")(x))
    values = np.random.default_rng(0).uniform(size=(1, 32, 40, 3)).astype("float32")
    maps, classes, gradients = score_gradients(Network(model), "final", 1)(values)
    final = keras.Model(entry, model.get_layer("final").output)(values)
    with tf.GradientTape() as tape:
        tape.watch(final)
        out = model.get_layer("out")
        score = (tf.reduce_mean(final, 1) @ out.kernel + out.bias)[0, int(classes[0, 0])]
    np.testing.assert_allclose(maps[0], np.reshape(final, (8, 10, 8)), rtol=1e-4, atol=1e-5)
    wanted = np.reshape(tape.gradient(score, final), (8, 10, 8))
    np.testing.assert_allclose(gradients[0, 0], wanted, rtol=1e-4, atol=1e-7)


def test_a_mixer_and_a_hybrid_network_are_read_as_tokens():
    entry = keras.Input((32, 32, 3))
    stem = layers.MaxPooling2D()(layers.Conv2D(8, 3, padding="same", activation="relu")(entry))
    x = layers.Reshape((-1, 8))(layers.Conv2D(8, 2, 2)(stem))
    y = layers.Permute((2, 1))(layers.LayerNormalization(name="before")(x))
    y = layers.Permute((2, 1))(layers.Dense(64)(layers.Dense(16, activation="gelu")(y)))
    x = layers.LayerNormalization(name="last")(layers.Add()([x, y]))
    network = classifier_of(entry, layers.GlobalAveragePooling1D()(x))
    assert network.map_size("last") == (8, 8)
    assert network.explained.path == "last"


class PowerMean(layers.Layer):
    def build(self, shape):
        self.power = self.add_weight(shape=(), initializer="ones", name="power")

    def call(self, x):
        return ops.mean(ops.maximum(x, 1e-6) ** self.power, axis=(1, 2)) ** (1 / self.power)


def test_pooling_of_the_users_own_is_pooling():
    network = classifier(
        keras.Input((24, 24, 3)), layers.Conv2D(4, 3, activation="relu", name="conv"), PowerMean()
    )
    assert network.explained.path == "conv"


def test_layers_behind_pooling_may_be_anything():
    entry = keras.Input((4, 24, 24, 3))
    x = layers.TimeDistributed(layers.Conv2D(4, 3, name="conv"), name="each")(entry)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(x)
    network = classifier_of(entry, layers.LSTM(4)(x))
    assert network.explained.path == "each/conv"


@pytest.mark.parametrize("photo_first", [True, False])
def test_a_branch_that_does_not_see_the_picture_is_not_taken(photo_first):
    """Of a Siamese network the second branch gets zeros: its maps say nothing of the picture."""
    first, second = keras.Input((24, 24, 3), name="left"), keras.Input((24, 24, 3), name="right")
    parts = [layers.Conv2D(4, 3, name="conv"), layers.GlobalAveragePooling2D()]
    branch = keras.Sequential(parts, name="branch")
    order = (first, second) if photo_first else (second, first)
    apart = layers.Subtract()([branch(one) for one in order])
    model = keras.Model([first, second], layers.Dense(1, activation="sigmoid")(apart))
    network = Network(model)
    assert network.image_input.name == "left"
    values = np.random.default_rng(0).uniform(size=(1, 24, 24, 3)).astype("float32")
    maps, *_ = score_gradients(network, network.explained.path, 1)(values)
    np.testing.assert_allclose(maps, parts[0](values), rtol=1e-5, atol=1e-6)
