"""From an identified model file to a Keras model that can be called."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.application import open_application
from reportgen.inputs.model_files.custom_objects import load_custom_objects
from reportgen.inputs.model_files.hdf5 import damage_named
from reportgen.inputs.model_files.identify import ModelFile
from reportgen.inputs.model_files.layer_maker import LayerMaker
from reportgen.inputs.model_files.limits import WeightBudget, parse_config, read_bounded
from reportgen.inputs.model_files.live_model import NO_SESSION, SessionCode
from reportgen.inputs.model_files.migration import migrate
from reportgen.inputs.model_files.parts import Part
from reportgen.inputs.model_files.rebuild import Rebuilder
from reportgen.inputs.model_files.savedmodel import (
    CheckpointWeights,
    load_checkpoint,
    read_savedmodel,
)
from reportgen.inputs.model_files.shards import files_of_weights
from reportgen.inputs.model_files.stored import (
    LegacyWeights,
    StoredModel,
    VariableTree,
    read_hdf5_model,
    read_keras_folder,
    read_keras_model,
    read_weights,
)
from reportgen.inputs.model_files.subclassed import is_subclassed, open_subclassed
from reportgen.inputs.model_files.user_code import Replacement, parse_replacements
from reportgen.inputs.model_files.weights_legacy import load_legacy
from reportgen.inputs.model_files.weights_tree import load_tree
from reportgen.printable import printable

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class OpenedModel:
    """A Keras model, and sentences for the report.

    `notes` say what was done to open it, `warnings` what to beware of. `cut` are the layers at its
    end that could not be opened, each as its name and class.
    """

    model: "keras.Model"
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    training: dict[str, Any] | None = None
    """What the file keeps of the training, with the loss; None where it keeps nothing."""
    cut: tuple[str, ...] = ()


def open_model(
    file: ModelFile,
    *,
    top: bool = True,
    input_size: tuple[int, int] | None = None,
    custom_objects: Sequence[str | Path] = (),
    replace_layers: Sequence[str] = (),
    weights_by_name: bool = False,
    seed: int = 0,
    session: SessionCode = NO_SESSION,
) -> OpenedModel:
    """Open the model in `file`, never compiled, running nothing that the file carries.

    `top` and `seed` (of random weights) concern networks of `keras.applications`; `input_size`
    (height, width in pixels) those and files that do not state their input's size.
    `custom_objects` are Python files of the user's, or names of packages, with the classes that the
    model needs; `replace_layers` are NAME=EXPR or NAME=MODULE:FUNCTION. `weights_by_name` concerns
    HDF5 weights of Keras 1 and 2 in a file of their own, which are given by order otherwise.
    `session` is the code of a model that was in memory.

    Raises `ModelFileError` with one sentence when the model cannot be opened, `SettingsError` when
    a replacement cannot be understood.
    """
    replacements = {
        **{name: Replacement.by(name, function) for name, function in session.functions.items()},
        **parse_replacements(replace_layers),
    }
    if file.application is not None:
        model, notes, warnings = open_application(
            file, top=top, input_size=input_size, weights_by_name=weights_by_name, seed=seed
        )
        return OpenedModel(model, tuple(notes), tuple(warnings))
    custom = {**session.objects, **load_custom_objects(custom_objects)}
    with _read(file) as stored:
        if is_subclassed(stored.config):
            model = open_subclassed(file, stored, custom, input_size)
            how = ("a subclassed model, built from the user's code",)
            return OpenedModel(model, how, (), stored.training)
        shape = (*input_size, 3) if input_size is not None else None
        budget = WeightBudget(file.name, _most_weights(file))
        builder = Rebuilder(LayerMaker(file.name, budget, custom, replacements), shape)
        return _rebuilt(file, stored, builder, by_name=weights_by_name)


def _rebuilt(
    file: ModelFile, stored: StoredModel, builder: Rebuilder, *, by_name: bool
) -> OpenedModel:
    """The model of today's Keras that a stored network describes, with its weights."""
    migrated = migrate(stored.config, stored.keras_version)
    model, parts = builder.build(migrated.config)
    with damage_named(file.name):
        warnings = _load(parts, stored.weights, file, by_name)
    writer = "read"
    if stored.keras_version:
        writer = f"read from Keras {printable(stored.keras_version)[:20]}"
    notes = [f"{writer}: {sentence}" for sentence in (*migrated.sentences, *builder.notes())]
    warnings += [
        f"the setting {item} is not known to today's Keras and was ignored"
        for item in builder.ignored()
    ]
    if builder.cut:
        warnings.insert(
            0,
            f"The end of the network is left out: {', '.join(builder.cut)}. Its code is not in"
            " the file; give it with --custom-objects FILE.py.",
        )
    return OpenedModel(
        model, (*stored.notes, *notes), tuple(warnings), stored.training, tuple(builder.cut)
    )


@contextmanager
def _read(file: ModelFile) -> Iterator[StoredModel]:
    """The stored network of any kind of file; with weights from another file if one was given."""
    path = file.path
    if path is None or file.kind == "weights":
        raise ModelFileError(
            f"{file.name} holds weights, but no network; give the network as MODEL (an"
            " architecture in"
            f" JSON, or a keras.applications name such as vgg16) and this file with --weights."
        )
    readers: dict[str, Any] = {
        "hdf5": read_hdf5_model,
        "keras": read_keras_model,
        "keras folder": read_keras_folder,
        "savedmodel": read_savedmodel,
        "architecture": _read_architecture,
    }
    with readers[file.kind](path) as stored:
        if file.weights is None:
            if stored.weights is None:
                raise ModelFileError(
                    f"{file.name} holds a network, but no weights; give them with --weights FILE."
                )
            yield stored
            return
        with read_weights(file.weights) as weights:
            stored.weights = weights
            stored.weights_file = file.weights
            yield stored


@contextmanager
def _read_architecture(path: Path) -> Iterator[StoredModel]:
    config = parse_config(read_bounded(path), path.name)
    version = config.get("keras_version")
    yield StoredModel(config, None, version if isinstance(version, str) else None)


def _most_weights(file: ModelFile) -> int:
    """How many weights a file of this size can hold, at half a byte each, and some to spare."""
    others = files_of_weights(file.weights) if file.weights is not None else []
    size = file.size + sum(other.stat().st_size for other in others)
    return 2 * size + 1_000_000


def _load(parts: Part, weights: Any, file: ModelFile, by_name: bool) -> list[str]:
    """Give the model its weights; returns warnings."""
    if isinstance(weights, LegacyWeights):
        return load_legacy(parts, weights, apart=file.weights is not None, by_name=by_name)
    if isinstance(weights, VariableTree):
        load_tree(parts, weights)
    elif isinstance(weights, CheckpointWeights):
        load_checkpoint(parts, weights)
    else:
        raise ModelFileError(f"{file.name} holds no weights that can be read.")
    return []
