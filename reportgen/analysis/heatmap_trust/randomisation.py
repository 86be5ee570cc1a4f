"""Model randomisation: weights are randomised from the top layer down, and maps compared.

Adebayo et al., "Sanity Checks for Saliency Maps", 2018, section 3.1: the cascading randomisation.
One draw of random weights says little, so that several seeds are tried.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.heatmap_trust.faithfulness import rank_correlation, structural_similarity

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Explain = Callable[[Sequence[str]], Mapping[str, npt.NDArray[np.floating]]]
"""Maps (N, h, w) of the same images by the network as it is now, of each of these kinds."""

MOST_STAGES = 8


@dataclass(frozen=True)
class Stage:
    """The maps once the layers from the output down to `layer` are randomised, against the true.

    `layers` counts these layers. Rank correlation (Spearman, -1..1) and structural similarity
    (SSIM) are means over the images, one for each seed.
    """

    layer: str
    layers: int
    correlations: list[float]
    similarities: list[float]


def cascade(
    network: "Network",
    explain: Explain,
    kinds: Sequence[str],
    seeds: Sequence[int] = (0,),
    slow: Sequence[str] = (),
) -> dict[str, list[Stage]]:
    """How maps of each kind change while weights are drawn anew, from the output down.

    Images whose true map is the same everywhere have nothing to lose and do not count; a kind
    without any other has no stages. There are at most `MOST_STAGES`, the last of which has
    randomised everything. Kinds that are `slow` go through all of them for the first seed, and
    for the others through the last alone. The network has its own weights again afterwards,
    whatever happens.
    """
    learnt = learnt_layers(network)[::-1]
    true = explain(kinds)
    told = {
        kind: [at for at, heat in enumerate(maps) if np.ptp(heat) > 0]
        for kind, maps in true.items()
    }
    if not learnt:
        return {kind: [] for kind in kinds}
    count = min(MOST_STAGES, len(learnt))
    ends = np.unique(np.rint(np.geomspace(1, len(learnt), count)).astype(int)).tolist()
    stages = {
        kind: [Stage(learnt[end - 1][0], end, [], []) for end in ends if told[kind]]
        for kind in kinds
    }
    for seed in seeds:
        for at in _randomised(learnt, ends, seed):
            wanted = [kind for kind in kinds if told[kind]]
            if seed != seeds[0] and at < len(ends) - 1:
                wanted = [kind for kind in wanted if kind not in slow]
            for kind, maps in explain(wanted).items():
                those = told[kind]
                _compare(stages[kind][at], true[kind][those], maps[those])
    return stages


def _randomised(
    learnt: Sequence[tuple[str, list[Any]]], ends: Sequence[int], seed: int
) -> Iterator[int]:
    """Yield the number of each stage once its layers are randomised, those before included."""
    random = np.random.default_rng(seed)
    done = 0
    with weights_kept([weight for _, weights in learnt for weight in weights]):
        for at, end in enumerate(ends):
            for _, weights in learnt[done:end]:
                forget(weights, random)
            done = end
            yield at


def _compare(stage: Stage, true: npt.NDArray[Any], changed: npt.NDArray[Any]) -> None:
    """Add what one seed has come to."""
    pairs = list(zip(true, changed, strict=True))
    stage.correlations.append(float(np.mean([rank_correlation(a, b) for a, b in pairs])))
    stage.similarities.append(float(np.mean([structural_similarity(a, b) for a, b in pairs])))


def learnt_layers(network: "Network") -> list[tuple[str, list[Any]]]:
    """Paths and weights of the layers that have learnt, in order of computation, each once.

    Preprocessing layers (Normalization) and counters are left out.
    """
    import keras

    found, seen = [], set[int]()
    for step in network.trace.steps:
        layer = step.layer
        if not isinstance(layer, keras.layers.Layer) or id(layer) in seen:
            continue
        seen.add(id(layer))
        if isinstance(layer, keras.layers.Normalization):
            continue
        weights = [weight for weight in layer.weights if "float" in str(weight.dtype)]
        if weights:
            found.append((step.path, weights))
    return found


@contextlib.contextmanager
def weights_kept(weights: Sequence[Any]) -> Iterator[None]:
    """Put the values of the weights back when the block ends."""
    import keras

    kept = [np.array(keras.ops.convert_to_numpy(weight)) for weight in weights]
    try:
        yield
    finally:
        for variable, values in zip(weights, kept, strict=True):
            variable.assign(values)


def forget(weights: Sequence[Any], random: np.random.Generator) -> None:
    """Set weights to what they might have been before the training.

    Kernels are drawn from a normal distribution of variance 2 / inputs (He et al., "Delving Deep
    into Rectifiers", 2015), scales and variances are one, offsets and means zero.
    """
    for weight in weights:
        shape = tuple(weight.shape)
        if len(shape) >= 2:
            inputs = shape[:2] if "depthwise" in weight.path else shape[:-1]
            deviation = np.sqrt(2.0 / max(1, int(np.prod(inputs))))
            weight.assign(random.normal(0.0, deviation, shape).astype(np.float32))
        else:
            scale = weight.name in ("gamma", "moving_variance", "scale")
            weight.assign(np.full(shape, 1.0 if scale else 0.0, np.float32))
