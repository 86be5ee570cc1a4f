"""What all outputs of the network say of an image, computed in the pass of its activations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

if TYPE_CHECKING:
    from reportgen.inputs.network import Network
    from reportgen.inputs.outputs.reading import ClassScores

MOST_NUMBERS = 1024
"""Numbers of one output that are kept for an image."""


class Answers:
    """The class scores of the output explained, and the numbers of every output."""

    def __init__(self, network: "Network") -> None:
        """Read what the network's outputs mean."""
        main = network.class_scores
        self._main = main if main is not None and main.head.classes else None
        self._readers = list(network.readers)
        self.paths = [path for reader in self._readers for path in reader.paths]
        """What to run, in the order in which `compute` takes it."""

    def compute(self, behind: Sequence[Any], before: Sequence[Any]) -> tuple[Any, Any, list[Any]]:
        """Class scores and probabilities (N, classes), None without any; and of every output.

        Margins are no probabilities.

        Of classes and labels these are probabilities, of values the values themselves, of a
        sequence of classes the top one at each position (all N rows); None where an output has
        nothing to list.
        """
        scores, probabilities, all_numbers = None, None, []
        start = 0
        for reader in self._readers:
            end = start + len(reader.paths)
            own = behind[start:end], before[start:end]
            if reader is self._main:
                scores = reader.scores(*own)
                if reader.meaning.reading != "none":
                    probabilities = reader.probabilities(own[0])
            all_numbers.append(_numbers(reader, own[0]))
            start = end
        return scores, probabilities, all_numbers

    def named(self, output: str, found: Sequence[Any]) -> Any:
        """The numbers of the output of this name (N, values); None where it has none to list."""
        names = [reader.head.name for reader in self._readers]
        return found[names.index(output)] if output in names else None

    def of_image(self, found: Sequence[npt.NDArray[Any] | None], at: int) -> dict[str, list[float]]:
        """The numbers of one image of the batch, by output."""
        return {
            reader.head.name: [float(f"{float(x):.9g}") for x in values[at]]
            for reader, values in zip(self._readers, found, strict=True)
            if values is not None
        }


def _numbers(reader: "ClassScores", behind: Sequence[Any]) -> Any:
    from keras import ops

    head = reader.head
    if head.classes and reader.meaning.reading != "none":
        return reader.probabilities(behind)
    rows = reader.rows(behind[-1])
    if head.kind == "values" or head.classes:
        return rows[:, 0, :MOST_NUMBERS] if head.kind != "map" else None
    if head.kind == "sequence" and reader.head.activation == "softmax":
        return ops.cast(ops.argmax(rows, axis=-1), "float32")[:, :MOST_NUMBERS]
    return None
