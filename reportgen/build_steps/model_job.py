"""The model of one build: how it is opened, and what is added to the facts it tells."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.engine import start
from reportgen.analysis.options import Opening
from reportgen.analysis.summary import SummaryData
from reportgen.analysis.workbench import Opened
from reportgen.config import Settings
from reportgen.errors import SettingsError
from reportgen.hardware import engines
from reportgen.inputs.classes.imagenet import says_imagenet
from reportgen.inputs.classes.labels import default_labels, imagenet_labels, read_labels
from reportgen.inputs.model_files import ModelFile, open_model
from reportgen.inputs.model_files.custom_objects import files_of, is_package, package_version
from reportgen.inputs.model_files.live_model import NO_SESSION, SessionCode
from reportgen.inputs.preprocessing import backbone_called, choose
from reportgen.printable import printable
from reportgen.progress import Progress, Silent
from reportgen.records.model import Model
from reportgen.records.outputs import Head, Output
from reportgen.user_files import HashedFile, UnusableFileError, hash_file

_LARGEST_CODE, _LARGEST_INPUT = 10**7, 4 * 10**9
"""Bytes of a Python file, and of an array for an input."""

_ENGINES = {"tensorflow": "TensorFlow", "jax": "JAX"}


def read_inputs(files: Mapping[str, Path]) -> dict[str, npt.NDArray[Any]]:
    """Arrays for inputs that are not the image, by the input's name.

    Raises SettingsError for a file that is no plain `.npy` array; pickled objects are not loaded.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, file in files.items():
        try:
            array = np.load(file, allow_pickle=False)
        except FileNotFoundError as error:
            raise SettingsError(f"--input {name}: there is no file {file.name}.") from error
        except (OSError, ValueError, EOFError, MemoryError) as error:
            raise SettingsError(
                f"--input {name}: {file.name} is not a plain .npy array of numbers."
            ) from error
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            raise SettingsError(f"--input {name}: {file.name} holds no array of numbers.")
        arrays[name] = array
    return arrays


