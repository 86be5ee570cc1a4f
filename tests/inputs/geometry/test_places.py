"""Where rows, columns and channels stand in each layer's output, against what layers compute."""

import keras
import numpy as np
import pytest

from reportgen.inputs.network import Network

layers, ops = keras.layers, keras.ops


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(5)


def maps(network, path, values):
    behind, _ = network.run(keras.ops.convert_to_tensor(values), [path])
    return np.asarray(network.maps(behind[0], path))


def photos(network):
    image = network.image_input
    shape = (2, image.height, image.width, image.channels)
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


def blocks(x, count=2):
    for k in range(count):
        y = layers.LayerNormalization(name=f"before_{k}")(x)
        x = layers.Add()([x, layers.MultiHeadAttention(2, 4, name=f"attention_{k}")(y, y)])
        y = layers.Dense(8, name=f"wide_{k}")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(8)(y)])
    return layers.LayerNormalization(name="last")(x)


def patched(entry):
    return layers.Reshape((-1, 8), name="row")(layers.Conv2D(8, 8, 8, name="patch")(entry))


def with_tokens(entry, x, count):
    zeros = ops.cast(ops.zeros_like(entry[:, 0, :count, 0]), "int32")
    return layers.Concatenate(axis=1, name="tokens")([layers.Embedding(1, 8)(zeros), x])


@pytest.mark.parametrize("tokens", [0, 1, 5])
def test_tokens_are_laid_out_as_the_patches_they_come_from(tokens):
    entry = keras.Input((32, 48, 3))
    x = patched(entry)
    x = with_tokens(entry, x, tokens) if tokens else x
    x = blocks(x)
    x = x[:, 0] if tokens else layers.GlobalAveragePooling1D()(x)
    network = Network(keras.Model(entry, layers.Dense(3, activation="softmax")(x)))
    values = photos(network)
    assert network.map_size("last") == (4, 6)
    patches = maps(network, "patch", values)
    np.testing.assert_array_equal(maps(network, "row", values), patches)
    if tokens:
        np.testing.assert_array_equal(maps(network, "tokens", values), patches)
    assert network.map_channels("wide_0") == 8


def test_extracted_patches_and_their_order():
    entry = keras.Input((32, 48, 3))
    cut = ops.image.extract_patches(entry, (8, 8))
    x = layers.Reshape((24, 192), name="row")(cut)
    x = layers.GlobalAveragePooling1D()(blocks(layers.Dense(8, name="embed")(x)))
    network = Network(keras.Model(entry, layers.Dense(3, activation="softmax")(x)))
    values = photos(network)
    found = maps(network, "row", values)
    assert found.shape == (2, 4, 6, 192)
    np.testing.assert_array_equal(found[0, 2, 5], values[0, 16:24, 40:48].reshape(-1))


def test_patches_cut_by_reshaping_and_put_together_again():
    entry = keras.Input((8, 12, 3))
    x = layers.Reshape((2, 4, 3, 4, 3))(entry)
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    cut = layers.Reshape((6, 48), name="cut")(x)
    x = layers.Reshape((2, 3, 4, 4, 3))(cut)
    whole = layers.Reshape((8, 12, 3), name="whole")(ops.transpose(x, (0, 1, 3, 2, 4, 5)))
    network = Network(keras.Model(entry, [cut, whole]))
    values = photos(network)
    np.testing.assert_array_equal(maps(network, "whole", values), values)
    found = maps(network, "cut", values)
    np.testing.assert_array_equal(found[1, 1, 2], values[1, 4:8, 8:12].reshape(-1))


def test_windows_are_put_back_in_their_places():
    entry = keras.Input((8, 12, 3))
    x = ops.transpose(layers.Reshape((2, 4, 3, 4, 3))(entry), (0, 1, 3, 2, 4, 5))
    windows = ops.reshape(x, (-1, 16, 3))
    seen = layers.LayerNormalization(center=False, scale=False, name="seen")(windows)
    network = Network(keras.Model(entry, seen))
    values = photos(network)
    wanted = layers.LayerNormalization(center=False, scale=False)(values)
    np.testing.assert_allclose(maps(network, "seen", values), wanted, rtol=1e-4, atol=1e-5)


def test_a_mixer_has_maps_wherever_tokens_stand_apart():
    entry = keras.Input((32, 48, 3))
    x = patched(entry)
    y = layers.Permute((2, 1), name="turned")(x)
    y = layers.Dense(24)(layers.Dense(10, activation="gelu", name="mixed")(y))
    x = layers.Add(name="joined")([x, layers.Permute((2, 1))(y)])
    x = layers.LayerNormalization(name="last")(x)
    x = layers.GlobalAveragePooling1D()(x)
    network = Network(keras.Model(entry, layers.Dense(3, activation="softmax")(x)))
    values = photos(network)
    np.testing.assert_array_equal(maps(network, "turned", values), maps(network, "row", values))
    assert network.map_size("mixed") is None
    assert network.map_size("joined") == network.map_size("last") == (4, 6)


