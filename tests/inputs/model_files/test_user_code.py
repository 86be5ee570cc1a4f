"""Code and replacements that the user gives."""

from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import ModelFileError, SettingsError
from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.model_files.custom_objects import files_of, load_custom_objects
from reportgen.inputs.model_files.user_code import parse_replacements

from .stored_files import call, functional, image, layer, numbers, write_hdf5


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
    assert any("“scale” (Lambda) was replaced by x*x/2" in note for note in opened.notes)


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
    with pytest.raises(ModelFileError, match=r"no layer “other”; its layers are .*'scale', 'f'"):
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
    net = load_custom_objects([code])["Net"]()
    x = image(6, 6, 3)
    expected = np.asarray(net(x))
    net.save(tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match=r"“Net”, whose code is not in the file.*--custom-obj"):
        open_model(identify(str(tmp_path / "m.keras")))
    opened = open_model(identify(str(tmp_path / "m.keras")), custom_objects=[code])
    np.testing.assert_array_equal(opened.model(x), expected)


def test_files_of_code_that_fail(tmp_path: Path) -> None:
    path = model_with_lambda(tmp_path)
    with pytest.raises(ModelFileError, match=r"no file .* for --custom-objects"):
        open_model(identify(path), custom_objects=[tmp_path / "absent.py"])
    (tmp_path / "bad.py").write_text("1/0\n")
    with pytest.raises(ModelFileError, match=r"bad\.py \(--custom-objects\) failed with ZeroDiv"):
        open_model(identify(path), custom_objects=[tmp_path / "bad.py"])


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
    found = open_model(identify(path), custom_objects=[code]).model(x)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_glob_names_several_layers(tmp_path: Path) -> None:
    layers = [layer("Lambda", name=name) for name in ("double_1", "double_2", "other")]
    layers[0]["config"]["batch_input_shape"] = [None, 4]
    config = {"class_name": "Sequential", "config": layers}
    path = write_hdf5(tmp_path / "m.h5", config, {"other": []}, "2.2.4")
    options = ["double_*=2*x", "other=x+1"]
    found = open_model(identify(path), replace_layers=options).model(image(4))
    np.testing.assert_allclose(found, 4 * image(4) + 1, atol=1e-6)
    found = open_model(identify(path), replace_layers=["*=x+1", "double_2=3*x"]).model(image(4))
    np.testing.assert_allclose(found, 3 * (image(4) + 1) + 1, atol=1e-6)
    with pytest.raises(ModelFileError, match=r"no layer “triple_\*”"):
        open_model(identify(path), replace_layers=["*=x", "triple_*=x"])


CLASS = """
import keras
class {name}(keras.layers.Layer):
    def call(self, x):
        return {factor} * x
"""


def with_own_layers(folder: Path, names: list[str]) -> str:
    layers = [layer(name, name=name.lower()) for name in names]
    layers[0]["config"]["batch_input_shape"] = [None, 4]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    return write_hdf5(folder / "m.h5", config, {"none": []}, "2.9.0")


def test_classes_that_the_file_imports_count_too(tmp_path: Path) -> None:
    (tmp_path / "helping_doubles.py").write_text(CLASS.format(name="Twice", factor=2))
    (tmp_path / "own.py").write_text(
        "import math\nfrom numpy import tanh\nfrom keras.layers import Dense\n"
        "from helping_doubles import Twice\n"
        "def later():\n    import helping_doubles\n"
    )
    path = with_own_layers(tmp_path, ["Twice"])
    own = tmp_path / "own.py"
    np.testing.assert_allclose(
        open_model(identify(path), custom_objects=[own]).model(image(4)), 2 * image(4)
    )
    assert {*load_custom_objects([own])} == {"Twice", "later"}
    assert [file.name for file in files_of(own)] == ["own.py", "helping_doubles.py"]


def test_several_files_and_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "two.py").write_text(CLASS.format(name="Twice", factor=2))
    (tmp_path / "three.py").write_text(CLASS.format(name="Thrice", factor=3))
    package = tmp_path / "site" / "layers_of_mine"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from layers_of_mine import layers\n")
    (package / "layers.py").write_text(
        CLASS.format(name="Fourfold", factor=4).replace(
            "class", "@keras.saving.register_keras_serializable('mine')\nclass"
        )
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    path = with_own_layers(tmp_path, ["Twice", "Thrice", "mine>Fourfold"])
    sources = [str(tmp_path / "two.py"), str(tmp_path / "three.py"), "layers_of_mine"]
    found = open_model(identify(path), custom_objects=sources).model(image(4))
    np.testing.assert_allclose(found, 24 * image(4), rtol=1e-6)
    for names in ["nowhere_to_be_found", "no.where"]:
        with pytest.raises(ModelFileError, match="no installed package of that name"):
            open_model(identify(path), custom_objects=[names])


def test_a_change_in_what_the_file_imports_is_noticed(tmp_path: Path) -> None:
    from reportgen.build_steps.model_job import ModelJob
    from reportgen.config import make_settings
    from reportgen.progress import Silent

    (tmp_path / "own.py").write_text("import helping\n")
    (tmp_path / "helping.py").write_text("")
    file = identify(with_own_layers(tmp_path, ["Twice"]))
    settings = make_settings({"custom_objects": str(tmp_path / "own.py")})
    before = ModelJob(file, settings, Silent()).opening.custom_objects
    (tmp_path / "helping.py").write_text("A = 1\n")
    assert ModelJob(file, settings, Silent()).opening.custom_objects != before
    missing = make_settings({"custom_objects": "nowhere_to_be_found"})
    with pytest.raises(ModelFileError, match="no installed package of that name"):
        ModelJob(file, missing, Silent())
