"""Activation grids: every channel of every spatial layer, for each image, in one forward pass.

Chollet, Deep Learning with Python (2017), section 5.4: intermediate activations.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import in_batches, map_bytes
from reportgen.analysis.choosing import absent_channels, single_channels
from reportgen.analysis.engine import engine
from reportgen.analysis.feature_maps.answers import Answers
from reportgen.analysis.feature_maps.features import channel_means, features_wanted
from reportgen.analysis.feature_maps.grids import ActivationData, Grid, SingleChannel
from reportgen.analysis.feature_maps.health import saturated, silent
from reportgen.analysis.feature_maps.quantise import Measured, Quantised, Quantiser
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.workbench import Workbench, number, numbers
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.inputs.graph.bounds import Bounds
from reportgen.pictures.charts.depth import colorbar
from reportgen.pictures.encode import palette_png
from reportgen.pictures.tiles import GridLayout, grid
from reportgen.records.model import Layer
from reportgen.records.report import Skipped

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

MARGIN = 1
"""Pixels between the tiles of a grid."""


@dataclass(frozen=True, kw_only=True)
class ActivationOptions(FedOptions):
    """What of an image's activations is kept, and how it is drawn.

    `layers` are paths; `tile_size` is the longest side of a tile in pixels, None for all;
    `contrast` the mean and the standard deviation that a channel is brought to; `channels` are
    those shown large, by layer path. `features` is the path of the layer whose channel means are
    kept; empty for none.
    """

    layers: Sequence[str]
    columns: int | None
    max_channels: int | None
    tile_size: int | None
    contrast: tuple[float, float]
    normalise: str
    channels: Mapping[str, Sequence[int]]
    features: str


ActivationUnit = Unit[ActivationOptions]


class Activations:
    """What the network computes for an image: its class scores, and a grid for each layer."""

    name = "activations"
    version = 12
    title = "Activations"

    def plan(self, request: Request) -> tuple[Plan[ActivationOptions], list[Skipped]]:
        """A unit for every image, also without the section: predictions come from it."""
        settings = request.settings
        layers: list[str] = []
        skipped: list[Skipped] = []
        if request.wants("activations"):
            layers = [
                layer.path for layer in request.layers if layer.spatial and not layer.passes_through
            ]
            skipped = [
                Skipped(what="layer", name=layer.path, reason=reason)
                for layer in request.layers
                if (reason := _why_not_drawn(layer))
            ]
            without = request.no_image or ("" if layers else "no layer has maps to show")
            skipped += no_section("activations", without)
            skipped += absent_channels(request.model.layers, settings)
        options = ActivationOptions(
            feed=request.feed,
            layers=layers,
            columns=settings.columns,
            max_channels=settings.max_channels,
            tile_size=None if settings.full_resolution else settings.tile_size,
            contrast=settings.contrast_levels,
            normalise=settings.normalise,
            channels=single_channels(request.model.layers, settings),
            features=features_wanted(request),
        )
        units = [self.unit(request.model.sha256, photo, options) for photo in request.photos]
        return Plan(self, units), skipped

    def unit(self, model: str, photo: str, options: ActivationOptions) -> ActivationUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[ActivationUnit], bench: Workbench
    ) -> Iterator[tuple[ActivationUnit, Result[ActivationData]]]:
        """Yield class scores, probabilities and grids of each image."""
        options = units[0].options
        layers = options.layers
        key = json.dumps([self.name, dict(options.json)], sort_keys=True)
        forward = bench.compiled(key, lambda: _forward(bench, options))
        by_digest = {unit.photo: unit for unit in units}
        bounds = {path: bench.network.bounds(path) for path in layers}

        def draw(found: "_BatchValues", at: int, _: str) -> Callable[[], Result[ActivationData]]:
            seen = [layer.of(at) for layer in found.layers]
            drawn = [
                bench.threads.submit(_draw, path, k, seen[k], bounds[path], options)
                for k, path in enumerate(layers)
            ]
            return lambda: found.result(at, [future.result() for future in drawn])

        need = map_bytes(bench.network, layers)
        for digest, result in in_batches(bench, list(by_digest), need, forward, draw):
            yield by_digest[digest], result


@dataclass(frozen=True)
class _BatchValues:
    """What came from the device for a batch."""

    layers: Sequence[Quantised]
    answers: Answers
    scores: npt.NDArray[np.float32] | None
    probabilities: npt.NDArray[np.float32] | None
    outputs: Sequence[npt.NDArray[np.float32] | None]
    features: npt.NDArray[np.float32] | None

    def result(
        self, at: int, drawn: Sequence[tuple[Grid, dict[str, bytes]]]
    ) -> Result[ActivationData]:
        """The result of one image of the batch."""
        scores, shares = self.scores, self.probabilities
        data = ActivationData(
            scores=[] if scores is None else numbers_exact(scores[at]),
            probabilities=[] if shares is None else numbers_exact(shares[at]),
            outputs=self.answers.of_image(self.outputs, at),
            activations=[layer for layer, _ in drawn],
            features=[] if self.features is None else numbers_exact(self.features[at]),
        )
        files = {name: content for _, files in drawn for name, content in files.items()}
        return Result(data, files)


def _why_not_drawn(layer: Layer) -> str:
    if layer.spatial and layer.passes_through:
        return "it hands its input on unchanged when the model predicts"
    if layer.channels and not layer.spatial and layer.type != "InputLayer":
        return "its maps are a single pixel"
    return ""


def numbers_exact(values: npt.NDArray[np.floating]) -> list[float]:
    """Scores as they are, NaN and infinity too: nine significant digits hold every float32."""
    return [float(f"{float(value):.9g}") for value in values]


def _forward(
    bench: Workbench, options: ActivationOptions
) -> Callable[[npt.NDArray[np.float32]], _BatchValues]:
    """The function from pixels to levels of all layers, class scores and probabilities."""
    network = bench.network  # the first who asks for it starts the engine, without its chatter
    layers = options.layers
    answers = Answers(network)
    paths = [*layers, *answers.paths, *filter(None, [options.features])]
    quantise = Quantiser(
        *options.contrast, options.normalise, options.max_channels, options.tile_size
    )

    def compute(values: Any) -> Any:
        behind, before = network.run(values, paths)
        seen = [
            quantise(network.maps(behind[k], path), _singles(network, path, options))
            for k, path in enumerate(layers)
        ]
        count = len(layers)
        features = channel_means(network, behind[-1], options.features)
        return seen, *answers.compute(behind[count:], before[count:]), features

    graph = engine().compiled(compute, network.variables, bench.places)

    def forward(pixels: npt.NDArray[np.float32]) -> _BatchValues:
        seen, *rest = graph(np.asarray(bench.prepare(pixels), np.float32))
        return _BatchValues(seen, answers, *rest)

    return forward


def _singles(network: "Network", path: str, options: ActivationOptions) -> list[int]:
    """The channels of a layer that are shown by themselves; those that it has."""
    channels = network.map_channels(path) or 1
    return [channel for channel in options.channels.get(path, ()) if channel < channels]


def _draw(
    path: str, index: int, seen: Measured, bounds: Bounds, options: ActivationOptions
) -> tuple[Grid, dict[str, bytes]]:
    """What is kept of one layer, and its pictures."""
    height, width, shown = seen.levels.shape
    statistics = seen.statistics
    inactive = statistics.inactive
    layout = GridLayout.fit(shown, height, width, options.columns, MARGIN)
    picture = grid(seen.levels, inactive[:shown], options.columns, MARGIN)
    name = f"{index:04d}.png"
    files = {name: palette_png(picture)}
    chosen = options.channels.get(path, ())
    singles = [
        _single(index, channel, seen.singles[:, :, at : at + 1], seen, files)
        for at, channel in enumerate(channel for channel in chosen if channel < len(inactive))
    ]
    low, high = seen.span
    about = Grid(
        layer=path,
        channels=len(inactive),
        shown=shown,
        size=(height, width),
        map_size=seen.map_size,
        inactive_channels=int(inactive.sum()),
        inactive=np.flatnonzero(inactive).tolist(),
        silent=np.flatnonzero(silent(statistics)).tolist(),
        saturated=np.flatnonzero(saturated(statistics, bounds)).tolist(),
        non_finite=np.flatnonzero(~np.isfinite(statistics.mean)).tolist(),
        sparsity=float(f"{seen.sparsity:.6g}"),
        low=number(low),
        high=number(high),
        picture=name,
        width=layout.width,
        height=layout.height,
        columns=layout.columns,
        margin=MARGIN,
        means=numbers(statistics.mean[:shown]),
        deviations=numbers(statistics.std[:shown]),
        lows=numbers(statistics.low[:shown]),
        highs=numbers(statistics.high[:shown]),
        singles=singles,
    )
    return about, files


def _single(
    index: int,
    channel: int,
    levels: npt.NDArray[np.uint8],
    seen: Measured,
    files: dict[str, bytes],
) -> SingleChannel:
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
    return SingleChannel(
        channel=channel,
        low=number(statistics.low[channel]),
        high=number(statistics.high[channel]),
        inactive=inactive,
        picture=name,
        colorbar=None if inactive else bar,
    )
