"""All automatic differentiation: gradients of class scores, and gradient ascent in pixel space."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.devices import spread_over

if TYPE_CHECKING:
    from reportgen.inputs.head import ClassScores
    from reportgen.inputs.network import Network

NEIGHBOURHOOD = 4
"""Side, in positions of a layer's map, of the squares that gradient ascent wakes one by one."""

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

Dreaming = Callable[[npt.NDArray[np.float32]], tuple[float, npt.NDArray[np.float32]]]

Ascent = Callable[
    [npt.NDArray[np.float32], npt.NDArray[np.int32], int],
    tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]],
]


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

    graph = tf.function(spread_over(places, differentiate), reduce_retracing=True, autograph=False)

    def compute(values: Any, chosen: int | Sequence[int] | None = None) -> Any:
        one = np.atleast_1d(0 if chosen is None else chosen).astype(np.int32)
        wanted = tf.constant(np.tile(one, (len(values), 1)))
        maps, classes, gradients = graph(tf.constant(values, tf.float32), wanted)
        return maps.numpy(), classes.numpy(), np.moveaxis(gradients.numpy(), 1, 0)

    return compute


def class_gradients(network: "Network", layer: str) -> ClassGradients:
    """As `score_gradients`, but each image (N, H, W, C) comes with its own class (N,).

    Returns the layer's maps and the gradients of the scores, both (N, h, w, channels).
    """
    import tensorflow as tf

    head = class_scores(network)

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(values: Any, classes: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            (watched,), scores = _watched(network, head, [layer], values, tape)
            picked = tf.gather(scores, classes, batch_dims=1)
        slope = tape.gradient(picked, watched, unconnected_gradients="zero")
        return network.maps(watched, layer), network.maps(slope, layer)

    def compute(values: Any, classes: npt.NDArray[np.int32]) -> Any:
        maps, slope = graph(tf.constant(values, tf.float32), tf.constant(classes, tf.int32))
        return maps.numpy(), slope.numpy()

    return compute


def depth_gradients(network: "Network", layers: Sequence[str]) -> DepthGradients:
    """A function that differentiates one class score with respect to several layers at once.

    For preprocessed images (N, H, W, C) it returns each layer's maps and gradients, both
    (N, h, w, channels), and the classes (N,): the one that it is called with, else the image's
    own with the highest score.
    """
    import tensorflow as tf

    head = class_scores(network)

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(values: Any, chosen: Any) -> Any:
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

    def compute(values: Any, chosen: int | None = None) -> Any:
        wanted = tf.constant(-1 if chosen is None else chosen, tf.int32)
        pairs, classes = graph(tf.constant(values, tf.float32), wanted)
        return [(one.numpy(), slope.numpy()) for one, slope in pairs], classes.numpy()

    return compute


def image_gradients(network: "Network") -> ImageGradients:
    """A function that differentiates class scores with respect to the image itself.

    It takes preprocessed images (N, H, W, C), each with its own class (N,), and returns gradients
    (N, H, W, C).
    """
    import tensorflow as tf

    head = class_scores(network)

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(values: Any, classes: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            (behind,), (before,) = network.run(values, [head.path])
            picked = tf.gather(head.scores(behind, before), classes, batch_dims=1)
        return tape.gradient(picked, values, unconnected_gradients="zero")

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


def ascent(
    network: "Network",
    prepare: Callable[[Any], Any],
    layer: str,
    *,
    opened: bool = False,
    places: Sequence[str] = (),
) -> Ascent:
    """A function that changes images so that the mean activation of a layer's channels rises.

    It takes images (N, H, W, C) in pixels, 0..255, a channel (N,) for each of them, and a number of
    steps; it returns the images and each one's mean activation (N,) before and after. `prepare`
    makes of pixels what the network takes, by operations that pass gradients.

    A step adds the gradient divided by its root mean square over the image, so it is one pixel
    level large (Chollet, Deep Learning with Python, 2017, 5.4), and keeps the values in 0..255.
    The gradient is that of the response before the activation function at the positions that
    `_height` chooses. With `opened`, blocked activation functions on the way let it through.
    `places` are the devices that share a batch.
    """
    import tensorflow as tf

    from reportgen.inputs.tracing import open_activations

    def responses(pixels: Any, channels: Any) -> tuple[Any, Any]:
        with open_activations() if opened else contextlib.nullcontext():
            return network.channels(prepare(pixels), layer, channels)

    def climb(pixels: Any, channels: Any, steps: Any) -> Any:
        def step(done: Any, pixels: Any, start: Any, _: Any) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(pixels)
                behind, before = responses(pixels, channels)
                height = _height(behind, before)
            slope = tape.gradient(height, pixels, unconnected_gradients="zero")
            score = tf.reduce_mean(behind, [1, 2])
            changed = tf.clip_by_value(pixels + _unit(slope), 0.0, 255.0)
            return (
                done + 1,
                tf.where(done < steps, changed, pixels),
                tf.where(done == 0, score, start),
                score,
            )

        # One round more than steps: the last only measures what the last step led to.
        none = tf.zeros_like(channels, tf.float32)
        return tf.while_loop(
            lambda done, *_: done <= steps, step, (0, pixels, none, none), parallel_iterations=1
        )[1:]

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(pixels: Any, channels: Any, steps: Any) -> Any:
        shared = spread_over(places, lambda part, chosen: climb(part, chosen, steps))
        return shared(pixels, channels)

    def compute(pixels: Any, channels: Any, steps: int) -> Any:
        climbed, start, end = graph(
            tf.constant(pixels, tf.float32), tf.constant(channels, tf.int32), tf.constant(steps)
        )
        return climbed.numpy(), start.numpy(), end.numpy()

    return compute


def dreaming(
    network: "Network", prepare: Callable[[Any], Any], layer: str, channel: int | None
) -> Dreaming:
    """A function from one image (H, W, C) in pixels, 0..255, to a response and its gradient.

    The response is the mean of the channel, or of the squares of the whole layer. Where nothing
    responds, the gradient, of the image's shape, is that of the strongest position before the
    activation function instead.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(pixels: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pixels)
            (behind,), (before,) = network.run(prepare(pixels), [layer])
            maps, waiting = network.maps(behind, layer), network.maps(before, layer)
            if channel is None:
                response = tf.reduce_mean(tf.square(maps))
            else:
                response = tf.reduce_mean(maps[..., channel])
                maps, waiting = maps[..., channel], waiting[..., channel]
            silent = tf.reduce_all(maps == 0.0)
            climbed = tf.where(silent, tf.reduce_max(waiting), response)
        return response, tape.gradient(climbed, pixels, unconnected_gradients="zero")

    def compute(pixels: Any) -> Any:
        response, slope = graph(tf.constant(pixels[None], tf.float32))
        return float(response), slope.numpy()[0]

    return compute


def _height(behind: Any, before: Any) -> Any:
    """What an ascent climbs, from a channel's response (N, h, w) behind and before its activation.

    Where the channel responds, the response: its gradient is that of the mean activation. A ReLU
    blocks the other positions. In a neighbourhood without any response, its strongest position
    before the ReLU is climbed until it responds; the mean of all blocked positions would only
    flatten the image, since most pull against the few that can be woken.
    """
    import tensorflow as tf

    blocked = (behind == 0.0) & (before <= 0.0)
    highest = tf.nn.max_pool2d(before[..., None], NEIGHBOURHOOD, NEIGHBOURHOOD, "SAME")
    responds = tf.cast(~blocked, tf.float32)[..., None]
    responds = tf.nn.max_pool2d(responds, NEIGHBOURHOOD, NEIGHBOURHOOD, "SAME")
    return tf.reduce_sum(tf.where(blocked, 0.0, before)) + tf.reduce_sum(
        tf.where(responds > 0, 0.0, highest)
    )


def _unit(slope: Any) -> Any:
    """Each image's gradient (N, H, W, C) divided by its root mean square; zero where it is zero."""
    import tensorflow as tf

    # Divided by its largest value first: squares of small gradients would vanish.
    slope = tf.math.divide_no_nan(slope, tf.reduce_max(tf.abs(slope), [1, 2, 3], keepdims=True))
    size = tf.sqrt(tf.reduce_mean(tf.square(slope), [1, 2, 3], keepdims=True))
    return tf.math.divide_no_nan(slope, size)
