"""What a model file stores, brought to one form: a configuration, and arrays of weights by name."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import hdf5
from reportgen.inputs.model_files.hdf5 import StoredArray
from reportgen.inputs.model_files.hdf5_check import DamagedFileError, check_bytes
from reportgen.inputs.model_files.limits import DAMAGED_ZIP, parse_config
from reportgen.inputs.model_files.shards import is_index, shards_of

if TYPE_CHECKING:
    import h5py

_ALWAYS_UNPACKED = 1 << 28
_HIGHEST_RATIO = 20
"""Trained weights hardly pack at all; a member that packs better must be small."""


@dataclass(frozen=True)
class LegacyWeights:
    """Weights as Keras 1 and 2 keep them in HDF5: lists of arrays, by the names of the layers.

    `layers` maps a layer's name to its (weight name, array) pairs, in the order of the network.
    """

    file_name: str
    layers: dict[str, list[tuple[str, StoredArray]]]
    backend: str | None = None
    keras_version: str | None = None


@dataclass(frozen=True)
class VariableTree:
    """Weights as Keras 3 and `.keras` files keep them: arrays by the path of objects.

    For example `layers/conv2d_1/vars/0` (Keras 3) or `_layer_checkpoint_dependencies/conv2d/vars/0`
    (Keras 2.12 to 2.15).
    """

    file_name: str
    arrays: dict[str, StoredArray]
    keras_version: str | None = None


@dataclass
class StoredModel:
    """A network's stored configuration, its weights, and who wrote them."""

    config: dict[str, Any]
    weights: "LegacyWeights | VariableTree | Any | None"
    keras_version: str | None = None
    weights_file: Path | None = None
    """A file of `weights` that Keras itself can read; set only for subclassed models."""
    notes: list[str] = field(default_factory=list)
    training: dict[str, Any] | None = None
    """What the file keeps of the training, with the loss."""

    def __post_init__(self) -> None:
        """Take what stands beside the network in its own configuration."""
        for key in ("compile_config", "training_config"):
            if self.training is None and isinstance(self.config.get(key), dict):
                self.training = self.config[key]


Weights = LegacyWeights | VariableTree


def count_arrays(weights: Weights) -> int:
    """How many arrays belong to layers (an optimizer's do not)."""
    if isinstance(weights, LegacyWeights):
        return sum(len(arrays) for arrays in weights.layers.values())
    return sum(not name.startswith("optimizer/") for name in weights.arrays)


@contextmanager
def read_hdf5_model(path: Path) -> Iterator[StoredModel]:
    """The model in an HDF5 file; its arrays can be read while the context is open."""
    with hdf5.open_file(path) as file:
        with hdf5.damage_named(path.name, hdf5.ANY_DAMAGE):
            text = hdf5.text_attribute(file, "model_config")
            version = hdf5.text_attribute(file, "keras_version")
            training = _training(hdf5.text_attribute(file, "training_config"))
            weights = _legacy_weights(file, path.name) if "model_weights" in file else None
        if text is None:
            raise ModelFileError(f"{path.name} holds weights only, without a network.")
        config = parse_config(text, path.name)
        yield StoredModel(config, weights, version, training=training)


def _training(text: str | None) -> dict[str, Any] | None:
    """What is stored of the training; None where that is absent or no JSON, which costs nothing."""
    try:
        return parse_config(text, "training_config") if text else None
    except ModelFileError:
        return None


@contextmanager
def read_weights(path: Path) -> Iterator[Weights]:
    """The weights in a file of weights (or in a whole model's file), old or new."""
    if is_index(path):
        with ExitStack() as opened:
            arrays: dict[str, StoredArray] = {}
            for shard in shards_of(path):
                arrays |= _tree(opened.enter_context(hdf5.open_file(shard)), shard.name)
            yield VariableTree(path.name, arrays)
        return
    with path.open("rb") as start:
        is_zip = start.read(2) == b"PK"
    if is_zip:
        with read_keras_model(path) as stored:
            if not isinstance(stored.weights, VariableTree):
                raise ModelFileError(f"{path.name} holds no weights.")
            yield stored.weights
        return
    with hdf5.open_file(path) as file:
        with hdf5.damage_named(path.name, hdf5.ANY_DAMAGE):
            weights = _weights_in(file, path.name)
        yield weights


