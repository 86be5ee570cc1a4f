"""The cells of a map lie at the centres of their receptive fields, which are measured elsewhere."""

import keras
import numpy as np
import pytest

from reportgen.inputs.network import Network
from tests.support.chains import chain

layers = keras.layers


def fields_and_cells(network, path):
    """Of cells whose field the border does not cut: centre and size as found, and as the grid's."""
    size = network.map_size(path)
    grid = network.receptive_fields.grid(path, size)
    sides = network.image_input.height, network.image_input.width
    for place in np.ndindex(size):
        box = network.receptive_fields.of(path, *place).box
        axes = list(zip((grid.rows, grid.columns), place, sides, strict=True))
        centres = [axis.start + at * axis.jump for axis, at, _ in axes]
        reach = [(axis.size / 2, side) for axis, _, side in axes]
        if all(half <= c <= side - half for c, (half, side) in zip(centres, reach, strict=True)):
            found = (box.top + box.height / 2, box.left + box.width / 2, box.height, box.width)
            yield found, (*centres, grid.rows.size, grid.columns.size)


CHAINS = [
    [layers.Conv2D(2, (3, 5), dilation_rate=(2, 3), padding="same")],
    [layers.Conv2D(2, 3), layers.MaxPooling2D(2), layers.Conv2D(2, 3), layers.MaxPooling2D(2)],
    [layers.Conv2D(2, 3, strides=2, padding="same"), layers.MaxPooling2D(3, 2, padding="same")],
    [layers.Conv2D(2, 1, strides=3), layers.DepthwiseConv2D(2)],
    [layers.AveragePooling2D(3, 2, "same"), layers.SeparableConv2D(2, 3, padding="same")],
    [layers.ZeroPadding2D(((1, 2), (3, 0))), layers.Conv2D(2, 4, dilation_rate=2)],
    [layers.Cropping2D(((2, 1), (0, 3))), layers.Conv2D(2, 2), layers.BatchNormalization()],
    [layers.Conv2D(2, 3, strides=2), layers.UpSampling2D((2, 2))],
    [layers.Conv2D(2, 3, strides=2), layers.GroupNormalization(1), layers.Conv2D(2, 3)],
    [layers.SpectralNormalization(layers.Conv2D(2, 3, strides=2)), layers.Conv2D(2, 3)],
]  # fmt: skip


@pytest.mark.parametrize("parts", CHAINS)
def test_cells_lie_at_the_centres_of_their_receptive_fields(parts):
    network = Network(chain(*parts, size=(45, 52, 3)))
    path = network.trace.steps[-1].path
    pairs = list(fields_and_cells(network, path))
    assert len(pairs) > 20
    found, cells = (np.array(one) for one in zip(*pairs, strict=True))
    np.testing.assert_allclose(cells[:, :2], found[:, :2], atol=0.5)
    np.testing.assert_allclose(cells.mean(0), found.mean(0), atol=0.5)


def test_a_strided_same_convolution_is_off_the_even_division():
    """TensorFlow pads an even input below and to the right alone."""
    network = Network(
        chain(layers.Conv2D(2, 3, strides=2, padding="same", name="c"), size=(8, 9, 3))
    )
    grid = network.receptive_fields.grid("c", (4, 5))
    assert (grid.rows.start, grid.rows.jump, grid.rows.size) == (1.5, 2, 3)
    assert (grid.columns.start, grid.columns.jump) == (0.5, 2)


@pytest.mark.parametrize(("stride", "padding"), [(2, "same"), (2, "valid"), (3, "same")])
def test_a_transposed_convolution_undoes_its_convolution(stride, padding):
    down = layers.Conv2D(2, 4, strides=stride, padding=padding)
    up = layers.Conv2DTranspose(2, 4, strides=stride, padding=padding, name="up")
    network = Network(chain(down, up, size=(24, 24, 3)))
    grid = network.receptive_fields.grid("up", network.map_size("up"))
    assert (grid.rows.start, grid.rows.jump) == pytest.approx((0.5, 1))


@pytest.mark.parametrize(
    "options", [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}]
)
def test_a_resizing_layer_is_followed(options):
    network = Network(chain(layers.Resizing(16, 16, **options, name="r"), size=(32, 64, 3)))
    grid = network.receptive_fields.grid("r", (16, 16))
    middle = (grid.rows.start + 7.5 * grid.rows.jump, grid.columns.start + 7.5 * grid.columns.jump)
    assert middle == pytest.approx((16, 32))
    jumps = {"": (2, 4), "crop_to_aspect_ratio": (2, 2), "pad_to_aspect_ratio": (4, 4)}
    assert (grid.rows.jump, grid.columns.jump) == jumps["".join(options)]


