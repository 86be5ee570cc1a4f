"""Damage on which libhdf5 itself hangs or crashes: found before libhdf5 reads the file."""

import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .stored_files import layer, write_hdf5

FLAT = {
    "class_name": "Sequential",
    "config": [layer("Flatten", name="f", batch_input_shape=[None, 8, 8, 3])],
}


@pytest.mark.parametrize("where", ["/", "/model_weights", "/model_weights/f"])
def test_attributes_that_are_no_text_are_not_read(where: str, tmp_path: Path) -> None:
    """Lists of numbers whose lengths are damaged have crashed libhdf5, and Python with it."""
    path = write_hdf5(tmp_path / "m.h5", FLAT, {"f": []})
    name = {"/": "model_config", "/model_weights": "layer_names"}.get(where, "weight_names")
    with h5py.File(path, "r+") as file:
        del file[where].attrs[name]
        values = np.empty(1, h5py.vlen_dtype(np.uint8))
        values[0] = np.zeros(3, "u1")
        file[where].attrs.create(name, values, dtype=values.dtype)
    with pytest.raises(ModelFileError, match=r"damaged HDF5|but no network"):
        open_model(identify(path))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_heap_in_which_libhdf5_would_turn_in_a_circle(suffix: str, tmp_path: Path) -> None:
    """Strings lie in a global heap; free space of no size there is never got past."""
    path = tmp_path / f"m{suffix}"
    keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 3)]).save(path)
    if suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["model.weights.h5"] = emptied(members["model.weights.h5"])
        with zipfile.ZipFile(path, "w") as archive:
            for name, member in members.items():
                archive.writestr(name, member)
    else:
        path.write_bytes(emptied(path.read_bytes()))
    with pytest.raises(ModelFileError, match="damaged HDF5 file"):
        open_model(identify(str(path)))


def emptied(content: bytes) -> bytes:
    """An HDF5 file in which the first object of a heap has become free space of no size."""
    start = content.index(b"GCOL\x01\0\0\0") + 16
    return content[:start] + bytes(16) + content[start + 16 :]
