"""All automatic differentiation: gradients of class scores, and gradient ascent in pixel space."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

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

Painting = Callable[
    [npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.float32]],
    tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
]

Dreaming = Callable[[npt.NDArray[np.float32]], tuple[float, npt.NDArray[np.float32]]]

Ascent = Callable[
    [npt.NDArray[np.float32], npt.NDArray[np.int32], int],
    tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]],
]


def score_gradients(network: "Network", layer: str, top: int | None) -> ScoreGradients:
    """A function that differentiates class scores with respect to a layer's maps.

    For preprocessed images (N, H, W, C) it returns the layer's maps (N, h, w, channels), the
    classes (N, K) and the gradients of their scores (K, N, h, w, channels). The classes are those
    of the `top` highest scores, highest first, or where `top` is None, the one that it is called
    with. Scores are taken before softmax or sigmoid.
    """
    import tensorflow as tf

    head = _class_scores(network)
    count = 1 if top is None else min(top, head.head.classes)

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(values: Any, chosen: Any) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            watched, scores = _watched(network, head, layer, values, tape)
            if top is not None:
                classes = tf.math.top_k(scores, count).indices
            else:
                classes = tf.fill([tf.shape(scores)[0], 1], chosen)
            picked = [tf.gather(scores, classes[:, k], batch_dims=1) for k in range(count)]
        gradients = [tape.gradient(one, watched, unconnected_gradients="zero") for one in picked]
        maps = network.maps(watched, layer)
        return maps, classes, tf.stack([network.maps(one, layer) for one in gradients])

    def compute(values: Any, chosen: int | None = None) -> Any:
        wanted = tf.constant(0 if chosen is None else chosen, tf.int32)
        maps, classes, gradients = graph(tf.constant(values, tf.float32), wanted)
        return maps.numpy(), classes.numpy(), gradients.numpy()

    return compute


def class_gradients(network: "Network", layer: str) -> ClassGradients:
    """As `score_gradients`, but each image (N, H, W, C) comes with its own class (N,).

    Returns the layer's maps and the gradients of the scores, both (N, h, w, channels).
    """
    import tensorflow as tf

    head = _class_scores(network)

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(values: Any, classes: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            watched, scores = _watched(network, head, layer, values, tape)
            picked = tf.gather(scores, classes, batch_dims=1)
        slope = tape.gradient(picked, watched, unconnected_gradients="zero")
        return network.maps(watched, layer), network.maps(slope, layer)

    def compute(values: Any, classes: npt.NDArray[np.int32]) -> Any:
        maps, slope = graph(tf.constant(values, tf.float32), tf.constant(classes, tf.int32))
        return maps.numpy(), slope.numpy()

    return compute


def _class_scores(network: "Network") -> "ClassScores":
    """The class scores of the network; raises ValueError where it has none."""
    head = network.class_scores
    if head is None or not head.head.classes:
        raise ValueError("the model has no class scores")
    return head


def _watched(
    network: "Network", head: "ClassScores", layer: str, values: Any, tape: Any
) -> tuple[Any, Any]:
    """A layer's output, watched by the tape, and the class scores that follow from it."""
    found: dict[str, Any] = {}

    def watch(path: str, output: Any) -> None:
        if path == layer:
            tape.watch(output)
            found[path] = output

    (_, behind), (_, before) = network.run(values, [layer, head.path], watch)
    return found[layer], head.scores(behind, before)


def ascent(
    network: "Network", prepare: Callable[[Any], Any], layer: str, *, opened: bool = False
) -> Ascent:
    """A function that changes images so that the mean activation of a layer's channels rises.

    It takes images (N, H, W, C) in pixels, 0..255, a channel (N,) for each of them, and a number of
    steps; it returns the images and each one's mean activation (N,) before and after. `prepare`
    makes of pixels what the network takes, by operations that pass gradients.

    A step adds the gradient divided by its root mean square over the image, so it is one pixel
    level large (Chollet, Deep Learning with Python, 2017, 5.4), and keeps the values in 0..255.
    The gradient is that of the response before the activation function at the positions that
    `_height` chooses. With `opened`, blocked activation functions on the way let it through.
    """
    import tensorflow as tf

    from reportgen.inputs.tracing import open_activations

    def responses(pixels: Any, channels: Any) -> tuple[Any, Any]:
        with open_activations() if opened else contextlib.nullcontext():
            return network.channels(prepare(pixels), layer, channels)

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(pixels: Any, channels: Any, steps: Any) -> Any:
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

    def compute(pixels: Any, channels: Any, steps: int) -> Any:
        climbed, start, end = graph(
            tf.constant(pixels, tf.float32), tf.constant(channels, tf.int32), tf.constant(steps)
        )
        return climbed.numpy(), start.numpy(), end.numpy()

    return compute


def painting(
    network: "Network",
    prepare: Callable[[Any], Any],
    layer: str,
    picture: Callable[[Any, Any], Any],
    *,
    opened: bool = False,
) -> Painting:
    """A function that differentiates channels with respect to what images are made of.

    `picture` makes images (N, H, W, C) in pixels, 0..255, of parameters (N, ...) and a view of them
    (any array). The function takes parameters, a channel (N,) for each and a view; it returns the
    mean activations (N,), and the gradients of what `ascent` climbs too, shaped as the parameters.
    With `opened`, blocked activation functions on the way let them through.
    """
    import tensorflow as tf

    from reportgen.inputs.tracing import open_activations

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(parameters: Any, channels: Any, view: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            pixels = picture(parameters, view)
            with open_activations() if opened else contextlib.nullcontext():
                behind, before = network.channels(prepare(pixels), layer, channels)
            height = _height(behind, before)
        slope = tape.gradient(height, parameters, unconnected_gradients="zero")
        return tf.reduce_mean(behind, [1, 2]), slope

    def compute(parameters: Any, channels: Any, view: Any) -> Any:
        scores, slope = graph(
            tf.constant(parameters, tf.float32),
            tf.constant(channels, tf.int32),
            tf.constant(view, tf.float32),
        )
        return scores.numpy(), slope.numpy()

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
