"""The YAML of a model card: what Hugging Face shows beside it and searches by."""

from collections.abc import Mapping
from typing import Any

import yaml

from reportgen.gates.measures import Unmeasured, measures
from reportgen.gates.metrics import METRICS
from reportgen.records.report import Report
from reportgen.wording import count

TASKS: Mapping[str, str] = {
    "classes": "image-classification",
    "labels": "image-classification",
    "map": "image-segmentation",
    "embedding": "image-feature-extraction",
}
"""The task of Hugging Face for each kind of output; others have none."""

_METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "f1",
    "balanced_accuracy": "balanced_accuracy",
    "top_k_accuracy": "top_k_accuracy",
    "loss": "loss",
    "calibration_error": "expected_calibration_error",
}
"""Metrics of the results, and their types as Hugging Face knows them."""


def metadata(report: Report) -> str:
    """The front matter, between its two lines of hyphens."""
    task = task_of(report)
    known: dict[str, Any] = {"library_name": "keras"}
    if task:
        known["pipeline_tag"] = task
    known["tags"] = ["keras", "explainability", *([task] if task else [])]
    if results := _results(report):
        known["model-index"] = [{"name": report.title, "results": results}]
    text = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{text}---\n"


def task_of(report: Report) -> str | None:
    """The task of Hugging Face that the model does; None where there is none for it."""
    head = report.model.head
    return TASKS.get(head.kind) if head else None


def _results(report: Report) -> list[dict[str, Any]]:
    """The results of the evaluation, or of the regression; none where nothing is known."""
    numbers = measures(report)
    metrics = [
        {"type": kind, "name": METRICS[name].title, "value": number}
        for name, kind in _METRICS.items()
        if not isinstance(number := numbers[name], Unmeasured)
    ]
    if report.evaluation and metrics:
        images = report.evaluation.images
        return [_result(task_of(report) or "image-classification", images, metrics)]
    if report.regression and report.regression.fits:
        errors = [
            {"type": "mae", "name": f"Mean absolute error of {fit.name}", "value": fit.mae}
            for fit in report.regression.fits
        ]
        return [_result("other", report.regression.images, errors)]
    return []


def _result(task: str, images: int, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    title = task.replace("-", " ").capitalize()
    return {
        "task": {"type": task, "name": title},
        "dataset": {"type": "imagefolder", "name": f"{count(images, 'image')} of the report"},
        "metrics": metrics,
    }
