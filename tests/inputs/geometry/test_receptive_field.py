"""Receptive fields equal a measurement: the pixels whose change changes the unit, by gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.demo import demo_model
from reportgen.inputs.network import Network
from reportgen.pictures.box import Box
from tests.support.chains import chain, positive

layers, ops = keras.layers, keras.ops
applications = keras.applications


class Derived(layers.Conv2D):
    """A class of the user's own that computes as Keras's does."""


def padded(widths, **options):
    return lambda x: ops.pad(x, widths, **options)


def averaged(model):
    """Maxima become means: a maximum lets the gradient through to one position only."""

    def swap(layer):
        if isinstance(layer, layers.MaxPooling2D):
            config = layer.get_config()
            return layers.AveragePooling2D(**{
                key: config[key] for key in ("pool_size", "strides", "padding", "name")
            })  # fmt: skip
        if isinstance(layer, layers.ReLU):
            return layers.Activation("softplus", name=layer.name)
        config = layer.get_config()
        if config.get("activation") == "relu":
            config["activation"] = "softplus"
        return type(layer).from_config(config)

    return positive(keras.models.clone_model(model, clone_function=swap))


def measured(network, path, row, column):
    """Rows and columns of the input on which the unit's sum over channels depends."""
    shape = [1, *network.trace.inputs[0].shape[1:]]
    pixels = tf.constant(np.random.default_rng(1).uniform(0.2, 0.3, shape), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        (behind,), _ = network.run(pixels, [path])
        unit = tf.reduce_sum(network.maps(behind, path)[0, row, column])
    change = np.abs(tape.gradient(unit, pixels)[0]).sum(-1) > 0
    if not change.any():
        return 0, 0, 0, 0
    rows, columns = np.flatnonzero(change.any(1)), np.flatnonzero(change.any(0))
    return rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1


def check(model, paths=None, most=3):
    network = Network(model)
    spatial = [layer.path for layer in network.layers if layer.spatial]
    checked = 0
    for path in paths or spatial:
        height, width = network.map_size(path)
        for row, column in {(0, 0), (height // 2, width // 2), (height - 1, width - 2)}:
            field = network.receptive_fields.of(path, row, column)
            box = field.box
            found = (box.top, box.left, box.height, box.width)
            assert field.exact, path
            assert found == measured(network, path, row, column), (path, row, column)
            checked += 1
    assert checked >= most


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "side", "paths"),
    [
        ("VGG16", 96, ["block1_conv2", "block3_pool", "block5_conv3"]),
        ("MobileNetV2", 96, ["Conv1", "block_3_depthwise", "block_6_project", "out_relu"]),
        ("ResNet50", 96, ["conv1_conv", "pool1_pool", "conv2_block3_out", "conv4_block1_out"]),
    ],
)
def test_the_fields_of_applications(name, side, paths):
    make = getattr(applications, name)
    model = make(weights=None, include_top=False, input_shape=(side, side, 3))
    check(averaged(model), paths)


def test_the_fields_of_the_demos_model():
    check(averaged(keras.models.load_model(demo_model())))


@pytest.mark.parametrize(
    "parts",
    [
        [layers.Conv2D(2, (3, 5), dilation_rate=(2, 3), padding="same")],
        [layers.Conv2D(2, 3, dilation_rate=4, padding="same"), layers.Conv2D(2, 2, strides=2)],
        [layers.Conv2D(2, 1, strides=3), layers.DepthwiseConv2D(2)],
        [layers.AveragePooling2D(3, 2, "same"), layers.SeparableConv2D(2, 3, padding="same")],
        [layers.Conv2D(2, 3, strides=2), layers.Conv2DTranspose(2, 3, strides=2, padding="same")],
        [layers.Conv2D(2, 3, strides=3), layers.Conv2DTranspose(2, (4, 2), strides=3)],
        [layers.Conv2D(2, 3, strides=2), layers.UpSampling2D((2, 3))],
        [layers.Conv2D(2, 3, strides=2), layers.UpSampling2D(2, interpolation="bilinear")],
        [layers.ZeroPadding2D(((1, 2), (3, 0))), layers.Conv2D(2, 4)],
        [layers.Cropping2D(((2, 1), (0, 3))), layers.Conv2D(2, 2), layers.BatchNormalization()],
        [layers.Resizing(9, 11), layers.Conv2D(2, 2)],
        [layers.Conv2D(2, 3, strides=2), layers.UpSampling2D(2, interpolation="bicubic")],
        [layers.RandomFlip(), layers.RandomRotation(0.2), layers.RandomZoom(0.3),
         layers.RandomHue(0.1), layers.Conv2D(2, 3, strides=2), layers.Conv2D(2, 2)],
        [Derived(2, 3, strides=2), layers.Conv2D(2, 3)],
        [padded(((0, 0), (5, 0), (0, 3), (0, 0))), layers.Conv2D(2, 3, strides=2)],
        [padded(((0, 0), (4, 4), (4, 4), (0, 0)), mode="reflect"), layers.Conv2D(2, 3, strides=2)],
        [lambda x: ops.average_pool(x, 3, strides=2, padding="same"), layers.Conv2D(2, 3)],
        [lambda x: ops.image.resize(x, (10, 31)), layers.Conv2D(2, 3)],
    ],
)  # fmt: skip
def test_the_fields_of_each_kind_of_layer(parts):
    check(chain(*parts))


@pytest.mark.parametrize("options", [{"antialias": True}, {"crop_to_aspect_ratio": True}])
def test_a_resizing_that_is_not_followed_is_not_exact(options):
    network = Network(chain(layers.Resizing(9, 11, **options, name="resized")))
    assert not network.receptive_fields.of("resized", 4, 5).exact


def test_a_layer_of_the_users_own_with_the_name_of_one_of_keras_is_not_taken_for_it():
    """It has other settings: the network could not be opened."""
    own = type("Conv2D", (layers.Layer,), {"call": lambda _, x: ops.average_pool(x, 4, strides=2)})
    network = Network(chain(own(name="own"), layers.Conv2D(2, 3, name="conv")))
    assert network.map_size("own") == (10, 9)
    field = network.receptive_fields.of("conv", 2, 2)
    assert not field.exact
    assert not network.receptive_fields.grid("conv", network.map_size("conv")).exact


def squeezed(side=17):
    """A wide branch beside a short one, then a squeeze-and-excitation gate."""
    start = keras.Input((side, side, 3))
    wide = layers.Conv2D(3, 5, padding="same")(start)
    both = layers.Add(name="both")([wide, start])
    share = layers.GlobalAveragePooling2D(keepdims=True)(both)
    gated = layers.Multiply(name="gated")([both, layers.Conv2D(3, 1)(share)])
    return positive(keras.Model(start, gated))


def test_branches_see_what_the_widest_sees():
    check(squeezed(), ["both"])


def test_behind_a_squeeze_the_convolutional_path_alone_counts_and_that_is_said():
    network = Network(squeezed())
    plain = network.receptive_fields.of("both", 8, 8)
    gated = network.receptive_fields.of("gated", 8, 8)
    assert measured(network, "gated", 8, 8) == (0, 0, 17, 17)
    assert (plain.box, plain.beyond) == (gated.box, False)
    assert gated.beyond
    assert gated.exact


@pytest.mark.parametrize(
    "norm", [layers.GroupNormalization(1), layers.LayerNormalization(axis=[1, 2, 3])]
)
def test_a_normalisation_over_positions_is_not_on_the_convolutional_path(norm):
    network = Network(chain(layers.Conv2D(2, 3), norm))
    field = network.receptive_fields.of(norm.name, 4, 5)
    assert (field.box, field.beyond, field.exact) == (Box(4, 5, 3, 3), True, True)


def test_an_unknown_layer_sees_everything_and_says_that_it_is_not_exact():
    start = keras.Input((9, 8, 3))
    model = keras.Model(start, keras.ops.flip(start, axis=1))
    network = Network(model)
    field = network.receptive_fields.of(network.layers[-1].path, 0, 0)
    assert not field.exact
    assert (field.box.height, field.box.width) == (9, 8)


def test_a_turned_map_is_turned_back():
    start = keras.Input((9, 8, 3))
    model = keras.Model(start, layers.Permute((2, 1, 3), name="turn")(start))
    field = Network(model).receptive_fields.of("turn", 8, 3)
    assert field.exact
    assert (field.box.top, field.box.left, field.box.height, field.box.width) == (8, 3, 1, 1)


def test_patches_tokens_and_attention():
    start = keras.Input((32, 48, 3))
    row = layers.Reshape((24, 4), name="row")(layers.Conv2D(4, 8, 8)(start))
    norm = layers.LayerNormalization(name="norm")(row)
    seen = layers.MultiHeadAttention(1, 4, name="seen")(norm, norm)
    fields = Network(keras.Model(start, seen)).receptive_fields
    field = fields.of("norm", 3, 5)
    assert field.exact
    assert (field.box.top, field.box.left, field.box.height, field.box.width) == (24, 40, 8, 8)
    whole = fields.of("seen", 3, 5)
    assert whole.exact
    assert (whole.box.height, whole.box.width) == (32, 48)


def test_a_wrapped_convolution_sees_what_it_sees_alone():
    start = keras.Input((3, 20, 24, 3))
    wrapped = layers.TimeDistributed(layers.Conv2D(2, 5, 2, name="conv"), name="each")(start)
    field = Network(keras.Model(start, wrapped)).receptive_fields.of("each/conv", 2, 3)
    assert (field.box.top, field.box.left, field.box.height, field.box.width) == (4, 6, 5, 5)


def test_a_position_that_is_not_there_is_refused():
    network = Network(chain(layers.Conv2D(2, 3, name="conv")))
    with pytest.raises(ValueError, match="21 positions, not 21"):
        network.receptive_fields.of("conv", 21, 0)
