"""Every family of keras.applications, as Keras 3 and Keras 2 save it, opens with its outputs.

About a minute for each family on two cores: `pytest -m slow -k MobileNetV3` runs one.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.inputs.model_files import identify, open_model

from .networks import outputs

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.filterwarnings("ignore")]

SIZES = {
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "VGG19": 32,
    "Xception": 71,
}
"""The smallest member of each family, and the smallest side of its input in pixels."""
OF_KERAS_2 = {"RegNetX002": 32, "RegNetY002": 32, "ResNetRS50": 32}
"""Families that only Keras 2 has."""


def with_random_weights(k: Any, name: str, size: int) -> Any:
    """The network, every weight with a value of its own, statistics of normalisation too."""
    k.utils.set_random_seed(3)
    build = getattr(k.applications, name)
    model = build(weights=None, input_shape=(size, size, 3), classes=5, classifier_activation=None)
    generator = np.random.default_rng(7)
    model.set_weights(
        [
            value + 0.2 * generator.random(np.shape(value)) if np.ndim(value) == 1 else value
            for value in model.get_weights()
        ]
    )
    return model


def check(model: Any, path: Path, size: int) -> None:
    images = 255 * np.random.default_rng(1).random((2, size, size, 3), dtype="float32")
    opened = open_model(identify(str(path)))
    (expected,), (found,) = outputs(model, images), outputs(opened.model, images)
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert opened.warnings == ()
    assert not any("left out" in note for note in opened.notes)


@pytest.mark.parametrize("name", SIZES)
def test_as_keras_3_saves_it(name: str, tmp_path: Path) -> None:
    model = with_random_weights(keras, name, SIZES[name])
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"m{suffix}")
        check(model, tmp_path / f"m{suffix}", SIZES[name])


@pytest.mark.parametrize("name", [*SIZES, *OF_KERAS_2])
def test_as_keras_2_saves_it(name: str, tmp_path: Path) -> None:
    size = (SIZES | OF_KERAS_2)[name]
    model = with_random_weights(pytest.importorskip("tf_keras"), name, size)
    for suffix in (".h5", ".keras"):
        model.save(tmp_path / f"m{suffix}")
        check(model, tmp_path / f"m{suffix}", size)
    model.save(tmp_path / "m", save_format="tf")
    check(model, tmp_path / "m", size)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "InceptionV3"])
def test_weights_of_keras_2_for_the_application(name: str, tmp_path: Path) -> None:
    """Unnamed layers have other numbers there: the order tells."""
    model = with_random_weights(pytest.importorskip("tf_keras"), name, SIZES[name])
    model.save_weights(tmp_path / "w.h5")
    file = identify(name, weights=str(tmp_path / "w.h5"))
    opened = open_model(file, input_size=(SIZES[name], SIZES[name]))
    opened.model.layers[-1].activation = keras.activations.linear
    images = np.random.default_rng(1).random((2, SIZES[name], SIZES[name], 3), dtype="float32")
    (expected,), (found,) = outputs(model, images), outputs(opened.model, images)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
