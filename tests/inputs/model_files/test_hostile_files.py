"""Files that try to run code, to read or write elsewhere, or to exhaust the machine."""

import base64
import io
import json
import marshal
import pickle
import resource
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .stored_files import call, functional, image, layer, numbers, write_hdf5, write_weights

ENTRY = layer("InputLayer", name="in", batch_input_shape=[None, 8, 8, 3])


def model_of(*layers: dict) -> dict:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [ENTRY, *layers]}}


def bytecode_that_writes(path: Path) -> list:
    """What Keras 2 stores for a Lambda: marshalled bytecode; run, it would create `path`."""
    code = compile(f"open({str(path)!r}, 'w').write('x')", "lambda", "eval")
    return [base64.encodebytes(marshal.dumps(code)).decode(), None, None]


class WritesAFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (str(self.path), "w")


def lambda_layer(target: Path) -> dict:
    return layer(
        "Lambda", name="l", function=bytecode_that_writes(target), function_type="lambda",
        module="__main__", output_shape=bytecode_that_writes(target), arguments={},
    )  # fmt: skip


def hostile_layers(target: Path) -> dict[str, dict]:
    code = bytecode_that_writes(target)
    stored = {"class_name": "__lambda__", "config": {"value": code}}
    system = {
        "module": "os", "class_name": "function", "config": "system", "registered_name": "system",
    }  # fmt: skip
    return {
        "lambda": lambda_layer(target),
        "lambda in a wrapper": layer("TimeDistributed", name="t", layer=lambda_layer(target)),
        "lambda in a nested model": {
            **model_of(lambda_layer(target)),
            "name": "inner",
        },
        "lambda as activation": layer("Activation", name="a", activation=stored),
        "lambda as a setting": layer("Rescaling", name="r", scale=stored),
        "function of os": layer("Activation", name="a", activation=system),
        "class of another module": {
            **layer("Popen", name="p", args=["touch", str(target)]),
            "module": "subprocess",
            "registered_name": "Popen",
        },
        "keras function": {
            **layer("get_file", name="g", origin="file:///etc/passwd"),
            "module": "keras.utils",
        },
        "a saved model inside": layer("TFSMLayer", name="f", filepath=str(target.parent)),
        "a file of words": layer("StringLookup", name="v", vocabulary="/etc/passwd"),
        "class by path": {**layer("os.system", name="x"), "module": "os"},
        "torch module": layer("TorchModuleWrapper", name="m", module=pickle.dumps(1).hex()),
    }


KINDS = list(hostile_layers(Path("/nowhere")))


@pytest.mark.parametrize("form", ["hdf5", "zip", "architecture"])
@pytest.mark.parametrize("kind", KINDS)
def test_code_in_a_file_is_never_run(kind: str, form: str, tmp_path: Path) -> None:
    target = tmp_path / "written"
    config = model_of(
        hostile_layers(target)[kind], layer("Conv2D", name="c", filters=2, kernel_size=3)
    )
    with pytest.raises(ModelFileError, match=r"never run|not part of Keras") as caught:
        open_model(
            identify(write_form(tmp_path, config, form), weights=weights_for(tmp_path, form))
        )
    assert not target.exists()
    assert "\n" not in str(caught.value)


def write_form(folder: Path, config: dict, form: str) -> str:
    if form == "hdf5":
        return write_hdf5(folder / "m.h5", config, {"c": []}, "2.8.0")
    if form == "architecture":
        (folder / "m.json").write_text(json.dumps(config))
        return str(folder / "m.json")
    return write_zip(folder / "m.keras", config)


def weights_for(folder: Path, form: str) -> str | None:
    if form != "architecture":
        return None
    with h5py.File(folder / "w.h5", "w") as file:
        write_weights(file, {"c": [("c/kernel:0", numbers(3, 3))]})
    return str(folder / "w.h5")


def write_zip(path: Path, config: dict, more: dict[str, bytes] | None = None) -> str:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_group("layers")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.4.1"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", content.getvalue())
        for name, extra in (more or {}).items():
            archive.writestr(name, extra)
    return str(path)


def test_a_subclassed_model_is_not_imported_by_name(tmp_path: Path) -> None:
    config = {"module": "os", "class_name": "system", "config": {"command": "true"}}
    with pytest.raises(ModelFileError, match="“system”, whose code is not in the file"):
        open_model(identify(write_zip(tmp_path / "m.keras", config)))


def test_a_pickle_in_an_attribute_is_not_loaded(tmp_path: Path) -> None:
    target = tmp_path / "written"
    path = write_hdf5(tmp_path / "m.h5", model_of(layer("Flatten", name="f")), {"f": []})
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = np.void(pickle.dumps(WritesAFile(target)))
        file.attrs["custom"] = np.void(pickle.dumps(WritesAFile(target)))
    assert open_model(identify(path)).model.output_shape == (None, 192)
    assert not target.exists()


