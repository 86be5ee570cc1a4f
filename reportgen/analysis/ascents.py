"""Gradient ascent in the space of images: what raises a channel, step by step.

All automatic differentiation is here and in `gradients`. An ascent's loop runs on the device: only
finished images and their scores leave it.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from reportgen.analysis.devices import graph_over

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Array = npt.NDArray[np.float32]

NEIGHBOURHOOD = 4
"""Side, in positions of a layer's map, of the squares that gradient ascent wakes one by one."""

WINDOW = 16
"""Steps over which the objective is averaged; one average is compared with the one before."""

LEVEL = 0.01
"""Gain from one window to the next, as a share, up to which an ascent has levelled off."""

SIMILARITY = 1.0
"""Share of the objective that a facet loses when it is the same as the others."""

Dreaming = Callable[[Array], tuple[float, Array]]


class Way(Protocol):
    """What an ascent changes, and how a step changes it: functions of tensors on the device.

    The first axis of parameters, slopes and of every tensor of a memory is that of the images.
    """

    def pixels(self, parameters: Any, view: Any, /) -> Any:
        """Images (N, H, W, C) in 0..255 made of parameters (N, ...), as a view (V,) sees them."""

    def begin(self, parameters: Any, /) -> tuple[Any, ...]:
        """What the steps remember of each other, before the first."""

    def step(
        self, parameters: Any, slope: Any, memory: tuple[Any, ...], /
    ) -> tuple[Any, tuple[Any, ...]]:
        """The parameters after a step along their gradient `slope`, and what is remembered."""


