"""Filter galleries: for each filter the patterns that raise its mean activation, or lower it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from reportgen.analysis.ascent import classic_patterns, fourier_patterns
from reportgen.analysis.ascent.fourier_patterns import shown as as_seen
from reportgen.analysis.ascent.pattern_search import Method, Wish, patterns
from reportgen.analysis.ascent.patterns import PatternStatus
from reportgen.analysis.choosing import (
    DECISIVE_CHANNELS,
    NO_CHANNELS,
    chosen_filters,
    named_filters,
    telling_filters,
)
from reportgen.analysis.feature_maps.responses import Responses
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.workbench import Workbench
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import rgb_png
from reportgen.records.filters import PatternKind
from reportgen.records.model import Layer
from reportgen.records.report import Skipped

METHODS: Mapping[str, tuple[Method, Callable[..., Any]]] = {
    "classic": (classic_patterns.Classic(), classic_patterns.shown),
    "fourier": (fourier_patterns.Fourier(), fourier_patterns.shown),
}
"""How each method finds patterns, and how it shows their pixels."""


MethodName = Literal["classic", "fourier"]


@dataclass(frozen=True, kw_only=True)
class FilterOptions(FedOptions):
    """Which pattern of which filter: `channel` of `layer` (its path), found by `method`.

    `size` is the side in pixels. With `negative` the pattern lowers the filter. `facet` is its
    number, from 0 on, among `facets` that differ. With `block` it is one of the gallery of its
    block. With `start` the result holds the image that the
    ascent started from, too.
    """

    layer: str
    channel: int
    method: MethodName
    steps: int
    size: int
    seed: int
    negative: bool = False
    facet: int = 0
    facets: int = 1
    block: bool = False
    start: bool = False


@dataclass(frozen=True)
class PatternData:
    """One pattern; fields as in `reportgen.records.filters.Filter`."""

    score_start: float
    score_end: float
    obtained: str
    status: PatternStatus
    steps: int


FilterUnit = Unit[FilterOptions]


class Filters:
    """The patterns of each filter of the convolution layers."""

    name = "filters"
    version = 7
    title = "Filter patterns"

    def plan(
        self,
        request: Request,
        responses: Responses = NO_CHANNELS,
        decisive: Mapping[str, Sequence[int]] = NO_CHANNELS,
    ) -> tuple[Plan[FilterOptions], list[Skipped]]:
        """A unit for each pattern of each filter that the settings choose.

        A mixed report has Fourier patterns of the channels that respond most to the images
        (`responses`), and of those with the largest part in decisions (`decisive`).
        """
        if not request.wants("filters"):
            return Plan(self, []), []
        layers = [layer for layer in request.layers if layer.convolution and layer.channels]
        reason = request.no_image if layers else "there is no two-dimensional convolution layer"
        if reason:
            return Plan(self, []), no_section("filters", reason)
        wanted: list[FilterOptions] = []
        started: set[str] = set()
        for layer, method, channels in _chosen(request, layers, responses, decisive):
            # The image that ascents start from is shown once for each method.
            wanted += _options(request, layer, method, channels, start=method not in started)
            started.add(method)
        wanted += _of_blocks(request, layers)
        return Plan(self, [self.unit(request.model.sha256, options) for options in wanted]), []

    def unit(self, model: str, options: FilterOptions) -> FilterUnit:
        """The unit of one pattern of one filter."""
        end = "negative" if options.negative else ""
        block = f" {options.size} {options.steps}" if options.block else ""
        group = f"{options.method} {options.layer} {end} {options.facets}{block}"
        return Unit(self.name, self.version, "filter", model, (), options, group=group)

    def compute(
        self, units: Sequence[FilterUnit], bench: Workbench
    ) -> Iterator[tuple[FilterUnit, Result[PatternData]]]:
        """Yield the patterns of filters of one layer, found by one method."""
        options = units[0].options
        wanted = {(unit.options.channel, unit.options.facet): unit for unit in units}
        method, shown = METHODS[options.method]
        wish = Wish(
            options.layer, options.steps, options.size, options.seed, options.negative,
            options.facets,
        )  # fmt: skip
        channels = list(dict.fromkeys(channel for channel, _ in wanted))
        for channel, found in patterns(bench, method, wish, channels):
            for facet, pattern in enumerate(found):
                if unit := wanted.get((channel, facet)):
                    data = PatternData(
                        score_start=_number(pattern.start),
                        score_end=_number(pattern.end),
                        obtained=pattern.obtained,
                        status=pattern.status,
                        steps=pattern.steps,
                    )
                    files = {"pattern.png": rgb_png(shown(pattern.pixels))}
                    if unit.options.start:
                        files["start.png"] = rgb_png(as_seen(pattern.first))
                    yield unit, Result(data, files)


def _chosen(
    request: Request,
    layers: Sequence[Layer],
    responses: Responses,
    decisive: Mapping[str, Sequence[int]],
) -> Iterator[tuple[str, MethodName, Sequence[int]]]:
    """Path, method and filters of each gallery, in the order of the layers."""
    settings = request.settings
    named = named_filters(request.model.layers, settings)
    filters = chosen_filters(layers, settings, named)
    mixed = settings.filter_method == "mixed"
    telling = telling_filters(layers, settings, filters, responses) if mixed else {}
    for path, channels in filters.items():
        for method in settings.filter_methods:
            yield path, method, channels
        most = min(DECISIVE_CHANNELS, len(channels)) if mixed else 0
        waves = {*telling.get(path, ()), *decisive.get(path, ())[:most]}
        if waves:
            yield path, "fourier", sorted(waves)


def _options(
    request: Request, layer: str, method: MethodName, channels: Sequence[int], *, start: bool
) -> Iterator[FilterOptions]:
    """All patterns of some filters; with `start` the first shows what its ascent starts from."""
    settings, facets = request.settings, request.settings.filter_diversity
    for at, channel in enumerate(channels):
        pattern = FilterOptions(
            feed=request.feed.without_photos(),
            layer=layer,
            channel=channel,
            method=method,
            steps=settings.filter_steps,
            size=settings.filter_size,
            seed=settings.seed,
        )
        yield replace(pattern, start=start and not at)
        if settings.filter_negative:
            yield replace(pattern, negative=True)
        if facets > 1:
            yield from (
                replace(pattern, facet=facet_index, facets=facets) for facet_index in range(facets)
            )


def _of_blocks(request: Request, layers: Sequence[Layer]) -> Iterator[FilterOptions]:
    """What is asked for the gallery of each block: classic patterns of its first layer."""
    asked = request.settings.gallery_of_each_block
    if asked is None:
        return
    filters, size, steps = asked
    first = {layer.block: layer for layer in reversed(layers)}
    for layer in reversed(first.values()):
        for channel in range(min(filters, layer.channels or 0)):
            yield FilterOptions(
                feed=request.feed.without_photos(),
                layer=layer.path,
                channel=channel,
                method="classic",
                steps=steps,
                size=size,
                seed=request.settings.seed,
                block=True,
            )


def kind_of(options: FilterOptions) -> PatternKind:
    """Of which kind a pattern is."""
    classic = options.method == "classic"
    if options.block:
        return "classic-block"
    if options.negative:
        return "classic-negative" if classic else "fourier-negative"
    if options.facets > 1:
        return "classic-diverse" if classic else "fourier-diverse"
    return options.method


def _number(value: float) -> float:
    """A score for report.json, as exact as float32 is; 0 where it is not finite."""
    return float(f"{value:.9g}") if np.isfinite(value) else 0.0
