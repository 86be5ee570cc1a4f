"""The layers in front of the first that has learnt: preprocessing that the model does itself."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from reportgen.inputs.graph.steps import Step
from reportgen.inputs.preprocessing import EntryLayer


def entry_layers(steps: Iterable[Step]) -> list[EntryLayer]:
    """The layers up to the first with learnt weights, with the pixel values they are made for.

    A frozen layer has learnt too; only Normalization has weights that are preprocessing.
    """
    found = []
    for step in steps:
        learnt = isinstance(step.layer, keras.layers.Layer) and bool(step.layer.weights)
        if learnt and not isinstance(step.layer, keras.layers.Normalization):
            break
        lowest, highest = _values_made_for(step.layer)
        found.append(EntryLayer(step.path, type(step.layer).__name__, highest, lowest))
    return found


def _values_made_for(layer: Any) -> tuple[float | None, float | None]:
    """The pixel values that a layer which rescales brings to -1 (or 0) and 1.

    Of one that normalises those a deviation below and two above the mean; dark pictures, such as
    digits on black, have their mean close to the lowest value.
    """
    if isinstance(layer, keras.layers.Rescaling):
        scale = np.asarray(layer.scale, np.float64)
        offset = np.asarray(layer.offset, np.float64)
        if np.isfinite(scale).all() and (scale > 0).all():
            lowest = np.where(offset < 0, -1.0, 0.0)
            return float(np.min((lowest - offset) / scale)), float(np.max((1 - offset) / scale))
    if isinstance(layer, keras.layers.Normalization):
        mean, variance = (getattr(layer, name, None) for name in ("mean", "variance"))
        if mean is not None and variance is not None:
            spread = np.sqrt(np.asarray(variance))
            return float(np.min(mean - spread)), float(np.max(mean + 2 * spread))
    return None, None
