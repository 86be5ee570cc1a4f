"""One channel or class of each image, by masks: exact, and its gradient needs no scattering."""

from typing import Any


def picked(values: Any, numbers: Any) -> Any:
    """Of values (N, ..., C) those of the channel `numbers` (N,) of each image: (N, ...)."""
    from keras import ops

    channels = ops.arange(values.shape[-1], dtype="int32")
    chosen = channels[None] == ops.cast(numbers, "int32")[:, None]
    shape = ops.shape(chosen)
    middle = (1,) * (len(values.shape) - 2)
    mask = ops.reshape(chosen, (shape[0], *middle, shape[1]))
    return ops.sum(ops.where(mask, values, ops.zeros_like(values)), axis=-1)
