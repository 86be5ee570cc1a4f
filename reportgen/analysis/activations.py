"""Activation grids: every channel of every spatial layer, for each image, in one forward pass.

Chollet, Deep Learning with Python (2017), section 5.4: intermediate activations.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.answers import Answers
from reportgen.analysis.batches import in_batches, map_bytes
from reportgen.analysis.engine import engine
from reportgen.analysis.health import saturated, silent
from reportgen.analysis.quantise import Measured, Quantised, Quantiser
from reportgen.analysis.workbench import Workbench, number, numbers
from reportgen.execution.units import Result, Unit
from reportgen.inputs.bounds import Bounds
from reportgen.pictures.charts import colorbar
from reportgen.pictures.encode import palette_png
from reportgen.pictures.tiles import GridLayout, grid

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

MARGIN = 1
"""Pixels between the tiles of a grid."""


class Activations:
    """What the network computes for an image: its class scores, and a grid for each layer."""

    name = "activations"
    version = 10
    title = "Activations"

    def unit(self, model: str, digest: str, options: Mapping[str, Any]) -> Unit:
        """The unit of one image.

        `options`: layers (paths), columns, max_channels, tile_size
        (longest side in pixels, None for all), contrast (mean, std), normalise, channels
        (single ones by layer), preprocess, resize, and what else the network depends on.
        """
        return Unit(self.name, self.version, "image", (model, digest), options)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield class scores, probabilities and grids of each image."""
        options = units[0].options
        layers: list[str] = list(options["layers"])
        key = json.dumps([self.name, dict(options)], sort_keys=True)
        forward = bench.compiled(key, lambda: _forward(bench, options))
        by_digest = {unit.inputs[1]: unit for unit in units}
        bounds = {path: bench.network.bounds(path) for path in layers}

        def draw(found: "_Found", at: int, _: str) -> Callable[[], Result]:
            seen = [layer.of(at) for layer in found.layers]
            drawn = [
                bench.threads.submit(_draw, path, k, seen[k], bounds[path], options)
                for k, path in enumerate(layers)
            ]
            return lambda: found.result(at, [one.result() for one in drawn])

        need = map_bytes(bench.network, layers)
        for digest, result in in_batches(bench, list(by_digest), need, forward, draw):
            yield by_digest[digest], result


@dataclass(frozen=True)
class _Found:
    """What came from the device for a batch."""

    layers: Sequence[Quantised]
    answers: Answers
    scores: npt.NDArray[np.float32] | None
    probabilities: npt.NDArray[np.float32] | None
    outputs: Sequence[npt.NDArray[np.float32] | None]

    def result(self, at: int, drawn: Sequence[tuple[dict[str, Any], dict[str, bytes]]]) -> Result:
        """The result of one image of the batch."""
        scores, shares = self.scores, self.probabilities
        data = {
            "scores": [] if scores is None else numbers_exact(scores[at]),
            "probabilities": [] if shares is None else numbers_exact(shares[at]),
            "outputs": self.answers.of_image(self.outputs, at),
            "activations": [about for about, _ in drawn],
        }
        files = {name: content for _, files in drawn for name, content in files.items()}
        return Result(data, files)


def numbers_exact(values: npt.NDArray[np.floating]) -> list[float]:
    """Scores as they are, NaN and infinity too: nine significant digits hold every float32."""
    return [float(f"{float(value):.9g}") for value in values]


def _forward(
    bench: Workbench, options: Mapping[str, Any]
) -> Callable[[npt.NDArray[np.float32]], _Found]:
    """The function from pixels to levels of all layers, class scores and probabilities."""
    network = bench.network  # the first who asks for it starts the engine, without its chatter
    layers: list[str] = list(options["layers"])
    answers = Answers(network)
    paths = [*layers, *answers.paths]
    mean, deviation = options["contrast"]
    quantise = Quantiser(
        mean, deviation, options["normalise"], options["max_channels"], options["tile_size"]
    )

    def compute(values: Any) -> Any:
        behind, before = network.run(values, paths)
        seen = [
            quantise(network.maps(behind[k], path), _singles(network, path, options))
            for k, path in enumerate(layers)
        ]
        count = len(layers)
        return seen, *answers.compute(behind[count:], before[count:])

    graph = engine().compiled(compute, network.variables, bench.places)

    def forward(pixels: npt.NDArray[np.float32]) -> _Found:
        seen, *rest = graph(np.asarray(bench.prepare(pixels), np.float32))
        return _Found(seen, answers, *rest)

    return forward


def _singles(network: "Network", path: str, options: Mapping[str, Any]) -> list[int]:
    """The channels of a layer that are shown by themselves; those that it has."""
    channels = network.map_channels(path) or 1
    return [one for one in options["channels"].get(path, ()) if one < channels]


def _draw(
    path: str, index: int, seen: Measured, bounds: Bounds, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What report.json says of one layer, and its pictures."""
    height, width, shown = seen.levels.shape
    statistics = seen.statistics
    inactive = statistics.inactive
    layout = GridLayout.fit(shown, height, width, options["columns"], MARGIN)
    picture = grid(seen.levels, inactive[:shown], options["columns"], MARGIN)
    name = f"{index:04d}.png"
    files = {name: palette_png(picture)}
    chosen = options["channels"].get(path, ())
    singles = [
        _single(index, channel, seen.singles[:, :, at : at + 1], seen, files)
        for at, channel in enumerate(one for one in chosen if one < len(inactive))
    ]
    low, high = seen.span
    about = {
        "layer": path,
        "channels": len(inactive),
        "shown": shown,
        "size": [height, width],
        "map_size": list(seen.map_size),
        "inactive_channels": int(inactive.sum()),
        "inactive": np.flatnonzero(inactive).tolist(),
        "silent": np.flatnonzero(silent(statistics)).tolist(),
        "saturated": np.flatnonzero(saturated(statistics, bounds)).tolist(),
        "non_finite": np.flatnonzero(~np.isfinite(statistics.mean)).tolist(),
        "sparsity": float(f"{seen.sparsity:.6g}"),
        "low": number(low),
        "high": number(high),
        "picture": name,
        "width": layout.width,
        "height": layout.height,
        "columns": layout.columns,
        "margin": MARGIN,
        "means": numbers(statistics.mean[:shown]),
        "deviations": numbers(statistics.std[:shown]),
        "lows": numbers(statistics.low[:shown]),
        "highs": numbers(statistics.high[:shown]),
        "singles": singles,
    }
    return about, files


def _single(
    index: int,
    channel: int,
    levels: npt.NDArray[np.uint8],
    seen: Measured,
    files: dict[str, bytes],
) -> dict[str, Any]:
    """One channel as a picture of its own, pixel for pixel, and the colour bar that reads it.

    The colours go from the channel's smallest to its largest value, as in the book's `matshow` (F.
    Chollet, Deep Learning with Python, 2017, listing 5.29).
    """
    statistics = seen.statistics
    inactive = bool(statistics.inactive[channel])
    name, bar = f"{index:04d}-{channel}.png", f"{index:04d}-{channel}-scale.svg"
    files[name] = palette_png(grid(levels, np.array([inactive]), 1, 0))
    if not inactive:
        low, high = float(statistics.low[channel]), float(statistics.high[channel])
        files[bar] = colorbar("viridis", low, high, rounded=True)
    return {
        "channel": channel,
        "low": number(statistics.low[channel]),
        "high": number(statistics.high[channel]),
        "inactive": inactive,
        "picture": name,
        "colorbar": None if inactive else bar,
    }
