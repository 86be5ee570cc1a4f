"""Layers inside wrappers: their paths, their numbers against Keras, what they count for."""

import keras
import numpy as np
import pytest

from reportgen.inputs.network import Network

layers = keras.layers


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(11)


def camera():
    return keras.Sequential(
        [keras.Input((20, 28, 3)), layers.Rescaling(1 / 127.5, offset=-1, name="scale"),
         layers.Conv2D(4, 3, activation="relu", name="first"),
         layers.BatchNormalization(name="norm"),
         layers.MaxPooling2D(name="pool"), layers.Conv2D(6, 3, name="second"),
         layers.GlobalAveragePooling2D(name="mean")],
        name="camera",
    )  # fmt: skip


def drive(inner):
    entry = keras.Input((5, 20, 28, 3))
    seen = layers.TimeDistributed(inner, name="eye")(entry)
    memory = layers.Bidirectional(layers.LSTM(4), name="memory")(seen)
    return keras.Model(entry, layers.Dense(3, activation="softmax", name="out")(memory))


def one_by_one():
    entry = x = keras.Input((5, 20, 28, 3))
    for layer in (
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="relu", name="first"),
        layers.MaxPooling2D(name="pool"),
        layers.Conv2D(6, 3, name="second"),
        layers.GlobalAveragePooling2D(),
    ):
        x = layers.TimeDistributed(layer)(x)
    return keras.Model(entry, layers.Dense(3, activation="softmax")(layers.LSTM(4)(x)))


def clip(count=2):
    return np.random.default_rng(1).uniform(0, 255, (count, 5, 20, 28, 3)).astype("float32")


def outputs(network, paths, values):
    behind, _ = network.trace.run([keras.ops.convert_to_tensor(values)], paths)
    return [np.asarray(one) for one in behind]


def paths_of(network):
    return [layer.path for layer in network.layers]


