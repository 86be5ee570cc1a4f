"""Quantised layers and LoRA, as Keras 3 saves them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .networks import outputs, random_inputs
from .stored_files import layer, write_hdf5


def network() -> Any:
    entry = keras.Input((8, 8, 3))
    tensor = keras.layers.Conv2D(8, 3, activation="relu", name="conv")(entry)
    tensor = keras.layers.EinsumDense(
        "bhwc,cd->bhwd", (None, None, 16), bias_axes="d", name="einsum"
    )(tensor)
    tensor = keras.layers.GlobalAveragePooling2D()(tensor)
    tensor = keras.layers.Dense(32, activation="relu", name="hidden")(tensor)
    return keras.Model(entry, keras.layers.Dense(5, use_bias=False, name="out")(tensor))


def check(model: Any, path: Path) -> None:
    model.save(path)
    float8 = model.get_layer("out").quantization_mode == "float8"
    # Keras 3.15 does not open its own HDF5 files of float8.
    fails = float8 and path.suffix == ".h5"
    reference = model if fails else keras.saving.load_model(path, compile=False)
    inputs = random_inputs(model)
    found = outputs(open_model(identify(str(path))).model, inputs)[0]
    np.testing.assert_allclose(found, outputs(reference, inputs)[0], atol=1e-5)
    assert np.ptp(found) > 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_quantised_layers(mode: str, suffix: str, tmp_path: Path) -> None:
    model = network()
    model.quantize(mode)
    check(model, tmp_path / f"m{suffix}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("mode", [None, "int8"])
def test_lora(mode: str | None, suffix: str, tmp_path: Path) -> None:
    model = network()
    if mode:
        model.quantize(mode, filters=["hidden"])
    generator = np.random.default_rng(3)
    for name in ["conv", "einsum", "hidden"]:
        changed = model.get_layer(name)
        changed.enable_lora(2, lora_alpha=3)
        changed.lora_kernel_b.assign(generator.normal(size=changed.lora_kernel_b.shape))
    check(model, tmp_path / f"m{suffix}")


def test_sizes_of_quantised_layers_are_bounded(tmp_path: Path) -> None:
    """Their weights are made without an initializer that a file could not get past."""
    for settings in [{"units": 2**30, "dtype": "int8_from_float32"},
                     {"units": 2, "lora_rank": 2**30}]:  # fmt: skip
        dense = layer("Dense", name="d", batch_input_shape=[None, 64], **settings)
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": [dense]}}
        path = write_hdf5(tmp_path / "m.h5", config, {"d": []}, "2.9.0")
        with pytest.raises(ModelFileError, match="more than the file holds"):
            open_model(identify(path))
