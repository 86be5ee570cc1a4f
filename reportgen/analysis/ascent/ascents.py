"""Gradient ascent in the space of images: what raises a channel, step by step.

All automatic differentiation is here and in `gradients`. An ascent's loop runs on the device: only
finished images and their scores leave it.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from reportgen.analysis.engine import engine

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
        self._climbing = engine().compiled(self._climb, network.variables, together)
        self._measuring = engine().compiled(self._measure, network.variables, together)

    def climb(
        self, parameters: Any, channels: Any, views: Any
    ) -> tuple[Array, npt.NDArray[np.int32]]:
        """The parameters (N, ...) after a step for each of the views (steps, V).

        An image whose objective gains at most `LEVEL` from one `WINDOW` of steps to the next stays
        as it is from then on; when all do, the ascent ends. Returns the steps (N,) made, too.
        """
        climbed, steps = self._climbing(
            np.asarray(parameters, np.float32),
            np.asarray(channels, np.int32),
            views=np.asarray(views, np.float32),
        )
        return climbed, steps

    def measure(self, parameters: Any, channels: Any, view: Any) -> tuple[Array, Array]:
        """The channels' mean activations (N,) for images under a view (V,), and the images.

        With `negative` the means are those before the activation function.
        """
        scores, pixels = self._measuring(
            np.asarray(parameters, np.float32),
            np.asarray(channels, np.int32),
            view=np.asarray(view, np.float32),
        )
        return scores, pixels

    def _climb(self, parameters: Any, channels: Any, views: Any) -> tuple[Any, Any]:
        from keras import ops

        count = ops.shape(views)[0]

        def step(done: Any, climbed: Any, memory: Any, level: _Level) -> Any:
            def height(parameters: Any) -> Any:
                objective = self._objective(self._way.pixels(parameters, views[done]), channels)
                return objective, objective

            slope, objective = engine().gradient(height, climbed)
            changed, memory = self._way.step(climbed, slope, memory)
            rising = ops.reshape(level.rising, [-1] + [1] * (len(climbed.shape) - 1))
            return done + 1, ops.where(rising, changed, climbed), memory, _next(level, objective)

        _, climbed, _, level = engine().loop(
            lambda done, _climbed, _memory, level: (done < count) & ops.any(level.rising),
            step,
            (0, parameters, self._way.begin(parameters), _bottom(channels)),
        )
        return climbed, level.steps

    def _measure(self, parameters: Any, channels: Any, view: Any) -> tuple[Any, Any]:
        from keras import ops

        pixels = self._way.pixels(parameters, view)
        behind, before = self._network.channels(self._prepare(pixels), self._layer, channels)
        waiting, score = ops.mean(before, axis=(1, 2)), ops.mean(behind, axis=(1, 2))
        # A fused ReLU makes zeros of NaN.
        score = ops.where(ops.isfinite(waiting), score, waiting)
        return waiting if self._negative else score, pixels

    def _objective(self, pixels: Any, channels: Any) -> Any:
        """What is climbed, for each image (N,)."""
        from keras import ops

        from reportgen.inputs.graph.slim import picked
        from reportgen.inputs.graph.steps import open_activations

        network, path = self._network, self._layer
        with open_activations() if self._opened else contextlib.nullcontext():
            if self._facets == 1:
                behind, before = network.channels(self._prepare(pixels), path, channels)
                return self._of_one(behind, before)
            maps = [
                network.maps(output[0], path)
                for output in network.run(self._prepare(pixels), [path])
            ]
        behind, before = (picked(layer_maps, channels) for layer_maps in maps)
        objective = self._of_one(behind, before)
        share = SIMILARITY * _alike(maps[1], self._facets)
        return objective - ops.abs(ops.stop_gradient(objective)) * share

    def _of_one(self, behind: Any, before: Any) -> Any:
        from keras import ops

        return -ops.sum(before, axis=(1, 2)) if self._negative else _height(behind, before)


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
    from keras import ops

    zero = ops.zeros_like(channels, dtype="float32")
    return _Level(zero == 0.0, ops.zeros_like(channels), zero, zero - np.float32(np.inf))


def _next(level: _Level, objective: Any) -> _Level:
    """After one more step; `objective` (N,) is that of the images before it."""
    from keras import ops

    steps = level.steps + ops.cast(level.rising, "int32")
    total = level.total + objective
    full = level.rising & (steps % WINDOW == 0)
    mean = total / WINDOW
    gains = mean - level.before > LEVEL * ops.abs(mean)
    return _Level(
        level.rising & (gains | ~full),
        steps,
        ops.where(full, 0.0, total),
        ops.where(full, mean, level.before),
    )


def dreaming(
    network: "Network", prepare: Callable[[Any], Any], layer: str, channel: int | None
) -> Dreaming:
    """A function from one image (H, W, C) in pixels, 0..255, to a response and its gradient.

    The response is the mean of the channel, or of the squares of the whole layer. Where nothing
    responds, the gradient, of the image's shape, is that of the strongest position before the
    activation function instead.
    """
    from keras import ops

    def differentiate(pixels: Any) -> Any:
        def height(at: Any) -> Any:
            (behind,), (before,) = network.run(prepare(at), [layer])
            maps, waiting = network.maps(behind, layer), network.maps(before, layer)
            if channel is None:
                response = ops.mean(ops.square(maps))
            else:
                response = ops.mean(maps[..., channel])
                maps, waiting = maps[..., channel], waiting[..., channel]
            silent = ops.all(maps == 0.0)
            return ops.where(silent, ops.max(waiting), response), response

        slope, response = engine().gradient(height, pixels)
        return response[None], slope

    # One image: there is nothing to divide.
    graph = engine().compiled(differentiate, network.variables)

    def compute(pixels: Any) -> Any:
        response, slope = graph(np.asarray(pixels[None], np.float32))
        return float(response[0]), slope[0]

    return compute


def _height(behind: Any, before: Any) -> Any:
    """What an ascent climbs, from a channel's response (N, h, w) behind and before its activation.

    Where the channel responds, the response: its gradient is that of the mean activation. A ReLU
    blocks the other positions. In a neighbourhood without any response, its strongest position
    before the ReLU is climbed until it responds; the mean of all blocked positions would only
    flatten the image, since most pull against the few that can be woken. One sum for each image.
    """
    from keras import ops

    def pooled(maps: Any) -> Any:
        return ops.max_pool(
            maps[..., None], NEIGHBOURHOOD, NEIGHBOURHOOD, "same", data_format="channels_last"
        )

    blocked = (behind == 0.0) & (before <= 0.0)
    highest, responds = pooled(before), pooled(ops.cast(~blocked, "float32"))
    return ops.sum(ops.where(blocked, 0.0, before), axis=(1, 2)) + ops.sum(
        ops.where(responds > 0, 0.0, highest), axis=(1, 2, 3)
    )


def _alike(maps: Any, facets: int) -> Any:
    """How alike an image's feature maps (N, h, w, C) are to those of its channel's others, (N,).

    The mean cosine similarity of their Gram matrices, between -1 and 1: the diversity term of Olah,
    Mordvintsev and Schubert, "Feature Visualization" (2017). Unlike in their library Lucid, maps
    are centred first: their means would make all Gram matrices alike.
    """
    from keras import ops

    maps -= ops.mean(maps, axis=(1, 2), keepdims=True)
    gram = ops.einsum("nhwc,nhwd->ncd", maps, maps)
    flat = ops.reshape(gram, (-1, facets, gram.shape[1] * gram.shape[2]))
    flat *= ops.rsqrt(ops.maximum(ops.sum(ops.square(flat), axis=2, keepdims=True), 1e-12))
    cosines = ops.matmul(flat, ops.transpose(flat, (0, 2, 1))) - ops.eye(facets)
    return ops.reshape(ops.sum(cosines, axis=2), (-1,)) / max(1, facets - 1)


def unit(slope: Any) -> Any:
    """Each image's gradient (N, H, W, C) divided by its root mean square; zero where it is zero."""
    from keras import ops

    # Divided by its largest value first: squares of small gradients would vanish.
    slope = ops.divide_no_nan(slope, ops.max(ops.abs(slope), axis=(1, 2, 3), keepdims=True))
    size = ops.sqrt(ops.mean(ops.square(slope), axis=(1, 2, 3), keepdims=True))
    return ops.divide_no_nan(slope, size)
