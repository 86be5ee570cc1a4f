"""Kernels: the weights are those that convolve, dead and doubled filters are found."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

keras = pytest.importorskip("keras")

from reportgen.analysis import kernels  # noqa: E402
from reportgen.analysis.kernels import Kernels, describe, near_duplicates  # noqa: E402
from reportgen.pictures.kernels import draw_kernel  # noqa: E402
from tests.analysis.bench import bench_of  # noqa: E402

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
    data = describe(planted(), 16).data
    assert data["dead"] == [7, 9]
    assert data["near_duplicates"] == 1
    assert data["nearest"] == [[4, 20, pytest.approx(1.0, abs=1e-6)]]
    expected = np.sqrt((planted().astype(np.float64) ** 2).sum(axis=(0, 1, 2)))
    np.testing.assert_allclose(data["norms"], expected, rtol=1e-3)


def test_opposite_filters_are_no_duplicates():
    kernel = planted()
    kernel[..., 20] = -kernel[..., 4]
    assert describe(kernel, 16).data["near_duplicates"] == 0


def test_weights_that_are_not_finite_are_said_and_drawn():
    kernel = planted()
    kernel[0, 0, 0, 2] = np.nan
    data = describe(kernel, 16).data
    assert data["norms"][2] is None
    assert data["near_duplicates"] == 1


def test_filters_of_few_weights_are_not_compared():
    data = describe(np.ones((1, 1, 4, 9), np.float32), 16).data
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
    drawn = draw_kernel(kernel, 8)
    assert (drawn.kind, drawn.filters, drawn.slices) == ("colour", 30, 3)
    tile = drawn.picture[38:74, 76:112, :3]  # row 1, column 2: filter 10
    largest = np.abs(kernel[..., 10]).max()
    wanted = 127.5 + 127.5 * kernel[..., 10] / largest
    assert np.abs(tile[6::12, 6::12].astype(float) - wanted).max() <= 0.51


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
    unit = Kernels().unit("model", "c", {"columns": 16})
    ((_, result),) = Kernels().compute([unit], bench_of(model, {}))
    picture = Image.open(io.BytesIO(result.files["kernel.png"]))
    assert picture.size == (result.data["width"], result.data["height"])
    assert len(result.data["norms"]) == result.data["filters"] == 5