class Ascent:
    """Raises one channel of a layer for each of N images, by changing what the images are made of.

    It climbs the response before the activation function at the positions that `_height` chooses;
    with `negative` the opposite of the channel's mean before the activation function. With
    `opened`, blocked activation functions on the way let the gradient through. Every `facets`
    images that follow each other have the same channel, and are driven apart (see `_alike`).
    `prepare` makes of pixels what the network takes, by operations that pass gradients; `places`
    are the devices that share a batch.
    """

    def __init__(
        self,
        network: "Network",
        prepare: Callable[[Any], Any],
        layer: str,
        way: Way,
        *,
        opened: bool = False,
        negative: bool = False,
        facets: int = 1,
        places: Sequence[str] = (),
    ) -> None:
        """Nothing is computed or traced before the first call of a method."""
        self._network, self._prepare, self._layer, self._way = network, prepare, layer, way
        self._opened, self._negative, self._facets = opened, negative, facets
        # Facets of a channel must not be divided among devices.
        together = places if facets == 1 else ()
        self._climbing = graph_over(together, self._climb)
        self._measuring = graph_over(together, self._measure)

    def climb(
        self, parameters: Any, channels: Any, views: Any
    ) -> tuple[Array, npt.NDArray[np.int32]]:
        """The parameters (N, ...) after a step for each of the views (steps, V).

        An image whose objective gains at most `LEVEL` from one `WINDOW` of steps to the next stays
        as it is from then on; when all do, the ascent ends. Returns the steps (N,) made, too.
        """
        import tensorflow as tf

        climbed, steps = self._climbing(
            tf.convert_to_tensor(parameters, tf.float32),
            tf.constant(channels, tf.int32),
            views=tf.constant(views, tf.float32),
        )
        return climbed.numpy(), steps.numpy()

    def measure(self, parameters: Any, channels: Any, view: Any) -> tuple[Array, Array]:
        """The channels' mean activations (N,) for images under a view (V,), and the images.

        With `negative` the means are those before the activation function.
        """
        import tensorflow as tf

        scores, pixels = self._measuring(
            tf.convert_to_tensor(parameters, tf.float32),
            tf.constant(channels, tf.int32),
            view=tf.constant(view, tf.float32),
        )
        return scores.numpy(), pixels.numpy()

    def _climb(self, parameters: Any, channels: Any, views: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        count = tf.shape(views)[0]

        def step(done: Any, climbed: Any, memory: Any, level: _Level) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(climbed)
                objective = self._objective(self._way.pixels(climbed, views[done]), channels)
            slope = tape.gradient(objective, climbed, unconnected_gradients="zero")
            changed, memory = self._way.step(climbed, slope, memory)
            rising = tf.reshape(level.rising, [-1] + [1] * (len(climbed.shape) - 1))
            return done + 1, tf.where(rising, changed, climbed), memory, _next(level, objective)

        _, climbed, _, level = tf.while_loop(
            lambda done, _climbed, _memory, level: (done < count) & tf.reduce_any(level.rising),
            step,
            (0, parameters, self._way.begin(parameters), _bottom(channels)),
            parallel_iterations=1,
        )
        return climbed, level.steps

    def _measure(self, parameters: Any, channels: Any, view: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        pixels = self._way.pixels(parameters, view)
        behind, before = self._network.channels(self._prepare(pixels), self._layer, channels)
        waiting, score = tf.reduce_mean(before, [1, 2]), tf.reduce_mean(behind, [1, 2])
        # A fused ReLU makes zeros of what is no number.
        score = tf.where(tf.math.is_finite(waiting), score, waiting)
        return waiting if self._negative else score, pixels

    def _objective(self, pixels: Any, channels: Any) -> Any:
        """What is climbed, for each image (N,)."""
        import tensorflow as tf

        from reportgen.inputs.tracing import open_activations

        network, path = self._network, self._layer
        with open_activations() if self._opened else contextlib.nullcontext():
            if self._facets == 1:
                behind, before = network.channels(self._prepare(pixels), path, channels)
                return self._of_one(behind, before)
            maps = [
                network.maps(one[0], path) for one in network.run(self._prepare(pixels), [path])
            ]
        behind, before = (
            tf.gather(one, channels[:, None], axis=3, batch_dims=1)[..., 0] for one in maps
        )
        objective = self._of_one(behind, before)
        share = SIMILARITY * _alike(maps[1], self._facets)
        return objective - tf.abs(tf.stop_gradient(objective)) * share

    def _of_one(self, behind: Any, before: Any) -> Any:
        import tensorflow as tf

        return -tf.reduce_sum(before, [1, 2]) if self._negative else _height(behind, before)


class _Level(NamedTuple):
    """How N images rise: all tensors (N,)."""

    rising: Any
    """Whether the image is still changed."""
    steps: Any
    """Steps made."""
    total: Any
    """Sum of the objective in the present window."""
    before: Any
    """Mean of the objective in the window before."""


def _bottom(channels: Any) -> _Level:
    import tensorflow as tf

    zero = tf.zeros_like(channels, tf.float32)
    return _Level(zero == 0.0, tf.zeros_like(channels), zero, zero - np.inf)


def _next(level: _Level, objective: Any) -> _Level:
    """After one more step; `objective` (N,) is that of the images before it."""
    import tensorflow as tf

    steps = level.steps + tf.cast(level.rising, tf.int32)
    total = level.total + objective
    full = level.rising & (steps % WINDOW == 0)
    mean = total / WINDOW
    gains = mean - level.before > LEVEL * tf.abs(mean)
    return _Level(
        level.rising & (gains | ~full),
        steps,
        tf.where(full, 0.0, total),
        tf.where(full, mean, level.before),
    )


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


def _height(behind: Any, before: Any) -> Any:
    """What an ascent climbs, from a channel's response (N, h, w) behind and before its activation.

    Where the channel responds, the response: its gradient is that of the mean activation. A ReLU
    blocks the other positions. In a neighbourhood without any response, its strongest position
    before the ReLU is climbed until it responds; the mean of all blocked positions would only
    flatten the image, since most pull against the few that can be woken. One sum for each image.
    """
    import tensorflow as tf

    blocked = (behind == 0.0) & (before <= 0.0)
    highest = tf.nn.max_pool2d(before[..., None], NEIGHBOURHOOD, NEIGHBOURHOOD, "SAME")
    responds = tf.cast(~blocked, tf.float32)[..., None]
    responds = tf.nn.max_pool2d(responds, NEIGHBOURHOOD, NEIGHBOURHOOD, "SAME")
    return tf.reduce_sum(tf.where(blocked, 0.0, before), [1, 2]) + tf.reduce_sum(
        tf.where(responds > 0, 0.0, highest), [1, 2, 3]
    )


def _alike(maps: Any, facets: int) -> Any:
    """How alike an image's feature maps (N, h, w, C) are to those of its channel's others, (N,).

    The mean cosine similarity of their Gram matrices, between -1 and 1: the diversity term of Olah,
    Mordvintsev and Schubert, "Feature Visualization" (2017). Unlike in their library Lucid, maps
    are centred first: their means would make all Gram matrices alike.
    """
    import tensorflow as tf

    maps -= tf.reduce_mean(maps, [1, 2], keepdims=True)
    gram = tf.einsum("nhwc,nhwd->ncd", maps, maps)
    flat = tf.reshape(gram, [-1, facets, gram.shape[1] * gram.shape[2]])
    flat = tf.math.l2_normalize(flat, axis=2)
    cosines = tf.matmul(flat, flat, transpose_b=True) - tf.eye(facets)
    return tf.reshape(tf.reduce_sum(cosines, 2), [-1]) / max(1, facets - 1)


def unit(slope: Any) -> Any:
    """Each image's gradient (N, H, W, C) divided by its root mean square; zero where it is zero."""
    import tensorflow as tf

    # Divided by its largest value first: squares of small gradients would vanish.
    slope = tf.math.divide_no_nan(slope, tf.reduce_max(tf.abs(slope), [1, 2, 3], keepdims=True))
    size = tf.sqrt(tf.reduce_mean(tf.square(slope), [1, 2, 3], keepdims=True))
    return tf.math.divide_no_nan(slope, size)
