"""What errors advise is done here: afterwards the model opens and computes what it should."""

import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .networks import NETWORKS, outputs, random_inputs, shuffle_weights
from .stored_files import call, functional, image, layer, write_hdf5


def refused(path: Path | str, advice: str, **options: Any) -> None:
    with pytest.raises(ModelFileError, match=advice):
        open_model(identify(str(path)), **options)


def same(path: Path | str, expected: Any, **options: Any) -> None:
    found = open_model(identify(str(path)), **options).model(image(4))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def sequential(folder: Path, *layers: dict) -> str:
    layers[0]["config"]["batch_input_shape"] = [None, 4]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [*layers]}}
    return write_hdf5(folder / "m.h5", config, {"none": []}, "2.9.0")


def test_an_activation_of_the_users(tmp_path: Path) -> None:
    path = sequential(tmp_path, layer("Activation", name="a", activation="halved"))
    refused(path, r"the activation “halved” of the layer “a”.*with --custom-objects FILE\.py")
    (tmp_path / "own.py").write_text("def halved(x):\n    return x / 2\n")
    same(path, image(4) / 2, custom_objects=[tmp_path / "own.py"])


def test_an_object_of_the_users_in_a_layer(tmp_path: Path) -> None:
    own = layer("Twice", name="inner")
    path = sequential(tmp_path, layer("TimeDistributed", name="t", layer=own))
    refused(path, r"“t” holds an object of the class “Twice”.*with --custom-objects FILE\.py")
    (tmp_path / "own.py").write_text(
        "import keras\nclass Twice(keras.layers.Layer):\n    def call(self, x): return 2 * x\n"
        "    def compute_output_shape(self, shape): return shape\n"
    )
    entry = layer("InputLayer", name="in", batch_input_shape=[None, 3, 4])
    outer = layer("TimeDistributed", name="t", layer=own)
    config = functional([call(entry), call(outer, "in")], ["in"], ["t"])
    path = write_hdf5(tmp_path / "m.h5", config, {"t": []}, "2.9.0")
    opened = open_model(identify(path), custom_objects=[tmp_path / "own.py"])
    np.testing.assert_allclose(opened.model(image(3, 4)), 2 * image(3, 4), rtol=1e-6)


def test_a_merge_with_code_of_its_own(tmp_path: Path) -> None:
    inputs = [call(layer("InputLayer", name=name, batch_input_shape=[None, 4])) for name in "ab"]
    merge = layer("Merge", name="m", mode=["code", None, None], mode_type="lambda")
    config = functional([*inputs, call(merge, "a", "b")], ["a", "b"], ["m"])
    path = write_hdf5(tmp_path / "m.h5", config, {"m": []}, "1.2.2")
    refused(path, r"“m” is a Merge.*--replace-layer 'm=EXPR' \(such as x0-x1\)")
    opened = open_model(identify(path), replace_layers=["m=x0-x1"])
    np.testing.assert_allclose(opened.model([image(4), 3 * image(4)]), -2 * image(4), rtol=1e-5)


def test_a_folder_or_an_archive_around_the_model(tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS["plain"](keras))
    folder = tmp_path / "folder"
    folder.mkdir()
    model.save(folder / "net.keras")
    refused(folder, r"give the file itself, such as net\.keras")
    with zipfile.ZipFile(tmp_path / "net.zip", "w") as archive:
        archive.write(folder / "net.keras", "net.keras")
    refused(tmp_path / "net.zip", "unpack it and give the model")
    inputs = random_inputs(model)
    found = outputs(open_model(identify(str(folder / "net.keras"))).model, inputs)[0]
    np.testing.assert_array_equal(found, outputs(model, inputs)[0])


def test_weights_without_a_network(tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS["plain"](keras))
    model.save_weights(tmp_path / "w.weights.h5")
    refused(tmp_path / "w.weights.h5", r"an architecture in JSON.*this file with --weights")
    (tmp_path / "net.json").write_text(model.to_json())
    refused(tmp_path / "net.json", "give them with --weights FILE")
    file = identify(str(tmp_path / "net.json"), weights=str(tmp_path / "w.weights.h5"))
    inputs = random_inputs(model)
    np.testing.assert_array_equal(
        outputs(open_model(file).model, inputs)[0], outputs(model, inputs)[0]
    )
    with pytest.raises(ModelFileError, match="imagenet works only with the name of a"):
        identify(str(tmp_path / "net.json"), weights="imagenet")


def test_a_link_is_resolved_by_a_copy(tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS["plain"](keras))
    model.save(tmp_path / "whole.h5")
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs.update(whole.attrs)
        file["model_weights"] = h5py.ExternalLink(str(tmp_path / "whole.h5"), "model_weights")
    refused(tmp_path / "m.h5", r"into one file with h5py \(Group\.copy with expand_external=True\)")
    with h5py.File(tmp_path / "m.h5") as linked, h5py.File(tmp_path / "one.h5", "w") as copy:
        copy.attrs.update(linked.attrs)
        copy.copy(linked["model_weights"], "model_weights", expand_external=True)
    inputs = random_inputs(model)
    found = outputs(open_model(identify(str(tmp_path / "one.h5"))).model, inputs)[0]
    np.testing.assert_array_equal(found, outputs(model, inputs)[0])
