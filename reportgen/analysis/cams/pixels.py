"""Maps of the image's own pixels that need many passes: occlusion sensitivity and SmoothGrad."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.formulas import Map
from reportgen.analysis.cams.gradients import image_gradients
from reportgen.analysis.cams.parts import Values, in_parts, scores_of_images
from reportgen.analysis.workbench import Workbench
from reportgen.heatmap_methods import NOISY, OCCLUDED_SHARE
from reportgen.inputs.geometry.cells import CellGrid

NOISE = 0.15
"""Standard deviation of the noise, as a share of the range of the values that are fed."""


def occlusion(
    bench: Workbench,
    pixels: Values,
    maps: Values,  # noqa: ARG001 - it needs none
    classes: Sequence[int],
    grid: CellGrid,  # noqa: ARG001 - it needs none
) -> list[Map]:
    """Occlusion sensitivity: how much the class score falls where a square is covered.

    The square has the image's mean colour; each pixel gets the mean over the squares that cover it,
    what raises the score is cut off. Zeiler and Fergus, "Visualizing and Understanding
    Convolutional Networks", 2014, section 4.2.
    """
    height, width = pixels.shape[:2]
    squares = occluders(height, width)
    colour = pixels.mean(axis=(0, 1))
    scores_of = bench.compiled(
        "class scores", lambda: scores_of_images(bench.network, bench.places)
    )

    def covered(wanted: npt.NDArray[np.intp]) -> Values:
        images = np.repeat(pixels[None], len(wanted), axis=0)
        for image, at in zip(images, wanted, strict=True):
            top, bottom, left, right = squares[at]
            image[top:bottom, left:right] = colour
        return scores_of(np.asarray(bench.prepare(images), np.float32))

    whole = scores_of(np.asarray(bench.prepare(pixels[None]), np.float32))[0].astype(np.float64)
    losses = np.zeros((len(classes), height, width))
    counts = np.zeros((height, width))
    for wanted, found in in_parts(bench, len(squares), covered):
        for at, scores in zip(wanted, found, strict=True):
            top, bottom, left, right = squares[at]
            lost = whole[list(classes)] - scores[list(classes)]
            losses[:, top:bottom, left:right] += lost[:, None, None]
            counts[top:bottom, left:right] += 1
    return [np.maximum(loss / counts, 0.0) for loss in losses]


def occluders(height: int, width: int) -> list[tuple[int, int, int, int]]:
    """Squares that cover an image, half overlapping: top, bottom, left, right of each."""
    side = max(1, round(min(height, width) * OCCLUDED_SHARE))
    tops, lefts = (_starts(length, side) for length in (height, width))
    return [(top, top + side, left, left + side) for top in tops for left in lefts]


def _starts(length: int, side: int) -> list[int]:
    step = max(1, side // 2)
    return sorted({*range(0, length - side + 1, step), length - side})


def smooth_gradients(
    bench: Workbench,
    pixels: Values,
    maps: Values,  # noqa: ARG001 - it needs none
    classes: Sequence[int],
    grid: CellGrid,  # noqa: ARG001 - it needs none
) -> list[Map]:
    """SmoothGrad: the size of the mean gradient of noisy copies, the largest of the colours.

    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017. The noise is the same for
    every image and class.
    """
    image = np.asarray(bench.prepare(pixels[None]), np.float32)[0]
    deviation = NOISE * float(np.ptp(image))
    noise = np.random.default_rng(0).standard_normal((NOISY, *image.shape)).astype(np.float32)
    compute = bench.compiled(
        "image gradients", lambda: image_gradients(bench.network, bench.places)
    )
    found = []
    for index in classes:

        def gradients(wanted: npt.NDArray[np.intp], index: int = int(index)) -> Values:
            chosen = np.full(len(wanted), index, np.int32)
            return compute(image + deviation * noise[wanted], chosen)

        total = np.zeros(image.shape)
        for _, slopes in in_parts(bench, NOISY, gradients):
            total += slopes.sum(axis=0, dtype=np.float64)
        found.append(np.abs(total / NOISY).max(axis=2))
    return found