def test_a_pooled_branch_that_is_spread_again_does_not_place_cells():
    start = keras.Input((20, 20, 3))
    maps = layers.Conv2D(4, 3, name="maps")(start)
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(maps)
    spread = layers.UpSampling2D(18, interpolation="bilinear")(pooled)
    both = layers.Concatenate(name="both")([maps, spread])
    network = Network(keras.Model(start, both))
    one, other = (network.receptive_fields.grid(path, (18, 18)) for path in ("maps", "both"))
    assert (one.rows, one.beyond) == (other.rows, False)
    assert other.beyond
    assert other.exact


def test_cells_of_unknown_origin_divide_the_image_and_say_so():
    start = keras.Input((24, 24, 3))
    flat = layers.Dense(64)(layers.Flatten()(start))
    network = Network(keras.Model(start, layers.Reshape((4, 4, 4), name="maps")(flat)))
    grid = network.receptive_fields.grid("maps", (4, 4))
    assert not grid.exact
    assert (grid.rows.start, grid.rows.jump) == (3, 6)


def sliced(key):
    return lambda x: x[key]


TURNED = [
    [layers.Permute((2, 1, 3)), layers.Conv2D(2, (3, 5), strides=(1, 2))],
    [layers.Permute((2, 1, 3)), layers.ZeroPadding2D(((3, 0), (0, 0))),
     layers.MaxPooling2D((2, 3))],
    [layers.Conv2D(2, 3), layers.Permute((2, 1, 3)), layers.Cropping2D(((0, 2), (4, 0)))],
    [layers.Permute((2, 1, 3)), layers.Conv2D(2, (5, 3)), layers.Permute((2, 1, 3)),
     layers.Conv2D(2, (2, 4))],
    [sliced(np.s_[:, 9:-2, 5:]), layers.Conv2D(2, 3, strides=2)],
    [layers.Conv2D(2, 3), sliced(np.s_[..., ::2, :]), layers.Conv2D(2, 3)],
    [layers.Permute((2, 1, 3)), sliced(np.s_[:, 7:]), layers.Conv2D(2, 3)],
]  # fmt: skip


@pytest.mark.parametrize("parts", TURNED)
def test_transposed_and_sliced_pictures_keep_their_places(parts, tmp_path):
    """The centre of what each cell answers to, found by gradients, is the grid's."""
    keras.utils.set_random_seed(3)
    entry = keras.Input((45, 52, 3))
    x = entry
    for part in parts:
        x = part(x)
    pooled = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(entry, layers.Dense(2, activation="softmax")(pooled))
    model.save(tmp_path / "m.keras")  # what a slice takes is stored as a list
    network = Network(keras.models.load_model(tmp_path / "m.keras"))
    assert not network.warnings
    path = next(s.path for s in network.trace.steps[::-1] if len(s.outputs[0].shape) == 4)
    height, width = network.map_size(path)
    grid = network.receptive_fields.grid(path, (height, width))
    assert grid.exact
    row, column = height // 2, width // 3
    slopes = gradients_at(network, path, row, column)
    down, across = (np.flatnonzero(slopes.any(axis=axis)) for axis in (1, 0))
    box = network.receptive_fields.of(path, row, column).box
    if not any(isinstance(part, layers.MaxPooling2D) for part in parts):
        assert (box.top, box.top + box.height - 1) == (down[0], down[-1])
        assert (box.left, box.left + box.width - 1) == (across[0], across[-1])
    assert grid.rows.start + row * grid.rows.jump == pytest.approx(box.top + box.height / 2)
    assert grid.columns.start + column * grid.columns.jump == pytest.approx(
        box.left + box.width / 2
    )
    assert box.top <= down[0] <= down[-1] < box.top + box.height
    assert box.left <= across[0] <= across[-1] < box.left + box.width


def gradients_at(network, path, row, column):
    """Where the picture moves one cell of the maps as they are shown, (height, width)."""
    import tensorflow as tf

    image = network.image_input
    x = tf.random.stateless_uniform((1, image.height, image.width, 3), (1, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        cell = tf.reduce_sum(network.maps(network.run(x, [path])[0][0], path)[0, row, column])
    return np.abs(tape.gradient(cell, x).numpy()[0]).sum(-1)


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (lambda x: keras.ops.flip(x, axis=2), True),
        (lambda x: x[:, ::-1], True),
        (lambda x: keras.ops.rot90(x, axes=(1, 2)), True),
        (lambda x: keras.ops.roll(x, 5, axis=1), True),
        (lambda x: keras.ops.flip(x, axis=-1), False),
        (lambda x: x[..., ::-1], False),
    ],
)
def test_what_turns_the_picture_is_said(turn, said):
    entry = keras.Input((16, 16, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(turn(entry)))
    network = Network(keras.Model(entry, layers.Dense(2, activation="softmax")(pooled)))
    assert any("not as on the photo" in text for text in network.warnings) == said
