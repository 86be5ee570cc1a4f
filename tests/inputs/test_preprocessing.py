"""What a model tells of its preprocessing: known backbones at any depth, its own rescaling."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.inputs.applications import APPLICATIONS
from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.network import Network
from reportgen.inputs.preprocessing import detect, function_of

from .model_files.stored_files import layer, write_hdf5

L = keras.layers


def reopened(model: Any, folder: Path) -> Network:
    """The model as reportgen sees it after it was saved."""
    model.save(folder / "m.keras")
    return Network(open_model(identify(str(folder / "m.keras"))).model)


def inside(backbone: Any, depth: int) -> Any:
    """A backbone in a Sequential model in a Functional one, with a head."""
    model = backbone
    for level in range(depth):
        model = keras.Sequential([keras.Input((32, 32, 3)), model], name=f"level_{level}")
    entry = keras.Input((32, 32, 3))
    tensor = L.GlobalAveragePooling2D()(model(entry))
    return keras.Model(entry, L.Dense(2, activation="softmax")(tensor))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "depth"), [("mobilenet_1.00_32", 1), ("features", 2)])
def test_a_backbone_inside_nested_models(name: str, depth: int, tmp_path: Path) -> None:
    """By its own name, or by those of its layers where the user gave it another."""
    backbone = keras.applications.MobileNet(
        weights=None, include_top=False, input_shape=(32, 32, 3), name=name
    )
    found = reopened(inside(backbone, depth), tmp_path).detect_preprocessing()
    assert found is not None
    assert (found.mode, found.source) == ("signed", "detected")


@pytest.mark.slow
def test_the_layers_names_of_a_family_are_known() -> None:
    """A model whose layers are called as an application's is fed as that one is."""
    for name in ("vgg16", "resnet50"):
        known = APPLICATIONS[name]
        size = max(75, known.default_size // 3)
        model = getattr(keras.applications, known.constructor)(
            weights=None, include_top=False, input_shape=(size, size, 3)
        )
        names = [one.name for one in model.layers]
        found = detect(application=None, entry=[], names=names, nested=["mine"])
        assert found is not None, name
        assert found.mode == known.preprocessing, name


@pytest.mark.slow
def test_a_teachable_machine_file(tmp_path: Path) -> None:
    """Sequential in Sequential in Sequential, around a MobileNetV2 of any name; fed -1..1."""
    base = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.35, name="model1"
    )
    base.trainable = False  # its Add layers are no preprocessing all the same
    features = keras.Sequential(
        [keras.Input((32, 32, 3)), base, L.GlobalAveragePooling2D()], name="sequential_1"
    )
    head = keras.Sequential(
        [keras.Input((1280,)), L.Dense(4, activation="relu"), L.Dense(2, activation="softmax")],
        name="sequential_3",
    )
    model = keras.Sequential([keras.Input((32, 32, 3)), features, head], name="sequential_4")
    model.save(tmp_path / "m.h5")
    found = Network(open_model(identify(str(tmp_path / "m.h5"))).model).detect_preprocessing()
    assert found is not None
    assert found.mode == "signed"


@pytest.mark.parametrize("meaning", ["x/127.5-1", "x/255", "(x-128)/128"])
def test_rescaling_given_for_a_lambda(meaning: str, tmp_path: Path) -> None:
    scale = layer("Lambda", name="scale", function=["none", None, None], function_type="lambda")
    scale["config"]["batch_input_shape"] = [None, 8, 8, 3]
    config = {"class_name": "Sequential", "config": [scale, layer("ReLU", name="relu")]}
    path = write_hdf5(tmp_path / "m.h5", config, {"scale": []}, "2.1.6")
    opened = open_model(identify(path), replace_layers=[f"scale={meaning}"])
    found = Network(opened.model).detect_preprocessing()
    assert found is not None
    assert (found.mode, found.source) == ("none", "detected")
    assert "“scale”" in found.reason


def test_a_normalization_of_the_models_own(tmp_path: Path) -> None:
    entry = keras.Input((8, 8, 3))
    tensor = L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 1.0, 1.0])(entry)
    found = reopened(keras.Model(entry, L.Conv2D(2, 3)(tensor)), tmp_path).detect_preprocessing()
    assert found is not None
    assert found.mode == "none"


def test_a_model_that_tells_nothing(tmp_path: Path) -> None:
    entry = keras.Input((8, 8, 3))
    model = keras.Model(entry, L.Dense(2)(L.Flatten()(L.Conv2D(2, 3)(entry))))
    assert reopened(model, tmp_path).detect_preprocessing() is None


@pytest.mark.parametrize("name", ["vgg16", "mobilenet", "densenet121", "efficientnetb0"])
def test_the_functions_are_those_of_keras(name: str) -> None:
    known = APPLICATIONS[name]
    module = getattr(keras.applications, known.module)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 4, 4, 3)).astype("float32")
    ours = function_of(known.preprocessing, 3)(pixels)
    np.testing.assert_allclose(ours, module.preprocess_input(pixels.copy()), atol=1e-4)


IMAGENET = {"mean": [0.485, 0.456, 0.406], "variance": [0.229**2, 0.224**2, 0.225**2]}
BYTES = {"mean": [123.7, 116.3, 103.5], "variance": [58.4**2, 57.1**2, 57.4**2]}


@pytest.mark.parametrize(
    ("entry", "mode"),
    [
        (lambda: L.Rescaling(1 / 255), "none"),
        (lambda: L.Rescaling(1 / 127.5, offset=-1), "none"),
        (lambda: L.Rescaling(1 / 65535), "none"),
        (lambda: L.Normalization(**BYTES), "none"),
        (lambda: L.Rescaling(2.0, offset=-1), "unit"),
        (lambda: L.Normalization(**IMAGENET), "unit"),
        (lambda: L.Normalization(mean=[0.13] * 3, variance=[0.31**2] * 3), "unit"),
        (lambda: L.Rescaling(0.5, offset=0.5), "signed"),
        (lambda: L.Normalization(mean=[0.0] * 3, variance=[0.25] * 3), "signed"),
    ],
)
def test_a_layer_that_rescales_is_fed_what_it_is_made_for(
    entry: Any, mode: str, tmp_path: Path
) -> None:
    """A layer behind a division by 255 in the training's own code gets pixels divided too."""
    parts = [L.Conv2D(2, 3), L.GlobalAveragePooling2D(), L.Dense(2, activation="softmax")]
    model = keras.Sequential([keras.Input((16, 16, 3)), entry(), *parts])
    found = reopened(model, tmp_path).detect_preprocessing()
    assert found is not None
    assert (found.mode, found.source) == (mode, "detected")
