"""Keras 2 itself (tf_keras), where the tests have it: what it computes from a file is the truth."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from reportgen.inputs.model_files import OpenedModel
from reportgen.inputs.model_files.limits import every_object

from .networks import outputs, random_inputs


def opened_by_keras_2(path: str | Path) -> Any:
    """The model that Keras 2 makes of an HDF5 file or SavedModel folder.

    Keras 2 runs the bytecode of a Lambda without asking: such a file is never handed to it.
    """
    tf_keras = pytest.importorskip("tf_keras")
    if not Path(path).is_dir():
        with h5py.File(path) as file:
            config = json.loads(file.attrs["model_config"])
        classes = {node["class_name"] for node in every_object(config)}
        assert "Lambda" not in classes, "this file would run code"
    return tf_keras.models.load_model(path, compile=False)


def compare_with_keras_2(path: str | Path, opened: OpenedModel) -> None:
    """Assert that both compute the same from random images, to 1e-5."""
    theirs = opened_by_keras_2(path)
    inputs = random_inputs(opened.model)
    found, expected = outputs(opened.model, inputs), outputs(theirs, inputs)
    for ours, reference in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, reference, atol=1e-5, rtol=0)
