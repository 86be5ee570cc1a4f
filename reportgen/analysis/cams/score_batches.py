"""A layer's maps and the gradients of class scores, image by image: what analyses draw from."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, in_batches, map_bytes
from reportgen.analysis.cams.chosen import Targets
from reportgen.analysis.cams.gradients import ScoreGradients, score_gradients
from reportgen.analysis.workbench import Workbench
from reportgen.execution.runner import OptionsT
from reportgen.execution.units import Result, Unit

DataT = TypeVar("DataT")
Floats32 = npt.NDArray[np.float32]

Draw = Callable[[str, Floats32, npt.NDArray[np.int32], Floats32], Callable[[], Result[DataT]]]
"""From an image's digest, maps (h, w, channels), classes (K,) and gradients (K, h, w, channels) to
a function that ends what it starts."""


def in_score_batches(
    bench: Workbench,
    units: Sequence[Unit[OptionsT]],
    layer: str,
    targets: Targets,
    top: int,
    draw: Draw[DataT],
) -> Iterator[tuple[Unit[OptionsT], Result[DataT]]]:
    """Yield what is drawn of each unit's image, in batches.

    The scores are those of `targets`, or where that is None, the `top` highest ones.
    """
    if targets is None:
        gradients_of = compiled_gradients(bench, layer, top)
    else:
        given = len(targets) if isinstance(targets, list) else 1
        gradients_of = compiled_gradients(bench, layer, None, given)
    by_digest = {unit.photo: unit for unit in units}

    def gradients(pixels: Floats32) -> Any:
        return gradients_of(bench.prepare(pixels), targets)

    def drawn(found: Any, at: int, digest: str) -> Callable[[], Result[DataT]]:
        maps, classes, slopes = found
        return draw(digest, maps[at], classes[at], slopes[:, at])

    need = max(map_bytes(bench.network, [layer]) * (1 + top), LEAST_BYTES)
    for digest, result in in_batches(bench, list(by_digest), need, gradients, drawn):
        yield by_digest[digest], result


def compiled_gradients(
    bench: Workbench, layer: str, top: int | None, given: int = 1
) -> ScoreGradients:
    """`score_gradients` of a layer, compiled once for all analyses that ask for the same.

    Where `top` is None, the function is called with `given` classes.
    """
    scores = f"{given} given" if top is None else f"top {top}"
    return bench.compiled(
        f"score gradients {layer} {scores}",
        lambda: score_gradients(bench.network, layer, top, bench.places),
    )
