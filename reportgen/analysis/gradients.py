"""All automatic differentiation: gradients of class scores, and gradient ascent in pixel space."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

ScoreGradients = Callable[
    [Any],
    tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.float32]],
]


def score_gradients(
    network: "Network", layer: str, top: int, chosen: int | None = None
) -> ScoreGradients:
    """A function that differentiates class scores with respect to a layer's maps.

    For preprocessed images (N, H, W, C) it returns the layer's maps (N, h, w, channels), the
    classes (N, K) and the gradients of their scores (K, N, h, w, channels). The classes are those
    of the `top` highest scores, highest first, or the `chosen` one alone. Scores are taken before
    softmax or sigmoid.
    """
    import tensorflow as tf

    head = network.class_scores
    if head is None or not head.head.classes:
        raise ValueError("the model has no class scores")
    count = 1 if chosen is not None else min(top, head.head.classes)

    @tf.function(reduce_retracing=True)
    def graph(values: Any) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            found: dict[str, Any] = {}

            def watch(path: str, output: Any) -> None:
                if path == layer:
                    tape.watch(output)
                    found[path] = output

            (_, behind), (_, before) = network.run(values, [layer, head.path], watch)
            scores = head.scores(behind, before)
            if chosen is None:
                classes = tf.math.top_k(scores, count).indices
            else:
                classes = tf.fill([tf.shape(scores)[0], 1], chosen)
            picked = [tf.gather(scores, classes[:, k], batch_dims=1) for k in range(count)]
        gradients = [
            tape.gradient(one, found[layer], unconnected_gradients="zero") for one in picked
        ]
        maps = network.maps(found[layer], layer)
        return maps, classes, tf.stack([network.maps(one, layer) for one in gradients])

    def compute(values: Any) -> Any:
        maps, classes, gradients = graph(tf.constant(values, tf.float32))
        return maps.numpy(), classes.numpy(), gradients.numpy()

    return compute
