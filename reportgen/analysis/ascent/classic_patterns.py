"""Classic filter patterns: gradient ascent on pixels, from gray noise.

Chollet, Deep Learning with Python (2017), section 5.4; the first steps climb an image of half the
size, as the octaves of DeepDream do. Filters that the noise leaves silent are woken as Olah,
Mordvintsev and Schubert, "Feature Visualization" (2017), advise: by climbing before the ReLU, and
by letting the gradient pass blocked ReLUs.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from reportgen.analysis.ascent.ascents import Way, unit
from reportgen.analysis.ascent.pattern_search import Schedule
from reportgen.analysis.ascent.patterns import GRAY, Pixels, Shape, Stage

STEP = 2.5
"""Root mean square over the image, in pixel levels, of what a step changes; 1 in the book. Larger
steps make up for those that climb the coarse image only."""


class Classic:
    """How classic patterns climb: parameters are pixels, a view is nothing (0,)."""

    schedule = Schedule(
        (
            Stage("strongest positions", noise=10.0),
            Stage("stronger noise", noise=40.0, more_steps=60),
            Stage("blocked ReLUs opened", noise=40.0, more_steps=60, opened_steps=20),
        ),
        steps_each=1.0,
        coarse=0.4,
        deeper=False,
        few=False,
    )
    """The stages' `noise` is the largest deviation from gray."""

    def way(self, _shape: Shape) -> Way:
        """The same for every shape."""
        return _Steps()

    def start(self, random: np.random.Generator, shape: Shape, deviation: float) -> Pixels:
        """Gray noise (H, W, C), uniform in 128 ± `deviation`."""
        return random.uniform(GRAY - deviation, GRAY + deviation, shape).astype(np.float32)

    def views(self, _random: np.random.Generator, count: int, _shape: Shape) -> Pixels:
        """Images are seen as they are."""
        return np.zeros((count, 0), np.float32)

    def plain(self) -> Pixels:
        """Images are seen as they are."""
        return np.zeros(0, np.float32)

    def shrunk(self, parameters: Pixels, shape: Shape) -> Pixels:
        """Pixels (N, H, W, C) averaged over areas."""
        return _resized(parameters, shape, cv2.INTER_AREA)

    def grown(self, coarse: Pixels, start: Pixels) -> Pixels:
        """The coarse images enlarged, and the detail of `start` that they are too small for."""
        shape = (start.shape[1], start.shape[2], start.shape[3])
        small = self.shrunk(start, (coarse.shape[1], coarse.shape[2], coarse.shape[3]))
        detail = start - _resized(small, shape)
        return np.clip(_resized(coarse, shape) + detail, 0.0, 255.0)


class _Steps:
    """A step adds the gradient over its root mean square, and keeps the values in 0..255."""

    def pixels(self, parameters: Any, _view: Any) -> Any:
        return parameters

    def begin(self, _parameters: Any) -> tuple[Any, ...]:
        return ()

    def step(
        self, parameters: Any, slope: Any, memory: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, ...]]:
        from keras import ops

        return ops.clip(parameters + STEP * unit(slope), 0.0, 255.0), memory


def _resized(pixels: Pixels, shape: Shape, how: int = cv2.INTER_CUBIC) -> Pixels:
    height, width, channels = shape
    resized = [cv2.resize(picture, (width, height), interpolation=how) for picture in pixels]
    return np.asarray(resized, np.float32).reshape(len(pixels), height, width, channels)


def shown(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A pattern (H, W, 1 or 3) as RGB (H, W, 3): standard deviation 0.1 around 0.5 of the range.

    Chollet's `deprocess_image`.
    """
    centred = np.nan_to_num(pixels.astype(np.float64))
    centred -= centred.mean()
    levels = np.clip(0.5 + 0.1 * centred / (centred.std() + 1e-5), 0.0, 1.0) * 255
    return np.broadcast_to(np.rint(levels).astype(np.uint8), (*pixels.shape[:2], 3))
