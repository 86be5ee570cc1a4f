"""What a model file is, found out from its bytes: no TensorFlow, nothing executed."""

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import ModelFileError
from reportgen.inputs.applications import APPLICATIONS, find_application, nearest_application
from reportgen.inputs.model_files import hdf5
from reportgen.inputs.model_files.graph_definition import savedmodel_kind
from reportgen.inputs.model_files.hdf5_check import SIGNATURE
from reportgen.inputs.model_files.limits import DAMAGED_ZIP, parse_config, read_bounded
from reportgen.inputs.model_files.shards import files_of_weights
from reportgen.inputs.model_files.unsuitable import HEAD, MODEL_FIRST, explain_unsuitable
from reportgen.inputs.photos.sniff import picture_kind
from reportgen.inputs.similar_names import near_files
from reportgen.printable import printable, quoted
from reportgen.user_files import HashedFile, UnusableFileError, check_readable, feed

_LARGEST_JSON = 1 << 26
_LOOKED_AT = 100
"""Files and folders in a folder that is no model, to see whether it holds pictures."""


@dataclass(frozen=True)
class ModelFile:
    """Everything known about a model before TensorFlow is imported.

    `kind` is one of "hdf5", "keras" (a `.keras` zip), "keras folder" (the same unpacked),
    "savedmodel", "architecture" (JSON), "weights" (no network inside) and "application" (a name of
    `keras.applications`).
    `sha256` covers the model's bytes (a folder's files in sorted order) and those of the weights
    file, if one was given; for an application, its name instead of bytes. `size` is in bytes.
    `files` are those that were hashed.
    """

    name: str
    path: Path | None
    kind: str
    description: str
    sha256: str
    size: int
    application: str | None
    weights: Path | None
    files: tuple[HashedFile, ...] = ()

    def check(self) -> None:
        """Raise InputChangedError when a file is no longer the one that `sha256` covers."""
        for seen_file in self.files:
            seen_file.check()


