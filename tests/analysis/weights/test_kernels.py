"""Kernels: the weights are those that convolve, dead and doubled filters are found."""

import io
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reportgen.analysis.weights import kernels
from reportgen.analysis.weights.kernels import Kernels, describe, near_duplicates
from reportgen.pictures.kernel_tiles import draw_kernel
from tests.analysis.bench import bench_of
from tests.support.options import KERNEL
from tests.support.results import stored_data

layers = keras.layers


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(5, (3, 2), padding="same", name="c"),
        layers.Conv2D(4, 3, padding="same", groups=2, name="c"),
        layers.SeparableConv2D(6, 3, depth_multiplier=2, padding="same", name="c"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_kernel_convolves_as_the_layer_does(layer):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((8, 9, 4)), layers.Conv2D(4, 1, name="in"), layer])
    kernel = bench_of(model, {}).network.kernel("c")
    image = np.random.default_rng(0).normal(size=(1, 8, 9, 4)).astype("float32")
    plain = keras.ops.convert_to_numpy(keras.ops.conv(image, kernel, 1, "same"))
    np.testing.assert_allclose(np.asarray(layer(image)), plain, atol=1e-5)


def test_filters_stand_last_for_each_kind_of_convolution():
    entry = keras.Input((8, 8, 3))
    up = layers.Conv2DTranspose(7, 3, name="up")(entry)
    out = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depth")(up)
    model = keras.Model(entry, out)
    network = bench_of(model, {}).network
    assert network.kernel("up").shape == (3, 3, 3, 7)
    assert network.kernel("depth").shape == (3, 3, 1, 14)
    stored = np.asarray(model.get_layer("depth").kernel)
    np.testing.assert_array_equal(network.kernel("depth")[:, :, 0, 3], stored[:, :, 1, 1])
    transposed = np.asarray(model.get_layer("up").kernel)
    np.testing.assert_array_equal(network.kernel("up")[..., 5], transposed[:, :, 5, :])


def planted():
    """Thirty random filters, of which 4 and 20 are the same but for their size, 7 and 9 dead."""
    kernel = np.random.default_rng(5).normal(size=(3, 3, 3, 30)).astype(np.float32)
    kernel[..., 20] = 2.5 * kernel[..., 4]
    kernel[..., 7] = 0
    kernel[..., 9] = kernel[..., 9] * 1e-9
    return kernel


def test_dead_filters_and_near_duplicates_are_found():
    data = stored_data(describe(planted(), 16))
    assert data["dead"] == [7, 9]
    assert data["near_duplicates"] == 1
    assert data["nearest"] == [[4, 20, pytest.approx(1.0, abs=1e-6)]]
    expected = np.sqrt((planted().astype(np.float64) ** 2).sum(axis=(0, 1, 2)))
    np.testing.assert_allclose(data["norms"], expected, rtol=1e-3)


def test_opposite_filters_are_no_duplicates():
    kernel = planted()
    kernel[..., 20] = -kernel[..., 4]
    assert stored_data(describe(kernel, 16))["near_duplicates"] == 0


def test_weights_that_are_not_finite_are_said_and_drawn():
    kernel = planted()
    kernel[0, 0, 0, 2] = np.nan
    data = stored_data(describe(kernel, 16))
    assert data["norms"][2] is None
    assert data["near_duplicates"] == 1


def test_filters_of_few_weights_are_not_compared():
    data = stored_data(describe(np.ones((1, 1, 4, 9), np.float32), 16))
    assert not data["compared"]
    assert data["near_duplicates"] == 0


@given(st.integers(0, 2**31), st.integers(2, 40), st.integers(1, 9))
def test_pairs_are_those_of_a_search_one_by_one(seed, filters, at_once):
    random = np.random.default_rng(seed)
    flat = random.normal(size=(filters, 3))
    found = []
    for a in range(filters):
        for b in range(a + 1, filters):
            likeness = flat[a] @ flat[b] / np.linalg.norm(flat[a]) / np.linalg.norm(flat[b])
            if likeness > 0.95:
                found.append((a, b, likeness))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "_ROWS_AT_ONCE", at_once)
        pairs = near_duplicates(flat, np.arange(filters))
    assert pairs.total == len(found)
    wanted = sorted(found, key=lambda one: -one[2])[:100]
    assert [one[:2] for one in pairs.closest] == [one[:2] for one in wanted]


def test_a_colour_tile_holds_the_weights():
    kernel = planted()
    drawn = draw_kernel(kernel, 8, np.eye(3))
    assert (drawn.kind, drawn.filters, drawn.slices) == ("colour", 30, 3)
    tile = drawn.picture[38:74, 76:112, :3]  # row 1, column 2: filter 10
    largest = np.abs(kernel[..., 10]).max()
    wanted = 127.5 + 127.5 * kernel[..., 10] / largest
    assert np.abs(tile[6::12, 6::12].astype(float) - wanted).max() <= 0.51


def seen_colours(model, layer, preprocess):
    return kernels.input_colours(bench_of(model, {}, preprocess=preprocess), layer)


