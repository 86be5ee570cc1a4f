"""Arrays in the layouts of Keras 1, Theano and cuDNN, and layers that Keras no longer has."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from reportgen.inputs.model_files import OpenedModel, identify, open_model

from .stored_files import image, layer, numbers, write_hdf5

tf_keras = pytest.importorskip("tf_keras")
L = tf_keras.layers


def model_of(config: dict, shape: list) -> dict:
    first = {**config, "config": {**config["config"], "batch_input_shape": [None, *shape]}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first]}}


def compare(
    folder: Path,
    config: dict,
    theirs: Any,
    arrays: list[np.ndarray],
    shape: list[int],
    version: str = "2.1.6",
    backend: str | None = "tensorflow",
    names: list[str] | None = None,
) -> OpenedModel:
    """Both Keras 2 (a layer with the same weights file) and reportgen read `arrays`."""
    name = config["config"]["name"]
    given = names or [f"{name}_array_{index}:0" for index in range(len(arrays))]
    weights = {name: list(zip(given, arrays, strict=True))}
    path = write_hdf5(folder / "m.h5", model_of(config, shape), weights, version, backend)
    ours = open_model(identify(path))
    reference = tf_keras.Sequential([tf_keras.Input(shape), theirs])
    with h5py.File(path) as file:
        for key in ("keras_version", "backend"):
            assert (key in file.attrs) == (key != "backend" or backend is not None)
    reference.load_weights(path)
    x = image(*shape)
    np.testing.assert_allclose(ours.model(x), reference(x), atol=1e-5)
    return ours


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_recurrent_layers_of_cudnn(
    kind: str, gates: int, bidirectional: bool, tmp_path: Path
) -> None:
    inner = layer(f"CuDNN{kind}", name="r", units=3, return_sequences=True, stateful=False)
    theirs: Any = {"LSTM": L.LSTM, "GRU": L.GRU}[kind](3, return_sequences=True)
    arrays = [numbers(5, 3 * gates), numbers(3, 3 * gates), numbers(6 * gates)]
    if bidirectional:
        inner = layer("Bidirectional", name="b", layer=inner, merge_mode="concat")
        theirs = L.Bidirectional(theirs)
        arrays += [values[::-1] for values in arrays]
    found = compare(tmp_path, inner, theirs, arrays, [4, 5], "2.2.4")
    assert any("cuDNN" in note for note in found.notes)


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", "icfo"), ("GRU", "zrh")])
def test_recurrent_layers_of_keras_1(kind: str, gates: str, tmp_path: Path) -> None:
    settings = {"inner_activation": "hard_sigmoid", "activation": "tanh", "consume_less": "cpu"}
    config = layer(kind, name="r", output_dim=3, return_sequences=True, **settings)
    arrays, names = [], []
    for index, gate in enumerate(gates):
        shapes = {"W": (5, 3), "U": (3, 3), "b": (3,)}
        arrays += [numbers(*shape, seed=index) for shape in shapes.values()]
        names += [f"r_{letter}_{gate}:0" for letter in shapes]
    options: dict = {"recurrent_activation": "hard_sigmoid", "return_sequences": True}
    theirs = L.LSTM(3, **options) if kind == "LSTM" else L.GRU(3, reset_after=False, **options)
    compare(tmp_path, config, theirs, arrays, [4, 5], "1.2.2", None, names)


KERNELS = {
    ("Convolution2D", "tf"): (numbers(3, 2, 3, 4), (0, 1, 2, 3)),
    ("Convolution2D", "th"): (numbers(4, 3, 3, 2), (2, 3, 1, 0)),
    ("Deconvolution2D", "tf"): (numbers(3, 2, 4, 3), (0, 1, 3, 2)),
    ("Deconvolution2D", "th"): (numbers(3, 4, 3, 2), (2, 3, 0, 1)),
    ("Convolution1D", "tf"): (numbers(2, 1, 3, 4), (0, 1, 2, 3)),
    ("Convolution1D", "th"): (numbers(4, 3, 2, 1), (2, 3, 1, 0)),
}
"""Stored kernels of Keras 1 by layer and order of axes, and today's order of those axes."""


