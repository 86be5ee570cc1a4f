"""Attention as a heatmap: of the last block, and rolled out through all of them.

Attention says what a layer reads, not what raises a class score: it is no explanation by itself
(Jain and Wallace, "Attention is not Explanation", 2019).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.workbench import Workbench
from reportgen.inputs.geometry.cells import CellGrid

if TYPE_CHECKING:
    from reportgen.inputs.geometry.axes import Axis

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.float32]
Map = npt.NDArray[np.float64]


def last_attention(weights: Sequence[Floats]) -> npt.NDArray[np.float64]:
    """The weights (queries, keys) of the last layer, as the mean over its heads.

    `weights` (heads, queries, keys) of each layer, the first layer first.
    """
    found: npt.NDArray[np.float64] = weights[-1].astype(np.float64).mean(axis=0)
    return found


def rollout(weights: Sequence[Floats]) -> npt.NDArray[np.float64]:
    """How much each token (queries) in the end holds of each token at the start (keys).

    The product over layers of (A + I) / 2, with A the mean over heads of the weights and I the
    identity, for the skip connection. Abnar and Zuidema, "Quantifying Attention Flow in
    Transformers", 2020, section 3.
    """
    rolled = np.eye(weights[0].shape[-1])
    for weight in weights:
        mean = weight.astype(np.float64).mean(axis=0)
        rolled = (mean + np.eye(len(mean))) / 2 @ rolled
    return rolled


def of_patches(weights: npt.NDArray[np.float64], tokens: "Axis") -> Map:
    """The map (rows, columns) of the class token's weights (queries, keys), else of their mean."""
    row = weights[0] if tokens.before else weights.mean(axis=0)
    rows, columns = (atom.size for atom in tokens.atoms)
    return np.reshape(row[tokens.before : tokens.before + rows * columns], (rows, columns))


def attention_map(
    combine: Callable[[Sequence[Floats]], npt.NDArray[np.float64]],
) -> Callable[[Workbench, Pixels, Pixels, Sequence[int], CellGrid], list[Map]]:
    """The pass that gives one heatmap, the same for every class, from the weights of all layers.

    It is zero at the patch that is read the least: weights of many patches lie close together.
    """

    def compute(
        bench: Workbench, pixels: Pixels, _: Pixels, classes: Sequence[int], _grid: CellGrid
    ) -> list[Map]:
        steps = bench.network.attention
        forward = bench.compiled("attention", lambda: _weights(bench))
        weights = [batch[0] for batch in forward(pixels[None])]
        found = of_patches(combine(weights), steps[-1].layer.tokens)
        return [found - found.min()] * len(classes)

    return compute


def _weights(bench: Workbench) -> Callable[[Floats], list[Floats]]:
    """The function from pixels (N, H, W, C) to the weights (N, heads, queries, keys) of layers."""
    network = bench.network
    steps = network.attention
    calls = {step.path: step.layer.scores for step in steps}

    def compute(pixels: Any) -> list[Floats]:
        found, _ = network.trace.run(
            network.feed(bench.prepare(pixels)), [step.path for step in steps], calls=calls
        )
        return [np.asarray(weights) for weights in found]

    return compute
