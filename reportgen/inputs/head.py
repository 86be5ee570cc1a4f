"""Find the class scores: what the network computes before softmax or sigmoid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras

from reportgen.inputs.tracing import Step, Trace
from reportgen.records.report import Head

_PASSING = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianNoise,
    keras.layers.GaussianDropout,
    keras.layers.AlphaDropout,
    keras.layers.ActivityRegularization,
    keras.layers.Identity,
)

Kind = Literal["softmax", "sigmoid", "linear", "other"]


@dataclass(frozen=True)
class ClassScores:
    """Where the class scores stand: a step, and whether to take it before its activation."""

    head: Head
    path: str
    before: bool

    def scores(self, behind: Any, before: Any) -> Any:
        """Class scores (N, classes) from the layer's two outputs."""
        values = keras.ops.cast(before if self.before else behind, "float32")
        if len(values.shape) == 4:
            values = keras.ops.mean(values, axis=(1, 2))
        if self.head.activation == "sigmoid" and self.head.units == 1:
            return keras.ops.concatenate([-values, values], axis=-1)
        return values

    def probabilities(self, behind: Any, before: Any) -> Any:
        """Probabilities (N, classes) in 0..1; a map's are averaged over its positions."""
        values = keras.ops.cast(before if self.before else behind, "float32")
        if self.head.activation == "sigmoid":
            values = keras.ops.sigmoid(values)
        else:
            values = keras.ops.softmax(values, axis=-1)
        if len(values.shape) == 4:
            values = keras.ops.mean(values, axis=(1, 2))
        if self.head.activation == "sigmoid" and self.head.units == 1:
            return keras.ops.concatenate([1 - values, values], axis=-1)
        return values


def find_class_scores(
    trace: Trace, names: Sequence[str], image_channels: int | None, output: str | None = None
) -> ClassScores | None:
    """The class scores of the output called `output`, else of the first output that classifies.

    `names` are the outputs' names. None for a model without outputs that come from a layer.
    """
    found = [_scores_of(trace, i, name, image_channels) for i, name in enumerate(names)]
    if output is not None:
        return found[list(names).index(output)]
    return next((one for one in found if one and one.head.classes), found[0] if found else None)


def _scores_of(
    trace: Trace, index: int, name: str, image_channels: int | None
) -> ClassScores | None:
    maker = {id(tensor): step for step in trace.steps for tensor in step.outputs}
    step = maker.get(id(trace.outputs[index]))
    while step and isinstance(step.layer, _PASSING) and id(step.inputs[0]) in maker:
        step = maker[id(step.inputs[0])]
    if step is None:
        return None
    kind = activation_kind(step)
    shape = step.outputs[0].shape
    units = int(shape[-1] or 0)
    classes, reason = _classes(kind, shape, units, image_channels)
    head = Head(
        name=name,
        layer=step.path,
        activation=kind,
        units=units,
        classes=classes,
        reason=reason,
    )
    return ClassScores(head, step.path, kind in ("softmax", "sigmoid"))


def activation_kind(step: Step) -> Kind:
    """What the step ends with: softmax, sigmoid, nothing, or something else."""
    function = step.fused_activation
    if function is None:
        if not step.is_activation:
            return "linear"
        function = getattr(step.layer, "activation", step.layer)
    name = getattr(function, "__name__", type(function).__name__).lower()
    kinds: dict[str, Kind] = {"softmax": "softmax", "sigmoid": "sigmoid", "linear": "linear"}
    return kinds.get(name, "other")


def _classes(
    kind: Kind, shape: tuple[int | None, ...], units: int, image_channels: int | None
) -> tuple[int, str]:
    """How many classes an output of this kind tells apart, and why none where it is none."""
    if len(shape) not in (2, 4):
        return 0, f"the output of shape {_times(shape)} is no list of classes"
    if len(shape) == 4 and kind != "softmax" and not (kind == "sigmoid" and units == 1):
        what = "a picture" if units == image_channels else "a stack of maps"
        return 0, f"the output is {what}, not a list of classes"
    if kind == "other":
        return 0, "the output's activation function is neither softmax nor sigmoid"
    if units == 1 and kind != "sigmoid":
        return 0, "the single output is a measurement, not a class"
    return (2 if units == 1 else units), ""


def _times(shape: tuple[int | None, ...]) -> str:
    return " × ".join("?" if n is None else str(n) for n in shape[1:])
