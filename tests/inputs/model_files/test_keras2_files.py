"""Files of Keras 2: the migrated model computes what Keras 2 itself (tf_keras) computes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.inputs.model_files import identify, open_model

from .networks import NETWORKS, outputs, random_inputs, shuffle_weights

tf_keras = pytest.importorskip("tf_keras")


def save(model: Any, folder: Path, form: str) -> str:
    path = folder / {"hdf5": "model.h5", "zip": "model.keras"}[form]
    model.save(path)
    return str(path)


def check_same(model: Any, path: str) -> Any:
    opened = open_model(identify(path))
    inputs = random_inputs(model)
    for ours, theirs in zip(outputs(opened.model, inputs), outputs(model, inputs), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=1e-5)
    assert opened.warnings == ()
    return opened


@pytest.mark.slow
@pytest.mark.parametrize("form", ["hdf5", "zip"])
@pytest.mark.parametrize("network", list(NETWORKS))
def test_outputs_equal_those_of_keras_2(network: str, form: str, tmp_path: Path) -> None:
    model = shuffle_weights(NETWORKS[network](tf_keras))
    check_same(model, save(model, tmp_path, form))


def test_tensorflow_functions_between_layers(tmp_path: Path) -> None:
    entry = tf_keras.Input((8, 8, 3))
    tensor = tf_keras.applications.mobilenet_v2.preprocess_input(entry)
    tensor = tf_keras.layers.Conv2D(3, 3)(tensor)
    tensor = tf_keras.applications.vgg16.preprocess_input(tensor)
    model = shuffle_weights(tf_keras.Model(entry, 2.0 * tensor))
    check_same(model, save(model, tmp_path, "hdf5"))


def test_a_lambda_is_refused_here_before_keras_2_would_run_it(tmp_path: Path) -> None:
    from reportgen.errors import ModelFileError

    model = tf_keras.Sequential(
        [
            tf_keras.layers.Lambda(lambda x: x / 127.5 - 1.0, input_shape=(6, 6, 3), name="scale"),
            tf_keras.layers.Conv2D(2, 3),
        ]
    )
    path = save(model, tmp_path, "hdf5")
    with pytest.raises(ModelFileError, match="“scale” is a Lambda, whose stored code is never run"):
        open_model(identify(path))
    opened = open_model(identify(path), replace_layers=["scale=x/127.5-1"])
    assert type(opened.model.layers[0]).__name__ == "Rescaling"
    inputs = random_inputs(model)
    np.testing.assert_allclose(
        outputs(opened.model, inputs)[0], outputs(model, inputs)[0], atol=1e-5
    )


def test_every_setting_of_every_keras_2_layer_is_known() -> None:
    """A setting that is neither taken today nor known to mean nothing would be dropped silently."""
    import inspect

    import keras

    from reportgen.inputs.model_files.layers import NEUTRAL, accepted_arguments

    renamed = {"alpha", "rank", "conv_op", "pool_function", "args", "filters", "type_spec"}
    unknown = {}
    for name, old in inspect.getmembers(tf_keras.layers, inspect.isclass):
        new = getattr(keras.layers, name, None)
        if not issubclass(old, tf_keras.layers.Layer) or new is None or name == "InputLayer":
            continue
        taken = set(inspect.signature(old.__init__).parameters) - {"self", "kwargs"}
        left = taken - (accepted_arguments(new) or set()) - set(NEUTRAL) - renamed
        left = {
            key for key in left if not key.endswith(("initializer", "regularizer", "constraint"))
        }
        if left - {"input_length", "input_shape"}:
            unknown[name] = left
    assert unknown == {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["hdf5", "zip"])
def test_a_layer_that_keras_keeps_for_inception_resnet(form: str, tmp_path: Path) -> None:
    """HDF5 files call it Custom>CustomScaleLayer."""
    from tf_keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    entry = tf_keras.Input((8, 8, 3))
    left = tf_keras.layers.Conv2D(3, 3, padding="same")(entry)
    model = shuffle_weights(tf_keras.Model(entry, CustomScaleLayer(0.17)([left, entry])))
    check_same(model, save(model, tmp_path, form))


def test_layers_of_one_unknown_kind_are_said_once(tmp_path: Path) -> None:
    from reportgen.errors import ModelFileError

    entry = tensor = tf_keras.Input((8, 8, 3))
    for index in range(3):
        tensor = tf_keras.layers.Lambda(lambda x: 2 * x, name=f"twice_{index}")(tensor)
    path = save(tf_keras.Model(entry, tf_keras.layers.Conv2D(2, 3)(tensor)), tmp_path, "hdf5")
    with pytest.raises(ModelFileError, match=r"“twice_0” is a Lambda.*and 2 more layers of"):
        open_model(identify(path))
    opened = open_model(identify(path), replace_layers=["twice_*=2*x"])
    assert len(opened.notes) >= 3
