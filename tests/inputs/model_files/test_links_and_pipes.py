"""Files that lead elsewhere, wait for ever or ask for memory: one sentence at once."""

import os
import socket
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .networks import NETWORKS, outputs, random_inputs, shuffle_weights

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
LEFT = "in another file, which is not followed"


@pytest.fixture
def model(tmp_path: Path) -> Any:
    made = shuffle_weights(NETWORKS["plain"](keras))
    made.save(tmp_path / "own.h5")
    made.save(tmp_path / "own.keras")
    made.save_weights(tmp_path / "own.weights.h5")
    (tmp_path / "net.json").write_text(made.to_json())
    return made


def linked(source: Path, target: Path, group: str, link: Any) -> Path:
    """A copy of an HDF5 file in which one group is a link."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        del file[group]
        file[group] = link
    return target


def links(folder: Path) -> Iterator[Any]:
    yield h5py.ExternalLink(str(folder / "own.h5"), "/model_weights")
    yield h5py.ExternalLink("own.h5", "/model_weights")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
        yield h5py.ExternalLink(str(folder / "pipe"), "/model_weights")


def test_links_out_of_hdf5_are_not_followed(model: Any, tmp_path: Path) -> None:
    inside = list(h5py.File(tmp_path / "own.h5")["model_weights"])[1]
    for link in links(tmp_path):
        for group in ["model_weights", f"model_weights/{inside}", "optimizer_weights"]:
            source = tmp_path / "own.h5"
            with h5py.File(source, "r+") as file:
                file.require_group(group)
            path = linked(source, tmp_path / "m.h5", group, link)
            with pytest.raises(ModelFileError, match=LEFT):
                open_model(identify(str(path)))
            with pytest.raises(ModelFileError, match=LEFT):
                open_model(identify(str(tmp_path / "net.json"), weights=str(path)))


def test_links_out_of_weights_files(model: Any, tmp_path: Path) -> None:
    link = h5py.ExternalLink(str(tmp_path / "own.weights.h5"), "/layers")
    path = linked(tmp_path / "own.weights.h5", tmp_path / "w.weights.h5", "layers", link)
    with pytest.raises(ModelFileError, match=LEFT):
        open_model(identify(str(tmp_path / "net.json"), weights=str(path)))
    with (
        zipfile.ZipFile(tmp_path / "own.keras") as old,
        zipfile.ZipFile(tmp_path / "m.keras", "w") as new,
    ):
        for name in old.namelist():
            content = path.read_bytes() if name == "model.weights.h5" else old.read(name)
            new.writestr(name, content)
    with pytest.raises(ModelFileError, match=LEFT):
        open_model(identify(str(tmp_path / "m.keras")))


def test_a_link_to_a_link_out_of_the_file(model: Any, tmp_path: Path) -> None:
    away = h5py.ExternalLink(str(tmp_path / "own.h5"), "/model_weights")
    path = linked(tmp_path / "own.h5", tmp_path / "m.h5", "model_weights", h5py.SoftLink("/away"))
    with h5py.File(path, "r+") as file:
        file["away"] = away
    with pytest.raises(ModelFileError, match=LEFT):
        open_model(identify(str(path)))


def test_a_link_within_the_file_is_harmless(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.h5"
    with h5py.File(path, "r+") as file:
        file.move("model_weights", "kept")
        file["model_weights"] = h5py.SoftLink("/kept")
    inputs = random_inputs(model)
    found = outputs(open_model(identify(str(path))).model, inputs)[0]
    np.testing.assert_array_equal(found, outputs(model, inputs)[0])


@pipes
def test_pipes_and_devices_and_sockets_are_no_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    os.mkfifo("pipe.h5")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        for name in ["pipe.h5", "/dev/null", "/dev/zero", "socket"]:
            with pytest.raises(ModelFileError, match=r"cannot be read as a model: it is not a reg"):
                identify(name)
            with pytest.raises(ModelFileError, match=r"cannot be read as a model: it is not a reg"):
                identify("vgg16", weights=name)
    for inside in ["saved_model.pb", "variables/variables.index"]:
        folder = tmp_path / inside.replace("/", "_").replace(".", "_")
        (folder / inside).parent.mkdir(parents=True)
        (folder / "saved_model.pb").touch()
        (folder / inside).unlink(missing_ok=True)
        os.mkfifo(folder / inside)
        with pytest.raises(ModelFileError, match="it is not a regular file"):
            identify(str(folder))


def test_names_that_no_file_can_have() -> None:
    for name in ["x" * 5000, "a\0b"]:
        with pytest.raises(ModelFileError, match="There is no model file"):
            identify(name)


@pytest.mark.parametrize("name", ["model_config", "keras_version", "layer_names", "weight_names"])
@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_a_text_longer_than_its_file(name: str, version: str, tmp_path: Path) -> None:
    """libhdf5 would set 4 GB aside for it."""
    path = tmp_path / "m.h5"
    with h5py.File(path, "w", libver=version) as file:
        file.attrs.create(name, "words", dtype=h5py.string_dtype())
        file.attrs.create("other", "words", dtype=h5py.string_dtype())
        file.attrs.setdefault("model_config", "{}")
        file.create_group("model_weights")
    content = path.read_bytes()
    place = content.index(name.encode() + b"\0")
    at = content.index(struct.pack("<I", 5), place + len(name))
    while content[at + 4 : at + 12] == bytes(8) or at - place < len(name) + 1:
        at = content.index(struct.pack("<I", 5), at + 1)
    path.write_bytes(content[:at] + struct.pack("<I", 0xF0000005) + content[at + 4 :])
    with pytest.raises(ModelFileError, match="damaged HDF5 file"):
        identify(str(path))


@pytest.mark.slow
@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("member", ["config.json", "metadata.json", "model.weights.h5"])
def test_damaged_members_of_a_zip(packing: int, member: str, model: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with (
        zipfile.ZipFile(tmp_path / "own.keras") as old,
        zipfile.ZipFile(path, "w", packing) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        info = new.getinfo(member)
    open_model(identify(str(path)))
    whole = path.read_bytes()
    start = info.header_offset + 30 + len(member)
    for damage in (b"\xff" * 40, bytes(40)):
        path.write_bytes(whole[: start + 6] + damage + whole[start + 46 :])
        with pytest.raises(ModelFileError, match="damaged"):
            open_model(identify(str(path)))


@pytest.mark.slow
def test_a_chain_of_1200_layers(tmp_path: Path) -> None:
    layers = [
        {"class_name": "Dense", "config": {"name": f"d{index}", "units": 2, "use_bias": False}}
        for index in range(1200)
    ]
    layers[0]["config"]["batch_input_shape"] = [None, 2]
    from .stored_files import write_hdf5

    eye = np.eye(2, dtype="float32")
    weights = {node["config"]["name"]: [("kernel:0", eye)] for node in layers}
    path = write_hdf5(tmp_path / "m.h5", {"class_name": "Sequential", "config": layers}, weights)
    opened = open_model(identify(path))
    values = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(opened.model(values), values)