@pytest.mark.parametrize("backend", ["tensorflow", "theano"])
@pytest.mark.parametrize(("kind", "order"), list(KERNELS))
def test_kernels_of_keras_1(kind: str, order: str, backend: str, tmp_path: Path) -> None:
    """Checked against Keras 2 where it can compute it, and number by number."""
    kernel, axes = KERNELS[kind, order]
    settings: dict = {"nb_row": 3, "nb_col": 2, "dim_ordering": order}
    shape = [7, 6, 3] if order == "tf" else [3, 7, 6]
    theirs: Any = {"Convolution2D": L.Conv2D, "Deconvolution2D": L.Conv2DTranspose}.get(kind)
    if kind == "Convolution1D":
        settings, shape = {"filter_length": 2}, [7, 3]
    if kind == "Deconvolution2D":
        settings["output_shape"] = [None, 9, 7, 3]
        shape = [7, 6, 4] if order == "tf" else [4, 7, 6]
    filters = {"Deconvolution2D": 3}.get(kind, 4)
    config = layer(kind, name="c", nb_filter=filters, border_mode="valid", bias=True, **settings)
    arrays = [kernel, numbers(filters)]
    if backend == "tensorflow" and (order == "tf" or kind == "Convolution1D"):
        theirs = L.Conv1D(4, 2) if theirs is None else theirs(filters, [3, 2])
        compare(tmp_path, config, theirs, arrays, shape, "1.2.2", backend)
    weights = {"c": list(zip(["c_W", "c_b"], arrays, strict=True))}
    path = write_hdf5(tmp_path / "n.h5", model_of(config, shape), weights, "1.2.2", backend)
    found = open_model(identify(path)).model.get_weights()[0]
    expected = kernel.transpose(axes)
    if kind == "Convolution1D":
        expected = expected[:, 0]
    flipped = expected[::-1] if kind == "Convolution1D" else expected[::-1, ::-1]
    np.testing.assert_array_equal(found, flipped if backend == "theano" else expected)


def test_a_backend_that_is_not_told_is_a_warning(tmp_path: Path) -> None:
    config = layer("Convolution2D", name="c", nb_filter=4, nb_row=3, nb_col=2, dim_ordering="th")
    weights = {"c": [("c_W", numbers(4, 3, 3, 2)), ("c_b", numbers(4))]}
    path = write_hdf5(tmp_path / "m.h5", model_of(config, [3, 7, 6]), weights, "1.1.0", None)
    (warning,) = open_model(identify(path)).warnings
    assert "does not say whether TensorFlow or Theano wrote the kernels of “c”" in warning


def test_a_maxout_layer(tmp_path: Path) -> None:
    config = layer("MaxoutDense", name="m", output_dim=2, nb_feature=3, bias=True, input_dim=5)
    kernel, bias = numbers(3, 5, 2), numbers(3, 2)
    weights = {"m": [("m_W", kernel), ("m_b", bias)]}
    path = write_hdf5(tmp_path / "m.h5", model_of(config, [5]), weights, "1.2.2", None)
    x = image(5)
    expected = (np.einsum("ni,kiu->nku", x, kernel) + bias).max(axis=1)
    np.testing.assert_allclose(open_model(identify(path)).model(x), expected, atol=1e-5)


def test_kernels_for_every_place(tmp_path: Path) -> None:
    settings = {"filters": 3, "kernel_size": [2, 3], "strides": [2, 1], "activation": "tanh"}
    config = layer("LocallyConnected2D", name="l", padding="valid", **settings)
    arrays = [numbers(12, 2 * 3 * 2, 3), numbers(3, 4, 3)]
    compare(tmp_path, config, L.LocallyConnected2D(**settings), arrays, [6, 6, 2], "2.2.4")


def test_a_state_is_not_kept_from_image_to_image(tmp_path: Path) -> None:
    config = layer("LSTM", name="r", units=3, stateful=True)
    config["config"]["batch_input_shape"] = [8, 4, 5]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [config]}}
    arrays = [("k", numbers(5, 12)), ("r", numbers(3, 12)), ("b", numbers(12))]
    path = write_hdf5(tmp_path / "m.h5", config, {"r": arrays}, "2.2.4")
    model = open_model(identify(path)).model
    x = np.tile(image(4, 5), (4, 1, 1))
    np.testing.assert_array_equal(model(x), model(x))
