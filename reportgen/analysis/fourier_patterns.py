"""Fourier filter patterns: gradient ascent on the coefficients of waves, under transformations.

Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017, as their library Lucid does
it: the image is a sum of waves whose colours are decorrelated, Adam climbs their coefficients, each
step sees the image shifted, turned and scaled by chance, and in the first steps the gradient passes
blocked ReLUs. Unlike Lucid's, the image is periodic: what a transformation brings in at one edge is
what left at the other.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.ascents import Painting, painting
from reportgen.analysis.patterns import (
    Pattern,
    Pixels,
    Stage,
    batch_of,
    in_stages,
    random_of,
    ready,
)
from reportgen.analysis.workbench import Workbench

Spectrum = npt.NDArray[np.float32]
"""Real and imaginary parts of an image's waves: (2, H, W // 2 + 1, C)."""

STEPS_EACH = 2.5
"""Steps of Adam for each step asked for: it takes more of them than an ascent on pixels."""

STEP = 0.05
"""What a step changes of a coefficient: Adam's learning rate."""

MEMORY, MEMORY_OF_SQUARES = 0.9, 0.999
"""Adam's decay of the mean gradient and of its squares."""

STAGES = (
    Stage("blocked ReLUs opened at first", noise=0.01, opened_steps=16),
    Stage("blocked ReLUs opened for long", noise=0.05, more_steps=40, opened_steps=80),
)
"""`noise` is the standard deviation of the coefficients at the start."""

MOST_TURN, MOST_SCALE, MOST_SHIFT = 10.0, 0.1, 1 / 8
"""Largest turn (degrees), change of size and shift (both shares of the side), either way."""

CONTRAST = 4.0
"""What Lucid divides the sum of waves by before the sigmoid."""

_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
COLOURS = _COLOURS / np.linalg.norm(_COLOURS, axis=0).max()
"""Red, green and blue (rows) of decorrelated colours (columns): the square root of the covariance
of ImageNet's colours, from Lucid, the longest column brought to length 1."""


def patterns(
    bench: Workbench, layer: str, channels: Sequence[int], steps: int, size: int, seed: int
) -> Iterator[tuple[int, Pattern]]:
    """As `classic_patterns.patterns`, with `STEPS_EACH` times as many steps."""
    network, shape = ready(bench, layer, size)
    seen = picture(shape)
    paintings = {
        opened: painting(network, bench.prepare, layer, seen, opened=opened, places=bench.places)
        for opened in (False, True)
    }

    def climb(stage: Stage, chosen: Sequence[int]) -> list[Pattern]:
        start = np.stack([noise(seed, layer, k, shape, stage.noise) for k in chosen])
        total = round(STEPS_EACH * (steps + stage.more_steps))
        views = chance_views(random_of(seed, layer), total, shape)
        return _climb(paintings, stage, start, chosen, views, seen)

    yield from in_stages(STAGES, channels, batch_of(bench, network, layer), climb)


