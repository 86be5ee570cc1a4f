"""The metrics that a gate can ask for: a closed list, plain data."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reportgen.corruptions import CORRUPTIONS, STRENGTHS

Unit = Literal["share", "change", "count", "number"]
"""A share is 0..1, a change of a share is -1..1, a count is a whole number."""

Scope = Literal["report", "class", "layer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number that a gate can ask for: its unit, what it is of, and its meaning in one line."""

    name: str
    title: str
    unit: Unit
    scopes: tuple[Scope, ...] = ("report",)
    description: str
    needs_baseline: bool = False


_OF_LAYERS: tuple[Scope, ...] = ("report", "layer")

_METRICS = (
    Metric(
        name="accuracy",
        title="Accuracy",
        unit="share",
        description="Share of the images of known class that are classified correctly.",
    ),
    Metric(
        name="accuracy_low",
        title="Accuracy, lower bound",
        unit="share",
        description="Lower end of the 95 % Wilson interval of the accuracy.",
    ),
    Metric(
        name="balanced_accuracy",
        title="Balanced accuracy",
        unit="share",
        description="Mean recall of the classes that have images.",
    ),
    Metric(
        name="macro_f1",
        title="Macro F1",
        unit="share",
        description="Mean F1 score of the classes that have images or were predicted.",
    ),
    Metric(
        name="top_k_accuracy",
        title="Top-K accuracy",
        unit="share",
        description="Share of the images whose true class is among the K most probable; K is "
        "--top.",
    ),
    Metric(
        name="loss",
        title="Loss",
        unit="number",
        description="Mean cross-entropy of the true class, natural logarithm.",
    ),
    Metric(
        name="calibration_error",
        title="Calibration error",
        unit="share",
        description="Expected calibration error: mean gap between confidence and accuracy.",
    ),
    Metric(
        name="evaluated_images",
        title="Evaluated images",
        unit="count",
        description="Images of known class that the evaluation counts.",
    ),
    Metric(
        name="misclassified_images",
        title="Misclassified images",
        unit="count",
        description="Images of known class whose predicted class is another one.",
    ),
    Metric(
        name="suspected_labels",
        title="Suspected label errors",
        unit="count",
        description="Images whose confident prediction and nearest images disagree with their "
        "label.",
    ),
    Metric(
        name="precision",
        title="Precision",
        unit="share",
        scopes=("class",),
        description="Share of the predictions of the class that are correct.",
    ),
    Metric(
        name="recall",
        title="Recall",
        unit="share",
        scopes=("class",),
        description="Share of the images of the class that are found.",
    ),
    Metric(
        name="f1",
        title="F1",
        unit="share",
        scopes=("class",),
        description="Harmonic mean of precision and recall.",
    ),
    Metric(
        name="mean_absolute_error",
        title="Mean absolute error",
        unit="number",
        description="Of a regression; with several values, the one that is worst for the gate.",
    ),
    Metric(
        name="root_mean_squared_error",
        title="Root mean squared error",
        unit="number",
        description="Of a regression; with several values, the one that is worst for the gate.",
    ),
    Metric(
        name="r2",
        title="R²",
        unit="number",
        description="Coefficient of determination of a regression; with several values, the one "
        "that is worst for the gate.",
    ),
    Metric(
        name="silent_channels",
        title="Silent channels",
        unit="share",
        scopes=_OF_LAYERS,
        description="Share of the channels that are zero on every image. Of the report: channels "
        "of layers with filters, each counted once.",
    ),
    Metric(
        name="constant_channels",
        title="Constant channels",
        unit="share",
        scopes=_OF_LAYERS,
        description="Share of the channels that have one non-zero value on every image.",
    ),
    Metric(
        name="saturated_channels",
        title="Saturated channels",
        unit="share",
        scopes=_OF_LAYERS,
        description="Share of the channels at a bound of the activation function on every image.",
    ),
    Metric(
        name="non_finite_channels",
        title="Channels with NaN or infinity",
        unit="share",
        scopes=_OF_LAYERS,
        description="Share of the channels that are NaN or infinite on an image.",
    ),
    Metric(
        name="zeros",
        title="Zeros",
        unit="share",
        scopes=("layer",),
        description="Share of the activations of the layer that are exactly zero, mean over the "
        "images.",
    ),
    Metric(
        name="dead_filters",
        title="Dead filters",
        unit="count",
        scopes=_OF_LAYERS,
        description="Filters whose weights are practically zero.",
    ),
    Metric(
        name="near_duplicate_filters",
        title="Near-duplicate filters",
        unit="count",
        scopes=_OF_LAYERS,
        description="Pairs of filters of a layer with almost the same weights.",
    ),
    Metric(
        name="images",
        title="Images",
        unit="count",
        scopes=("report", "class"),
        description="Images in the report; of a class, evaluated images of it.",
    ),
    Metric(
        name="skipped_images",
        title="Skipped images",
        unit="count",
        description="Images that could not be read.",
    ),
    Metric(
        name="non_finite_images",
        title="Images without a prediction",
        unit="count",
        description="Images whose class scores are NaN or infinite.",
    ),
    Metric(
        name="warnings",
        title="Warnings",
        unit="count",
        description="Warnings of the report.",
    ),
    Metric(
        name="parameters",
        title="Parameters",
        unit="count",
        description="Parameters of the model.",
    ),
    Metric(
        name="trainable_parameters",
        title="Trainable parameters",
        unit="count",
        description="Parameters that training changes.",
    ),
    Metric(
        name="layers",
        title="Layers",
        unit="count",
        description="Layers of the flat network.",
    ),
    Metric(
        name="model_size",
        title="Model size",
        unit="count",
        description="Bytes of the model's file.",
    ),
    Metric(
        name="accuracy_change",
        title="Change of accuracy",
        unit="change",
        needs_baseline=True,
        description="Accuracy minus the baseline's, over the images of both reports.",
    ),
    Metric(
        name="regressions",
        title="Regressions",
        unit="share",
        needs_baseline=True,
        description="Share of the images of known class that the baseline classifies correctly "
        "and this model does not.",
    ),
    Metric(
        name="flips",
        title="Flips",
        unit="share",
        needs_baseline=True,
        description="Share of the images whose predicted class differs from the baseline's.",
    ),
    Metric(
        name="new_silent_channels",
        title="New silent channels",
        unit="count",
        needs_baseline=True,
        description="Channels of layers with filters that are silent now and not in the baseline.",
    ),
)

_ROBUSTNESS = tuple(
    Metric(
        name=f"robustness.{corruption.name}.{strength}",
        title=f"Accuracy with {corruption.title}, strength {strength}",
        unit="share",
        description=f"Accuracy on images corrupted by {corruption.name}, "
        f"{corruption.said(strength)}.",
    )
    for corruption in CORRUPTIONS.values()
    for strength in STRENGTHS
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in (*_METRICS, *_ROBUSTNESS)}
"""Every metric by its name, in the order of the documentation."""

HOLDERS: Mapping[Scope, str] = {"report": "the report", "class": "a class", "layer": "a layer"}
"""What a scope is in words."""


def metric_named(name: str) -> Metric:
    """The metric of a name, spelled with `-` or `_`. Raises ValueError that names the nearest."""
    key = name.strip().lower().replace("-", "_")
    if found := METRICS.get(key):
        return found
    near = difflib.get_close_matches(key, METRICS, 1, 0.4)
    listed = [metric.name for metric in _METRICS] + ["robustness.CORRUPTION.STRENGTH"]
    hint = f"; did you mean “{near[0]}”?" if near else f" ({', '.join(listed)})"
    raise ValueError(f"there is no metric “{name}”{hint}")