def test_members_of_a_zip_are_never_unpacked(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    more = {"../escaped": b"x", str(tmp_path / "absolute"): b"x", "assets/../../e": b"x"}
    path = write_zip(inside / "m.keras", model_of(layer("Flatten", name="f")), more)
    open_model(identify(path))
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["inside", "m.keras"]


def test_arrays_in_other_files_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(numbers(192, 2).tobytes() + numbers(2).tobytes())
    dense = layer("Dense", name="d", units=2)
    path = write_hdf5(
        tmp_path / "m.h5",
        model_of(layer("Flatten", name="f"), dense),
        {"d": [("d/kernel:0", numbers(192, 2)), ("d/bias:0", numbers(2))]},
    )
    with h5py.File(path, "r+") as file:
        group = file["model_weights/d/d"]
        del group["kernel:0"]
        group.create_dataset(
            "kernel:0", (192, 2), "float32", external=[(str(secret), 0, 192 * 2 * 4)]
        )
    with pytest.raises(ModelFileError, match="in another file, which is not followed"):
        open_model(identify(path))
    with h5py.File(path, "r+") as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d/kernel:0"] = h5py.ExternalLink(str(tmp_path / "o.h5"), "/x")
    with pytest.raises(ModelFileError, match="in another file, which is not followed"):
        open_model(identify(path))


def chain(depth: int) -> dict:
    node = model_of(layer("Flatten", name="f"))
    for level in range(depth):
        node = model_of({**node, "name": f"n{level}"})
    return node


def called_again_and_again() -> dict:
    """Models in models, each calling the one inside ten times."""
    inner = functional(
        [
            call(layer("InputLayer", name="in", batch_input_shape=[None, 8, 8, 3])),
            call(layer("ReLU", name="r"), "in"),
        ],
        ["in"],
        ["r"],
    )
    for level in range(9):
        layers = [call(layer("InputLayer", name="in", batch_input_shape=[None, 8, 8, 3]))]
        node = {**inner, "name": "inner", "inbound_nodes": []}
        for index in range(10):
            source = ["in", 0, 0, {}] if index == 0 else ["inner", index - 1, 0, {}]
            node["inbound_nodes"].append([source])
        layers.append(node)
        inner = functional(layers, ["in"], ["inner"], name=f"level{level}")
        inner["config"]["output_layers"] = [["inner", 9, 0]]
    return inner


EXCESSIVE = {
    "units": model_of(layer("Flatten", name="f"), layer("Dense", name="d", units=10**12)),
    "filters": model_of(layer("Conv2D", name="c", filters=10**9, kernel_size=[3, 3])),
    "two moderate sizes": model_of(
        layer("Conv2D", name="c", filters=20000, kernel_size=[3, 3]),
        layer("Conv2D", name="e", filters=20000, kernel_size=[3, 3]),
    ),
    "kernel": model_of(layer("DepthwiseConv2D", name="c", kernel_size=[30000, 30000])),
    "inner layer": model_of(
        layer("TimeDistributed", name="t", layer=layer("Dense", name="d", units=10**9))
    ),
    "embedding": model_of(layer("Embedding", name="e", input_dim=10**9, output_dim=8)),
    "attention": model_of(layer("GroupQueryAttention", name="g", head_dim=10**8, num_query_heads=8,
                                num_key_value_heads=8)),
    "scale": model_of(layer("LayerScale", name="l", init_values=0.1, projection_dim=2 * 10**9)),
    "upsampling": model_of(layer("UpSampling2D", name="u", size=[100000, 100000])),
    "padding": model_of(layer("ZeroPadding2D", name="z", padding=[100000, 100000])),
    "input": {
        "class_name": "Sequential",
        "config": [
            layer("Normalization", name="n", batch_input_shape=[None, 8, 8, 2**31 - 1]),
        ],
    },
    "unrolled": model_of(
        layer("Reshape", name="r", target_shape=[192, 1]),
        layer("RepeatVector", name="v", n=2**30),
        layer("LSTM", name="l", units=4, unroll=True),
    ),
    "built by its call": model_of(
        {"class_name": "Sequential", "config": [layer("UpSampling2D", name="u", size=[10**5] * 2)]}
    ),
    "depth": chain(200),
    "calls": called_again_and_again(),
}  # fmt: skip


@pytest.mark.parametrize("what", list(EXCESSIVE))
def test_sizes_beyond_all_measure_are_refused(what: str, tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "m.h5", EXCESSIVE[what], {"d": []}, "2.8.0")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError) as caught:
        open_model(identify(path))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 1_000_000  # KiB: far from what was asked for
    assert "\n" not in str(caught.value)


def test_a_moderate_depth_is_fine(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "m.h5", chain(8), {"f": []}, "2.8.0")
    assert open_model(identify(path)).model.output_shape == (None, 192)


@pytest.mark.slow
def test_a_zip_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(model_of(layer("Flatten", name="f"))))
        with archive.open("model.weights.h5", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(b"\0" * (1 << 20))
    with pytest.raises(ModelFileError, match="unpacks to more than a model needs"):
        open_model(identify(str(path)))


def test_groups_that_hold_themselves(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "m.h5", model_of(layer("Flatten", name="f")), {"f": []})
    with h5py.File(path, "r+") as file:
        for index in range(5):
            file[f"model_weights/again{index}"] = file["model_weights"]
    with pytest.raises(ModelFileError, match="more HDF5 groups than any network needs"):
        open_model(identify(path))


@pytest.mark.parametrize(
    "name", ["a/b", "../../x", "<script>alert(1)</script>", "a'\"b", "é 漢", "", "\0", "x" * 500]
)
def test_names_of_any_kind(name: str, tmp_path: Path) -> None:
    import tensorflow as tf

    layers = [
        call(layer("InputLayer", name="in", batch_input_shape=[None, 8, 8, 3])),
        call(layer("ReLU", name=name), "in"),
        call(layer("ReLU", name="a_b"), name),
    ]
    path = write_hdf5(tmp_path / "m.h5", functional(layers, ["in"], ["a_b"]), {"in": []}, "2.8.0")
    model = open_model(identify(path)).model
    assert len({item.name for item in model.layers}) == 3
    assert "a_b" in {item.name for item in model.layers}
    # As a graph, where TensorFlow checks names.
    np.testing.assert_array_equal(tf.function(model)(image(8, 8, 3)), image(8, 8, 3))
