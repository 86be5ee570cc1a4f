"""Subclassed models: Python code, of which a file keeps only the class's name and the weights."""

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.identify import ModelFile
from reportgen.inputs.model_files.layers import layer_class
from reportgen.inputs.model_files.migration.rule import MODEL_CLASSES, Node, class_name, settings
from reportgen.inputs.model_files.stored import StoredModel
from reportgen.printable import quoted

if TYPE_CHECKING:
    import keras


def is_subclassed(config: Node) -> bool:
    """Whether a stored model is a class of its own, without a list of layers."""
    inner = config.get("config")
    if class_name(config) in MODEL_CLASSES or isinstance(inner, list):
        return False
    return not isinstance(settings(config).get("layers"), list)


def open_subclassed(
    file: ModelFile,
    stored: StoredModel,
    custom: dict[str, Any],
    input_size: tuple[int, int] | None = None,
) -> "keras.Model":
    """Build the user's class and let Keras load the weights; raises `ModelFileError`."""
    import keras

    name = class_name(stored.config)
    cls = layer_class(name, custom)
    if cls is None:
        raise ModelFileError(
            f"{file.name} is a subclassed model of the class {quoted(name[:60])}, whose code "
            "is not in"
            " the file;"
            " give it with --custom-objects FILE.py."
        )
    try:
        with keras.saving.custom_object_scope(custom):
            model = cls.from_config(dict(settings(stored.config)))
            _build(model, stored.config.get("build_config"), input_size)
        _load_weights(model, file)
    except ModelFileError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelFileError(
            f"{file.name}: the class {quoted(name[:60])} cannot be rebuilt: {reason}"
        ) from error
    return model


def _build(model: "keras.Model", build_config: Any, input_size: tuple[int, int] | None) -> None:
    """Let the model make its weights: as its file says, or by one black image of `input_size`."""
    import keras

    if isinstance(build_config, dict) and not model.built:
        model.build_from_config(build_config)
        # Keras's own loader says so too: the layers are built, the model does not notice.
        model.built = True
    elif input_size is not None and not model.built:
        model(keras.ops.zeros((1, *input_size, 3)))


def _load_weights(model: "keras.Model", file: ModelFile) -> None:
    if file.weights is not None:
        model.load_weights(file.weights)
        return
    if file.path is not None and file.kind == "keras folder":
        model.load_weights(file.path / "model.weights.h5")
        return
    if file.path is None or file.kind != "keras":
        raise ModelFileError(f"{file.name} keeps no weights for a subclassed model.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.weights.h5"
        with zipfile.ZipFile(file.path) as archive:
            copy.write_bytes(archive.read("model.weights.h5"))
        model.load_weights(copy)
