"""One batch on all GPUs of a machine: each computes a part of it, side by side."""

from collections.abc import Callable, Sequence
from typing import Any


def spread_over(devices: Sequence[str], compute: Callable[..., Any]) -> Callable[..., Any]:
    """The function `compute`, its batch divided among `devices`; with less than two, itself.

    For use inside a `tf.function`. All its arguments and results (a tensor, or nested ones; None
    stays None) have the images as their first axis. The weights stay where they are: what the other
    devices need of them is copied in every pass. A batch smaller than the number of devices is
    computed on one.
    """
    if len(devices) < 2:
        return compute
    import tensorflow as tf

    def spread(*batches: Any) -> Any:
        known = batches[0].shape[0]
        if known is not None and known < len(devices):
            return compute(*batches)
        count = tf.shape(batches[0])[0]
        shares = [(count + at) // len(devices) for at in range(len(devices))]
        pieces = [tf.split(one, shares, num=len(devices)) for one in batches]
        found = []
        for at, device in enumerate(devices):
            with tf.device(device):
                found.append(compute(*(piece[at] for piece in pieces)))
        return tf.nest.map_structure(_joined, *found)

    def _joined(*parts: Any) -> Any:
        return None if parts[0] is None else tf.concat(parts, 0)

    return spread
