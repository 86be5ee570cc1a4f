"""Numbers that are none: weights that are NaN or infinite, and scores that name no class."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.records.model import NotFinite

if TYPE_CHECKING:
    from reportgen.inputs.graph.steps import Step


def tells_classes(scores: Iterable[float], probabilities: Iterable[float]) -> bool:
    """Whether class scores and probabilities name a class.

    NaN and positive infinity name none. A score of minus infinity excludes its class, as a mask
    does, and leaves the others as they are.
    """
    given, likely = np.array([*scores], np.float64), np.array([*probabilities], np.float64)
    if np.isnan(given).any() or np.isposinf(given).any():
        return False
    return bool(np.isfinite(likely).all())


def weights_not_finite(model: Any, steps: Iterable["Step"]) -> list[NotFinite]:
    """The weights of a model that hold NaN or infinity, in the order of computation.

    A shared layer counts once, under the path at which it is called first.
    """
    seen: set[int] = set()
    found = []
    layers = [(step.path, step.layer) for step in steps]
    for path, layer in [*layers, (str(model.name), model)]:
        for weight in getattr(layer, "weights", ()):
            if id(weight) in seen or "float" not in str(weight.dtype):
                continue
            seen.add(id(weight))
            values = np.asarray(weight)
            finite = np.count_nonzero(np.isfinite(values.astype(np.float32)))
            if count := values.size - int(finite):
                named = {"layer": path, "weight": str(weight.name)}
                found.append(NotFinite(**named, count=count, size=values.size))
    return found
