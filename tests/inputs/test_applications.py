"""The table of networks, held against keras.applications itself."""

import inspect

import numpy as np
import pytest

from reportgen.inputs.applications import APPLICATIONS, find_application, nearest_application

pytestmark = pytest.mark.slow

MEAN = np.array([0.485, 0.456, 0.406])
DEVIATION = np.array([0.229, 0.224, 0.225])
FORMULAS = {
    "none": lambda x: x,
    "signed": lambda x: x / 127.5 - 1.0,
    "caffe": lambda x: x[..., ::-1] - np.array([103.939, 116.779, 123.68]),
    "torch": lambda x: (x / 255.0 - MEAN) / DEVIATION,
}


def test_every_network_of_keras_is_in_the_table() -> None:
    keras = pytest.importorskip("keras")
    theirs = {
        name
        for name, item in vars(keras.applications).items()
        if inspect.isfunction(item) and name[0].isupper() and not name.endswith("Base")
    } - {"ConvNeXtBase"}
    assert theirs | {"ConvNeXtBase"} == {item.constructor for item in APPLICATIONS.values()}


@pytest.mark.parametrize("name", sorted(APPLICATIONS))
def test_preprocessing_equals_that_of_keras(name: str) -> None:
    keras = pytest.importorskip("keras")
    application = APPLICATIONS[name]
    module = getattr(keras.applications, application.module)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 5, 4, 3)).astype("float32")
    expected = np.asarray(module.preprocess_input(pixels.copy()))
    found = FORMULAS[application.preprocessing](pixels.astype("float64"))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", sorted(APPLICATIONS))
def test_default_size_equals_that_of_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras states the size in the call that constructors make to check their input."""
    keras = pytest.importorskip("keras")
    application = APPLICATIONS[name]
    constructor = getattr(keras.applications, application.constructor)
    from keras.src.applications import imagenet_utils

    class SeenError(Exception):
        pass

    seen: list[int] = []

    def record(input_shape: object, default_size: int, **_: object) -> None:
        seen.append(default_size)
        raise SeenError

    monkeypatch.setattr(imagenet_utils, "obtain_input_shape", record)
    if application.module == "mobilenet_v3":
        # The only family that takes any size by default; its documentation states 224.
        assert constructor(weights=None).input_shape == (None, None, None, 3)
        assert "(224, 224, 3)" in constructor.__doc__
        return
    with pytest.raises(SeenError):
        constructor(weights=None)
    assert seen == [application.default_size]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("vgg16", "vgg16"),
        ("VGG16", "vgg16"),
        ("MobileNetV2", "mobilenetv2"),
        ("mobilenet_v2", "mobilenetv2"),
        ("ConvNeXtTiny", "convnexttiny"),
        ("efficientnetv2b0", "efficientnetv2b0"),
    ],
)
def test_names_are_found_whatever_their_case(typed: str, name: str) -> None:
    found = find_application(typed)
    assert found is not None
    assert found.name == name


def test_a_typing_error_is_recognised_and_a_file_is_not() -> None:
    nearest = nearest_application("mobilenetv22")
    assert nearest is not None
    assert nearest.name == "mobilenetv2"
    assert find_application("model.h5") is None
    assert nearest_application("cats_and_dogs.h5") is None