def _climb(
    paintings: Mapping[bool, Painting],
    stage: Stage,
    spectra: Spectrum,
    channels: Sequence[int],
    views: Pixels,
    seen: Callable[[Any, Any], Any],
) -> list[Pattern]:
    """The patterns of one batch; every one of them is seen by the same views."""
    chosen, plain = np.array(channels, np.int32), view()
    before, _ = paintings[False](spectra, chosen, plain)
    adam = Adam(spectra.shape)
    for at, one in enumerate(views):
        # With too few steps, half of them still see the network as it is.
        opened = at < min(stage.opened_steps, len(views) // 2)
        _, slope = paintings[opened](spectra, chosen, one)
        spectra = spectra + adam.step(slope)
    after, _ = paintings[False](spectra, chosen, plain)
    pixels = np.asarray(seen(spectra, plain))
    return [
        Pattern(pixels[i], float(before[i]), float(after[i]), stage.obtained)
        for i in range(len(channels))
    ]


class Adam:
    """Steps uphill for several images at once (Kingma and Ba, 2015); none depends on another."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._mean = np.zeros(shape)
        self._squares = np.zeros(shape)
        self._steps = 0

    def step(self, slope: Spectrum) -> Spectrum:
        """What to add to the coefficients, for the gradient (N, ...) at them.

        Each image's gradient counts by its direction only: those through opened ReLUs are so much
        larger that Adam would hardly move for a long time after them. One that is zero or not
        finite counts as none.
        """
        size = np.abs(slope).max(axis=tuple(range(1, slope.ndim)), keepdims=True)
        usable = np.isfinite(size) & (size > 0)
        slope = np.divide(slope, size, out=np.zeros_like(slope), where=usable)
        self._steps += 1
        self._mean = MEMORY * self._mean + (1 - MEMORY) * slope
        self._squares = MEMORY_OF_SQUARES * self._squares + (1 - MEMORY_OF_SQUARES) * slope**2
        mean = self._mean / (1 - MEMORY**self._steps)
        root = np.sqrt(self._squares / (1 - MEMORY_OF_SQUARES**self._steps))
        moved: Spectrum = (STEP * mean / (root + 1e-8)).astype(np.float32)
        return moved


def noise(
    seed: int, layer: str, channel: int, shape: tuple[int, ...], deviation: float
) -> Spectrum:
    """Random coefficients for one filter's image (H, W, C), the same whatever else is drawn."""
    height, width, channels = shape
    size = (2, height, width // 2 + 1, channels)
    return random_of(seed, layer, channel).normal(0.0, deviation, size).astype(np.float32)


def weights(height: int, width: int) -> Pixels:
    """What each wave's coefficient counts, (H, W // 2 + 1): one over its frequency.

    Equal coefficients then make an image with the spectrum of photos, so that an equal step for
    all of them changes shapes and textures alike.
    """
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    frequencies = np.maximum(np.hypot(down, across), 1 / max(height, width))
    factors: Pixels = (math.sqrt(height * width) / frequencies / CONTRAST).astype(np.float32)
    return factors


def picture(shape: tuple[int, int, int]) -> Callable[[Any, Any], Any]:
    """The function from spectra (N, 2, H, W // 2 + 1, C) and a view to pixels (N, H, W, C), 0..255.

    `shape` is that of one image: (H, W, C). Colours are decorrelated where there are three.
    """
    import tensorflow as tf

    height, width, channels = shape
    factors = weights(height, width)
    margins = _tiles(shape)

    def seen(spectra: Any, view: Any) -> Any:
        waves = tf.complex(spectra[:, 0], spectra[:, 1])
        waves = tf.transpose(waves, [0, 3, 1, 2]) * factors
        values = tf.transpose(tf.signal.irfft2d(waves, [height, width]), [0, 2, 3, 1])
        if channels == 3:
            values = tf.einsum("nhwc,dc->nhwd", values, tf.constant(COLOURS, tf.float32))
        pixels = 255.0 * tf.sigmoid(values)
        return _transformed(tf.tile(pixels, [1, *margins.times, 1]), view, shape, margins)

    return seen


@dataclass(frozen=True)
class _Tiles:
    """How often an image is repeated down and across, and the pixels in front of the middle one."""

    times: tuple[int, int]
    offset: tuple[int, int]


def _tiles(shape: tuple[int, int, int]) -> _Tiles:
    """As many repetitions as the widest view can see."""
    height, width, _ = shape
    turn, scale = math.radians(MOST_TURN), 1 - MOST_SCALE
    off = math.hypot(math.cos(turn) / scale - 1, math.sin(turn) / scale)
    reach = off * math.hypot(height, width) / 2 + MOST_SHIFT * max(height, width) + 1
    around = [math.ceil(reach / side) for side in (height, width)]
    return _Tiles((2 * around[0] + 1, 2 * around[1] + 1), (around[0] * height, around[1] * width))


def _transformed(tiled: Any, view: Any, shape: tuple[int, int, int], tiles: _Tiles) -> Any:
    """What a view sees of images that are repeated on all sides."""
    import tensorflow as tf

    height, width, _ = shape
    cosine, sine, down, across = tf.unstack(view)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    from_x = middle_x + tiles.offset[1] + across - cosine * middle_x + sine * middle_y
    from_y = middle_y + tiles.offset[0] + down - sine * middle_x - cosine * middle_y
    zero = tf.zeros_like(cosine)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tiled,
        transforms=tf.stack([cosine, -sine, from_x, sine, cosine, from_y, zero, zero])[None],
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        # The gradient takes the way back with the same filling: nothing may come in from outside.
        fill_mode="CONSTANT",
    )


def view(turn: float = 0.0, scale: float = 1.0, down: float = 0.0, across: float = 0.0) -> Pixels:
    """A way to see an image: turned (degrees), enlarged, shifted (pixels); as it is by default."""
    angle = math.radians(turn)
    return np.array([math.cos(angle) / scale, math.sin(angle) / scale, down, across], np.float32)


def chance_views(random: np.random.Generator, count: int, shape: tuple[int, int, int]) -> Pixels:
    """So many views by chance, (count, 4)."""
    most = [MOST_SHIFT * side for side in shape[:2]]
    return np.array(
        [
            view(
                random.uniform(-MOST_TURN, MOST_TURN),
                1 + random.uniform(-MOST_SCALE, MOST_SCALE),
                *(round(random.uniform(-one, one)) for one in most),
            )
            for _ in range(count)
        ],
        np.float32,
    ).reshape(count, 4)


def shown(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A pattern (H, W, 1 or 3) in 0..255 as RGB (H, W, 3), just as the network saw it."""
    levels = np.rint(np.nan_to_num(pixels)).astype(np.uint8)
    return np.broadcast_to(levels, (*pixels.shape[:2], 3))
