"""Gradient ascent in the space of images: what raises a channel, step by step.

All automatic differentiation is here and in `gradients`.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.devices import graph_over

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

NEIGHBOURHOOD = 4
"""Side, in positions of a layer's map, of the squares that gradient ascent wakes one by one."""

Painting = Callable[
    [npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.float32]],
    tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
]

Dreaming = Callable[[npt.NDArray[np.float32]], tuple[float, npt.NDArray[np.float32]]]

Ascent = Callable[
    [npt.NDArray[np.float32], npt.NDArray[np.int32], int],
    tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]],
]


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

    responses = _responses(network, prepare, layer, opened=opened)

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
                tf.cond(done < steps, lambda: changed, lambda: pixels),
                tf.where(done == 0, score, start),
                score,
            )

        # One round more than steps: the last only measures what the last step led to.
        none = tf.zeros_like(channels, tf.float32)
        return tf.while_loop(
            lambda done, *_: done <= steps, step, (0, pixels, none, none), parallel_iterations=1
        )[1:]

    graph = graph_over(places, climb)

    def compute(pixels: Any, channels: Any, steps: int) -> Any:
        climbed, start, end = graph(
            tf.constant(pixels, tf.float32),
            tf.constant(channels, tf.int32),
            steps=tf.constant(steps),
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
    places: Sequence[str] = (),
) -> Painting:
    """A function that differentiates channels with respect to what images are made of.

    `picture` makes images (N, H, W, C) in pixels, 0..255, of parameters (N, ...) and a view of them
    (any array). The function takes parameters, a channel (N,) for each and a view; it returns the
    mean activations (N,), and the gradients of what `ascent` climbs too, shaped as the parameters.
    With `opened`, blocked activation functions on the way let them through. `places` are the
    devices that share a batch.
    """
    import tensorflow as tf

    responses = _responses(network, prepare, layer, opened=opened)

    def paint(parameters: Any, channels: Any, view: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            behind, before = responses(picture(parameters, view), channels)
            height = _height(behind, before)
        slope = tape.gradient(height, parameters, unconnected_gradients="zero")
        return tf.reduce_mean(behind, [1, 2]), slope

    graph = graph_over(places, paint)

    def compute(parameters: Any, channels: Any, view: Any) -> Any:
        scores, slope = graph(
            tf.constant(parameters, tf.float32),
            tf.constant(channels, tf.int32),
            view=tf.constant(view, tf.float32),
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

    def differentiate(pixels: Any) -> Any:
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

    # One image: there is nothing to divide.
    graph = graph_over((), differentiate)

    def compute(pixels: Any) -> Any:
        response, slope = graph(tf.constant(pixels[None], tf.float32))
        return float(response), slope.numpy()[0]

    return compute


def _responses(
    network: "Network", prepare: Callable[[Any], Any], layer: str, *, opened: bool
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """From pixels (N, H, W, C) and channels (N,) to `Network.channels`; see `ascent`."""
    from reportgen.inputs.tracing import open_activations

    def responses(pixels: Any, channels: Any) -> tuple[Any, Any]:
        with open_activations() if opened else contextlib.nullcontext():
            return network.channels(prepare(pixels), layer, channels)

    return responses


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
