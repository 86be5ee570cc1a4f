"""Whether the heatmaps of a network depend on its learned weights, and on the class.

Adebayo et al., "Sanity Checks for Saliency Maps", 2018.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.placing import cells_of
from reportgen.analysis.heatmap_trust.faithfulness import rank_correlation, structural_similarity
from reportgen.analysis.heatmap_trust.randomisation import Stage, cascade
from reportgen.analysis.heatmap_trust.trust import (
    CHECKED_IMAGES,
    MOST_IMAGES,
    TrustOptions,
    TrustUnit,
    asked,
    asked_of_checked,
    class_of,
    gradients_of_class,
    maps_of,
    shorts,
)
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench, number
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.heatmap_methods import CAMS

FEW_IMAGES = 2
"""Images on which the sanity check tries kinds of map that need many passes for each map."""

SEEDS = 5
"""Times that the model is randomised for the sanity check."""


@dataclass(frozen=True)
class Between:
    """How alike the maps of different images are, pair by pair."""

    images: int
    correlations: list[float]
    similarities: list[float]


@dataclass(frozen=True)
class Check:
    """What became of the maps of one kind as the model was randomised stage by stage."""

    method: str
    stages: list[Stage]
    between_images: Between | None
    other_class: float | None


@dataclass(frozen=True)
class SanityData:
    """The checks of a model."""

    checks: list[Check]


class Sanity:
    """Whether each kind of map changes when weights are randomised, and with the class."""

    name = "sanity"
    version = 3
    title = "Sanity checks"

    def plan(self, request: Request) -> Plan[TrustOptions]:
        """The one unit of the images that `Trust` measures.

        Without the section, that of the kinds of map that are shown only where the check allows it.
        """
        options, photos, _ = asked(request)
        if options is None:
            options, photos = asked_of_checked(request)
        if options is None or not photos:
            return Plan(self, [])
        return Plan(self, [self.unit(request.model.sha256, photos, options)])

    def unit(self, model: str, photos: Sequence[str], options: TrustOptions) -> TrustUnit:
        """The one unit of a model on these images."""
        return Unit(self.name, self.version, "model", model, tuple(photos), options)

    def compute(
        self, units: Sequence[TrustUnit], bench: Workbench
    ) -> Iterator[tuple[TrustUnit, Result[SanityData]]]:
        """Yield the stages of the cascade, and the correlation between classes."""
        for unit in units:
            yield unit, Result(SanityData(_checks(bench, unit.photos, unit.options)))


def _checks(bench: Workbench, digests: Sequence[str], options: TrustOptions) -> list[Check]:
    pixels = [bench.pixels(digest) for digest in digests]
    fed = [bench.prepare(photo[None]) for photo in pixels]
    targets = [class_of(bench, photo, options.target) for photo in pixels]
    others = other_classes(targets, _class_count(bench), options.seed)
    slopes_of = gradients_of_class(bench, options.layer)

    def maps(classes: Sequence[int], wanted: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        found: dict[str, list[npt.NDArray[Any]]] = {cam: [] for cam in wanted}
        for at, (values, target) in enumerate(zip(fed, classes, strict=True)):
            layer_maps, slope = slopes_of(values, np.array([target], np.int32))
            kinds = [cam for cam in found if at < _images(cam)]
            grid = cells_of(bench, options.layer, layer_maps[0])
            heats = maps_of(bench, kinds, digests[at], layer_maps[0], slope[0], target, grid)
            for cam, heat in heats.items():
                found[cam].append(heat)
        return {cam: np.stack(heats) for cam, heats in found.items()}

    cams = options.cams
    slow = [cam for cam in cams if CAMS[cam].passes]
    seeds = range(options.seed, options.seed + SEEDS)
    cascades = cascade(bench.network, lambda kinds: maps(targets, kinds), cams, seeds, slow)
    true, swapped = maps(targets, cams), maps(others, cams) if others else None
    return [
        Check(
            method=cam,
            stages=[_stage(stage) for stage in cascades[cam]],
            between_images=_between(true[cam]),
            other_class=_likeness(true[cam], swapped[cam])
            if swapped and CAMS[cam].by_class
            else None,
        )
        for cam in cams
    ]


def _images(cam: str) -> int:
    """On how many images a kind of map is tried at most."""
    if CAMS[cam].checked:
        return CHECKED_IMAGES
    return FEW_IMAGES if CAMS[cam].passes else MOST_IMAGES


def _stage(stage: Stage) -> Stage:
    return replace(
        stage,
        correlations=shorts(stage.correlations),
        similarities=shorts(stage.similarities),
    )


def _between(maps: npt.NDArray[Any]) -> Between | None:
    """How alike the maps of different images are: the null of the sanity check."""
    told = [heat for heat in maps if np.ptp(heat) > 0]
    pairs = list(combinations(told, 2))
    if not pairs:
        return None
    return Between(
        len(told),
        shorts([rank_correlation(*pair) for pair in pairs]),
        shorts([structural_similarity(*pair) for pair in pairs]),
    )


def _likeness(heats: npt.NDArray[Any], other: npt.NDArray[Any]) -> float | None:
    pairs = zip(heats, other, strict=True)
    return number(np.mean([rank_correlation(a, b) for a, b in pairs]))


def other_classes(targets: Sequence[int], classes: int, seed: int) -> list[int]:
    """For each class another one by chance; none where there is only one class."""
    if classes < 2:
        return []
    random = np.random.default_rng(seed)
    return [int((target + random.integers(1, classes)) % classes) for target in targets]


def _class_count(bench: Workbench) -> int:
    head = bench.network.head
    return head.classes if head else 0
