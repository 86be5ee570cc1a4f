"""Many passes of one image through the network, in batches of one size."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, batch_size
from reportgen.analysis.cams.gradients import class_scores
from reportgen.analysis.engine import engine
from reportgen.analysis.workbench import Workbench

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Values = npt.NDArray[np.float32]

Numbers = npt.NDArray[np.intp]


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


def scores_of_images(network: "Network", places: Sequence[str]) -> Callable[[Values], Values]:
    """A function from preprocessed images (N, H, W, C) to their class scores (N, classes)."""
    head = class_scores(network)

    def scores(values: Any) -> Any:
        return head.scores(*network.run(values, head.paths))

    graph = engine().compiled(scores, network.variables, places)
    return lambda values: np.asarray(graph(np.asarray(values, np.float32)), np.float32)
