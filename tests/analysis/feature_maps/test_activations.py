"""Activations against Keras's own layer outputs, through the pictures that are written."""

from dataclasses import replace
from io import BytesIO

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.feature_maps.activations import Activations
from reportgen.pictures.colormaps import TOP_LEVEL
from tests.analysis.bench import bench_of, picture_file
from tests.support.options import ACTIVATIONS
from tests.support.results import stored_data

layers = keras.layers


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((32, 40, 3)),
            layers.Conv2D(10, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(24, 3, activation="tanh", name="deep"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )


def compute(model, tmp_path, **options):
    digest, path = picture_file(tmp_path, (50, 60))
    bench = bench_of(model, {digest: path})
    unit = Activations().unit(
        "model", digest, replace(ACTIVATIONS, **{"layers": ["conv", "deep"], **options})
    )
    ((_, result),) = Activations().compute([unit], bench)
    return bench, bench.pixels(digest), result


def test_pictures_hold_keras_own_outputs(model, tmp_path):
    _, pixels, result = compute(model, tmp_path)
    tensors = [model.get_layer(name).output for name in ("conv", "deep")]
    expected = keras.Model(model.inputs[0], tensors)(pixels[None] / 255, training=False)
    for about, wanted in zip(stored_data(result)["activations"], expected, strict=True):
        maps = np.asarray(wanted, np.float64)[0]
        picture = np.asarray(Image.open(BytesIO(result.files[about["picture"]])))
        assert picture.shape == (about["height"], about["width"])
        height, width = about["size"]
        for channel in range(about["channels"]):
            one = maps[..., channel]
            row, column = divmod(channel, about["columns"])
            top, left = row * (height + about["margin"]), column * (width + about["margin"])
            tile = picture[top : top + height, left : left + width]
            if channel in about["inactive"]:
                assert one.max() - one.min() < 1e-6
                continue
            levels = np.clip((one - one.mean()) / one.std() * 64 + 128, 0, 253)
            assert np.abs(tile - levels).max() <= 1.01
            assert about["means"][channel] == pytest.approx(one.mean(), rel=1e-3)
            assert about["highs"][channel] == pytest.approx(one.max(), rel=1e-3)
        assert about["sparsity"] == pytest.approx(np.mean(maps == 0), abs=1e-4)


def test_probabilities_are_the_models_own(model, tmp_path):
    _, pixels, result = compute(model, tmp_path)
    wanted = np.asarray(model(pixels[None] / 255))[0]
    np.testing.assert_allclose(stored_data(result)["probabilities"], wanted, rtol=1e-5)
    softmax = np.exp(stored_data(result)["scores"]) / np.exp(stored_data(result)["scores"]).sum()
    np.testing.assert_allclose(softmax, wanted, rtol=1e-4)


def test_only_the_first_channels_and_so_many_columns(model, tmp_path):
    _, _, result = compute(model, tmp_path, max_channels=5, columns=3)
    for about in stored_data(result)["activations"]:
        assert (about["shown"], about["columns"]) == (5, 3)
        assert len(about["means"]) == 5
    assert stored_data(result)["activations"][1]["channels"] == 24


@pytest.mark.slow
def test_contrast_and_normalisation_change_the_picture(model, tmp_path):
    pictures = [
        compute(model, tmp_path, **options)[2].files["0000.png"]
        for options in ({}, {"contrast": [100, 30]}, {"normalise": "layer"})
    ]
    assert len(set(pictures)) == 3


def test_single_channels_come_with_a_colour_bar(model, tmp_path):
    _, _, result = compute(model, tmp_path, channels={"conv": [3, 7]})
    singles = stored_data(result)["activations"][0]["singles"]
    assert [one["channel"] for one in singles] == [3, 7]
    for one in singles:
        assert Image.open(BytesIO(result.files[one["picture"]])).size == (38, 30)
        assert one["inactive"] or b"<svg" in result.files[one["colorbar"]]


def test_a_single_channel_goes_from_its_smallest_to_its_largest_value(tmp_path):
    start = keras.Input((8, 9, 3))
    out = layers.Conv2D(2, 1, name="conv", activation="relu")(start)
    model = keras.Model(start, out)
    kernel = np.zeros((1, 1, 3, 2), "float32")
    kernel[..., 1, 1] = 2
    model.get_layer("conv").set_weights([kernel, np.array([1, -0.5], "float32")])
    bench, pixels, result = compute(model, tmp_path, layers=["conv"], channels={"conv": [1]})
    (one,) = stored_data(result)["activations"][-1]["singles"]
    with Image.open(BytesIO(result.files[one["picture"]])) as picture:
        levels = np.asarray(picture).astype(float)
    maps = np.asarray(model(bench.prepare(pixels[None])))[0, ..., 1]
    wanted = (maps - maps.min()) / np.ptp(maps) * TOP_LEVEL
    np.testing.assert_allclose(levels, wanted, atol=0.51)
    assert (levels.min(), levels.max()) == (0, TOP_LEVEL)
    assert (one["low"], one["high"]) == pytest.approx((maps.min(), maps.max()), rel=1e-3)


def test_dead_constant_and_broken_channels_are_counted_not_drawn(tmp_path):
    dead = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 1, name="conv")])
    kernel = np.zeros((1, 1, 3, 4), "float32")
    kernel[..., 3] = 1
    dead.get_layer("conv").set_weights([kernel, np.array([0, 5, np.nan, 0], "float32")])
    digest, path = picture_file(tmp_path, (8, 8))
    bench = bench_of(dead, {digest: path})
    unit = Activations().unit("model", digest, replace(ACTIVATIONS, layers=["conv"]))
    ((_, result),) = Activations().compute([unit], bench)
    (about,) = stored_data(result)["activations"]
    assert about["inactive"] == [0, 1, 2]
    assert about["inactive_channels"] == 3
    assert about["means"][2] is None
    assert about["high"] >= 5


def test_an_images_numbers_do_not_depend_on_its_company(model, tmp_path):
    files = dict(picture_file(tmp_path, (30 + i, 44), seed=i) for i in range(5))
    bench = bench_of(model, files, batch_size=2)
    units = [Activations().unit("m", d, replace(ACTIVATIONS, layers=["deep"])) for d in files]
    together = {u.key: r for u, r in Activations().compute(units, bench)}
    for unit in units:
        ((_, alone),) = Activations().compute([unit], bench)
        assert alone == together[unit.key]
