"""The model of one build: how it is opened, and what is added to the facts it tells."""

from collections.abc import Mapping
from typing import Any

from reportgen import device
from reportgen.analysis.workbench import Opened
from reportgen.config import Settings
from reportgen.errors import SettingsError
from reportgen.inputs.labels import default_labels, imagenet_labels, read_labels
from reportgen.inputs.model_files import ModelFile, open_model
from reportgen.inputs.preprocessing import choose
from reportgen.progress import Progress
from reportgen.results import Head, Model, Preprocessing


class ModelJob:
    """A model file and the settings it is opened with."""

    def __init__(self, file: ModelFile, settings: Settings, progress: Progress) -> None:
        self.file = file
        self.settings = settings
        self.progress = progress

    @property
    def options(self) -> dict[str, Any]:
        """Everything but the file's bytes that the opened network depends on."""
        settings = self.settings
        return {
            "application": self.file.application,
            "kind": self.file.kind,
            "name": self.file.name,
            "top": not settings.no_top,
            "input_size": list(settings.input_size) if settings.input_size else None,
            "seed": settings.seed,
            "device": settings.device,
            **device.versions(),
        }

    def open(self) -> Opened:
        """Start TensorFlow and open the model. Raises DeviceError, ModelFileError, ModelError."""
        settings = self.settings
        with self.progress.stage(f"Opening {self.file.name}"):
            chosen = device.start(settings.device, settings.seed)
            from reportgen.inputs.network import Network

            opened = open_model(
                self.file,
                top=not settings.no_top,
                input_size=settings.input_size,
                seed=settings.seed,
            )
            network = Network(
                opened.model, input_size=settings.input_size, application=self.file.application
            )
        return Opened(network, opened.notes, opened.warnings, chosen.name)

    def complete(self, data: Mapping[str, Any]) -> Model:
        """The facts that the network told, with file, labels and the preprocessing to use."""
        known = {key: data[key] for key in Model.model_fields if key in data}
        head = Head.model_validate(data["head"]) if data["head"] else None
        detected = Preprocessing.model_validate(data["preprocessing"])
        preprocessing = (
            detected
            if self.settings.preprocess == "auto"
            else choose(self.settings.preprocess, None)
        )
        return Model.model_validate(
            {
                **known,
                "file": self.file.name,
                "description": self.file.description,
                "sha256": self.file.sha256,
                "size": self.file.size,
                "labels": self._labels(head),
                "preprocessing": preprocessing.model_dump(),
            }
        )

    def _labels(self, head: Head | None) -> list[str]:
        classes = head.classes if head else 0
        if self.settings.labels is not None:
            if not classes:
                reason = head.reason if head else "the model has no output of its own"
                raise SettingsError(f"--labels {self.settings.labels.name}: {reason}.")
            return read_labels(self.settings.labels, classes)
        known = imagenet_labels() if self.file.application and classes == 1000 else None
        return known or default_labels(classes)
