"""Gather what the meaning of an output is concluded from: graph, shapes, names, numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace
from reportgen.inputs.outputs.facts import Evidence
from reportgen.inputs.outputs.graph import Walk
from reportgen.inputs.outputs.losses import Loss, words
from reportgen.inputs.outputs.probe import WITH_UNITS, Probed, form_of, only_units


@dataclass(frozen=True)
class KnownOutput:
    """What is given of one output: its symbolic tensor, name, loss, and the axis of classes.

    `tokens`: its second axis is rows times columns of the picture.
    """

    output: Any
    name: str
    loss: Loss | None
    axis: int
    image_channels: int | None
    tokens: bool


def evidence_of(
    trace: Trace, walk: Walk | None, known: KnownOutput, numbers: Probed | None
) -> Evidence:
    """Everything that the meaning of an output is concluded from."""
    sizes = [int(n or 1) for n in known.output.shape[1:]]
    if known.axis == 1 and len(sizes) == 3:
        sizes = [*sizes[1:], sizes[0]]
    units = sizes[-1] if sizes else 1
    shape = tuple(n for n in sizes[:-1] if n != 1) + ((units,) if sizes else (1,))
    if len(shape) == 2 and units == 1:
        shape, units = (shape[0],), shape[0]
    leaves = walk.leaves if walk else ()
    laid = _flattened_from(walk, units) if len(shape) == 1 else None
    named = [known.name, *(leaf.step.layer.name for leaf in leaves)]
    last = _leaf_size(walk)
    form = form_of(walk, numbers)
    return Evidence(
        form=form,
        activation=_activation_name(walk),
        shape=laid or shape,
        units=laid[-1] if laid else units,
        words=frozenset(word for name in named for word in words(name)),
        loss=known.loss,
        then=tuple(walk.computing) if walk else (),
        norm_one=numbers is not None and numbers.norm_one,
        dense=walk is None or any(_has_units(trace, leaf.step) for leaf in leaves),
        flattened=laid is not None or (known.tokens and len(shape) == 2),
        enlarged=_enlarged(trace, walk, last),
        like_image=(laid or shape)[-1] == known.image_channels,
        rough=walk is not None and walk.kinds == {"share"},
        total=numbers.total if numbers is not None and form == "distribution" else 1.0,
    )


def _activation_name(walk: Walk | None) -> str:
    if walk is None:
        return "the model's own code"
    names = sorted({leaf.activation.name for leaf in walk.leaves})
    if names == ["linear"] and not only_units(walk):
        return ", ".join(sorted({type(leaf.step.layer).__name__ for leaf in walk.leaves}))
    return " and ".join(names)


def _flattened_from(walk: Walk | None, units: int) -> tuple[int, ...] | None:
    """The shape of the maps that were laid out as a row; None where that is no such row.

    Maps behind a ReLU are features, however they are laid out.
    """
    if walk is None or any(leaf.activation.name in ("relu", "relu6") for leaf in walk.leaves):
        return None
    if not any(type(leaf.step.layer).__name__ in WITH_UNITS or leaf.step.is_activation
               for leaf in walk.leaves):  # fmt: skip
        return None
    for step in walk.tail:
        if type(step.layer).__name__ in ("Flatten", "Reshape", "Ravel"):
            shape = [int(n or 1) for n in step.inputs[0].shape[1:]]
            if len(shape) == 3 and shape[0] * shape[1] > 1 and np.prod(shape) == units:
                return tuple(shape)
    return None


def _has_units(trace: Trace, step: Step) -> bool:
    """Whether the step is a dense layer or a last convolution, or normalises a dense layer's."""
    kind = type(step.layer).__name__
    if kind in WITH_UNITS:
        return "Conv" not in kind or step.fused_activation is None
    makers = [
        maker for maker in trace.steps if set(map(id, maker.outputs)) & set(map(id, step.inputs))
    ]
    normalises = step.is_activation or "Normalization" in kind
    return normalises and any(
        type(maker.layer).__name__ in ("Dense", "EinsumDense") for maker in makers
    )


def _leaf_size(walk: Walk | None) -> int:
    """How many positions the leaves' maps have."""
    if walk is None or not walk.leaves:
        return 0
    return max(int(np.prod([n or 1 for n in leaf.step.outputs[0].shape[1:-1]]))
               for leaf in walk.leaves)  # fmt: skip


def _enlarged(trace: Trace, walk: Walk | None, last: int) -> bool:
    """Whether maps inside the network are smaller than those at its end."""
    if walk is None:
        return False
    inside = [
        int(np.prod([n or 1 for n in step.outputs[0].shape[1:-1]]))
        for step in trace.needed([leaf.step.path for leaf in walk.leaves])
        if step.outputs and len(step.outputs[0].shape) == 4
    ]
    return any(1 < size < last for size in inside)
