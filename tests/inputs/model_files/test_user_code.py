"""Code and replacements that the user gives."""

from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import ModelFileError, SettingsError
from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.model_files.user_code import load_custom_objects, parse_replacements

from .stored_files import call, functional, image, layer, numbers, write_hdf5

keras = pytest.importorskip("keras")


def model_with_lambda(folder: Path) -> str:
    layers = [
        layer("Lambda", name="scale", function=["none", None, None], function_type="lambda"),
        layer("Flatten", name="f"),
    ]
    layers[0]["config"]["batch_input_shape"] = [None, 4, 4, 3]
    config = {"class_name": "Sequential", "config": layers}
    return write_hdf5(folder / "m.h5", config, {"scale": []}, "2.2.4")


def test_arithmetic_replaces_a_lambda(tmp_path: Path) -> None:
    path = model_with_lambda(tmp_path)
    opened = open_model(identify(path), replace_layers=["scale=x*x/2"])
    x = image(4, 4, 3)
    np.testing.assert_allclose(opened.model(x), (x * x / 2).reshape(2, -1), atol=1e-6)
    assert any("'scale' (Lambda) was replaced by x*x/2" in note for note in opened.notes)


def test_a_function_replaces_a_lambda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_functions_for_reportgen.py").write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    path = model_with_lambda(tmp_path)
    option = "scale=my_functions_for_reportgen:double"
    x = image(4, 4, 3)
    found = open_model(identify(path), replace_layers=[option]).model(x)
    np.testing.assert_allclose(found, (2 * x).reshape(2, -1), atol=1e-6)
    with pytest.raises(SettingsError, match="has no function triple"):
        open_model(identify(path), replace_layers=["scale=my_functions_for_reportgen:triple"])
    with pytest.raises(SettingsError, match="cannot be imported"):
        open_model(identify(path), replace_layers=["scale=nowhere_to_be_found:f"])


def test_a_replacement_of_two_inputs(tmp_path: Path) -> None:
    layers = [
        call(layer("InputLayer", name="a", batch_input_shape=[None, 4])),
        call(layer("InputLayer", name="b", batch_input_shape=[None, 4])),
        call(layer("Lambda", name="distance"), "a", "b"),
    ]
    path = write_hdf5(
        tmp_path / "m.h5", functional(layers, ["a", "b"], ["distance"]), {"a": []}, "2.9.0"
    )
    opened = open_model(identify(path), replace_layers=["distance=(x0-x1)**2"])
    a, b = image(4), image(4)[::-1]
    np.testing.assert_allclose(opened.model([a, b]), (a - b) ** 2, atol=1e-6)


def test_replacements_that_do_not_fit(tmp_path: Path) -> None:
    path = model_with_lambda(tmp_path)
    with pytest.raises(ModelFileError, match=r"no layer 'other'; its layers are .*'scale', 'f'"):
        open_model(identify(path), replace_layers=["scale=x", "other=x"])
    for option in ["scale", "=x", "scale=", "scale=import os", "scale=os.system('x')"]:
        with pytest.raises(SettingsError):
            parse_replacements([option])


def test_a_subclassed_model(tmp_path: Path) -> None:
    code = tmp_path / "net.py"
    code.write_text(
        "import keras\n"
        "class Net(keras.Model):\n"
        "    def __init__(self, **kwargs):\n"
        "        super().__init__(**kwargs)\n"
        "        self.blocks = [keras.layers.Conv2D(2, 3), keras.layers.Conv2D(3, 2)]\n"
        "    def call(self, x):\n"
        "        for block in self.blocks: x = block(x)\n"
        "        return x\n"
    )
    net = load_custom_objects(code)["Net"]()
    x = image(6, 6, 3)
    expected = np.asarray(net(x))
    net.save(tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match=r"'Net', whose code is not in the file.*--custom-obj"):
        open_model(identify(str(tmp_path / "m.keras")))
    opened = open_model(identify(str(tmp_path / "m.keras")), custom_objects=code)
    np.testing.assert_array_equal(opened.model(x), expected)


def test_files_of_code_that_fail(tmp_path: Path) -> None:
    path = model_with_lambda(tmp_path)
    with pytest.raises(ModelFileError, match=r"no file .* for --custom-objects"):
        open_model(identify(path), custom_objects=tmp_path / "absent.py")
    (tmp_path / "bad.py").write_text("1/0\n")
    with pytest.raises(ModelFileError, match=r"bad\.py \(--custom-objects\) failed with ZeroDiv"):
        open_model(identify(path), custom_objects=tmp_path / "bad.py")


def test_a_layer_of_the_users_with_layers_inside(tmp_path: Path) -> None:
    """Keras 2 listed such a layer's weights without saying whose they are: all trainable first."""
    code = tmp_path / "block.py"
    code.write_text(
        "import keras\n"
        "class Block(keras.layers.Layer):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.first = keras.layers.BatchNormalization()\n"
        "        self.second = keras.layers.Dense(3)\n"
        "    def build(self, shape):\n"
        "        self.first.build(shape)\n"
        "        self.second.build(shape)\n"
        "    def call(self, x): return self.second(self.first(x))\n"
    )
    names = ["block/bn/gamma", "block/bn/beta", "block//dense/kernel", "block//dense/bias"]
    names += ["block/bn/moving_mean", "block/bn/moving_variance"]
    shapes = [(2,), (2,), (2, 3), (3,), (2,), (2,)]
    arrays = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    gamma, beta, kernel, bias, mean, variance = arrays
    layers = [
        call(layer("InputLayer", name="in", batch_input_shape=[None, 4, 4, 2])),
        {
            "class_name": "Block",
            "config": {},
            "name": "block",
            "inbound_nodes": [[["in", 0, 0, {}]]],
        },
    ]
    weights = {"block": [(f"{name}:0", array) for name, array in zip(names, arrays, strict=True)]}
    path = write_hdf5(tmp_path / "m.h5", functional(layers, ["in"], ["block"]), weights, "2.9.0")
    x = image(4, 4, 2)
    expected = ((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta) @ kernel + bias
    found = open_model(identify(path), custom_objects=code).model(x)
    np.testing.assert_allclose(found, expected, atol=1e-5)
