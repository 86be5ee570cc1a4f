"""Models in models as Keras 1 and 2 wrote them: names and shapes stand in odd places."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import OpenedModel, identify, open_model

from .keras2 import compare_with_keras_2
from .stored_files import call, functional, image, layer, numbers, write_hdf5

KERNEL, BIAS = numbers(3, 3, 3, 4), numbers(4)
WEIGHTS = [("conv_1/kernel:0", KERNEL), ("conv_1/bias:0", BIAS)]
SHAPED = layer(
    "Conv2D", name="conv_1", batch_input_shape=[None, 6, 6, 3], filters=4, kernel_size=[3, 3]
)
RELU = layer("Activation", name="relu", activation="relu")


def sequential(*layers: dict, name: str | None = "outer") -> dict:
    """Without a name: the bare list of Keras 2.2.2 and before."""
    config: Any = list(layers) if name is None else {"name": name, "layers": list(layers)}
    return {"class_name": "Sequential", "config": config}


def graph(name: str = "inner") -> dict:
    entry = call(layer("InputLayer", name="entry", batch_input_shape=[None, 6, 6, 3]))
    conv = call(layer("Conv2D", name="conv_1", filters=4, kernel_size=[3, 3]), "entry")
    return functional([entry, conv, call(RELU, "conv_1")], ["entry"], ["relu"], name=name)


def inside(model: dict, name: str) -> dict:
    """`model` called on the input of a Functional one; Keras 2 counted that as call 1."""
    entry = call(layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 3]))
    nested = {**model, "name": name, "inbound_nodes": [[["in", 0, 0, {}]]]}
    flat = call(layer("Activation", name="flat", activation="linear"), name, call_index=1)
    return functional([entry, nested, flat], ["in"], ["flat"])


NESTINGS = {
    "sequential in sequential": (sequential(sequential(SHAPED, RELU, name="a")), "a"),
    "list in sequential": (sequential(sequential(SHAPED, RELU, name=None)), "sequential_3"),
    "sequential in list": (sequential(sequential(SHAPED, RELU, name="a"), name=None), "a"),
    "list in list": (sequential(sequential(SHAPED, RELU, name=None), name=None), "sequential_1"),
    "three sequential": (
        sequential(sequential(sequential(SHAPED, name="a"), RELU, name="b")),
        "b",
    ),
    "three lists": (
        sequential(sequential(sequential(SHAPED, name=None), RELU, name=None), name=None),
        "sequential_2",
    ),
    "functional in sequential": (sequential(graph()), "inner"),
    "functional in list": (sequential(graph(), name=None), "inner"),
    "functional in sequential in functional": (inside(sequential(graph()), "outer"), "outer"),
    "functional in list in functional": (inside(sequential(graph(), name=None), "b"), "b"),
    "list in functional": (inside(sequential(SHAPED, RELU, name=None), "b"), "b"),
}


def opened(path: str) -> OpenedModel:
    return open_model(identify(path))


def convolution(x: np.ndarray, kernel: np.ndarray = KERNEL, bias: np.ndarray = BIAS) -> Any:
    return np.maximum(np.asarray(keras.ops.conv(x, kernel, padding="valid")) + bias, 0)


@pytest.mark.parametrize("nesting", list(NESTINGS))
def test_the_inputs_shape_is_found_at_any_depth(nesting: str, tmp_path: Path) -> None:
    config, group = NESTINGS[nesting]
    path = write_hdf5(tmp_path / "m.h5", config, {group: WEIGHTS}, "2.1.6")
    result = opened(path)
    compare_with_keras_2(path, result)
    x = image(6, 6, 3)
    np.testing.assert_allclose(np.asarray(result.model(x)), convolution(x), atol=1e-5)
    assert result.warnings == ()


def test_unnamed_models_get_their_weights_in_order(tmp_path: Path) -> None:
    """Keras 2.1 stored no names for them, and their weights under names such as sequential_1."""
    second = layer("Conv2D", name="conv_2", filters=4, kernel_size=[1, 1])  # its shape: unknown
    config = sequential(
        sequential(SHAPED, RELU, name=None),
        sequential(
            {**second, "config": {**second["config"], "batch_input_shape": None}}, name=None
        ),
        name=None,
    )
    kernel, bias = numbers(1, 1, 4, 4), numbers(4, seed=9)
    weights = {
        "sequential_2": WEIGHTS,
        "sequential_1": [("conv_2/kernel:0", kernel), ("conv_2/bias:0", bias)],
    }
    result = opened(write_hdf5(tmp_path / "m.h5", config, weights, "2.1.6"))
    x = image(6, 6, 3)
    expected = np.asarray(keras.ops.conv(convolution(x), kernel, padding="valid")) + bias
    np.testing.assert_allclose(np.asarray(result.model(x)), expected, atol=1e-5)
    assert result.warnings == ()


def test_one_layer_under_another_name_is_a_warning(tmp_path: Path) -> None:
    dense = layer("Dense", name="dense_7", units=2)
    config = sequential(SHAPED, layer("Flatten", name="f"), dense)
    weights = {
        "conv_1": WEIGHTS,
        "f": [],
        "dense_1": [("dense_1/kernel:0", numbers(64, 2)), ("dense_1/bias:0", numbers(2))],
    }
    result = opened(write_hdf5(tmp_path / "m.h5", config, weights, "2.1.6"))
    (warning,) = result.warnings
    assert "“dense_1” where the network has “dense_7”" in warning
    np.testing.assert_array_equal(result.model.get_weights()[-1], numbers(2))


def branch(number: int, shape: list) -> dict:
    name = f"dense_{number}"
    dense = layer("Dense", name=name, output_dim=3, batch_input_shape=shape, activation="linear")
    return {"class_name": "Sequential", "config": [dense]}


@pytest.mark.parametrize("mode", ["concat", "sum"])
def test_a_sequential_model_that_begins_with_branches(mode: str, tmp_path: Path) -> None:
    branches = [branch(1, [None, 4]), branch(2, [None, 5])]
    merge = layer("Merge", name="merge_1", mode=mode, concat_axis=1, layers=branches)
    last = layer("Dense", name="dense_3", output_dim=2, activation="linear")
    size = 6 if mode == "concat" else 3
    shapes = {"dense_1": (4, 3), "dense_2": (5, 3), "dense_3": (size, 2)}
    weights = {
        name: [(f"{name}_W", numbers(*shape)), (f"{name}_b", numbers(shape[1]))]
        for name, shape in shapes.items()
    }
    path = write_hdf5(tmp_path / "m.h5", sequential(merge, last, name=None), weights, "1.2.2", None)
    result = opened(path)
    left, right = numbers(2, 4), numbers(2, 5)
    one, two = (
        x @ weights[name][0][1] + weights[name][1][1]
        for x, name in ((left, "dense_1"), (right, "dense_2"))
    )
    merged = np.concatenate([one, two], axis=1) if mode == "concat" else one + two
    expected = merged @ weights["dense_3"][0][1] + weights["dense_3"][1][1]
    np.testing.assert_allclose(np.asarray(result.model([left, right])), expected, atol=1e-5)
    assert any("began with a Merge of branches" in note for note in result.notes)


def test_a_merge_that_is_code_is_asked_for(tmp_path: Path) -> None:
    merge = layer("Merge", name="m", mode="c29tZSBjb2Rl", mode_type="lambda", layers=None)
    layers = [
        call(layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 3])),
        call(layer("Activation", name="a", activation="relu"), "in"),
        call(merge, "in", "a"),
        call(layer("Convolution2D", name="c", nb_filter=4, nb_row=3, nb_col=3), "m"),
    ]
    config = functional(layers, ["in"], ["c"])
    path = write_hdf5(tmp_path / "m.h5", config, {"c": WEIGHTS}, "1.2.2")
    with pytest.raises(ModelFileError, match=r"“m” is a Merge.*--replace-layer 'm=EXPR'"):
        opened(path)
    result = open_model(identify(path), replace_layers=["m=(x0-x1)/2"])
    assert result.model.output_shape == (None, 4, 4, 4)
