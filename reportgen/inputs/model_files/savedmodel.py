"""SavedModel folders: rebuilt from the metadata and variables that Keras 2 left there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.graph_definition import metadata_in_graph, savedmodel_kind
from reportgen.inputs.model_files.limits import parse_config, read_bounded
from reportgen.inputs.model_files.parts import Part
from reportgen.inputs.model_files.protobuf import fields
from reportgen.inputs.model_files.stored import StoredModel
from reportgen.inputs.model_files.weights_assign import WeightsMismatchError, assign, finish
from reportgen.printable import quoted

_VALUE = ".ATTRIBUTES/VARIABLE_VALUE"
_OLD_NAMES = {"kernel": ("depthwise_kernel",)}
"""What Keras 2 called a layer's variable, by today's name."""


@dataclass(frozen=True)
class CheckpointArray:
    """A variable in a TensorFlow checkpoint."""

    reader: Any
    key: str
    shape: tuple[int, ...]
    file_name: str

    def read(self) -> Any:
        """The array's numbers; raises `ModelFileError` when they are damaged or cut off."""
        with _damage_named(self.file_name):
            return self.reader.get_tensor(self.key)


@dataclass(frozen=True)
class TrackedObject:
    """A node of a checkpoint's object graph: what it holds by name, and a variable's key."""

    children: dict[str, int]
    key: str | None


@dataclass(frozen=True)
class CheckpointWeights:
    """A checkpoint: variables, and the graph of objects that says whose they are."""

    file_name: str
    objects: list[TrackedObject]
    arrays: dict[str, CheckpointArray]


@contextmanager
def read_savedmodel(path: Path) -> Iterator[StoredModel]:
    """The Keras model in a SavedModel folder; raises `ModelFileError` when it has none."""
    name = path.resolve().name
    config = _stored_config(path, name)
    version = config.get("keras_version")
    yield StoredModel(
        config, _read_checkpoint(path, name), version if isinstance(version, str) else None
    )


def _stored_config(path: Path, name: str) -> dict[str, Any]:
    metadata = path / "keras_metadata.pb"
    if metadata.is_file():
        return _root_config(read_bounded(metadata), name)
    text = metadata_in_graph(path)
    if text is None:
        raise ModelFileError(_without_metadata(path, name))
    return _checked(parse_config(text, name), name)


_WITHOUT_METADATA = {
    "keras 3 export": "an export of Keras 3",
    "tensorflow 1": "a graph of TensorFlow 1",
    "tensorflow 2": "a TensorFlow export without Keras metadata",
}


def _without_metadata(path: Path, name: str) -> str:
    return (
        f"{name} is {_WITHOUT_METADATA[savedmodel_kind(path)]}, which keeps operations but no Keras"
        " layers; save the model with model.save('model.keras') where it was trained, and give"
        " that file."
    )


def _root_config(content: bytes, name: str) -> dict[str, Any]:
    """The model's own JSON (5): in `SavedMetadata.nodes` (1), the one whose path (3) is root."""
    for number, node in fields(content, name):
        if number != 1 or not isinstance(node, bytes):
            continue
        values = dict(fields(node, name))
        text = values.get(5)
        if values.get(3) == b"root" and isinstance(text, bytes):
            return _checked(parse_config(text, name), name)
    return _checked({}, name)


def _checked(config: dict[str, Any], name: str) -> dict[str, Any]:
    if "class_name" in config and isinstance(config.get("config"), dict | list):
        return config
    raise ModelFileError(
        f"{name} keeps no network that can be rebuilt (a subclassed model); save it with"
        " model.save('model.keras') where it was trained."
    )


