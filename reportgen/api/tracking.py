"""A report handed on to experiment trackers: its numbers as metrics, its folder as an artifact.

Each library is imported when it is used; the session's active run is taken where there is one.
"""

import importlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from reportgen.errors import ReportgenError

_MOST_PICTURES = 8


class Tracked(Protocol):
    """What a tracker takes of a report: its folder, numbers and heatmaps."""

    path: Path

    @property
    def images(self) -> list[str]:
        """The names of the images."""

    @property
    def gradcam(self) -> Any:
        """The heatmaps of each image, by name."""

    def numbers(self) -> dict[str, float]:
        """The headline numbers."""


def log_to_mlflow(report: Tracked, *, artifact_path: str = "report", step: int = 0) -> None:
    """Log the numbers as metrics and the folder as artifacts of the active MLflow run.

    MLflow starts a run where none is active. Raises ReportgenError where it is not installed.
    """
    mlflow = _library("mlflow")
    mlflow.log_metrics(_metrics(report), step=step)
    mlflow.log_artifacts(str(report.path), artifact_path=artifact_path)


def log_to_wandb(report: Tracked, *, run: Any = None, name: str = "report") -> None:
    """Log the numbers, overlays and the folder as an artifact of a Weights & Biases run.

    `run` is the active one where none is given; one is started where none is active. Raises
    ReportgenError where wandb is not installed.
    """
    wandb = _library("wandb")
    current = run or wandb.run or wandb.init()
    pictures = [wandb.Image(overlay, caption=caption) for caption, overlay in _overlays(report)]
    current.log({**_metrics(report), **({"reportgen/gradcam": pictures} if pictures else {})})
    artifact = wandb.Artifact(name, type="report")
    artifact.add_dir(str(report.path))
    current.log_artifact(artifact)


def log_to_tensorboard(report: Tracked, folder: Path, *, step: int = 0) -> None:
    """Write the numbers and overlays as a TensorBoard log.

    Raises ReportgenError where the package tensorboard is not installed, which TensorFlow needs
    to write one.
    """
    _library("tensorboard")
    tf = _library("tensorflow")
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=step):
        for name, value in _metrics(report).items():
            tf.summary.scalar(name, value)
        for caption, overlay in _overlays(report):
            tf.summary.image(f"reportgen/{caption}", np.asarray(overlay.convert("RGB"))[None])
    writer.close()


def _metrics(report: Tracked) -> dict[str, float]:
    return {f"reportgen/{name}": float(value) for name, value in report.numbers().items()}


def _overlays(report: Tracked) -> list[tuple[str, Any]]:
    found = []
    for name in report.images[:_MOST_PICTURES]:
        maps = [heatmap for heatmap in report.gradcam[name] if heatmap.record.picture]
        found += [(f"{name}, {heatmap.label}", heatmap.overlay) for heatmap in maps[:1]]
    return found


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ReportgenError(f"{name} is not installed: pip install {name}.") from error
