"""The health of a network's layers, end to end, against the model's own outputs."""

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.config import make_settings
from reportgen.pipeline import build
from reportgen.progress import Silent
from tests.report.links import check_site

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            keras.layers.Conv2D(5, 3, activation="relu", name="rectified"),
            keras.layers.Conv2D(4, 3, activation="sigmoid", name="squashed"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    kernel, bias = model.get_layer("rectified").get_weights()
    kernel[..., 1], bias[1] = 0, -1
    kernel[..., 3], bias[3] = 0, 0.5
    model.get_layer("rectified").set_weights([kernel, bias])
    kernel, bias = model.get_layer("squashed").get_weights()
    bias[2] = 30
    model.get_layer("squashed").set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for at in range(5):
        pixels = np.random.default_rng(at).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{at}.png")
    return folder


def make(model, images, place, **options):
    model.save(place / "model.keras")
    known = {"preprocess": "unit", "no_cache": True, "sections": ["activations", "health"]}
    settings = make_settings({**known, "out": str(place / "r"), **options})
    arguments = [str(image) for image in images]
    return build(str(place / "model.keras"), arguments, settings, progress=Silent(), command="")


def test_zeros_and_channels_are_those_of_the_models_outputs(model, photos, tmp_path):
    built = make(model, [photos], tmp_path, max_channels=1)
    found = built.report.health
    files = sorted(photos.iterdir())
    pixels = np.stack([np.asarray(Image.open(file)) for file in files]).astype(np.float32) / 255
    names = ("rectified", "squashed")
    outputs = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
    assert [one.layer for one in found.layers] == list(names)
    for one, maps in zip(found.layers, outputs.predict(pixels, verbose=0), strict=True):
        shares = (maps == 0).mean((1, 2, 3))
        assert one.zeros == pytest.approx(shares.mean(), abs=1e-5)
        assert one.zeros_low == pytest.approx(shares.min(), abs=1e-5)
        assert one.zeros_high == pytest.approx(shares.max(), abs=1e-5)
        assert one.silent == np.flatnonzero((maps == 0).all((0, 1, 2))).tolist()
        assert one.non_finite == []
    rectified, squashed = found.layers
    assert 1 in rectified.silent
    assert rectified.constant == [3]
    assert squashed.saturated == [2]
    text = (built.folder / "health.html").read_text(encoding="utf-8")
    assert "saturated: 1 (2)" in text
    overview = (built.folder / "index.html").read_text(encoding="utf-8")
    assert "saturated" in overview and "squashed" in overview
    assert check_site(built.folder) == []


def test_numbers_that_are_none_are_found(model, photos, tmp_path):
    broken = keras.models.clone_model(model)
    broken.set_weights(model.get_weights())
    kernel, bias = broken.get_layer("rectified").get_weights()
    bias[4] = np.inf
    broken.get_layer("rectified").set_weights([kernel, bias])
    report = make(broken, [photos], tmp_path).report
    rectified, squashed = report.health.layers
    assert rectified.non_finite == [4]
    assert 4 not in rectified.constant
    assert squashed.non_finite or squashed.saturated


def test_the_distribution_by_channel_is_that_of_the_models_outputs(model, photos, tmp_path):
    built = make(model, [photos], tmp_path)
    files = sorted(photos.iterdir())
    pixels = np.stack([np.asarray(Image.open(file)) for file in files]).astype(np.float32) / 255
    output = keras.Model(model.inputs, model.get_layer("squashed").output)
    means = output.predict(pixels, verbose=0).mean((1, 2))
    found = built.report.health.layers[1].distribution
    assert found.channels == np.argsort(-np.median(means, axis=0)).tolist()
    wanted = np.percentile(means, (0, 25, 50, 75, 100), axis=0)[:, found.channels]
    series = (found.lows, found.lower, found.medians, found.upper, found.highs)
    np.testing.assert_allclose(series, wanted, rtol=2e-3)
    assert (found.measured, found.sampled) == (4, 5)
    assert (built.folder / found.chart).read_bytes().startswith(b"<svg")
    text = (built.folder / "health.html").read_text(encoding="utf-8")
    assert f'src="{found.chart}" alt="Distribution by channel in squashed' in text


def test_one_image_has_no_health_and_says_why_when_asked(model, photos, tmp_path):
    report = make(model, [photos / "0.png"], tmp_path).report
    assert report.health is None
    assert "more than one image" in next(o.reason for o in report.skipped if o.name == "health")
