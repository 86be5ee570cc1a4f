"""Activation grids: every channel of every spatial layer, for each image, in one forward pass.

Chollet, Deep Learning with Python (2017), section 5.4: intermediate activations.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.workbench import Workbench, number, numbers
from reportgen.execution.units import Result, Unit
from reportgen.pictures.channels import ChannelStatistics, channel_statistics
from reportgen.pictures.charts import colorbar
from reportgen.pictures.encode import palette_png
from reportgen.pictures.tiles import GridLayout, grid, normalise, value_of

MARGIN = 1
"""Pixels between the tiles of a grid."""


class Activations:
    """What the network computes for an image: its class scores, and a grid for each layer."""

    name = "activations"
    version = 1
    title = "Activations"

    def unit(self, model: str, digest: str, options: Mapping[str, Any]) -> Unit:
        """The unit of one image.

        `options`: layers (paths), columns, max_channels, contrast (mean, std), normalise, channels
        (single ones by layer), preprocess, resize, and what else the network depends on.
        """
        return Unit(self.name, self.version, "image", (model, digest), options)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield class scores, probabilities and grids of each image."""
        options = units[0].options
        layers: list[str] = list(options["layers"])
        forward = _forward(bench, layers)
        size = bench.batch_for(_bytes_per_image(bench, layers))
        by_digest = {unit.inputs[1]: unit for unit in units}
        for part, load in bench.batches(list(by_digest), size):
            maps, scores, probabilities = forward(load())
            for i, digest in enumerate(part):
                data: dict[str, Any] = {
                    "scores": numbers_exact(scores[i]) if scores is not None else [],
                    "probabilities": numbers_exact(probabilities[i]) if scores is not None else [],
                }
                one = [layer_maps[i] for layer_maps in maps]
                drawn = bench.threads.map(
                    lambda k, one=one: _draw(layers[k], k, one[k], options), range(len(layers))
                )
                files: dict[str, bytes] = {}
                data["activations"] = []
                for about, pictures in drawn:
                    data["activations"].append(about)
                    files.update(pictures)
                yield by_digest[digest], Result(data, files)


def numbers_exact(values: npt.NDArray[np.floating]) -> list[float]:
    """Scores as they are: nine significant digits hold every float32."""
    return [float(f"{float(value):.9g}") for value in np.nan_to_num(values, posinf=1e38)]


def _forward(bench: Workbench, layers: Sequence[str]) -> Any:
    """The function from pixels to maps of all layers, class scores and probabilities."""
    network = bench.network  # the first who asks for it starts TensorFlow, without its chatter
    import tensorflow as tf

    head = network.class_scores if network.head and network.head.classes else None
    paths = [*layers, *([head.path] if head else [])]

    @tf.function(reduce_retracing=True)
    def graph(values: Any) -> Any:
        behind, before = network.run(values, paths)
        maps = [network.maps(behind[k], path) for k, path in enumerate(layers)]
        if head is None:
            return maps, None, None
        scores = head.scores(behind[-1], before[-1])
        return maps, scores, head.probabilities(behind[-1], before[-1])

    def forward(pixels: npt.NDArray[np.float32]) -> Any:
        maps, scores, probabilities = graph(tf.constant(bench.prepare(pixels), tf.float32))
        arrays = [one.numpy() for one in maps]
        return (
            arrays,
            None if scores is None else scores.numpy(),
            (None if probabilities is None else probabilities.numpy()),
        )

    return forward


def _bytes_per_image(bench: Workbench, layers: Sequence[str]) -> int:
    total = 0
    for path in layers:
        height, width = bench.network.map_size(path) or (1, 1)
        total += 4 * height * width * (bench.network.map_channels(path) or 1)
    return total


def _draw(
    path: str, index: int, maps: npt.NDArray[np.float32], options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What report.json says of one layer, and its pictures; maps are (height, width, channels)."""
    height, width, channels = maps.shape
    shown = min(options["max_channels"] or channels, channels)
    statistics = channel_statistics(maps)
    mean, deviation = options["contrast"]
    levels, inactive = normalise(maps, mean, deviation, options["normalise"], statistics)
    layout = GridLayout.fit(shown, height, width, options["columns"], MARGIN)
    picture = grid(levels[:, :, :shown], inactive[:shown], options["columns"], MARGIN)
    name = f"{index:04d}.png"
    files = {name: palette_png(picture)}
    singles = [
        _single(index, channel, levels, statistics, options, files)
        for channel in options["channels"].get(path, ())
        if channel < channels
    ]
    finite = maps[np.isfinite(maps)]
    about = {
        "layer": path,
        "channels": channels,
        "shown": shown,
        "size": [height, width],
        "inactive_channels": int(inactive.sum()),
        "inactive": np.flatnonzero(inactive).tolist(),
        "sparsity": float(f"{np.mean(maps == 0):.6g}"),
        "low": number(finite.min()) if finite.size else None,
        "high": number(finite.max()) if finite.size else None,
        "picture": name,
        "width": layout.width,
        "height": layout.height,
        "columns": layout.columns,
        "margin": MARGIN,
        "means": numbers(statistics.mean[:shown]),
        "lows": numbers(statistics.low[:shown]),
        "highs": numbers(statistics.high[:shown]),
        "singles": singles,
    }
    return about, files


def _single(
    index: int,
    channel: int,
    levels: npt.NDArray[np.uint8],
    statistics: ChannelStatistics,
    options: Mapping[str, Any],
    files: dict[str, bytes],
) -> dict[str, Any]:
    """One channel as a picture of its own, pixel for pixel, and the colour bar that reads it."""
    inactive = bool(statistics.inactive[channel])
    name, bar = f"{index:04d}-{channel}.png", f"{index:04d}-{channel}-scale.svg"
    picture = grid(levels[:, :, channel : channel + 1], np.array([inactive]), 1, 0)
    files[name] = palette_png(picture)
    if options["normalise"] == "layer":
        centre, spread = statistics.whole_layer()
    else:
        centre, spread = float(statistics.mean[channel]), float(statistics.std[channel])
    mean, deviation = options["contrast"]
    low, high = (value_of(level, centre, spread, mean, deviation) for level in (0, 255))
    if not inactive:
        files[bar] = colorbar("viridis", low, high)
    return {
        "channel": channel,
        "low": number(statistics.low[channel]),
        "high": number(statistics.high[channel]),
        "inactive": inactive,
        "picture": name,
        "colorbar": None if inactive else bar,
    }
