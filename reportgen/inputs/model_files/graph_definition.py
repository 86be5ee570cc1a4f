"""What kind of SavedModel a folder holds, read from its graph definition without TensorFlow.

Field numbers: saved_model.proto, meta_graph.proto and saved_object_graph.proto in
tensorflow/core/protobuf.
"""

from pathlib import Path
from typing import Literal

from reportgen.inputs.model_files.protobuf import fields

SavedModelKind = Literal["keras 2", "keras 3 export", "tensorflow 1", "tensorflow 2"]
_META_GRAPHS = 2
_OBJECT_GRAPH = 7
_NODES = 1
_CHILDREN = 1
_LOCAL_NAME = 2


def savedmodel_kind(folder: Path) -> SavedModelKind:
    """Tell who wrote a SavedModel; raises `ModelFileError` when its graph is damaged."""
    if (folder / "keras_metadata.pb").is_file():
        return "keras 2"
    name = folder.resolve().name
    names: set[bytes] = set()
    has_objects = False
    for number, graph in fields((folder / "saved_model.pb").read_bytes(), name):
        if number != _META_GRAPHS or not isinstance(graph, bytes):
            continue
        for inner, objects in fields(graph, name):
            if inner == _OBJECT_GRAPH and isinstance(objects, bytes):
                has_objects = True
                names |= _names_in_root(objects, name)
    if not has_objects:
        return "tensorflow 1"
    if names & {b"_functional", b"_build_shapes_dict", b"_endpoint_names", b"_layers"}:
        return "keras 3 export"
    return "tensorflow 2"


def _names_in_root(objects: bytes, name: str) -> set[bytes]:
    """The names of what the first object of the graph, the model, holds."""
    for number, node in fields(objects, name):
        if number == _NODES and isinstance(node, bytes):
            children = [value for kind, value in fields(node, name) if kind == _CHILDREN]
            found = [dict(fields(child, name)) for child in children if isinstance(child, bytes)]
            return {local for child in found if isinstance(local := child.get(_LOCAL_NAME), bytes)}
    return set()
