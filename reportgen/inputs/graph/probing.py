"""Layers of the user's own, tried out on random values: where they put what, and what they read."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from reportgen.inputs.graph.steps import Step

Values = npt.NDArray[np.float32]

_MOST_MORE = 8
"""Most tokens that count as class and register tokens."""

_MOST_VALUES = 4_000_000
"""Largest input that a layer is tried out on."""


def is_own(layer: Any) -> bool:
    """Whether the layer's code is not Keras's."""
    return isinstance(layer, keras.layers.Layer) and not type(layer).__module__.startswith("keras.")


def patches_of(
    step: Step, height: int, width: int, tokens: int
) -> tuple[int, int, int, int] | None:
    """The grid that a layer cuts maps (height, width) into, row by row, for so many tokens.

    Returns rows, columns, and the tokens before and behind the grid; None where there is no such
    grid: the patch in each of three corners must change one token, the one of its place.
    """
    for size in range(1, min(height, width) + 1):
        rows, columns = height // size, width // size
        if not 0 <= tokens - rows * columns <= _MOST_MORE:
            continue
        corners = [(0, 0), (0, columns - 1), (rows - 1, columns - 1)]
        boxes = [
            (slice(row * size, (row + 1) * size), slice(column * size, (column + 1) * size))
            for row, column in corners
        ]
        changed = _changed(step, [(slice(None), *box) for box in boxes], axis=1)
        if changed is None or any(len(entries) != 1 for entries in changed):
            continue
        first, right, last = (entries[0] for entries in changed)
        if right - first == columns - 1 and last - first == rows * columns - 1:
            return rows, columns, first, tokens - rows * columns - first
    return None


def shifted(step: Step, axis: int, more: int) -> tuple[int, int] | None:
    """How many tokens a layer that has `more` on its output puts before and behind its input's.

    None where it does not keep tokens apart.
    """
    shape = step.inputs[0].shape
    size = int(shape[axis] or 1)
    if not 0 < more <= _MOST_MORE or axis != 1:
        return None
    changed = _changed(step, [(slice(None), 0), (slice(None), size - 1)], axis=1)
    if changed is None or any(len(entries) != 1 for entries in changed):
        return None
    first, last = changed[0][0], changed[1][0]
    return (first, more - first) if last - first == size - 1 else None


def reads(step: Step, at: int, places: Values) -> bool:
    """Whether the output depends on those entries of its first input's axis `at` that are True.

    True as well where that cannot be found out.
    """
    key = (*[slice(None)] * at, places)
    try:
        changed = _outputs(step, [key])
    except Exception:
        return True
    return changed is None or bool((changed[0] != changed[1]).any())


def _changed(step: Step, keys: list[Any], axis: int) -> list[list[int]] | None:
    """For each part of the input, the entries along the output's axis that change with it."""
    try:
        outputs = _outputs(step, keys)
    except Exception:
        return None
    if outputs is None:
        return None
    rest = tuple(k for k in range(outputs[0].ndim) if k != axis)
    return [
        [int(at) for at in np.flatnonzero((output != outputs[0]).any(axis=rest))]
        for output in outputs[1:]
    ]


def _outputs(step: Step, keys: list[Any]) -> list[Values] | None:
    """What the step computes of random values, then with each of these parts changed."""
    if len(step.inputs) != 1:
        return None
    shape = [1 if size is None else int(size) for size in step.inputs[0].shape]
    if step.frames or int(np.prod(shape)) > _MOST_VALUES:
        return None
    random = np.random.default_rng(0)
    given: Values = random.uniform(0.2, 0.8, shape).astype(np.float32)
    found = []
    for key in (None, *keys):
        values = given.copy()
        if key is not None:
            values[key] = 1.0 - values[key] ** 2
        found.append(np.asarray(keras.ops.convert_to_numpy(step.compute(values)), np.float32))
    return found
