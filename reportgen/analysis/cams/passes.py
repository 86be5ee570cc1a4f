"""The class activation maps that send the image through the network many times.

Score-CAM: once for each channel of the layer. Integrated gradients: once, there and back, for each
step of each class. The passes go in batches, so memory grows neither with channels nor with steps.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.attention import attention_map, last_attention, rollout
from reportgen.analysis.cams.formulas import Map, integrated_gradients, masking, score_cam
from reportgen.analysis.cams.gradients import class_scores, image_gradients
from reportgen.analysis.cams.parts import Values, in_parts, scores_of_images
from reportgen.analysis.cams.pixels import occlusion, smooth_gradients
from reportgen.analysis.engine import engine
from reportgen.analysis.workbench import Workbench
from reportgen.heatmap_methods import MOST_STEPS, STEPS, TOLERANCE
from reportgen.inputs.geometry.cells import CellGrid

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

MaskedScores = Callable[[Any, Values, Values, Values], Values]


class Passed(NamedTuple):
    """A map (h, w) or (H, W); of integrated gradients the steps taken and what they are off by.

    `residual` is the distance of the attributions' sum from the gain of the score, as a share of
    the gain.
    """

    values: Map
    steps: int | None = None
    residual: float | None = None


def own_passes(
    bench: Workbench,
    cams: Iterable[str],
    digest: str,
    maps: Values,
    classes: Sequence[int],
    grid: CellGrid,
) -> dict[str, list[Passed]]:
    """Of these kinds, those that need passes of their own: the map of each class, (h, w) or (H, W).

    The image is the photo with this digest, `maps` (h, w, channels) are a layer's activations,
    whose cells lie where `grid` says.
    """
    wanted = [cam for cam in cams if cam in PASSES]
    if not wanted:
        return {}
    pixels = bench.pixels(digest)
    made = {cam: PASSES[cam](bench, pixels, maps, list(classes), grid) for cam in wanted}
    return {
        cam: [passed if isinstance(passed, Passed) else Passed(passed) for passed in found]
        for cam, found in made.items()
    }


def _score_cams(
    bench: Workbench, pixels: Values, maps: Values, classes: Sequence[int], grid: CellGrid
) -> list[Map]:
    """Score-CAM of each class; the same passes serve all classes.

    The image as the network takes it is multiplied by each map: where the map is low, the network
    sees what it takes for zero.
    """
    compute = bench.compiled("masked scores", lambda: masked_scores(bench.network, bench.places))
    axes = zip((grid.rows, grid.columns), maps.shape, pixels.shape, strict=False)
    rows, columns = (axis.weights(cells, length) for axis, cells, length in axes)
    values, masks = bench.prepare(pixels[None]), np.flatnonzero(masking(maps))
    scores = np.zeros((maps.shape[2], len(classes)), np.float32)
    parts = in_parts(
        bench,
        len(masks),
        lambda wanted: compute(values, maps[..., masks[wanted]], rows, columns),
    )
    for wanted, found in parts:
        scores[masks[wanted]] = found[:, classes]
    return [score_cam(maps, column) for column in scores.T]


def _integrated_gradients(
    bench: Workbench,
    pixels: Values,
    maps: Values,  # noqa: ARG001 - it needs none
    classes: Sequence[int],
    grid: CellGrid,  # noqa: ARG001 - it needs none
) -> list[Passed]:
    """Integrated gradients of each class: the mean over the midpoints of the steps from black.

    The attributions sum to what the class score gains on the way, but for the error of the steps
    (completeness, Sundararajan et al., 2017, proposition 1). Steps are doubled, from `STEPS` to at
    most `MOST_STEPS`, until the error is within `TOLERANCE` of the gain.
    """
    image, black = (np.asarray(bench.prepare(photo), np.float32)[0] for photo in
                    (pixels[None], np.zeros_like(pixels[None])))  # fmt: skip
    difference = image - black
    scores_of = bench.compiled(
        "class scores", lambda: scores_of_images(bench.network, bench.places)
    )
    before, after = scores_of(np.stack([black, image])).astype(np.float64)
    found: dict[int, Passed] = {}
    steps, waiting = STEPS, list(dict.fromkeys(int(index) for index in classes))
    while waiting:
        slopes = _mean_slopes(bench, black, difference, waiting, steps)
        for index, slope in zip(waiting, slopes, strict=True):
            gain = after[index] - before[index]
            error = abs(float((difference * slope).sum()) - gain)
            residual = error / abs(gain) if gain else float("inf") if error else 0.0
            found[index] = Passed(integrated_gradients(difference, slope), steps, residual)
        waiting = [index for index in waiting if not (found[index].residual or 0) <= TOLERANCE]
        steps *= 2
        if steps > MOST_STEPS:
            break
    return [found[int(index)] for index in classes]


def _mean_slopes(
    bench: Workbench, black: Values, difference: Values, classes: Sequence[int], steps: int
) -> npt.NDArray[np.float64]:
    """The mean gradient of each class's score on the way from black, (classes, H, W, C)."""
    compute = bench.compiled(
        "image gradients", lambda: image_gradients(bench.network, bench.places)
    )
    wanted_classes = np.asarray(classes, np.int32)
    turns, at = np.divmod(np.arange(steps * len(classes)), steps)
    shares = ((at + 0.5) / steps).astype(np.float32)[:, None, None, None]
    sums = np.zeros((len(classes), *black.shape))
    parts = in_parts(
        bench,
        len(at),
        lambda wanted: compute(black + shares[wanted] * difference, wanted_classes[turns[wanted]]),
    )
    for wanted, found in parts:
        np.add.at(sums, turns[wanted], found)
    return sums / steps


PASSES: dict[
    str,
    Callable[[Workbench, Values, Values, Sequence[int], CellGrid], Sequence[Map | Passed]],
] = {
    "scorecam": _score_cams,
    "integrated-gradients": _integrated_gradients,
    "smoothgrad": smooth_gradients,
    "occlusion": occlusion,
    "attention": attention_map(last_attention),
    "rollout": attention_map(rollout),
}
"""The function of each name in `reportgen.heatmap_methods.CAMS` that needs passes of its own."""


def masked_scores(network: "Network", places: Sequence[str] = ()) -> MaskedScores:
    """A function from an image (1, H, W, C) and maps (h, w, P) to the scores (P, classes).

    Each map is enlarged to the image, brought to 0..1 and multiplied with the preprocessed image. A
    map that is the same everywhere masks all. `rows` (H, h) and `columns` (W, w) say how: the share
    of each cell in each pixel.
    """
    from keras import ops

    head = class_scores(network)

    def mask(maps: Any, values: Any, rows: Any, columns: Any) -> Any:
        masks = ops.einsum("Hh,phw,Ww->pHW", rows, maps, columns)[..., None]
        masks = masks - ops.min(masks, axis=(1, 2), keepdims=True)
        masks = ops.divide_no_nan(masks, ops.max(masks, axis=(1, 2), keepdims=True))
        return head.scores(*network.run(values * masks, head.paths))

    graph = engine().compiled(mask, network.variables, places)

    def compute(values: Any, maps: Values, rows: Values, columns: Values) -> Any:
        masks = np.ascontiguousarray(np.moveaxis(maps, 2, 0), np.float32)
        image = np.asarray(values, np.float32)
        return graph(masks, values=image, rows=rows, columns=columns)

    return compute
