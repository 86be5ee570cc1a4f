"""Which preprocessing is right? Ask what batch normalisations remember of the training images.

A BatchNormalization layer keeps the mean and the variance of its input (Ioffe and Szegedy 2015).
Images that are prepared as in training give nearly the same ones, on images of any kind; prepared
otherwise they do not. No label is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, in_batches
from reportgen.analysis.engine import engine
from reportgen.analysis.options import UnsettledOptions
from reportgen.analysis.preprocessing.trial import CANDIDATES
from reportgen.analysis.workbench import Workbench, number
from reportgen.errors import ImageError
from reportgen.execution.units import Result, Unit
from reportgen.inputs.graph.batch_norms import BatchNorm, first_batch_norms
from reportgen.inputs.preprocessing import function_of
from reportgen.records.model import Preprocessing, Statistic

MOST_IMAGES = 32
MOST_LAYERS = 3
"""Layers that are compared: deeper ones depend on what the images show."""

CLOSE = 0.5
"""Up to this distance the statistics are those of training."""

CLEARLY = 4.0
"""By this factor the next candidate must be farther away."""

_SMALLEST = 0.05
"""Distances below it are all as good: images differ."""

_LEFT = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85)
"""Shares of the first values, 0 and 1, that a short training may have left in the memory."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StatisticsData:
    """Images tried, layers compared (their paths), and the distance of each candidate."""

    images: int
    layers: list[str]
    distances: dict[str, float | None]


class BatchStatistics:
    """For each candidate, how far the images' statistics are from those remembered."""

    name = "batch statistics"
    version = 1
    title = "Batch statistics"

    def unit(
        self, model: str, photos: Sequence[str], options: UnsettledOptions
    ) -> Unit[UnsettledOptions]:
        """The unit of one model and these images."""
        return Unit(self.name, self.version, "model", model, tuple(photos), options)

    def compute(
        self, units: Sequence[Unit[UnsettledOptions]], bench: Workbench
    ) -> Iterator[tuple[Unit[UnsettledOptions], Result[StatisticsData]]]:
        """Yield the distance of each candidate."""
        for unit in units:
            yield unit, Result(self._compare(unit, bench))

    def _compare(self, unit: Unit[UnsettledOptions], bench: Workbench) -> StatisticsData:
        if bench.image_input is None:
            raise ImageError("The model takes no image.")
        norms = first_batch_norms(bench.network, MOST_LAYERS)
        digests, channels = list(unit.photos), bench.image_input.channels
        modes = [mode for mode in CANDIDATES if channels == 3 or mode not in ("caffe", "torch")]
        if not norms:
            return StatisticsData(0, [], {})
        sums = {mode: [np.zeros((2, len(norm.mean))) for norm in norms] for mode in modes}
        for _, found in in_batches(bench, digests, LEAST_BYTES, *_moments(bench, norms, modes)):
            for mode in modes:
                for at, moments in enumerate(found[mode]):
                    sums[mode][at] += moments
        distances = {
            mode: number(distance(norms, [total / len(digests) for total in sums[mode]]))
            for mode in modes
        }
        return StatisticsData(len(digests), [norm.path for norm in norms], distances)


def _moments(bench: Workbench, norms: Sequence[BatchNorm], modes: Sequence[str]) -> Any:
    """What is computed of a batch, and how an image's part of it is taken."""
    network, channels = bench.network, bench.image_input.channels if bench.image_input else 3
    paths = [norm.path for norm in norms]

    def outputs(values: Any) -> Any:
        return network.run(values, paths)[0]

    outputs_of = engine().compiled(outputs, network.variables, bench.places)

    def of_batch(pixels: npt.NDArray[np.float32]) -> dict[str, list[Floats]]:
        found = {}
        for mode in modes:
            fed = np.asarray(function_of(mode, channels)(pixels), np.float32)
            found[mode] = [
                _two_moments(np.asarray(output, np.float64), norm.axis)
                for output, norm in zip(outputs_of(fed), norms, strict=True)
            ]
        return found

    def of_image(found: dict[str, list[Floats]], at: int, _digest: str) -> Any:
        return lambda: {mode: [moments[at] for moments in found[mode]] for mode in modes}

    return of_batch, of_image


def _two_moments(output: Floats, axis: int) -> Floats:
    """Mean and mean square of each channel of each image: (N, 2, channels)."""
    last = np.moveaxis(output, axis, -1)
    flat = last.reshape(last.shape[0], -1, last.shape[-1])
    return np.stack([flat.mean(axis=1), (flat**2).mean(axis=1)], axis=1)


def distance(norms: Sequence[BatchNorm], moments: Sequence[Floats]) -> float:
    """How far the images' statistics are from those remembered, 0 for none.

    The Kullback-Leibler divergence of two normal distributions, that of the images and that
    remembered, for each channel; the median over a layer's channels, then over the layers. A short
    training leaves part of the first values, mean 0 and variance 1, in a layer's memory: of the
    shares that are possible the one that fits best is taken.

    Args:
        norms: the layers.
        moments: for each layer mean and mean square (2, channels) of its output.

    """
    every = []
    least = min(norm.least for norm in norms)
    for left in (0.0, *(share for share in _LEFT if share <= least)):
        found = []
        for norm, (mean, square) in zip(norms, moments, strict=True):
            given = norm.moments_of_input(mean, np.maximum(square - mean**2, 0))
            expected = (1 - left) * given[0], left + (1 - left) * given[1] + 1e-12
            kept, spread = norm.mean[norm.known], norm.variance[norm.known]
            ratio = expected[1] / spread
            away = (expected[0] - kept) ** 2 / spread
            found.append(float(np.median(0.5 * (ratio + away - 1 - np.log(ratio)))))
        every.append(float(np.median(found)))
    return min(every)


def choose_by_statistics(
    usual: Preprocessing, distances: Mapping[str, float | None], layers: Sequence[str], images: int
) -> Preprocessing:
    """The preprocessing after the comparison.

    A candidate that alone fits is detected. Otherwise the usual one stays assumed, unless the
    statistics rule it out; then the best one is assumed. The reason says which are ruled out.
    """
    known = {mode: value for mode, value in distances.items() if value is not None}
    if len(known) < 2:
        return usual
    table = [Statistic(mode=mode, distance=value) for mode, value in known.items()]
    best = min(known, key=lambda mode: (known[mode], mode != usual.mode, mode))
    far = CLEARLY * max(known[best], _SMALLEST)
    out = [mode for mode, value in known.items() if value >= far]
    mode, source, reason = usual.mode, usual.source, usual.reason
    if known[best] > CLOSE:
        reason += "; no candidate gives the batch statistics of training"
    elif len(out) == len(known) - 1:
        mode, source = best, "detected"
        reason = (
            f"detected from batch statistics: on {images} image{'s' * (images > 1)} it alone gives "
            "the means and variances that the first batch normalisations remember of training"
        )
    elif out:
        mode = best if usual.mode in out else usual.mode
        reason = f"assumed; the model's batch statistics rule out {', '.join(out)}"
    return usual.model_copy(
        update={
            "mode": mode,
            "source": source,
            "reason": reason,
            "statistics": table,
            "statistics_layers": list(layers),
        }
    )
