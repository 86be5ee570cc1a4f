"""Fourier filter patterns: gradient ascent on the coefficients of waves, under transformations.

Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017, as their library Lucid does
it: the image is a sum of waves whose colours are decorrelated, Adam climbs their coefficients, and
each step sees the image shifted, turned and scaled by chance. The first steps climb the long waves
alone, in a smaller image. Only where a filter stays silent does the gradient pass blocked ReLUs.
Unlike Lucid's, the image is periodic: what a transformation brings in at one edge is what left at
the other.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.ascent.ascents import WINDOW, Way
from reportgen.analysis.ascent.pattern_search import Schedule
from reportgen.analysis.ascent.patterns import Pixels, Shape, Stage
from reportgen.analysis.engine import engine

Spectrum = npt.NDArray[np.float32]
"""Real and imaginary parts of an image's waves: (2, H, W // 2 + 1, C)."""

STEP = 0.15
"""What a step changes of a coefficient: Adam's learning rate."""

MEMORY, MEMORY_OF_SQUARES = 0.9, 0.999
"""Adam's decay of the mean gradient and of its squares."""

MOST_TURN, MOST_SCALE, MOST_SHIFT = 10.0, 0.1, 1 / 8
"""Largest turn (degrees), change of size and shift (both shares of the side), either way."""

CONTRAST = 4.0
"""What Lucid divides the sum of waves by before the sigmoid."""

_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
COLOURS = _COLOURS / np.linalg.norm(_COLOURS, axis=0).max()
"""Red, green and blue (rows) of decorrelated colours (columns): the square root of the covariance
of ImageNet's colours, from Lucid, the longest column brought to length 1."""


