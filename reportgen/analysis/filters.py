"""Filter galleries: for each filter the pattern that maximises its mean activation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from reportgen.analysis import classic_patterns, fourier_patterns
from reportgen.analysis.patterns import Pattern
from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import rgb_png

Search = Callable[[Workbench, str, Sequence[int], int, int, int], Iterator[tuple[int, Pattern]]]

_METHODS: Mapping[str, tuple[Search, Callable[..., Any]]] = {
    "classic": (classic_patterns.patterns, classic_patterns.shown),
    "fourier": (fourier_patterns.patterns, fourier_patterns.shown),
}
"""How each method finds patterns, and how it shows their pixels."""


class Filters:
    """The pattern of each filter of the convolution layers."""

    name = "filters"
    version = 4
    title = "Filter galleries"

    def unit(self, model: str, layer: str, channel: int, options: Mapping[str, Any]) -> Unit:
        """The unit of one filter.

        `options`: method ("classic" or "fourier"), steps, size (side in pixels), seed, preprocess,
        and what else the network depends on.
        """
        chosen = {**options, "layer": layer, "channel": channel}
        group = f"{options['method']} {layer}"
        return Unit(self.name, self.version, "filter", (model,), chosen, group=group)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield the patterns of filters of one layer, found by one method."""
        options = units[0].options
        by_channel = {unit.options["channel"]: unit for unit in units}
        search, shown = _METHODS[options["method"]]
        found = search(
            bench, options["layer"], list(by_channel), options["steps"], options["size"],
            options["seed"],
        )  # fmt: skip
        for channel, pattern in found:
            data = {
                "score_start": _number(pattern.start),
                "score_end": _number(pattern.end),
                "obtained": pattern.obtained,
                "status": pattern.status,
            }
            yield by_channel[channel], Result(data, {"pattern.png": rgb_png(shown(pattern.pixels))})


def _number(value: float) -> float:
    """A score for report.json, as exact as float32 is; 0 where it is not finite."""
    return float(f"{value:.9g}") if np.isfinite(value) else 0.0
