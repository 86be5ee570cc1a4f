"""Dreams: the response rises, octaves keep the photo's detail, and nothing is left to chance."""

import io
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.ascent.ascents import dreaming
from reportgen.analysis.ascent.dreams import Dreams, ascend, dream, octaves
from tests.analysis.bench import bench_of, picture_file
from tests.support.options import DREAM
from tests.support.results import stored_data

layers = keras.layers


def net(channels=3):
    keras.utils.set_random_seed(2)
    return keras.Sequential(
        [
            keras.Input((64, 72, channels)),
            layers.Conv2D(4, 5, strides=2, activation="relu", name="first"),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )


def made(tmp_path, model=None, **options):
    digest, path = picture_file(tmp_path, (100, 140))
    unit = Dreams().unit("model", digest, replace(DREAM, **options))
    ((_, result),) = Dreams().compute([unit], bench_of(model or net(), {digest: path}))
    return result


@pytest.mark.parametrize("channel", [None, 3])
def test_the_response_rises(tmp_path, channel):
    result = made(tmp_path, channel=channel)
    data = stored_data(result)
    assert data["status"] == "ok"
    assert data["response_end"] > 1.3 * data["response_start"]
    assert data["octaves"] == [[71, 100], [100, 140]]
    for name in ("original.jpg", "picture.jpg"):
        assert Image.open(io.BytesIO(result.files[name])).size == (140, 100)


def test_the_response_and_its_gradient_are_those_of_the_layer():
    model = net()
    network = bench_of(model, {}).network
    inner = keras.Model(model.inputs, model.get_layer("conv").output)
    pixels = np.random.default_rng(0).uniform(0, 255, (64, 72, 3)).astype("float32")

    def response(values, channel):
        maps = np.asarray(inner(values[None] / 255)).astype(np.float64)
        return (maps**2).mean() if channel is None else maps[..., channel].mean()

    for channel in (None, 2):
        found, slope = dreaming(network, lambda x: x / 255, "conv", channel)(pixels)
        assert found == pytest.approx(response(pixels, channel), rel=1e-5)
        way = np.sign(slope)
        rise = response(pixels + way, channel) - response(pixels - way, channel)
        assert rise / 2 == pytest.approx(np.abs(slope).sum(), rel=0.1)


@pytest.mark.slow
def test_a_dream_is_the_same_again_and_another_seed_another(tmp_path):
    first, again = made(tmp_path), made(tmp_path)
    assert first.files == again.files
    assert made(tmp_path, seed=1).files["picture.jpg"] != first.files["picture.jpg"]


def test_a_layer_that_is_bound_to_its_size_dreams_at_that_size(tmp_path):
    entry = keras.Input((64, 72, 3))
    flat = layers.Dense(48)(layers.Flatten()(layers.AveragePooling2D(8)(entry)))
    model = keras.Model(entry, layers.Conv2D(2, 3, name="conv")(layers.Reshape((4, 4, 3))(flat)))
    data = stored_data(made(tmp_path, model, steps=3))
    assert data["octaves"] == [[64, 72]]
    assert (data["height"], data["width"]) == (64, 72)


def test_a_gray_network_dreams_in_gray(tmp_path):
    result = made(tmp_path, net(1), steps=3)
    picture = np.asarray(Image.open(io.BytesIO(result.files["picture.jpg"])), int)
    assert np.ptp(picture, axis=2).max() == 0


def test_a_layer_that_never_answers_did_not_rise(tmp_path):
    model = net()
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([kernel * 0, bias - 1])
    result = made(tmp_path, model)
    assert (stored_data(result)["status"], stored_data(result)["response_end"]) == ("not risen", 0)


def test_a_channel_that_the_photo_leaves_silent_is_woken(tmp_path):
    model = net()
    kernel, bias = model.get_layer("conv").get_weights()
    kernel[..., 3], bias[3] = np.abs(kernel[..., 3]), 0
    _, path = picture_file(tmp_path, (100, 140))
    inner = keras.Model(model.inputs, model.get_layer("first").output)
    pixels = np.asarray(Image.open(path).resize((72, 64)), np.float32)[None] / 255
    bias[3] = (
        -1.5 * np.tensordot(np.asarray(inner(pixels)).max((0, 1, 2)), kernel[0, 0, :, 3], 1) * 9
    )
    model.get_layer("conv").set_weights([kernel, bias])
    result = made(tmp_path, model, channel=3, steps=60)
    assert stored_data(result)["response_start"] == 0
    assert stored_data(result)["status"] == "ok"


def test_without_an_ascent_the_photo_is_what_it_was():
    photo = np.random.default_rng(1).uniform(0, 255, (90, 120, 3)).astype("float32")
    sizes = octaves((90, 120), lambda size: True)
    assert sizes == [(64, 86), (90, 120)]
    still = lambda pixels, steps, random: (pixels, 0.0, 0.0)  # noqa: E731
    found, _, _ = dream(photo, sizes, 10, still, np.random.default_rng(0))
    np.testing.assert_allclose(found, photo, atol=1e-3)


def test_all_steps_are_taken_and_shifts_undone():
    taken = []
    photo = np.full((90, 120, 3), 100, np.float32)

    def climb(pixels, steps, random):
        taken.append(steps)
        return pixels, 0.0, 0.0

    dream(photo, octaves((90, 120), lambda size: True), 11, climb, np.random.default_rng(0))
    assert taken == [0, 5, 6]
    wish = np.zeros((90, 120, 3), np.float32)
    wish[20:30, 40:60] = 1
    still = np.random.default_rng(3)
    # The slope of a response that wants one place brighter moves with the image.
    place = photo + 50 * wish
    found, _, _ = ascend(lambda x: (0.0, (x > 120).astype(np.float32)), place, 4, still)
    assert (found[wish == 0] == 100).all()
    assert (found[wish == 1] > 155).all()