class Patches(layers.Layer):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, images):
        cut = ops.image.extract_patches(images, (self.size, self.size))
        return ops.reshape(cut, (-1, cut.shape[1] * cut.shape[2], cut.shape[3]))


class Tokens(layers.Layer):
    def __init__(self, front, back, **kwargs):
        super().__init__(**kwargs)
        self.front, self.back = front, back

    def build(self, shape):
        self.more = self.add_weight(shape=(self.front + self.back, shape[-1]), name="more")

    def call(self, x):
        more = ops.tile(self.more[None], (ops.shape(x)[0], 1, 1))
        return ops.concatenate([more[:, : self.front], x, more[:, self.front :]], axis=1)


@pytest.mark.parametrize(("front", "back"), [(1, 0), (0, 1), (2, 3)])
def test_layers_of_the_users_own_are_tried_out(front, back):
    entry = keras.Input((32, 48, 3))
    x = Patches(8, name="cut")(entry)
    x = Tokens(front, back, name="more")(x)
    x = layers.Dense(3, activation="softmax")(x[:, 0])
    network = Network(keras.Model(entry, x))
    values = photos(network)
    cut = maps(network, "cut", values)
    np.testing.assert_array_equal(cut[0, 3, 1], values[0, 24:32, 8:16].reshape(-1))
    np.testing.assert_array_equal(maps(network, "more", values), cut)


class Shuffled(Patches):
    def call(self, images):
        return ops.flip(super().call(images), axis=1)


def test_patches_in_another_order_are_no_maps():
    entry = keras.Input((32, 48, 3))
    x = layers.Dense(3, activation="softmax")(Shuffled(8, name="cut")(entry)[:, 0])
    assert Network(keras.Model(entry, x)).map_size("cut") is None


def test_a_pooling_layer_that_contradicts_the_network_is_judged_by_the_network():
    entry = keras.Input((32, 40, 3))
    x = layers.Conv2D(8, 3, padding="same", name="conv")(entry)
    x = layers.MaxPooling2D(2, data_format="channels_first", name="odd")(x)
    x = layers.Conv2D(6, 3, name="next")(x)
    network = Network(keras.Model(entry, layers.Dense(2)(layers.Flatten()(x))))
    assert (network.map_size("odd"), network.map_channels("odd")) == ((32, 20), 4)
    values = photos(network)
    conv = maps(network, "conv", values)
    wanted = conv.reshape(2, 32, 20, 2, 4, 2).max(axis=(3, 5))
    np.testing.assert_allclose(maps(network, "odd", values), wanted, rtol=1e-5, atol=1e-6)
    assert any("odd" in one and "channels_first" in one for one in network.warnings)


def test_a_network_that_is_channels_first_throughout_gets_no_warning():
    entry = keras.Input((3, 32, 40))
    x = layers.ZeroPadding2D(1, data_format="channels_first")(entry)
    x = layers.MaxPooling2D(2, data_format="channels_first", name="pool")(x)
    network = Network(keras.Model(entry, layers.Dense(2)(layers.Flatten()(x))))
    assert (network.map_size("pool"), network.map_channels("pool")) == ((17, 21), 3)
    assert not network.warnings


def test_scores_of_attention_are_no_maps():
    entry = keras.Input((32, 48, 3))
    x = layers.Dense(8)(patched(entry))
    heads = layers.Reshape((24, 2, 4))(x)
    scores = ops.einsum("bqhd,bkhd->bhqk", heads, heads)
    network = Network(keras.Model(entry, layers.Flatten()(scores)))
    assert network.map_size(network.layers[-2].path) is None


def test_rows_whose_columns_are_flattened_into_channels_are_no_maps():
    entry = keras.Input((12, 20, 3))
    x = layers.Reshape((12, 60), name="lines")(entry)
    network = Network(keras.Model(entry, layers.Dense(3)(layers.LSTM(4)(x))))
    assert network.map_size("lines") is None


def test_channels_shuffled_into_pixels_are_maps():
    image = keras.Input((6, 5, 3))
    x = layers.Reshape((6, 5, 2, 2, 2))(layers.Conv2D(8, 1)(image))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    x = layers.Reshape((12, 10, 2), name="shuffled")(x)
    network = Network(keras.Model(image, x))
    assert (network.map_size("shuffled"), network.map_channels("shuffled")) == ((12, 10), 2)
    values = photos(network)
    behind, _ = network.run(keras.ops.convert_to_tensor(values), ["shuffled"])
    np.testing.assert_array_equal(maps(network, "shuffled", values), behind[0])
