"""Filter galleries: for each filter the patterns that raise its mean activation, or lower it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from reportgen.analysis import classic_patterns, fourier_patterns
from reportgen.analysis.fourier_patterns import shown as as_seen
from reportgen.analysis.pattern_search import Method, Wish, patterns
from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import rgb_png

METHODS: Mapping[str, tuple[Method, Callable[..., Any]]] = {
    "classic": (classic_patterns.Classic(), classic_patterns.shown),
    "fourier": (fourier_patterns.Fourier(), fourier_patterns.shown),
}
"""How each method finds patterns, and how it shows their pixels."""


class Filters:
    """The patterns of each filter of the convolution layers."""

    name = "filters"
    version = 5
    title = "Filter patterns"

    def unit(
        self,
        model: str,
        layer: str,
        channel: int,
        options: Mapping[str, Any],
        *,
        negative: bool = False,
        facet: tuple[int, int] = (0, 1),
        start: bool = False,
    ) -> Unit:
        """The unit of one pattern of one filter.

        `options`: method ("classic" or "fourier"), steps, size (side in pixels), seed, preprocess,
        and what else the network depends on. With `negative` the pattern lowers the filter. `facet`
        is the pattern's number, from 0 on, among so many that differ. With `start` the result holds
        the image that the ascent started from, too.
        """
        number, facets = facet
        chosen = {**options, "layer": layer, "channel": channel}
        chosen |= {"negative": negative, "facet": number, "facets": facets, "start": start}
        group = f"{options['method']} {layer} {'negative' if negative else ''} {facets}"
        return Unit(self.name, self.version, "filter", (model,), chosen, group=group)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield the patterns of filters of one layer, found by one method."""
        options = units[0].options
        wanted = {(unit.options["channel"], unit.options["facet"]): unit for unit in units}
        method, shown = METHODS[options["method"]]
        wish = Wish(
            options["layer"], options["steps"], options["size"], options["seed"],
            options["negative"], options["facets"],
        )  # fmt: skip
        channels = list(dict.fromkeys(channel for channel, _ in wanted))
        for channel, found in patterns(bench, method, wish, channels):
            for facet, pattern in enumerate(found):
                if unit := wanted.get((channel, facet)):
                    data = {
                        "score_start": _number(pattern.start),
                        "score_end": _number(pattern.end),
                        "obtained": pattern.obtained,
                        "status": pattern.status,
                        "steps": pattern.steps,
                    }
                    files = {"pattern.png": rgb_png(shown(pattern.pixels))}
                    if unit.options["start"]:
                        files["start.png"] = rgb_png(as_seen(pattern.first))
                    yield unit, Result(data, files)


def kind_of(unit: Unit) -> str:
    """Of which kind the pattern of a unit is: a name in `reportgen.records.report.PatternKind`."""
    options = unit.options
    end = "-negative" if options["negative"] else "-diverse" if options["facets"] > 1 else ""
    return f"{options['method']}{end}"


def _number(value: float) -> float:
    """A score for report.json, as exact as float32 is; 0 where it is not finite."""
    return float(f"{value:.9g}") if np.isfinite(value) else 0.0