def _weights_in(file: "h5py.File", file_name: str) -> Weights:
    if "layer_names" in file.attrs or "layer_names0" in file.attrs or "model_weights" in file:
        return _legacy_weights(file, file_name)
    arrays = _tree(file, file_name)
    if not arrays:
        raise ModelFileError(f"{file_name} holds no arrays of weights.")
    if any(re.search(r"(^|/)vars/\d+$", name) for name in arrays):
        return VariableTree(file_name, arrays)
    raise ModelFileError(f"{file_name} holds arrays, but not as Keras keeps weights.")


def _tree(file: "h5py.File", file_name: str) -> dict[str, StoredArray]:
    """All arrays by path; Windows wrote paths with backslashes."""
    arrays = hdf5.stored_arrays(file, file_name)
    return {name.replace("\\", "/"): array for name, array in arrays.items()}


def _legacy_weights(file: "h5py.File", file_name: str) -> LegacyWeights:
    import h5py

    group = file.get("model_weights", file)
    names = hdf5.names_attribute(group, "layer_names") if isinstance(group, h5py.Group) else None
    if names is None:
        raise DamagedFileError(file_name)
    arrays = hdf5.stored_arrays(group, file_name)
    layers: dict[str, list[tuple[str, StoredArray]]] = {}
    for name in names:
        layer_group = group.get(name)
        if not isinstance(layer_group, h5py.Group):
            raise DamagedFileError(file_name)
        weight_names = hdf5.names_attribute(layer_group, "weight_names") or []
        stored = []
        for weight_name in weight_names:
            array = arrays.get(re.sub("/+", "/", f"{name}/{weight_name}"))
            if array is None:
                raise DamagedFileError(file_name)
            stored.append((weight_name, array))
        layers[name] = stored
    return LegacyWeights(
        file_name,
        layers,
        hdf5.text_attribute(group, "backend") or hdf5.text_attribute(file, "backend"),
        hdf5.text_attribute(group, "keras_version") or hdf5.text_attribute(file, "keras_version"),
    )


@contextmanager
def read_keras_model(path: Path) -> Iterator[StoredModel]:
    """The model in a `.keras` zip: members are read by their known names, nothing is unpacked."""
    with _open_zip(path) as archive:
        config = parse_config(_member(archive, "config.json", path.name), path.name)
        metadata = {}
        if "metadata.json" in archive.namelist():
            metadata = parse_config(_member(archive, "metadata.json", path.name), path.name)
        version = metadata.get("keras_version")
        version = version if isinstance(version, str) else None
        if "model.weights.npz" in archive.namelist():
            raise ModelFileError(
                f"{path.name} keeps its weights as Python pickles (model.weights.npz), which are"
                " never loaded; save the model with model.save('model.keras') where it was trained."
            )
        if "model.weights.h5" not in archive.namelist():
            yield StoredModel(config, None, version)
            return
        content = io.BytesIO(_member(archive, "model.weights.h5", path.name))
        with _open_memory(content, path.name) as file:
            weights = VariableTree(path.name, _tree(file, path.name), version)
            yield StoredModel(config, weights, version)


@contextmanager
def read_keras_folder(path: Path) -> Iterator[StoredModel]:
    """The model in a folder, which `keras.saving.save_model(..., zipped=False)` writes."""
    name = path.resolve().name
    config = parse_config((path / "config.json").read_bytes(), name)
    metadata = {}
    if (path / "metadata.json").is_file():
        metadata = parse_config((path / "metadata.json").read_bytes(), name)
    version = metadata.get("keras_version")
    version = version if isinstance(version, str) else None
    with hdf5.open_file(path / "model.weights.h5") as file:
        yield StoredModel(config, VariableTree(name, _tree(file, name), version), version)


@contextmanager
def _open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED_ZIP as error:
        raise DamagedFileError(path.name, ".keras") from error
    with archive:
        yield archive


def _member(archive: zipfile.ZipFile, name: str, file_name: str) -> bytes:
    try:
        info = archive.getinfo(name)
        ratio = info.file_size / max(info.compress_size, 1)
        if ratio > _HIGHEST_RATIO and info.file_size > _ALWAYS_UNPACKED:
            raise ModelFileError(f"{file_name} unpacks to more than a model needs ({name}).")
        return archive.read(info)
    except ModelFileError:
        raise
    except DAMAGED_ZIP as error:
        raise DamagedFileError(file_name, ".keras") from error


@contextmanager
def _open_memory(content: io.BytesIO, file_name: str) -> Iterator["h5py.File"]:
    import h5py

    check_bytes(content.getvalue(), file_name)
    try:
        file = h5py.File(content, "r")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise DamagedFileError(file_name, ".keras") from error
    with file:
        hdf5.refuse_links(file, file_name)
        yield file
