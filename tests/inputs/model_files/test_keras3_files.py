"""Files of today's Keras: what reportgen rebuilds computes what Keras's own loader computes."""

from pathlib import Path

import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .networks import NETWORKS, outputs, random_inputs, shuffle_weights


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("network", list(NETWORKS))
def test_outputs_equal_those_of_the_saved_model(network: str, suffix: str, tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS[network](keras))
    path = tmp_path / f"model{suffix}"
    model.save(path)
    opened = open_model(identify(str(path)))
    inputs = random_inputs(model)
    for ours, theirs in zip(outputs(opened.model, inputs), outputs(model, inputs), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert opened.warnings == ()
    assert [layer.name for layer in opened.model.layers] == [layer.name for layer in model.layers]


def test_operations_between_layers(tmp_path: Path) -> None:
    entry = keras.Input((6, 6, 3))
    tensor = keras.ops.concatenate([entry[..., ::-1] / 127.5 - 1.0, entry], axis=-1)
    tensor = keras.layers.Conv2D(2, 3)(tensor)
    model = shuffle_weights(keras.Model(entry, keras.ops.mean(tensor, axis=[1, 2])))
    model.save(tmp_path / "model.keras")
    opened = open_model(identify(str(tmp_path / "model.keras")))
    inputs = random_inputs(model)
    np.testing.assert_array_equal(outputs(opened.model, inputs)[0], outputs(model, inputs)[0])


def test_outputs_in_a_dictionary_and_mixed_precision(tmp_path: Path) -> None:
    entry = keras.Input((6, 6, 3))
    tensor = keras.layers.Conv2D(2, 3, dtype="mixed_float16")(entry)
    model = keras.Model(entry, {"a": tensor, "b": keras.layers.Flatten()(tensor)})
    model.save(tmp_path / "model.keras")
    opened = open_model(identify(str(tmp_path / "model.keras")))
    found = opened.model(random_inputs(model))
    assert set(found) == {"a", "b"}
    assert opened.model.layers[1].compute_dtype == "float16"


def test_weights_of_sixteen_bits(tmp_path: Path) -> None:
    """HDF5 has no bfloat16: Keras keeps the bytes, and says so in an attribute."""
    entry = keras.Input((6, 6, 3))
    model = shuffle_weights(keras.Model(entry, keras.layers.Conv2D(2, 3, dtype="bfloat16")(entry)))
    model.save(tmp_path / "model.keras")
    opened = open_model(identify(str(tmp_path / "model.keras")))
    for ours, theirs in zip(opened.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours.astype("float32"), theirs.astype("float32"))


def test_wrong_names_of_files_do_not_matter(tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS["plain"](keras))
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "model.h5")
    (tmp_path / "model.keras").rename(tmp_path / "zip.h5")
    (tmp_path / "model.h5").rename(tmp_path / "hdf5.keras")
    assert identify(str(tmp_path / "zip.h5")).kind == "keras"
    assert identify(str(tmp_path / "hdf5.keras")).kind == "hdf5"
    open_model(identify(str(tmp_path / "zip.h5")))
    open_model(identify(str(tmp_path / "hdf5.keras")))


def test_a_layer_that_keras_keeps_for_convnext(tmp_path: Path) -> None:
    from keras.src.applications.convnext import LayerScale

    model = keras.Sequential([keras.Input((4, 4, 3)), LayerScale(0.5, 3), keras.layers.Flatten()])
    model.save(tmp_path / "model.keras")
    opened = open_model(identify(str(tmp_path / "model.keras")))
    np.testing.assert_array_equal(opened.model.get_weights()[0], [0.5, 0.5, 0.5])


def test_a_keras_file_that_was_unpacked(tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS["nested"](keras))
    folder = tmp_path / "model"
    folder.mkdir()
    keras.saving.save_model(model, folder, zipped=False)
    file = identify(str(folder))
    assert file.kind == "keras folder"
    inputs = random_inputs(model)
    found = outputs(open_model(file).model, inputs)
    np.testing.assert_array_equal(found[0], outputs(model, inputs)[0])


def test_weights_that_would_need_pickles_are_refused(tmp_path: Path) -> None:
    from keras.src.saving.saving_lib import save_model

    save_model(NETWORKS["plain"](keras), tmp_path / "model.keras", weights_format="npz")
    with pytest.raises(ModelFileError, match=r"Python pickles .*never loaded; save the model"):
        open_model(identify(str(tmp_path / "model.keras")))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_that_keras_keeps_for_inception_resnet(suffix: str, tmp_path: Path) -> None:
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    entry = keras.Input((8, 8, 3))
    left = keras.layers.Conv2D(3, 3, padding="same")(entry)
    model = shuffle_weights(keras.Model(entry, CustomScaleLayer(0.17)([left, entry])))
    model.save(tmp_path / f"m{suffix}")
    opened = open_model(identify(str(tmp_path / f"m{suffix}")))
    inputs = random_inputs(model)
    np.testing.assert_array_equal(outputs(opened.model, inputs)[0], outputs(model, inputs)[0])