def test_layers_of_a_model_inside_time_distributed_compute_what_they_compute_of_each_frame():
    inner = camera()
    model = drive(inner)
    network = Network(model)
    assert "eye/camera/second" in paths_of(network)
    values = clip()
    first, mean, out = outputs(network, ["eye/camera/first", "eye/camera/mean", "out"], values)
    frames = keras.Model(inner.inputs, [inner.get_layer(x).output for x in ("first", "mean")])
    for at in range(5):
        one_first, one_mean = frames(values[:, at])
        np.testing.assert_allclose(first[:, at], one_first, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(mean[:, at], one_mean, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(out, model(values), rtol=1e-5, atol=1e-6)


def test_the_maps_are_those_of_the_frame_shown():
    inner = camera()
    network = Network(drive(inner))
    values = clip()
    (first,) = outputs(network, ["eye/camera/first"], values)
    maps = np.asarray(network.maps(keras.ops.convert_to_tensor(first), "eye/camera/first"))
    wanted = keras.Model(inner.inputs, inner.get_layer("first").output)(values[:, 2])
    np.testing.assert_allclose(maps, wanted, rtol=1e-5, atol=1e-5)
    assert network.map_size("eye/camera/first") == (18, 26)


@pytest.mark.parametrize("build", [lambda: drive(camera()), one_by_one])
def test_wrapped_layers_count_as_others_do(build):
    model = build()
    network = Network(model)
    assert sum(layer.parameters for layer in network.layers) == model.count_params()
    assert network.detect_preprocessing().mode == "none"
    convolutions = [layer.path for layer in network.layers if layer.convolution]
    assert [path.rpartition("/")[2] for path in convolutions] == ["first", "second"]
    assert network.kernel(convolutions[1]).shape == (3, 3, 4, 6)
    assert network.last_spatial_layer == convolutions[1]
    blocks = {layer.path: layer.block for layer in network.layers}
    assert blocks[convolutions[0]] != blocks[convolutions[1]]
    assert blocks[convolutions[0]].endswith("block 1")


def test_wrappers_of_single_layers_are_no_blocks_of_their_own():
    names = [block.name for block in Network(one_by_one()).blocks]
    assert names == ["input", "block 1", "block 2", "head"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("sequences", [True, False])
def test_both_ways_are_joined_as_keras_joins_them(mode, sequences):
    entry = keras.Input((4, 10, 12, 1))
    inner = layers.ConvLSTM2D(3, 3, return_sequences=sequences, name="storm")
    joined = layers.Bidirectional(inner, merge_mode=mode, name="both")(entry)
    model = keras.Model(entry, joined)
    network = Network(model)
    values = np.random.default_rng(2).normal(size=(2, 4, 10, 12, 1)).astype("float32")
    (found,) = outputs(network, ["both"], values)
    np.testing.assert_allclose(found, model(values), rtol=1e-5, atol=1e-6)
    assert "both/forward_storm" in paths_of(network)
    assert network.map_size("both/backward_storm") == (8, 10)
    assert sum(layer.parameters for layer in network.layers) == model.count_params()


def test_spectral_normalisation_is_seen_through():
    model = keras.Sequential(
        [keras.Input((16, 16, 3)),
         layers.SpectralNormalization(layers.Conv2D(4, 4, 2, name="down"), name="limit"),
         layers.LeakyReLU(), layers.Flatten(),
         layers.SpectralNormalization(layers.Dense(1, activation="sigmoid", name="real"))]
    )  # fmt: skip
    network = Network(model)
    layer = next(one for one in network.layers if one.path == "limit/down")
    assert layer.convolution
    assert network.kernel("limit/down").shape == (4, 4, 3, 4)
    assert sum(one.parameters for one in network.layers) == model.count_params()
    assert (network.head.activation, network.head.classes) == ("sigmoid", 2)
    values = np.random.default_rng(3).normal(size=(2, 16, 16, 3)).astype("float32")
    (found,) = outputs(network, ["limit/down"], values)
    np.testing.assert_allclose(found, model.layers[0](values), rtol=1e-5, atol=1e-6)


def test_time_distributed_inside_time_distributed():
    entry = keras.Input((2, 3, 12, 12, 1))
    inner = layers.Conv2D(2, 3, name="look")
    twice = layers.TimeDistributed(layers.TimeDistributed(inner, name="b"), name="a")(entry)
    model = keras.Model(entry, layers.Dense(2, activation="softmax")(layers.Flatten()(twice)))
    network = Network(model)
    values = np.random.default_rng(4).normal(size=(2, 2, 3, 12, 12, 1)).astype("float32")
    (found,) = outputs(network, ["a/b/look"], values)
    np.testing.assert_allclose(found[:, 1, 2], inner(values[:, 1, 2]), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_gradients_reach_the_maps_of_a_wrapped_layer():
    import tensorflow as tf

    from reportgen.analysis.cams.gradients import score_gradients

    inner = camera()
    model = drive(inner)
    network = Network(model)
    frame = clip(1)[:, 2]
    maps, classes, gradients = score_gradients(network, "eye/camera/second", 1)(frame)
    front = keras.Model(inner.inputs, inner.get_layer("second").output)
    with tf.GradientTape() as tape:
        second = front(frame)
        tape.watch(second)
        seen = tf.repeat(tf.reduce_mean(second, [1, 2])[:, None], 5, axis=1)
        memory = model.get_layer("memory")(seen)
        out = model.get_layer("out")
        score = (memory @ out.kernel + out.bias)[0, int(classes[0, 0])]
    np.testing.assert_allclose(maps, second, rtol=1e-4, atol=1e-4)
    wanted = tape.gradient(score, second)
    assert np.abs(wanted).max() > 0
    # Five equal frames share the gradient; which share each has depends on the recurrence.
    assert gradients[0].shape == wanted.shape
    assert np.abs(gradients[0]).max() > 0