def _read_checkpoint(path: Path, name: str) -> CheckpointWeights:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ModelFileError(
            f"{name} is a SavedModel folder, and only TensorFlow reads its variables: pip install"
            " tensorflow, or save the model as a .keras file."
        ) from error

    with _damage_named(name):
        reader = tf.train.load_checkpoint(str(path / "variables" / "variables"))
        shapes = reader.get_variable_to_shape_map()
        graph = reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")
        if not isinstance(graph, bytes):
            raise ValueError("the graph of objects is no message")
    arrays = {
        key: CheckpointArray(reader, key, tuple(shape), name)
        for key, shape in shapes.items()
        if key.endswith(_VALUE)
    }
    return CheckpointWeights(name, _objects(graph, name), arrays)


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn what TensorFlow raises while it reads variables into one sentence."""
    import tensorflow as tf

    try:
        yield
    except (tf.errors.OpError, ValueError, TypeError, RuntimeError, LookupError, OSError) as error:
        raise ModelFileError(
            f"{name}: its folder variables is damaged or absent; copy it again."
        ) from error


def _objects(graph: bytes, name: str) -> list[TrackedObject]:
    """`TrackableObjectGraph.nodes` (1): children (1: id 1, name 2), attributes (2: key 3)."""
    objects = []
    for number, node in fields(graph, name):
        if number != 1 or not isinstance(node, bytes):
            continue
        children: dict[str, int] = {}
        key = None
        for kind, value in fields(node, name):
            if kind == 1 and isinstance(value, bytes):
                child = dict(fields(value, name))
                local_name, target = child.get(2, b""), child.get(1, 0)
                if isinstance(local_name, bytes) and isinstance(target, int):
                    children[local_name.decode("utf-8", "replace")] = target
            elif kind == 2 and isinstance(value, bytes):
                stored_key = dict(fields(value, name)).get(3, b"")
                if isinstance(stored_key, bytes):
                    key = stored_key.decode("utf-8", "replace")
        objects.append(TrackedObject(children, key))
    return objects


def load_checkpoint(root: Part, weights: CheckpointWeights) -> None:
    """Give every layer below `root` its variables; raises `WeightsMismatchError`."""
    _load_model(root, 0, weights)


def _load_model(part: Part, node: int, weights: CheckpointWeights) -> None:
    """Children of a model are called layer-0, layer-1, ... in the order of its configuration."""
    children = weights.objects[node].children if node < len(weights.objects) else {}
    parts = part.children
    if f"layer-{len(parts) - 1}" not in children and parts and parts[0].class_name == "InputLayer":
        parts = parts[1:]
    for index, child in enumerate(parts):
        if child.layer is None:
            continue
        target = children.get(f"layer-{index}")
        if target is None or target >= len(weights.objects):
            if child.layer.weights:
                raise WeightsMismatchError(
                    f"{weights.file_name} has no weights for the layer {quoted(child.name[:80])}."
                )
        elif child.children:
            _load_model(child, target, weights)
        else:
            _load_layer(child.layer, target, weights, child.name, 0)
            finish(child.layer)


def _load_layer(layer: Any, node: int, weights: CheckpointWeights, name: str, depth: int) -> None:
    """A layer's variables by their names, then those of the layers that it holds."""
    children = weights.objects[node].children
    for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
        attributes = [name for name in children if getattr(layer, name, None) is variable]
        names = (*attributes, variable.name, f"_{variable.name}")
        names = (*names, *_OLD_NAMES.get(variable.name, ()))
        target = next((children[name] for name in names if name in children), None)
        key = (
            weights.objects[target].key
            if target is not None and target < len(weights.objects)
            else None
        )
        if key is None or key not in weights.arrays:
            raise WeightsMismatchError(
                f"{weights.file_name} has no weights for the layer {quoted(name[:80])} "
                f"({variable.name})."
            )
        assign(variable, weights.arrays[key], name, weights.file_name)
    for inner in layer._layers if depth < 10 else []:
        if not inner.weights:
            continue
        attributes = [key for key in children if getattr(layer, key, None) is inner]
        if not attributes:
            raise WeightsMismatchError(
                f"{weights.file_name} has no weights for {quoted(inner.name[:60])} in the layer"
                f" {quoted(name[:80])}."
            )
        _load_layer(inner, children[attributes[0]], weights, name, depth + 1)