class Fourier:
    """How Fourier patterns climb: parameters are spectra, a view is what `view` returns (4,)."""

    schedule = Schedule(
        (
            Stage("strongest positions", noise=0.01),
            Stage("blocked ReLUs opened", noise=0.05, more_steps=40, opened_steps=40),
        ),
        steps_each=1.6,
        coarse=0.6,
        deeper=True,
        few=True,
    )
    """The stages' `noise` is the standard deviation of the coefficients."""

    def way(self, shape: Shape) -> Way:
        """Adam on the coefficients of images of this shape."""
        return Adam(picture(shape))

    def start(self, random: np.random.Generator, shape: Shape, deviation: float) -> Spectrum:
        """Random coefficients for one image (H, W, C)."""
        height, width, channels = shape
        size = (2, height, width // 2 + 1, channels)
        return random.normal(0.0, deviation, size).astype(np.float32)

    def views(self, random: np.random.Generator, count: int, shape: Shape) -> Pixels:
        """So many views by chance, (count, 4)."""
        return chance_views(random, count, shape)

    def plain(self) -> Pixels:
        """The image as it is."""
        return view()

    def shrunk(self, parameters: Spectrum, shape: Shape) -> Spectrum:
        """The long waves of spectra (N, ...), as many as an image of this shape has."""
        height, width, _ = shape
        rows = np.r_[: (height + 1) // 2, parameters.shape[2] - height // 2 : parameters.shape[2]]
        return parameters[:, :, rows, : width // 2 + 1]

    def grown(self, coarse: Spectrum, start: Spectrum) -> Spectrum:
        """The long waves of `coarse` and the short ones of `start`.

        A wave's coefficient makes the same contrast at each size, see `weights`.
        """
        grown, height = start.copy(), coarse.shape[2]
        # The shortest wave of an even number of pixels is neither here nor there: it stays out.
        below, across = (height + 1) // 2, coarse.shape[3] - 1
        above = below - 1
        grown[:, :, :below, :across] = coarse[:, :, :below, :across]
        if above:
            grown[:, :, -above:, :across] = coarse[:, :, -above:, :across]
        return grown


class Adam:
    """Steps uphill for several images at once (Kingma and Ba, 2015); none depends on another.

    Each image's gradient counts by its direction only: those through opened ReLUs are so much
    larger that Adam would hardly move for a long time after them. One that is zero or not finite
    counts as none.
    """

    def __init__(self, seen: Callable[[Any, Any], Any]) -> None:
        """`seen` makes pixels of spectra and a view, see `picture`."""
        self.pixels = seen

    def begin(self, parameters: Any) -> tuple[Any, ...]:
        """Mean gradient, mean of its squares (both shaped as the parameters), steps made (N,)."""
        from keras import ops

        none = ops.zeros_like(parameters)
        return none, none, ops.zeros_like(parameters[:, 0, 0, 0, 0])

    def step(
        self, parameters: Any, slope: Any, memory: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, ...]]:
        """The spectra (N, 2, H, W // 2 + 1, C) after a step, and the memory."""
        from keras import ops

        mean, squares, steps = memory
        size = ops.max(ops.abs(slope), axis=(1, 2, 3, 4), keepdims=True)
        usable = ops.isfinite(size) & (size > 0)
        slope = ops.where(usable, slope / ops.where(usable, size, 1.0), 0.0)
        steps += 1.0
        mean = MEMORY * mean + (1 - MEMORY) * slope
        squares = MEMORY_OF_SQUARES * squares + (1 - MEMORY_OF_SQUARES) * slope**2
        made = ops.reshape(steps, (-1, 1, 1, 1, 1))
        root = ops.sqrt(squares / (1 - MEMORY_OF_SQUARES**made))
        moved = STEP * mean / (1 - MEMORY**made) / (root + 1e-8)
        return parameters + moved, (mean, squares, steps)


def weights(height: int, width: int) -> Pixels:
    """What each wave's coefficient counts, (H, W // 2 + 1): one over its frequency.

    Equal coefficients then make an image with the spectrum of photos, so that an equal step for
    all of them changes shapes and textures alike.
    """
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    frequencies = np.maximum(np.hypot(down, across), 1 / max(height, width))
    factors: Pixels = (math.sqrt(height * width) / frequencies / CONTRAST).astype(np.float32)
    return factors


def picture(shape: Shape) -> Callable[[Any, Any], Any]:
    """The function from spectra (N, 2, H, W // 2 + 1, C) and a view to pixels (N, H, W, C), 0..255.

    `shape` is that of one image: (H, W, C). Colours are decorrelated where there are three.
    """
    from keras import ops

    height, width, channels = shape
    factors = weights(height, width)[..., None]
    margin = _reach(shape)

    def seen(spectra: Any, view: Any) -> Any:
        real, imaginary = spectra[:, 0] * factors, spectra[:, 1] * factors
        values = engine().waves(real, imaginary, height, width)
        if channels == 3:
            values = ops.einsum("nhwc,dc->nhwd", values, COLOURS.astype(np.float32))
        pixels = 255.0 * ops.sigmoid(values)
        return _transformed(_repeated(pixels, shape, margin), view, shape, margin)

    return seen


def _reach(shape: Shape) -> int:
    """How many pixels beyond the edges of an image the widest view can see."""
    height, width, _ = shape
    turn, scale = math.radians(MOST_TURN), 1 - MOST_SCALE
    off = math.hypot(math.cos(turn) / scale - 1, math.sin(turn) / scale)
    return math.ceil(off * math.hypot(height, width) / 2 + MOST_SHIFT * max(height, width) + 1)


def _repeated(pixels: Any, shape: Shape, margin: int) -> Any:
    """Images (N, H, W, C) that go on at each edge, as they are periodic, for `margin` pixels."""
    from keras import ops

    for axis, side in ((1, shape[0]), (2, shape[1])):
        whole, rest = divmod(margin, side)
        first, last = (ops.split(pixels, [at], axis) for at in (rest, side - rest))
        pixels = ops.concatenate([last[1], *[pixels] * (2 * whole + 1), first[0]], axis)
    return pixels


def _transformed(repeated: Any, view: Any, shape: Shape, margin: int) -> Any:
    """What a view sees of images that go on for `margin` pixels on all sides."""
    from keras import ops

    height, width, _ = shape
    cosine, sine, down, across = (view[at] for at in range(4))
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    from_x = middle_x + margin + across - cosine * middle_x + sine * middle_y
    from_y = middle_y + margin + down - sine * middle_x - cosine * middle_y
    transform = ops.stack([cosine, -sine, from_x, sine, cosine, from_y])
    return engine().transformed(repeated, transform, height, width)


def view(turn: float = 0.0, scale: float = 1.0, down: float = 0.0, across: float = 0.0) -> Pixels:
    """A way to see an image: turned (degrees), enlarged, shifted (pixels); as it is by default."""
    angle = math.radians(turn)
    return np.array([math.cos(angle) / scale, math.sin(angle) / scale, down, across], np.float32)


def chance_views(random: np.random.Generator, count: int, shape: Shape) -> Pixels:
    """So many views by chance, (count, 4).

    Turns and scales are spread evenly over each `WINDOW` of them, so that the means of two windows
    can be compared.
    """
    most = [MOST_SHIFT * side for side in shape[:2]]
    found = []
    for _ in range(0, count, WINDOW):
        turns, scales = (
            (random.permutation(WINDOW) + random.uniform(0, 1, WINDOW)) / WINDOW * 2 - 1
            for _ in range(2)
        )
        found += [
            view(
                MOST_TURN * turn,
                1 + MOST_SCALE * scale,
                *(round(random.uniform(-bound, bound)) for bound in most),
            )
            for turn, scale in zip(turns, scales, strict=True)
        ]
    return np.array(found[:count], np.float32).reshape(count, 4)


def shown(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A pattern (H, W, 1 or 3) in 0..255 as RGB (H, W, 3), just as the network saw it."""
    levels = np.rint(np.nan_to_num(pixels)).astype(np.uint8)
    return np.broadcast_to(levels, (*pixels.shape[:2], 3))
