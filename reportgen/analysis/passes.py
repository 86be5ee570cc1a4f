"""The class activation maps that send the image through the network many times.

Score-CAM: once for each channel of the layer. Integrated gradients: once, there and back, for each
step of each class. The passes go in batches, so memory grows neither with channels nor with steps.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.attention import attention_map, last_attention, rollout
from reportgen.analysis.batches import LEAST_BYTES, batch_size
from reportgen.analysis.cams import Map, integrated_gradients, masking, score_cam
from reportgen.analysis.engine import engine
from reportgen.analysis.gradients import class_scores, image_gradients
from reportgen.analysis.workbench import Workbench
from reportgen.heatmap_methods import STEPS
from reportgen.inputs.cells import CellGrid

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Values = npt.NDArray[np.float32]

Numbers = npt.NDArray[np.intp]

MaskedScores = Callable[[Any, Values, Values, Values], Values]


def own_passes(
    bench: Workbench,
    cams: Iterable[str],
    digest: str,
    maps: Values,
    classes: Sequence[int],
    grid: CellGrid,
) -> dict[str, list[Map]]:
    """Of these kinds, those that need passes of their own: the map of each class, (h, w) or (H, W).

    The image is the photo with this digest, `maps` (h, w, channels) are a layer's activations,
    whose cells lie where `grid` says.
    """
    wanted = [cam for cam in cams if cam in PASSES]
    if not wanted:
        return {}
    pixels = bench.pixels(digest)
    return {cam: PASSES[cam](bench, pixels, maps, list(classes), grid) for cam in wanted}


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
    return [score_cam(maps, one) for one in scores.T]


def _integrated_gradients(
    bench: Workbench,
    pixels: Values,
    maps: Values,  # noqa: ARG001 - it needs none
    classes: Sequence[int],
    grid: CellGrid,  # noqa: ARG001 - it needs none
) -> list[Map]:
    """Integrated gradients of each class: the mean over the midpoints of the steps from black."""
    compute = bench.compiled(
        "image gradients", lambda: image_gradients(bench.network, bench.places)
    )
    image, black = (np.asarray(bench.prepare(one), np.float32)[0] for one in
                    (pixels[None], np.zeros_like(pixels[None])))  # fmt: skip
    wanted_classes = np.asarray(classes, np.int32)
    turns, steps = np.divmod(np.arange(STEPS * len(classes)), STEPS)
    shares = ((steps + 0.5) / STEPS).astype(np.float32)[:, None, None, None]
    sums = np.zeros((len(classes), *image.shape))
    slopes = in_parts(
        bench,
        len(steps),
        lambda wanted: compute(
            black + shares[wanted] * (image - black), wanted_classes[turns[wanted]]
        ),
    )
    for wanted, found in slopes:
        np.add.at(sums, turns[wanted], found)
    return [integrated_gradients(image - black, one / STEPS) for one in sums]


PASSES: dict[str, Callable[[Workbench, Values, Values, Sequence[int], CellGrid], list[Map]]] = {
    "scorecam": _score_cams,
    "integrated-gradients": _integrated_gradients,
    "attention": attention_map(last_attention),
    "rollout": attention_map(rollout),
}
"""The function of each name in `reportgen.heatmap_methods.CAMS` that needs passes of its own."""


def in_parts(
    bench: Workbench, count: int, compute: Callable[[Numbers], Values]
) -> Iterator[tuple[Numbers, Values]]:
    """Yield the numbers 0 to `count` - 1 part by part, each with what `compute` makes of it.

    All parts have the same size, the last is filled up by repeating: the network is compiled once.
    When the device's memory does not suffice, the size is halved, which `bench.notes` tells.
    """
    size, done = min(batch_size(bench, LEAST_BYTES), count), 0
    while done < count:
        wanted = np.minimum(np.arange(done, done + size), count - 1)
        try:
            found = compute(wanted)
        except Exception as error:
            if size == 1 or not engine().out_of_memory(error):
                raise
            size //= 2
            bench.note_halved(size)
            continue
        yield wanted[: count - done], found[: count - done]
        done += size


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
