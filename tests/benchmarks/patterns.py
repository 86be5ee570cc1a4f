"""Rows on filter patterns at 128 pixels: time against the notebook's loop, and what comes of it."""

import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.benchmarks import notebook
from tests.benchmarks.measure import Ratios, Row, seconds
from tests.benchmarks.models import bench_over, vgg16

LAYERS = ("block3_conv1", "block4_conv3", "block5_conv3")
SIZE, STEPS, FILTERS = 128, 40, 8


def patterns(runs: int) -> Iterator[Row]:
    """Classic against the notebook's loop, Fourier against classic; scores, and how alike."""
    model = vgg16(SIZE)
    for layer in LAYERS:
        yield from _of_layer(model, layer, runs)


def _of_layer(model: Any, layer: str, runs: int) -> list[Row]:
    from reportgen.analysis.ascent.filters import METHODS
    from reportgen.analysis.ascent.pattern_search import Wish
    from reportgen.analysis.ascent.pattern_search import patterns as search

    bench = bench_over(model, [], "none")
    found: dict[str, Any] = {}

    def ours(method: str) -> None:
        wish = Wish(layer, STEPS, SIZE, seed=0)
        found[method] = dict(search(bench, METHODS[method][0], wish, range(FILTERS)))

    def theirs() -> None:
        found["notebook"] = [
            notebook.filter_pattern(model, layer, channel, SIZE, STEPS)
            for channel in range(FILTERS)
        ]

    for method in METHODS:
        ours(method)
    theirs()
    against, fourier = Ratios(), Ratios()
    for _ in range(runs):
        classic_seconds = seconds(lambda: ours("classic"))
        against.ours.append(classic_seconds)
        against.theirs.append(seconds(theirs))
        fourier.ours.append(seconds(lambda: ours("fourier")))
        fourier.theirs.append(classic_seconds)
    name = f"{FILTERS} filter patterns of {layer}, {SIZE} px, {STEPS} steps"
    scores = _notebook_scores(model, layer, found["notebook"])
    gain = statistics.mean(
        facets[0].end / max(scores[channel], 1e-6)
        for channel, facets in found["classic"].items()
        if scores[channel] > 0
    )
    share = [1 / ratio for ratio in fourier.each]
    return [
        against.row(f"{name}, classic", "the notebook's loop", 1.5),
        _row(f"{name}, classic: final score", "the notebook's", [gain], "≥ 1 ×", gain >= 1),
        _row(f"{name}, fourier: time", "classic's", share, "≤ 1.5 ×",
             statistics.median(share) <= 1.5),
        _row(f"{name}, fourier: correlation between filters", "pair by pair, mean",
             [_alike(found["fourier"])], "≤ 0.1", _alike(found["fourier"]) <= 0.1, ""),
    ]  # fmt: skip


def _row(
    name: str, against: str, values: list[float], wanted: str, reached: bool, unit: str = "×"
) -> Row:
    middle = statistics.median(values)
    ends = min(values), max(values)
    return Row(name, against, middle, *ends, wanted, reached, runs=len(values), unit=unit)


def _notebook_scores(model: Any, layer: str, images: list[Any]) -> list[float]:
    """The mean activation that each of the notebook's patterns reaches, by Keras itself."""
    import keras

    part = keras.Model(model.inputs[0], model.get_layer(layer).output)
    return [
        float(np.asarray(part(image))[0, :, :, channel].mean(dtype=np.float64))
        for channel, image in enumerate(images)
    ]


def _alike(found: dict[int, Any]) -> float:
    """Mean correlation between the pixels of two filters' patterns."""
    flat = np.stack([facets[0].pixels.ravel() for facets in found.values()])
    pairs = np.corrcoef(flat)[np.triu_indices(len(flat), 1)]
    return float(pairs.mean())
