"""Weights and network in different files, and the networks of keras.applications."""

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .networks import NETWORKS, outputs, random_inputs, shuffle_weights
from .stored_files import numbers, write_weights

SIZE = (32, 32)


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A MobileNet for five classes, and a folder with its weights in every form."""
    folder = tmp_path_factory.mktemp("mobilenet")
    model = keras.applications.MobileNet(weights=None, classes=5, input_shape=(*SIZE, 3))
    shuffle_weights(model)
    model.save_weights(folder / "full.weights.h5")
    base = keras.Model(model.input, model.get_layer("conv_pw_13_relu").output)
    base.save_weights(folder / "base.weights.h5")
    for name, part in [("full.h5", model), ("base.h5", base)]:
        with h5py.File(folder / name, "w") as file:
            stored = {
                layer.name: [
                    (f"{layer.name}/{variable.name}:0", np.asarray(variable))
                    for variable in layer.weights
                ]
                for layer in part.layers
            }
            write_weights(file, stored)
    return model, folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["full.weights.h5", "full.h5"])
def test_an_application_with_its_top(name: str, mobilenet: tuple[Any, Path]) -> None:
    model, folder = mobilenet
    file = identify("MobileNet", weights=str(folder / name))
    opened = open_model(file, input_size=SIZE)
    inputs = random_inputs(model)
    np.testing.assert_array_equal(outputs(opened.model, inputs)[0], outputs(model, inputs)[0])
    assert opened.notes == (f"{name} holds a top for 5 classes instead of 1000",)


@pytest.mark.slow
def test_the_top_under_another_name_has_as_many_classes(
    tmp_path: Path, mobilenet: tuple[Any, Path]
) -> None:
    """Keras gives these weights by order; so does the number of classes follow from it."""
    model, _ = mobilenet
    with h5py.File(tmp_path / "w.h5", "w") as file:
        stored = {
            f"their_{layer.name}": [(f"{v.name}:0", np.asarray(v)) for v in layer.weights]
            for layer in model.layers
        }
        write_weights(file, stored)
    opened = open_model(identify("MobileNet", weights=str(tmp_path / "w.h5")), input_size=SIZE)
    inputs = random_inputs(model)
    np.testing.assert_array_equal(outputs(opened.model, inputs)[0], outputs(model, inputs)[0])
    assert opened.notes == ("w.h5 holds a top for 5 classes instead of 1000",)
    with pytest.raises(ModelFileError, match=r"w\.h5 has no weights for the layer"):
        open_model(
            identify("MobileNet", weights=str(tmp_path / "w.h5")),
            input_size=SIZE,
            weights_by_name=True,
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["base.weights.h5", "base.h5"])
def test_weights_without_a_top_leave_the_top_out(name: str, mobilenet: tuple[Any, Path]) -> None:
    model, folder = mobilenet
    opened = open_model(identify("mobilenet", weights=str(folder / name)), input_size=SIZE)
    assert opened.model.output_shape == (None, 1, 1, 1024)
    assert "without its top" in opened.notes[0]
    np.testing.assert_array_equal(
        opened.model.get_layer("conv_pw_13").get_weights()[0],
        model.get_layer("conv_pw_13").get_weights()[0],
    )


def test_no_top_is_obeyed(mobilenet: tuple[Any, Path]) -> None:
    file = identify("mobilenet", weights=str(mobilenet[1] / "full.weights.h5"))
    opened = open_model(file, top=False, input_size=SIZE)
    assert opened.model.output_shape == (None, 1, 1, 1024)
    assert opened.notes == ()


@pytest.mark.slow
def test_weights_of_another_network_name_layer_and_shapes(mobilenet: tuple[Any, Path]) -> None:
    file = identify("mobilenetv2", weights=str(mobilenet[1] / "base.weights.h5"))
    with pytest.raises(ModelFileError, match=r"base\.weights\.h5.*the layer “.*”"):
        open_model(file, input_size=SIZE)


@pytest.mark.slow
def test_untrained_weights_are_a_warning_and_the_same_for_the_same_seed() -> None:
    first = open_model(identify("mobilenet"), top=False, input_size=SIZE, seed=3)
    again = open_model(identify("mobilenet", weights="none"), top=False, input_size=SIZE, seed=3)
    assert "untrained weights (random, seed 3)" in first.warnings[0]
    np.testing.assert_array_equal(first.model.get_weights()[0], again.model.get_weights()[0])
    assert np.ptp(first.model.get_weights()[0]) > 0


def test_a_size_that_a_network_cannot_have() -> None:
    with pytest.raises(ModelFileError, match="VGG16 cannot have an input of 16 × 20 pixels"):
        open_model(identify("vgg16"), top=False, input_size=(20, 16))


def test_imagenet_weights_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Exception("URL fetch failure")

    from keras.src.utils import file_utils

    monkeypatch.setattr(file_utils, "get_file", refuse)
    with pytest.raises(ModelFileError, match="not in Keras's cache and could not be fetched"):
        open_model(identify("mobilenet", weights="imagenet"))


@pytest.mark.parametrize("network", ["plain", "branched", "nested"])
@pytest.mark.parametrize("form", ["m.weights.h5", "m.h5", "m.keras"])
def test_an_architecture_with_weights(network: str, form: str, tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS[network](keras))
    (tmp_path / "net.json").write_text(model.to_json())
    (model.save_weights if "weights" in form else model.save)(tmp_path / form)
    opened = open_model(identify(str(tmp_path / "net.json"), weights=str(tmp_path / form)))
    inputs = random_inputs(model)
    np.testing.assert_array_equal(outputs(opened.model, inputs)[0], outputs(model, inputs)[0])
    with pytest.raises(ModelFileError, match="a network, but no weights; give them with --weights"):
        open_model(identify(str(tmp_path / "net.json")))


def test_weights_alone_ask_for_the_network(mobilenet: tuple[Any, Path]) -> None:
    with pytest.raises(ModelFileError, match="holds weights, but no network"):
        open_model(identify(str(mobilenet[1] / "base.weights.h5")))


def test_weights_under_other_names_are_given_by_order(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(2, 3, name="mine")])
    (tmp_path / "net.json").write_text(json.dumps(json.loads(model.to_json())))
    kernel = numbers(3, 3, 3, 2)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        write_weights(file, {"theirs": [("theirs/k:0", kernel), ("theirs/b:0", numbers(2))]})
    opened = open_model(identify(str(tmp_path / "net.json"), weights=str(tmp_path / "w.h5")))
    np.testing.assert_array_equal(opened.model.get_weights()[0], kernel)
    assert "weights were given by order" in opened.warnings[0]


def sharded(model: Any, folder: Path) -> Path:
    index = folder / "w.weights.json"
    model.save_weights(index, max_shard_size=5e-7)  # GB
    assert len(list(folder.glob("w_*.weights.h5"))) > 1
    return index


def test_weights_in_several_files(tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS["plain"](keras))
    (tmp_path / "m.json").write_text(model.to_json())
    index = sharded(model, tmp_path)
    file = identify(str(tmp_path / "m.json"), weights=str(index))
    inputs = random_inputs(model)
    found = outputs(open_model(file).model, inputs)[0]
    np.testing.assert_array_equal(found, outputs(model, inputs)[0])
    sharded(shuffle_weights(NETWORKS["plain"](keras)), tmp_path)
    first = sorted(tmp_path.glob("w_*.weights.h5"))[0]
    content = first.read_bytes()
    first.write_bytes(content + b"\0")
    assert identify(str(tmp_path / "m.json"), weights=str(index)).sha256 != file.sha256
    first.unlink()
    with pytest.raises(ModelFileError, match=f"keeps weights in {first.name}, which is not beside"):
        identify(str(tmp_path / "m.json"), weights=str(index))


@pytest.mark.parametrize("name", ["../w.h5", "/etc/passwd.h5", "w.txt", 7, "a\\b.h5"])
def test_an_index_names_only_files_beside_it(name: Any, tmp_path: Path) -> None:
    (tmp_path / "w.weights.json").write_text(json.dumps({"weight_map": {"/vars": [name]}}))
    with pytest.raises(ModelFileError, match="names a file"):
        identify("vgg16", weights=str(tmp_path / "w.weights.json"))


def test_an_architecture_as_json_within_json(tmp_path: Path) -> None:
    """`json.dump(model.to_json(), file)` writes a string that holds JSON."""
    model = shuffle_weights(NETWORKS["plain"](keras))
    (tmp_path / "net.json").write_text(json.dumps(model.to_json()))
    model.save_weights(tmp_path / "w.weights.h5")
    file = identify(str(tmp_path / "net.json"), weights=str(tmp_path / "w.weights.h5"))
    inputs = random_inputs(model)
    found = outputs(open_model(file).model, inputs)[0]
    np.testing.assert_array_equal(found, outputs(model, inputs)[0])