def identify(model: str, *, weights: str | None = None) -> ModelFile:
    """Find out what `model` (a file, a SavedModel folder or an application's name) is.

    `weights` is a file of weights, or for an application "imagenet" or "none": without weights it
    has random ones. Raises `ModelFileError`, one sentence, when there is nothing here that could be
    opened as a Keras model.
    """
    path = Path(model)
    application = find_application(model)
    if application is not None and not path.is_file():
        return _identify_application(application.name, weights)
    if not _exists(path):
        raise ModelFileError(_explain_absent(model))
    _refuse_special(path)
    weights_path = _weights_file(weights) if weights is not None else None
    kind, description = _sniff_folder(path) if path.is_dir() else _sniff_file(path)
    digest, seen = _digest(path)
    of_weights = [] if weights_path is None else _digest_weights(weights_path, digest)
    return ModelFile(
        name=printable(path.resolve().name),
        path=path,
        kind=kind,
        description=description,
        sha256=digest.hexdigest(),
        size=sum(seen_file.size for seen_file in seen),
        application=None,
        weights=weights_path,
        files=(*seen, *of_weights),
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file can have, as one that is too long
        return False


def _refuse_special(path: Path) -> None:
    """Refuse pipes, sockets and devices, in a folder too: reading one may never end."""
    try:
        for file in [path] if not path.is_dir() else path.rglob("*"):
            if _exists(file) and not file.is_dir():
                check_readable(file)
    except UnusableFileError as error:
        raise ModelFileError(
            f"{printable(file.name)} cannot be read as a model: {error}; copy the model into a"
            " file and give that."
        ) from error
    except OSError as error:
        raise ModelFileError(f"{printable(path.name)} cannot be read: {error.strerror}.") from error


def _identify_application(name: str, weights: str | None) -> ModelFile:
    constructor = APPLICATIONS[name].constructor
    digest = hashlib.sha256(f"keras.applications.{constructor}".encode())
    seen: list[HashedFile] = []
    weights_path = None
    if weights in (None, "none"):
        description = f"{constructor} of keras.applications, with untrained weights"
    elif weights == "imagenet":
        description = f"{constructor} of keras.applications, with its ImageNet weights"
        digest.update(b" imagenet")
        # A marker, not a file: opening asks Keras for the weights by this word.
        weights_path = Path("imagenet")
    else:
        weights_path = _weights_file(weights)
        description = (
            f"{constructor} of keras.applications, with the weights in"
            f" {printable(weights_path.name)}"
        )
        seen = _digest_weights(weights_path, digest)
    return ModelFile(
        name=name,
        path=None,
        kind="application",
        description=description,
        sha256=digest.hexdigest(),
        size=sum(seen_file.size for seen_file in seen),
        application=name,
        weights=weights_path,
        files=tuple(seen),
    )


def _explain_absent(model: str) -> str:
    if near := near_files(Path(model)):
        return f"There is no model file {quoted(model)}{near}"
    nearest = nearest_application(model)
    if nearest is not None:
        return (
            f"There is no model file {quoted(model)}, and no keras.applications network of that "
            f"name; did you mean {nearest.name}?"
        )
    return (
        f"There is no model file {quoted(model)}; give a .keras or .h5 file, a SavedModel folder,"
        " or the name of a keras.applications network such as vgg16."
    )


def check_weights_given(model: str, weights: str | None) -> None:
    """Refuse the name of an application without weights: its report would show random numbers.

    Raises `ModelFileError`.
    """
    application = find_application(model)
    if application is not None and weights is None and not Path(model).is_file():
        raise ModelFileError(
            f"{application.name} needs weights: use --weights imagenet or --weights FILE "
            "(--weights none builds a report of the untrained network)."
        )


def _weights_file(weights: str) -> Path:
    path = Path(weights)
    if _exists(path):
        _refuse_special(path)
    if not _exists(path) or not path.is_file():
        hint = f" ({weights} works only with the name of a keras.applications network)"
        near = near_files(path)
        raise ModelFileError(
            f"There is no weights file {quoted(weights)}"
            f"{hint if weights in ('imagenet', 'none') else near}."
        )
    head = _head(path)
    explanation = explain_unsuitable(head, path.stat().st_size)
    if explanation is None and not head.startswith((SIGNATURE, b"PK\x03\x04", b"{")):
        explanation = "not a file of Keras weights (.weights.h5, .weights.json, .h5 or .keras)"
    if explanation is not None:
        raise ModelFileError(f"{path.name} is {explanation}.")
    return path


def _sniff_folder(path: Path) -> tuple[str, str]:
    if (path / "config.json").is_file() and (path / "model.weights.h5").is_file():
        return "keras folder", "Keras model in a folder, as a .keras file unpacked"
    if not (path / "saved_model.pb").is_file():
        if _holds_pictures(path):
            raise ModelFileError(
                f"The folder {printable(path.name)} holds images, not a model. {MODEL_FIRST}"
            )
        inside = sorted(
            entry.name for entry in path.iterdir() if entry.suffix in {".keras", ".h5", ".hdf5"}
        )
        hint = f"; give the file itself, such as {inside[0]}" if inside else ""
        raise ModelFileError(
            f"The folder {path.name} is not a SavedModel: it has no saved_model.pb{hint}."
        )
    descriptions = {
        "keras 2": "TensorFlow SavedModel folder with Keras metadata",
        "keras 3 export": "TensorFlow SavedModel folder, an export of Keras 3 without layers",
        "tensorflow 1": "TensorFlow SavedModel folder with a graph of TensorFlow 1",
        "tensorflow 2": "TensorFlow SavedModel folder without Keras metadata",
    }
    return "savedmodel", descriptions[savedmodel_kind(path)]


def _holds_pictures(folder: Path) -> bool:
    """Whether the first files of a folder, or of one inside it, are pictures."""
    files = (path for path in sorted(folder.rglob("*"))[:_LOOKED_AT] if path.is_file())
    with contextlib.suppress(OSError):
        return any(picture_kind(_head(file)) for file in files)
    return False


def _sniff_file(path: Path) -> tuple[str, str]:
    try:
        size = path.stat().st_size
        head = _head(path)
    except OSError as error:
        raise ModelFileError(f"{path.name} cannot be read: {error.strerror}.") from error
    explanation = explain_unsuitable(head, size)
    if explanation is not None:
        raise ModelFileError(f"{path.name} is {explanation}.")
    if head.startswith(SIGNATURE):
        return _sniff_hdf5(path)
    if head.startswith(b"PK"):
        return _sniff_zip(path)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b'"{')):
        return _sniff_json(path, size)
    raise ModelFileError(
        f"{path.name} is not a Keras model: its bytes are neither HDF5, nor a .keras zip, nor JSON."
    )


