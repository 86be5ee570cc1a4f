"""The weights of each layer in few numbers, from which reports tell later how far they changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportgen.records.model import LayerWeights

if TYPE_CHECKING:
    from reportgen.inputs.graph.steps import Step

SIZE = 251
"""Numbers of a sketch: a prime, so that no axis of a kernel falls on few of them."""

_SEED = 20140501
_ROWS = 1 << 16
"""Rows of `SIZE` weights that are taken at once: 66 MB."""


def weights_of(steps: Iterable["Step"]) -> list[LayerWeights]:
    """The sketch of each layer with weights, in the order of computation.

    A shared layer stands once, under the path at which it is called first.
    """
    seen: set[int] = set()
    found = []
    for step in steps:
        weights = [
            weight
            for weight in getattr(step.layer, "weights", ())
            if id(weight) not in seen and "float" in str(weight.dtype)
        ]
        seen |= {id(weight) for weight in weights}
        if not weights:
            continue
        parts = [np.asarray(weight).astype(np.float32).ravel() for weight in weights]
        values = parts[0] if len(parts) == 1 else np.concatenate(parts)
        found.append(_described(step.path, values))
    return found


def _described(path: str, values: npt.NDArray[np.float32]) -> LayerWeights:
    norm = float(np.sqrt(np.square(values, dtype=np.float64).sum()))
    if not np.isfinite(norm):
        return LayerWeights(layer=path, size=values.size, norm=None, sketch=[])
    numbers = [float(f"{value:.7g}") for value in sketch(values).tolist()]
    return LayerWeights(layer=path, size=values.size, norm=float(f"{norm:.7g}"), sketch=numbers)


def sketch(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """`SIZE` sums of the values (one axis), each value with a random sign of its position.

    The norm of the difference of two sketches estimates that of the values, without bias in its
    square and with a relative standard error of about 1 / sqrt(2 · `SIZE`), 4.5 %. M. Charikar, K.
    Chen and M. Farach-Colton, "Finding Frequent Items in Data Streams", 2002.
    """
    signs = np.random.PCG64(_SEED)
    total = np.zeros(SIZE)
    for start in range(0, len(values), SIZE * _ROWS):
        part = values[start : start + SIZE * _ROWS]
        padded = np.zeros(-(-len(part) // SIZE) * SIZE, np.float32)
        padded[: len(part)] = part
        raw = signs.random_raw(-(-len(padded) // 64)).astype("<u8").view(np.uint8)
        flips = np.unpackbits(raw)[: len(padded)].astype(np.uint32) << 31
        # The highest bit of a float is its sign.
        signed = (padded.view(np.uint32) ^ flips).view(np.float32)
        total += signed.reshape(-1, SIZE).sum(axis=0, dtype=np.float64)
    return total