def test_colours_are_those_of_the_image_behind_the_preprocessing():
    """VGG is fed blue, green, red: without this, its red and blue were exchanged."""
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(5, 3, name="c")])
    exchanged = np.eye(3)[::-1]
    np.testing.assert_allclose(seen_colours(model, "c", "caffe"), exchanged, atol=1e-4)
    np.testing.assert_allclose(seen_colours(model, "c", "unit"), np.eye(3) / 255, rtol=1e-3)
    deviations = np.array([0.229, 0.224, 0.225])
    wanted = np.diag(1 / 255 / deviations)
    np.testing.assert_allclose(seen_colours(model, "c", "torch"), wanted, rtol=1e-3, atol=1e-7)
    kernel = bench_of(model, {}).network.kernel("c")
    as_fed = draw_kernel(kernel, 8, np.eye(3)).picture[..., :3]
    as_seen = draw_kernel(kernel, 8, exchanged).picture[..., :3]
    np.testing.assert_array_equal(as_seen, as_fed[..., ::-1])


@pytest.mark.parametrize("order", [[2, 1, 0], [1, 2, 0]])
def test_layers_in_front_of_the_convolution_count(order):
    """A network that exchanges its colours by itself, and normalises them."""
    entry = keras.Input((8, 8, 3))
    turned = keras.ops.take(entry, np.array(order), axis=3)
    normal = layers.Normalization(mean=[9.0, 8.0, 7.0], variance=[4.0, 25.0, 100.0])(turned)
    model = keras.Model(entry, layers.Conv2D(2, 3, name="c")(layers.ZeroPadding2D(2)(normal)))
    wanted = np.eye(3)[order] / np.array([[2.0], [5.0], [10.0]])
    np.testing.assert_allclose(seen_colours(model, "c", "none"), wanted, atol=1e-4)


def test_the_response_to_colours_is_what_is_drawn():
    """The colour that a 1×1 filter is drawn in raises it, whatever the preprocessing does."""
    model = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(6, 1, name="c")])
    bench = bench_of(model, {}, preprocess="caffe")
    picture = draw_kernel(
        bench.network.kernel("c"), 6, kernels.input_colours(bench, "c")
    ).picture  # fmt: skip
    for at in range(6):
        colour = picture[5, 38 * at + 5, :3].astype("float32") - 127.5
        pixels = np.full((2, 4, 4, 3), 128, np.float32)
        pixels[1] += colour / 10
        gray, coloured = np.asarray(model(bench.prepare(pixels)))[:, 0, 0, at]
        assert coloured > gray


def test_three_maps_of_another_layer_are_no_colours():
    stack = [layers.Conv2D(3, 3, name="first"), layers.Conv2D(4, 3, name="second")]
    model = keras.Sequential([keras.Input((12, 12, 3)), *stack])
    assert seen_colours(model, "second", "unit") is None
    unit = Kernels().unit("model", replace(KERNEL, layer="second"))
    ((_, result),) = Kernels().compute([unit], bench_of(model, {}))
    assert stored_data(result)["kind"] == "slices"


def test_channels_first_and_functions_without_gradient(monkeypatch):
    first = keras.Sequential(
        [keras.Input((3, 8, 8)), layers.Permute((2, 3, 1)), layers.Conv2D(2, 3, name="c")]
    )
    np.testing.assert_allclose(seen_colours(first, "c", "caffe"), np.eye(3)[::-1], atol=1e-4)
    bench = bench_of(first, {})
    bench.__dict__["prepare"] = lambda pixels: np.asarray(pixels)[..., [1, 0, 2]] * 2
    wanted = 2 * np.eye(3)[[1, 0, 2]]
    np.testing.assert_allclose(kernels.input_colours(bench, "c"), wanted, atol=1e-4)


def test_slices_are_blue_white_and_red():
    kernel = np.zeros((3, 3, 4, 2), np.float32)
    kernel[0, 0, 0, 0], kernel[1, 1, 1, 0] = 5, -5
    drawn = draw_kernel(kernel, 8)
    assert (drawn.kind, drawn.filters, drawn.slices) == ("slices", 2, 4)
    assert drawn.picture[0, 0].tolist() == [178, 24, 43, 255]
    assert drawn.picture[7, 20 + 7].tolist() == [33, 102, 172, 255]
    assert drawn.picture[30, 30].tolist() == [255, 255, 255, 255]


def test_the_first_of_many_filters_and_slices_are_drawn():
    drawn = draw_kernel(np.ones((1, 1, 300, 700), np.float32))
    assert (drawn.filters, drawn.slices) == (16, 32)
    assert draw_kernel(np.ones((3, 3, 1, 700), np.float32)).filters == 512


def test_a_unit_leaves_the_picture_that_its_data_describes():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(5, 3, name="c")])
    unit = Kernels().unit("model", replace(KERNEL, layer="c"))
    ((_, result),) = Kernels().compute([unit], bench_of(model, {}))
    picture = Image.open(io.BytesIO(result.files["kernel.png"]))
    assert picture.size == (stored_data(result)["width"], stored_data(result)["height"])
    assert len(stored_data(result)["norms"]) == stored_data(result)["filters"] == 5
