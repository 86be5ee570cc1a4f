"""What kind of SavedModel a folder holds, read from its graph definition without TensorFlow.

Field numbers: saved_model.proto, meta_graph.proto and saved_object_graph.proto in
tensorflow/core/protobuf.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from reportgen.inputs.model_files.limits import MOST_OF_A_GRAPH, read_bounded
from reportgen.inputs.model_files.protobuf import fields

SavedModelKind = Literal["keras 2", "keras 3 export", "tensorflow 1", "tensorflow 2"]
_META_GRAPHS = 2
_OBJECT_GRAPH = 7
_NODES = 1
_CHILDREN = 1
_LOCAL_NAME = 2
_USER_OBJECT = 4
_METADATA = 3


def savedmodel_kind(folder: Path) -> SavedModelKind:
    """Tell who wrote a SavedModel; raises `ModelFileError` when its graph is damaged."""
    name = folder.resolve().name
    if (folder / "keras_metadata.pb").is_file():
        return "keras 2"
    roots = [_root(objects, name) for objects in _object_graphs(folder, name)]
    if not roots:
        return "tensorflow 1"
    if any(_metadata(root, name) for root in roots):
        return "keras 2"
    names = {local for root in roots for local in _names_in(root, name)}
    if names & {b"_functional", b"_build_shapes_dict", b"_endpoint_names", b"_layers"}:
        return "keras 3 export"
    return "tensorflow 2"


def metadata_in_graph(folder: Path) -> bytes | None:
    """The JSON that Keras of TensorFlow 2.0 to 2.4 keeps for the model in saved_model.pb."""
    name = folder.resolve().name
    for objects in _object_graphs(folder, name):
        found = _metadata(_root(objects, name), name)
        if found:
            return found
    return None


def _object_graphs(folder: Path, name: str) -> Iterator[bytes]:
    content = read_bounded(folder / "saved_model.pb", MOST_OF_A_GRAPH)
    for number, graph in fields(content, name):
        if number == _META_GRAPHS and isinstance(graph, bytes):
            for inner, objects in fields(graph, name):
                if inner == _OBJECT_GRAPH and isinstance(objects, bytes):
                    yield objects


def _root(objects: bytes, name: str) -> bytes:
    """The first object of the graph, which is the model."""
    for number, node in fields(objects, name):
        if number == _NODES and isinstance(node, bytes):
            return node
    return b""


def _metadata(root: bytes, name: str) -> bytes | None:
    user_object = dict(fields(root, name)).get(_USER_OBJECT)
    if not isinstance(user_object, bytes):
        return None
    found = dict(fields(user_object, name)).get(_METADATA)
    return found if isinstance(found, bytes) and found.startswith(b"{") else None


def _names_in(root: bytes, name: str) -> Iterator[bytes]:
    """The names of what the model holds."""
    for kind, child in fields(root, name):
        if kind == _CHILDREN and isinstance(child, bytes):
            local = dict(fields(child, name)).get(_LOCAL_NAME)
            if isinstance(local, bytes):
                yield local
