"""SavedModel folders of Keras 2: rebuilt, with the outputs that Keras 2 computes."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .keras2 import compare_with_keras_2
from .networks import NETWORKS, outputs, random_inputs, shuffle_weights

pytestmark = pytest.mark.slow

tf_keras = pytest.importorskip("tf_keras")


def save(model: Any, folder: Path) -> Path:
    model.save(folder / "model", save_format="tf")
    return folder / "model"


def with_functions(k: Any) -> Any:
    """Functions of TensorFlow in the graph are counted as layers, as in `preprocess_input`."""
    entry = k.layers.Input((8, 8, 3))
    tensor = k.applications.mobilenet_v2.preprocess_input(entry)
    tensor = k.layers.Conv2D(3, 3)(tensor)
    tensor = tf.nn.gelu(tensor)
    tensor = k.layers.BatchNormalization()(tf.image.resize(tensor, (5, 5)))
    return k.Model(entry, k.layers.Dense(2)(k.layers.Flatten()(tensor)))


def of_kinds(k: Any) -> Any:
    """Layers whose variables Keras 2 kept under other names, or in layers of their own."""
    entry = k.layers.Input((9, 9, 3))
    tensor = k.layers.DepthwiseConv2D(3, depth_multiplier=2)(entry)
    tensor = k.layers.SeparableConv2D(4, 3)(tensor)
    tensor = k.layers.PReLU(shared_axes=[1, 2])(tensor)
    tensor = k.layers.GroupNormalization(2)(tensor)
    tensor = k.layers.LayerNormalization()(tensor)
    tensor = k.layers.Conv2DTranspose(2, 3)(tensor)
    tensor = k.layers.TimeDistributed(k.layers.Dense(3))(tensor)
    tensor = k.layers.Reshape((1, 7, 7, 3))(tensor)
    tensor = k.layers.ConvLSTM2D(2, 3)(tensor)
    tensor = k.layers.Reshape((5, 10))(tensor)
    tensor = k.layers.Conv1D(4, 2)(tensor)
    tensor = k.layers.Attention(use_scale=True)([tensor, tensor])
    tensor = k.layers.Bidirectional(k.layers.GRU(3))(tensor)
    return k.Model(entry, k.layers.UnitNormalization()(tensor))


MORE = {"functions": with_functions, "kinds": of_kinds}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("network", [*NETWORKS, *MORE])
def test_outputs_equal_those_of_keras_2(network: str, tmp_path: Path) -> None:
    model = shuffle_weights((NETWORKS | MORE)[network](tf_keras))
    opened = open_model(identify(str(save(model, tmp_path))))
    inputs = random_inputs(model)
    for ours, theirs in zip(outputs(opened.model, inputs), outputs(model, inputs), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=1e-5)


def test_without_tensorflow_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JAX may be all that is installed."""
    folder = save(NETWORKS["plain"](tf_keras), tmp_path)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModelFileError, match=r"^model is a SavedModel folder.*pip install"):
        open_model(identify(str(folder)))


@pytest.mark.parametrize("network", ["plain", "nested", "functions"])
def test_metadata_in_the_graph(network: str, tmp_path: Path) -> None:
    """TensorFlow 2.0 to 2.4 kept Keras's metadata in saved_model.pb."""
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.keras.protobuf import saved_metadata_pb2

    folder = save(shuffle_weights((NETWORKS | MORE)[network](tf_keras)), tmp_path)
    metadata = saved_metadata_pb2.SavedMetadata()
    metadata.ParseFromString((folder / "keras_metadata.pb").read_bytes())
    (folder / "keras_metadata.pb").rename(tmp_path / "keras_metadata.pb")
    graph = saved_model_pb2.SavedModel()
    graph.ParseFromString((folder / "saved_model.pb").read_bytes())
    nodes = graph.meta_graphs[0].object_graph_def.nodes
    for node in metadata.nodes:
        nodes[node.node_id].user_object.metadata = node.metadata
    (folder / "saved_model.pb").write_bytes(graph.SerializeToString())
    file = identify(str(folder))
    assert file.description == "TensorFlow SavedModel folder with Keras metadata"
    opened = open_model(file)
    (tmp_path / "keras_metadata.pb").rename(folder / "keras_metadata.pb")
    compare_with_keras_2(folder, opened)


DAMAGE = {
    "cut off": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
    "one byte": lambda content: content[:100] + bytes([content[100] ^ 0x55]) + content[101:],
    "noise": lambda content: bytes(np.random.default_rng(5).bytes(len(content))),
}


@pytest.mark.parametrize("damage", [*DAMAGE, "absent"])
@pytest.mark.parametrize("file", ["variables.data-00000-of-00001", "variables.index"])
def test_damaged_variables(file: str, damage: str, tmp_path: Path) -> None:
    folder = save(shuffle_weights(NETWORKS["plain"](tf_keras)), tmp_path)
    target = folder / "variables" / file
    if damage == "absent":
        target.unlink()
    else:
        target.write_bytes(DAMAGE[damage](target.read_bytes()))
    with pytest.raises(ModelFileError, match="model: its folder variables is damaged or absent"):
        open_model(identify(str(folder)))


@pytest.mark.parametrize("file", ["keras_metadata.pb", "saved_model.pb"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_metadata(file: str, damage: str, tmp_path: Path) -> None:
    """One sentence, or a model: nothing else is raised."""
    folder = save(shuffle_weights(NETWORKS["plain"](tf_keras)), tmp_path)
    (folder / file).write_bytes(DAMAGE[damage]((folder / file).read_bytes()))
    if file == "saved_model.pb":
        (folder / "keras_metadata.pb").unlink()
    with pytest.raises(ModelFileError):
        open_model(identify(str(folder)))
