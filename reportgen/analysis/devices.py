"""One batch on all GPUs of a machine, for graphs that are still TensorFlow's own."""

from collections.abc import Callable, Sequence
from typing import Any


def graph_over(devices: Sequence[str], compute: Callable[..., Any]) -> Callable[..., Any]:
    """The function `compute` as one TensorFlow graph, its batch divided among `devices`."""
    import tensorflow as tf

    from reportgen.analysis.engine.tensorflow import spread_over

    graph: Callable[..., Any] = tf.function(
        spread_over(devices, compute), reduce_retracing=True, autograph=False
    )
    return graph
