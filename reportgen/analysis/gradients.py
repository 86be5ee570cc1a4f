"""Gradients of class scores, with respect to a layer's maps or to the image.

All automatic differentiation is here and in `ascents`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.devices import graph_over

if TYPE_CHECKING:
    from reportgen.inputs.head import ClassScores
    from reportgen.inputs.network import Network

ScoreGradients = Callable[
    ...,
    tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.float32]],
]

ClassGradients = Callable[
    [Any, npt.NDArray[np.int32]], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
]

DepthGradients = Callable[
    ...,
    tuple[
        list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]],
        npt.NDArray[np.int32],
    ],
]

ImageGradients = Callable[[Any, npt.NDArray[np.int32]], npt.NDArray[np.float32]]


def score_gradients(
    network: "Network", layer: str, top: int | None, places: Sequence[str] = ()
) -> ScoreGradients:
    """A function that differentiates class scores with respect to a layer's maps.

    For preprocessed images (N, H, W, C) it returns the layer's maps (N, h, w, channels), the
    classes (N, K) and the gradients of their scores (K, N, h, w, channels). The classes are those
    of the `top` highest scores, highest first, or where `top` is None, the one, or the several,
    that it is called with. Scores are taken before softmax or sigmoid. `places` are the devices
    that share a batch.
    """
    import tensorflow as tf

    head = class_scores(network)

    def differentiate(values: Any, chosen: Any) -> Any:
        count = int(chosen.shape[1]) if top is None else min(top, head.head.classes)
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            (watched,), scores = _watched(network, head, [layer], values, tape)
            classes = chosen if top is None else tf.math.top_k(scores, count).indices
            picked = [tf.gather(scores, classes[:, k], batch_dims=1) for k in range(count)]
        gradients = [tape.gradient(one, watched, unconnected_gradients="zero") for one in picked]
        maps = network.maps(watched, layer)
        return maps, classes, tf.stack([network.maps(one, layer) for one in gradients], 1)

    graph = graph_over(places, differentiate)

    def compute(values: Any, chosen: int | Sequence[int] | None = None) -> Any:
        one = np.atleast_1d(0 if chosen is None else chosen).astype(np.int32)
        wanted = tf.constant(np.tile(one, (len(values), 1)))
        maps, classes, gradients = graph(tf.constant(values, tf.float32), wanted)
        return maps.numpy(), classes.numpy(), np.moveaxis(gradients.numpy(), 1, 0)

    return compute


def class_gradients(network: "Network", layer: str, places: Sequence[str] = ()) -> ClassGradients:
    """As `score_gradients`, but each image (N, H, W, C) comes with its own class (N,).

    Returns the layer's maps and the gradients of the scores, both (N, h, w, channels).
    """
    import tensorflow as tf

    head = class_scores(network)

    def differentiate(values: Any, classes: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            (watched,), scores = _watched(network, head, [layer], values, tape)
            picked = tf.gather(scores, classes, batch_dims=1)
        slope = tape.gradient(picked, watched, unconnected_gradients="zero")
        return network.maps(watched, layer), network.maps(slope, layer)

    graph = graph_over(places, differentiate)

    def compute(values: Any, classes: npt.NDArray[np.int32]) -> Any:
        maps, slope = graph(tf.constant(values, tf.float32), tf.constant(classes, tf.int32))
        return maps.numpy(), slope.numpy()

    return compute


def depth_gradients(
    network: "Network", layers: Sequence[str], places: Sequence[str] = ()
) -> DepthGradients:
    """A function that differentiates one class score with respect to several layers at once.

    For preprocessed images (N, H, W, C) it returns each layer's maps and gradients, both
    (N, h, w, channels), and the classes (N,): the one that it is called with, else the image's
    own with the highest score.
    """
    import tensorflow as tf

    head = class_scores(network)

    def differentiate(values: Any, chosen: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            watched, scores = _watched(network, head, layers, values, tape)
            likeliest = tf.argmax(scores, axis=1, output_type=tf.int32)
            classes = tf.where(chosen < 0, likeliest, chosen)
            picked = tf.gather(scores, classes, batch_dims=1)
        slopes = tape.gradient(picked, watched, unconnected_gradients="zero")
        pairs = [
            (network.maps(one, path), network.maps(slope, path))
            for path, one, slope in zip(layers, watched, slopes, strict=True)
        ]
        return pairs, classes

    graph = graph_over(places, differentiate)

    def compute(values: Any, chosen: int | None = None) -> Any:
        wanted = tf.fill([len(values)], tf.constant(-1 if chosen is None else chosen, tf.int32))
        pairs, classes = graph(tf.constant(values, tf.float32), wanted)
        return [(one.numpy(), slope.numpy()) for one, slope in pairs], classes.numpy()

    return compute


def image_gradients(network: "Network", places: Sequence[str] = ()) -> ImageGradients:
    """A function that differentiates class scores with respect to the image itself.

    It takes preprocessed images (N, H, W, C), each with its own class (N,), and returns gradients
    (N, H, W, C).
    """
    import tensorflow as tf

    head = class_scores(network)

    def differentiate(values: Any, classes: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            (behind,), (before,) = network.run(values, [head.path])
            picked = tf.gather(head.scores(behind, before), classes, batch_dims=1)
        return tape.gradient(picked, values, unconnected_gradients="zero")

    graph = graph_over(places, differentiate)

    def compute(values: Any, classes: npt.NDArray[np.int32]) -> Any:
        slope = graph(tf.constant(values, tf.float32), tf.constant(classes, tf.int32))
        return slope.numpy()

    return compute


def class_scores(network: "Network") -> "ClassScores":
    """The class scores of the network; raises ValueError where it has none."""
    head = network.class_scores
    if head is None or not head.head.classes:
        raise ValueError("the model has no class scores")
    return head


def _watched(
    network: "Network", head: "ClassScores", layers: Sequence[str], values: Any, tape: Any
) -> tuple[list[Any], Any]:
    """The layers' outputs, watched by the tape, and the class scores that follow from them."""
    found: dict[str, Any] = {}

    def watch(path: str, output: Any) -> None:
        if path in layers:
            tape.watch(output)
            found[path] = output

    behind, before = network.run(values, [*layers, head.path], watch)
    return [found[path] for path in layers], head.scores(behind[-1], before[-1])
