"""How long the parts of a build take, as ratios: what the bar of the whole build is made of."""

from collections.abc import Iterator
from typing import Any

from reportgen.build_steps.planning import Planned
from reportgen.config import Settings
from reportgen.execution.runner import Plan

PAGES = "Pages"

_COSTS = {
    "activations": 0.5,
    "gradcam": 0.15,
    "gradcam through the depth": 0.15,
    "gradcam difference": 0.15,
    "scan": 0.1,
    "exemplars": 0.6,
    "kernels": 0.05,
    "trust": 3.0,
    "sanity": 4.0,
    "robustness": 0.6,
    "concepts": 10.0,
}
"""Seconds of one unit, measured with the demo; only their ratios are used."""

_PAGES = 0.2
"""Seconds of writing one image in one format."""

_FILTER_STEP, _DREAM_STEP = 0.02, 0.06
"""Seconds of one step of gradient ascent."""


def expected_costs(planned: Planned, settings: Settings, *, scanned: bool) -> dict[str, float]:
    """The relative cost of each stage to come, by title; `scanned` where the scan is done."""
    steps = {
        "filters": _FILTER_STEP * settings.filter_steps,
        "dreams": _DREAM_STEP * settings.dream_steps,
    }
    costs: dict[str, float] = {
        PAGES: len(settings.format) * (1 + _PAGES * len(planned.activations.units))
    }
    for plan in _with_needs(planned, scanned=scanned):
        unit = {**_COSTS, **steps}.get(plan.analysis.name, 1.0)
        title = plan.analysis.title
        costs[title] = costs.get(title, 0.0) + unit * len(plan.units)
    return costs


def _with_needs(planned: Planned, *, scanned: bool) -> Iterator[Plan[Any]]:
    """All plans, and what has to be finished before some of them and is not yet."""
    for plan in planned.plans:
        yield plan
        if plan.needs is not None and not (scanned and plan.needs.analysis.name == "scan"):
            yield plan.needs
