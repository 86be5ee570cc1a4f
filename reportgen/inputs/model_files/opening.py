"""From an identified model file to a Keras model that can be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.application import open_application
from reportgen.inputs.model_files.identify import ModelFile

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class OpenedModel:
    """A Keras model, with sentences for the report: what was done to open it, and what to beware of."""

    model: "keras.Model"
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def open_model(
    file: ModelFile,
    *,
    top: bool = True,
    input_size: tuple[int, int] | None = None,
    custom_objects: Path | None = None,
    replace_layers: Sequence[str] = (),
    seed: int = 0,
) -> OpenedModel:
    """Open the model in `file`, never compiled, running nothing that the file carries.

    `top`, `input_size` (height, width in pixels) and `seed` (of random weights) concern networks of
    `keras.applications`. Raises `ModelFileError` with one sentence when the model cannot be opened.
    """
    if file.application is not None:
        model, notes, warnings = open_application(file, top=top, input_size=input_size, seed=seed)
        return OpenedModel(model, tuple(notes), tuple(warnings))
    if file.kind not in {"hdf5", "keras"} or file.path is None:
        raise ModelFileError(f"{file.name} cannot be opened: {file.description}.")
    import shutil
    import tempfile

    import keras

    suffix = {"hdf5": ".h5", "keras": ".keras"}[file.kind]
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = file.path
            if path.suffix != suffix:
                path = Path(shutil.copy(path, Path(folder) / f"model{suffix}"))
            model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ModelFileError(f"{file.name} cannot be opened by Keras: {reason[:300]}") from error
    return OpenedModel(model, (), ())