def _sniff_hdf5(path: Path) -> tuple[str, str]:
    with hdf5.open_file(path) as file:
        written_by = _writer(hdf5.text_attribute(file, "keras_version"))
        if hdf5.text_attribute(file, "model_config") is None:
            return "weights", f"Keras weights in HDF5{written_by}, without a network"
        backend = hdf5.text_attribute(file, "backend")
        on_it = f" ({printable(backend)[:20]})" if backend else ""
        return "hdf5", f"Keras model in HDF5{written_by}{on_it}"


def _sniff_zip(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            metadata = _small_json(archive, "metadata.json")
    except DAMAGED_ZIP as error:
        raise ModelFileError(
            f"{path.name} is a damaged or truncated zip file; copy or download it again."
        ) from error
    if "config.json" not in names:
        if any(name.endswith("data.pkl") for name in names):
            what = "a PyTorch file, which is never opened; reportgen opens Keras models only"
        elif any(name.endswith((".h5", ".hdf5", ".keras", "saved_model.pb")) for name in names):
            what = "a zip archive with a model inside; unpack it and give the model"
        else:
            what = "a zip archive that holds no Keras model (no config.json inside)"
        raise ModelFileError(f"{path.name} is {what}.")
    return "keras", f"Keras model in a .keras file{_writer(metadata.get('keras_version'))}"


def _writer(version: object) -> str:
    """The end of a description that says which Keras wrote the file, empty where it is unknown."""
    return f", written by Keras {printable(version)[:20]}" if isinstance(version, str) else ""


def _small_json(archive: zipfile.ZipFile, name: str) -> dict[str, object]:
    """A short JSON object inside a zip; an empty one when it is absent or not an object."""
    if name not in archive.namelist() or archive.getinfo(name).file_size > _LARGEST_JSON:
        return {}
    content = json.loads(archive.read(name))
    return content if isinstance(content, dict) else {}


def _sniff_json(path: Path, size: int) -> tuple[str, str]:
    if size > _LARGEST_JSON:
        raise ModelFileError(f"{path.name} is JSON of {size} bytes, too long for an architecture.")
    content = parse_config(read_bounded(path), path.name)
    if "modelTopology" in content:
        raise ModelFileError(
            f"{path.name} is a TensorFlow.js model; convert it back with tensorflowjs_converter"
            " (--input_format tfjs_layers_model --output_format keras)."
        )
    if "class_name" not in content or "config" not in content:
        raise ModelFileError(
            f"{path.name} is JSON, but not a Keras architecture: it has no class_name and config."
        )
    written_by = _writer(content.get("keras_version"))
    return "architecture", f"Keras architecture in JSON{written_by}, without weights"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _digest(path: Path) -> tuple["hashlib._Hash", list[HashedFile]]:
    digest = hashlib.sha256()
    seen = []
    for file in _files_of(path):
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
        seen.append(feed(file, digest))
    return digest, seen


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from sorted(file for file in path.rglob("*") if file.is_file())


def _digest_weights(path: Path, digest: "hashlib._Hash") -> list[HashedFile]:
    return [feed(file, digest) for file in files_of_weights(path)]
