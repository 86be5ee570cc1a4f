"""What a report measured, by metric: a number, or why there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.corruptions import CORRUPTIONS, STRENGTHS
from reportgen.gates.metrics import METRICS, Metric
from reportgen.records.over_images import Health
from reportgen.records.report import Report


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why there is no number: a clause without a full stop."""

    reason: str


Measure = float | Unmeasured
"""A share 0..1, a count, or another number; or why there is none."""

NO_EVALUATION = Unmeasured(
    "no image of known class was evaluated; put images into class folders, or use --labels-csv"
)
NO_PROBABILITIES = Unmeasured("the model gives no probabilities")
NO_HEALTH = Unmeasured(
    "the state of the layers was not measured; it needs the sections activations and health and "
    "two images"
)
NO_KERNELS = Unmeasured("the weights were not examined; it needs the section kernels")
NO_MAP = Unmeasured("the labels were not examined; it needs the section map and three images")
NO_ROBUSTNESS = Unmeasured("robustness was not measured; --robustness measures it")
NO_KNOWN_CLASS = Unmeasured(
    "no corrupted image has a known class; put images into class folders, or use --labels-csv"
)
NO_BASELINE = Unmeasured("there is no baseline to compare with")
NO_IMAGE = Unmeasured("no image has the class")
NO_REGRESSION = Unmeasured("there are no true values to compare with; --values-csv names a table")

_KINDS = {
    "silent_channels": "silent",
    "constant_channels": "constant",
    "saturated_channels": "saturated",
    "non_finite_channels": "non_finite",
}


def measures(report: Report) -> dict[str, Measure]:
    """Every metric of the whole report that has one number, by name."""
    return {name: _OF_REPORT[name](report) for name in METRICS if name in _OF_REPORT}


def measured(report: Report, metric: Metric) -> Mapping[str, Measure]:
    """A metric of the whole report; of a regression that of each value, by the value's name."""
    if metric.name in _FITS:
        if report.regression is None or not report.regression.fits:
            return {"": NO_REGRESSION}
        field = _FITS[metric.name]
        why = Unmeasured("the true values are all the same")
        return {fit.name: _or(getattr(fit, field), why) for fit in report.regression.fits}
    return {"": _OF_REPORT[metric.name](report)}


def of_classes(report: Report, metric: Metric) -> Mapping[str, Measure]:
    """A metric of every class that an image has or was predicted as, by the class's label."""
    if report.evaluation is None:
        return {}
    return {
        result.label: _or(getattr(result, metric.name), _WHY_NO_CLASS.get(metric.name, NO_IMAGE))
        for result in report.evaluation.classes
    }


_WHY_NO_CLASS = {"precision": Unmeasured("no image is predicted as the class")}


def of_layers(report: Report, metric: Metric) -> Mapping[str, Measure]:
    """A metric of every layer that it was measured of, by the layer's path."""
    if metric.name == "dead_filters":
        return {kernel.layer: float(len(kernel.dead)) for kernel in report.kernels}
    if metric.name == "near_duplicate_filters":
        return {
            kernel.layer: float(kernel.near_duplicates)
            for kernel in report.kernels
            if kernel.compared
        }
    layers = report.health.layers if report.health else []
    if metric.name == "zeros":
        return {layer.layer: layer.zeros for layer in layers}
    kind = _KINDS[metric.name]
    return {
        layer.layer: len(getattr(layer, kind)) / layer.channels
        for layer in layers
        if layer.channels
    }


def _or(value: float | None, reason: Unmeasured) -> Measure:
    return reason if value is None else float(value)


def _evaluated(field: str, why: Unmeasured = NO_EVALUATION) -> Callable[[Report], Measure]:
    def read(report: Report) -> Measure:
        if report.evaluation is None:
            return NO_EVALUATION
        return _or(getattr(report.evaluation, field), why)

    return read


def _loss(report: Report) -> Measure:
    if report.evaluation is None:
        return NO_EVALUATION
    return _or(
        report.evaluation.loss, Unmeasured(report.evaluation.loss_reason or "it is not defined")
    )


def _misclassified(report: Report) -> Measure:
    found = report.evaluation
    return NO_EVALUATION if found is None else float(found.images - found.correct)


