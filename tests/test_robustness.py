"""Robustness, end to end, against Keras on the corrupted images."""

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import reportgen
from reportgen.analysis.robustness.robustness import variants
from reportgen.corruptions import CORRUPTIONS, STRENGTHS
from reportgen.errors import SettingsError
from reportgen.gates.check import check_gates
from reportgen.gates.conditions import requirement
from reportgen.gates.tables import read_gates
from tests.report.links import check_site


@pytest.fixture(scope="module")
def model() -> Any:
    """Dark images are of class 0, bright ones of class 1."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    kernel, _ = model.layers[0].get_weights()
    model.layers[0].set_weights([np.abs(kernel), np.zeros(4)])
    gray = float(np.abs(kernel).sum()) * 0.5  # what the four maps of a gray image add up to
    model.layers[2].set_weights([np.tile([[-1.0, 1.0]], (4, 1)), np.array([gray, -gray])])
    return model


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    for at in range(12):
        folder = root / ("bright" if at % 2 else "dark")
        folder.mkdir(exist_ok=True)
        low = 20 + 6 * at + 80 * (at % 2)
        pixels = np.random.default_rng(at).integers(low, low + 60, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"<b>{at}.png")
    return root


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def made(model: Any, photos: Path, **options: Any) -> Any:
    known = {"sections": ["robustness"], "preprocess": "unit", "progress": False}
    return reportgen.build(model, photos, class_names=["dark", "bright"], **{**known, **options})


@pytest.fixture(scope="module")
def report(model: Any, photos: Path) -> Any:
    return made(model, photos)


@pytest.mark.slow
def test_predictions_are_keras_on_the_corrupted_images(
    report: Any, model: Any, photos: Path
) -> None:
    found = report.data.robustness
    files = sorted(photos.glob("*/*.png"))
    assert (found.images, found.all_images, found.known) == (12, 12, 12)
    stacks = [
        variants(
            np.asarray(Image.open(file), np.float32),
            digest_of(file),
            0,
        )
        for file in files
    ]
    shares = np.stack([model.predict(np.stack(one) / 255, verbose=0) for one in stacks])
    true = np.array([int(file.parent.name == "bright") for file in files])
    predicted = shares.argmax(2)
    assert found.accuracy == pytest.approx((predicted[:, 0] == true).mean())
    at = 1
    assert [result.name for result in found.corruptions] == list(CORRUPTIONS)
    for result in found.corruptions:
        assert [one.strength for one in result.strengths] == list(STRENGTHS)
        for one in result.strengths:
            own = np.take_along_axis(shares[:, at], predicted[:, :1], 1)
            assert one.accuracy == pytest.approx((predicted[:, at] == true).mean())
            assert one.flips == pytest.approx((predicted[:, at] != predicted[:, 0]).mean())
            assert one.confidence == pytest.approx(own.mean(), abs=1e-3)
            assert one.drift is None or 0 <= one.drift <= 1
            at += 1
    bright = next(one for one in found.corruptions if one.name == "brightness")
    assert bright.strengths[2].flips > 0
    assert bright.worst
    assert all((report.path / one.picture).is_file() for one in bright.worst)


def test_the_page_has_every_corruption(report: Any, tmp_path: Path) -> None:
    report.save(tmp_path / "report")
    check_site(tmp_path / "report")
    page = (tmp_path / "report" / "robustness.html").read_text("utf-8")
    assert all(one.title in page for one in CORRUPTIONS.values())
    assert "<b>1" not in page


def test_a_gate_asks_for_one_strength(report: Any) -> None:
    strength = report.data.robustness.corruptions[0].strengths[1]
    asked = [f"robustness.blur.2 >= {strength.accuracy}", "robustness.blur.2 > 1"]
    first, second = check_gates(report.data, (), asked).gates
    assert (first.status, second.status) == ("passed", "failed")
    table = {"robustness": {"blur": {"2": ">= 0.8"}, "jpeg": {"1": [">= 0.9"]}}}
    conditions, _ = read_gates(table)
    assert conditions == ["robustness.blur.2 >= 0.8", "robustness.jpeg.1 >= 0.9"]
    with pytest.raises(ValueError, match="robustness"):
        requirement("robustness.fog.2 >= 0.5")


@pytest.mark.slow
def test_it_is_made_on_request(model: Any, photos: Path) -> None:
    asked = made(model, photos, sections=["gradcam"], robustness=True).data
    assert asked.robustness is not None
    assert made(model, photos, sections=["gradcam"]).data.robustness is None


@pytest.mark.slow
def test_another_seed_draws_other_noise(report: Any, model: Any, photos: Path) -> None:
    other = made(model, photos, seed=5).data.robustness
    assert made(model, photos).data.robustness == report.data.robustness
    assert other != report.data.robustness


def test_clips_are_refused() -> None:
    from reportgen.config import make_settings

    with pytest.raises(SettingsError, match="--robustness"):
        make_settings({"robustness": True, "frames": True})
