"""One batch on all GPUs of a machine: each computes a part of it, side by side."""

from collections.abc import Callable, Sequence
from typing import Any


def graph_over(devices: Sequence[str], compute: Callable[..., Any]) -> Callable[..., Any]:
    """The function `compute` as one TensorFlow graph, its batch divided among `devices`.

    Its positional arguments and its results (a tensor, or nested ones; None stays None) have the
    images as their first axis; keyword arguments are the same for all images. The weights stay
    where they are: what the other devices need of them is copied in every pass. A batch smaller
    than the number of devices is computed on one, or filled up.
    """
    import tensorflow as tf

    graph: Callable[..., Any] = tf.function(
        _spread_over(devices, compute), reduce_retracing=True, autograph=False
    )
    return graph


def _spread_over(devices: Sequence[str], compute: Callable[..., Any]) -> Callable[..., Any]:
    """What `graph_over` makes a graph of; with less than two devices, `compute`."""
    if len(devices) < 2:
        return compute
    import tensorflow as tf

    def spread(*batches: Any, **shared: Any) -> Any:
        known = batches[0].shape[0]
        if known is not None and known < len(devices):
            return compute(*batches, **shared)
        count = tf.shape(batches[0])[0]
        filled = count
        if known is None:
            # No device may be left without an image: the last one is repeated.
            filled = tf.maximum(count, len(devices))
            order = tf.minimum(tf.range(filled), count - 1)
            batches = tuple(tf.gather(one, order) for one in batches)
        shares = [(filled + at) // len(devices) for at in range(len(devices))]
        pieces = [tf.split(one, shares, num=len(devices)) for one in batches]
        found = []
        for at, device in enumerate(devices):
            with tf.device(device):
                found.append(compute(*(piece[at] for piece in pieces), **shared))
        return tf.nest.map_structure(lambda *parts: _joined(parts, count), *found)

    def _joined(parts: Sequence[Any], count: Any) -> Any:
        return None if parts[0] is None else tf.concat(parts, 0)[:count]

    return spread