def _suspected(report: Report) -> Measure:
    found = report.image_map
    if found is None:
        return NO_MAP
    return Unmeasured(found.no_suspicion) if found.no_suspicion else float(found.suspicions)


def _channels(kind: str) -> Callable[[Report], Measure]:
    def read(report: Report) -> Measure:
        if report.health is None:
            return NO_HEALTH
        channels = channels_of(report, report.health)
        if not channels:
            return Unmeasured("no layer with filters was measured")
        return int(getattr(report.health, kind)) / channels

    return read


def channels_of(report: Report, health: Health) -> int:
    """Channels of the layers with filters whose state is known, each counted once."""
    origins = {layer.path: layer.origin for layer in report.model.layers}
    counted: dict[str, int] = {}
    for layer in health.layers:
        if origin := origins.get(layer.layer):
            counted[origin] = max(counted.get(origin, 0), layer.channels)
    return sum(counted.values())


def _of_kernels(count: Callable[[Any], int]) -> Callable[[Report], Measure]:
    def read(report: Report) -> Measure:
        if not report.kernels:
            return NO_KERNELS
        return float(sum(count(kernel) for kernel in report.kernels))

    return read


def _skipped(report: Report) -> Measure:
    return float(sum(loss.what == "image" for loss in report.skipped))


def _non_finite(report: Report) -> Measure:
    return float(sum(image.not_finite for image in report.images))


def _of_model(field: str) -> Callable[[Report], Measure]:
    return lambda report: float(getattr(report.model, field))


def _of_baseline(field: str) -> Callable[[Report], Measure]:
    def read(report: Report) -> Measure:
        if report.baseline is None:
            return NO_BASELINE
        why = report.baseline.unmeasured.get(field, "it was not measured")
        return _or(getattr(report.baseline, field), Unmeasured(why))

    return read


def _robustness(corruption: str, strength: int) -> Callable[[Report], Measure]:
    def read(report: Report) -> Measure:
        if report.robustness is None:
            return NO_ROBUSTNESS
        for result in report.robustness.corruptions:
            for found in result.strengths:
                if (result.name, found.strength) == (corruption, strength):
                    return _or(found.accuracy, NO_KNOWN_CLASS)
        return NO_ROBUSTNESS

    return read


_FITS = {"mean_absolute_error": "mae", "root_mean_squared_error": "rmse", "r2": "r2"}

_OF_REPORT: Mapping[str, Callable[[Report], Measure]] = {
    **{
        field: _evaluated(field)
        for field in ("accuracy", "accuracy_low", "balanced_accuracy", "macro_f1")
    },
    "top_k_accuracy": _evaluated(
        "top_k_accuracy", Unmeasured("the model has too few classes for it")
    ),
    "loss": _loss,
    "calibration_error": _evaluated("calibration_error", NO_PROBABILITIES),
    "evaluated_images": _evaluated("images"),
    "misclassified_images": _misclassified,
    "suspected_labels": _suspected,
    **{name: _channels(kind) for name, kind in _KINDS.items()},
    "dead_filters": _of_kernels(lambda kernel: len(kernel.dead)),
    "near_duplicate_filters": _of_kernels(lambda kernel: kernel.near_duplicates),
    "images": lambda report: float(len(report.images)),
    "skipped_images": _skipped,
    "non_finite_images": _non_finite,
    "warnings": lambda report: float(len(report.warnings)),
    "parameters": _of_model("parameters"),
    "trainable_parameters": _of_model("trainable_parameters"),
    "layers": lambda report: float(len(report.model.layers)),
    "model_size": lambda report: float(report.model.size) if report.model.size else Unmeasured(
        "the model is no file"
    ),
    **{
        f"robustness.{name}.{strength}": _robustness(name, strength)
        for name in CORRUPTIONS
        for strength in STRENGTHS
    },
    **{
        field: _of_baseline(field)
        for field in ("accuracy_change", "regressions", "flips", "new_silent_channels")
    },
}  # fmt: skip


def names_of(report: Report, metric: Metric) -> Sequence[str]:
    """Names that a subject of the metric may have."""
    if "class" in metric.scopes:
        return report.model.labels
    return [layer.path for layer in report.model.layers]