class ModelJob:
    """A model file and the settings it is opened with."""

    def __init__(
        self,
        file: ModelFile,
        settings: Settings,
        progress: Progress,
        session: SessionCode = NO_SESSION,
    ) -> None:
        self.file = file
        self.session = session
        self.settings = settings
        self.progress = progress
        self._files: list[HashedFile] = []
        self._own_code = [self._digests_of(source) for source in settings.custom_objects]
        self._inputs = {
            name: self._digest(path, f"--input {name}", _LARGEST_INPUT)
            for name, path in settings.input_files.items()
        }

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the progress display, which another process does not have."""
        return {**vars(self), "progress": Silent()}

    def _digests_of(self, source: str) -> list[str]:
        """Of the user's code: a package's version, or a file's digest and of what it imports."""
        if is_package(source):
            return [source, package_version(source)]
        option = "--custom-objects"
        return [self._digest(file, option, _LARGEST_CODE) for file in files_of(Path(source))]

    def _digest(self, file: Path, option: str, most: int) -> str:
        """SHA-256 of a file that an option names. Raises SettingsError, InputChangedError."""
        try:
            digest, seen = hash_file(file, most)
        except FileNotFoundError as error:
            raise SettingsError(f"{option}: there is no file {printable(file.name)}.") from error
        except OSError as error:
            raise SettingsError(
                f"{option}: {printable(file.name)} cannot be read: {error.strerror}."
            ) from error
        except UnusableFileError as error:
            raise SettingsError(
                f"{option}: {printable(file.name)} cannot be used: {error}."
            ) from error
        self._files.append(seen)
        return digest

    def check(self) -> None:
        """Raise InputChangedError when a file is no longer the one that was hashed."""
        self.file.check()
        for file in self._files:
            file.check()

    @cached_property
    def engine(self) -> engines.EngineName:
        """What computes. Raises DeviceError where it is not installed."""
        return engines.choose(self.settings.engine, self.settings.device)

    @cached_property
    def opening(self) -> Opening:
        """Everything but the file's bytes that the opened network depends on."""
        settings = self.settings
        return Opening(
            application=self.file.application,
            kind=self.file.kind,
            name=self.file.name,
            top=not settings.no_top,
            input_size=settings.input_size,
            seed=settings.seed,
            device=settings.device,
            custom_objects=[*self._own_code, *map(list, filter(None, [self.session.digests]))],
            replace_layer=settings.replace_layer,
            weights_by_name=settings.weights_by_name,
            other_inputs=self._inputs,
            output=settings.output,
            head=settings.head,
            engine=self.engine,
            batch_size=settings.batch_size,
            versions=engines.versions(self.engine),
        )

    def open(self) -> Opened:
        """Start the engine and open the model.

        Raises DeviceError, ModelFileError and ModelError, and InputChangedError when a file is
        written meanwhile: what is computed of it would be kept under the digest of another one.
        """
        try:
            return self._open()
        finally:
            self.check()

    def _open(self) -> Opened:
        settings = self.settings
        with self.progress.stage(f"Starting {_ENGINES[self.engine]}"):
            chosen = start(self.engine, settings.device, settings.seed)
            import keras
        with self.progress.stage(f"Opening {self.file.name}"):
            from reportgen.inputs.network import Network

            # Layers without a name of their own are numbered: the same each time a model is opened.
            keras.utils.clear_session(free_memory=False)
            opened = open_model(
                self.file,
                top=not settings.no_top,
                input_size=settings.input_size,
                custom_objects=settings.custom_objects,
                replace_layers=settings.replace_layer,
                weights_by_name=settings.weights_by_name,
                seed=settings.seed,
                session=self.session,
            )
            network = Network(
                opened.model,
                input_size=settings.input_size,
                application=self.file.application,
                output=settings.output,
                heads=settings.head,
                training=opened.training,
                other_inputs=read_inputs(settings.input_files),
            )
        if chosen.note:
            self.progress.warn(chosen.note)
        return Opened(
            network,
            opened.notes,
            opened.warnings,
            chosen.name,
            chosen.free_memory,
            chosen.places,
            opened.cut,
        )

    def complete(self, told: SummaryData) -> Model:
        """The facts that the network told, with file, labels and the preprocessing to use."""
        preprocessing = told.preprocessing
        if self.settings.preprocess != "auto":
            chosen = choose(self.settings.preprocess, None)
            preprocessing = chosen.model_copy(update={"highest": preprocessing.highest})
        labels, outputs = self._named(told)
        return Model(
            name=told.name,
            file=self.file.name,
            description=self.file.description,
            sha256=self.file.sha256,
            size=self.file.size,
            parameters=told.parameters,
            trainable_parameters=told.trainable_parameters,
            inputs=told.inputs,
            outputs=outputs,
            image_input=told.image_input,
            head=told.head,
            labels=labels,
            preprocessing=preprocessing,
            layers=told.layers,
            blocks=told.blocks,
            last_spatial_layer=told.last_spatial_layer,
            last_spatial_reason=told.last_spatial_reason,
            notes=told.notes,
            not_finite=told.not_finite,
            weights=told.weights,
        )

    def _named(self, told: SummaryData) -> tuple[list[str], list[Output]]:
        """Labels of classes, and the outputs; labels that are given for values are their names."""
        head = told.head
        if head is None or head.kind != "values" or self.settings.labels is None:
            return self._labels(head, told.name), told.outputs
        names = read_labels(self.settings.labels, None if head.units == 1 else head.units, "values")
        if len(names) != head.units:
            raise SettingsError(
                f"The labels file {printable(self.settings.labels.name)} holds {len(names)} labels,"
                f" but the model has one value: give one label, or add --head classes to read the"
                " value as the score of the second of two classes."
            )
        return [], [
            output.model_copy(update={"names": names}) if output.explained else output
            for output in told.outputs
        ]

    def _labels(self, head: Head | None, name: str) -> list[str]:
        classes = head.classes if head else 0
        if self.settings.labels is not None:
            if not classes:
                reason = head.reason if head else "the model has no output of its own"
                raise SettingsError(f"--labels {self.settings.labels.name}: {reason}.")
            return read_labels(self.settings.labels, classes)
        if head is not None and classes == 1:  # a mask
            return [head.name]
        known = bool(self.file.application or backbone_called(name))
        if head is not None and says_imagenet(classes, head.name, known=known):
            return imagenet_labels()
        return default_labels(classes)
