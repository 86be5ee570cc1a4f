"""Can the heatmaps be trusted? Each kind is measured on a few images, and tested against the model.

Numbers, never one score: deletion and insertion leave images that no photo looks like, drop and
increase reward large maps, sparseness small ones, and they often disagree (Tomsett et al., "Sanity
Checks for Saliency Metrics", 2020).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.chosen import chosen_cams
from reportgen.analysis.cams.formulas import FORMULAS
from reportgen.analysis.cams.gradcam import cells_of
from reportgen.analysis.cams.gradients import class_gradients, class_scores
from reportgen.analysis.cams.passes import own_passes
from reportgen.analysis.engine import engine
from reportgen.analysis.heatmap_trust.faithfulness import (
    Predict,
    area,
    measure,
    rank_correlation,
    structural_similarity,
)
from reportgen.analysis.heatmap_trust.sanity import Stage, cascade
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench, number, numbers
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.heatmap_methods import CAMS, CHANCE, CHANCE_PIXELS
from reportgen.inputs.geometry.cells import CellGrid
from reportgen.inputs.photos.fit import spread_over
from reportgen.records.report import Skipped
from reportgen.spread import spread

MOST_IMAGES = 8
"""Images that are measured: evenly chosen, since each takes hundreds of passes."""

FEW_IMAGES = 2
"""Images on which the sanity check tries kinds of map that need many passes for each map."""

DRAWS = 10
"""Random maps that each image's maps are compared with."""

SEEDS = 5
"""Times that the model is randomised for the sanity check."""

_TOGETHER = 8
"""Images in a pass."""


@dataclass(frozen=True, kw_only=True)
class TrustOptions(FedOptions):
    """Which maps are measured: of which layer (its path), kinds and class (None: the top one)."""

    layer: str
    cams: Sequence[str]
    target: int | None = field(metadata={"key": "class"})
    seed: int


@dataclass(frozen=True)
class Measures:
    """What one map, or the mean of several, comes to; curves have a number for each step."""

    deletion: list[float]
    insertion: list[float]
    deletion_area: float
    insertion_area: float
    drop: float
    increase: float
    blurred_drop: float
    blurred_increase: float
    kept_brightness: float
    sparseness: float


@dataclass(frozen=True)
class Draws:
    """The areas of each random map."""

    deletion_area: list[float]
    insertion_area: list[float]


@dataclass(frozen=True)
class Measured:
    """The measures of one kind of map; None where the image has no such map."""

    method: str
    measures: Measures | None
    draws: Draws | None = None


@dataclass(frozen=True)
class TrustData:
    """What was measured of one image, for the class of this index."""

    index: int
    measured: list[Measured]


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


TrustUnit = Unit[TrustOptions]


def _asked(request: Request) -> tuple[TrustOptions | None, list[str], list[Skipped]]:
    """What is measured of which photos, and what is left out."""
    chosen, skipped = chosen_cams("trust", request)
    if chosen is None:
        return None, [], skipped
    options = TrustOptions(
        feed=request.feed,
        layer=chosen.layer,
        cams=chosen.kinds,
        target=chosen.target,
        seed=request.settings.seed,
    )
    return options, spread(request.photos, MOST_IMAGES), skipped


class Trust:
    """Deletion, insertion, drop, increase and sparseness of each kind of map on one image.

    Random maps of the same resolution stand beside them: a coarse map takes pixels away in large
    pieces, which random pixels do not.
    """

    name = "trust"
    version = 3
    title = "Heatmap tests"

    def plan(self, request: Request) -> tuple[Plan[TrustOptions], list[Skipped]]:
        """A unit for each of a few images. Raises SettingsError, ModelError as `chosen_cams`."""
        options, photos, skipped = _asked(request)
        if options is None:
            return Plan(self, []), skipped
        return Plan(
            self, [self.unit(request.model.sha256, one, options) for one in photos]
        ), skipped

    def unit(self, model: str, photo: str, options: TrustOptions) -> TrustUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[TrustUnit], bench: Workbench
    ) -> Iterator[tuple[TrustUnit, Result[TrustData]]]:
        """Yield what was measured of each image's predicted class, or of the one chosen."""
        options = units[0].options
        explain = _gradients(bench, options.layer)
        for unit in units:
            pixels = bench.pixels(unit.photo)
            target = _class_of(bench, pixels, options.target)
            maps, slopes = explain(bench.prepare(pixels[None]), np.array([target], np.int32))
            grid = cells_of(bench, options.layer, maps[0])
            heats = _maps_of(bench, options.cams, unit.photo, maps[0], slopes[0], target, grid)
            yield unit, Result(_measured(bench, pixels, target, heats, grid, options.seed))


def _measured(
    bench: Workbench,
    pixels: npt.NDArray[np.float32],
    target: int,
    heats: Mapping[str, npt.NDArray[np.float64]],
    grid: CellGrid,
    seed: int,
) -> TrustData:
    height, width = pixels.shape[:2]
    probabilities = _probabilities(bench)

    def predict(images: npt.NDArray[np.float32]) -> Any:
        return probabilities(images)[:, target]

    measured = []
    for cam, values in heats.items():
        if not np.isfinite(values).all() or values.max() <= 0:
            measured.append(Measured(cam, None))
            continue
        shares = (values / values.max()).astype(np.float32)
        heat = shares if CAMS[cam].of_image else spread_over(shares, height, width, grid)
        measured.append(_entry(cam, pixels, np.maximum(heat, 0.0), predict, seed))
    coarse = {values.shape for cam, values in heats.items() if not CAMS[cam].of_image}
    random = np.random.default_rng(seed)
    for shape in sorted(coarse):
        drawn = (random.random(shape).astype(np.float32) for _ in range(DRAWS))
        chance = [spread_over(one, height, width, grid) for one in drawn]
        measured.append(_chance(CHANCE, pixels, chance, predict, seed))
    if any(CAMS[cam].of_image for cam in heats):
        chance = [random.random((height, width)).astype(np.float32) for _ in range(DRAWS)]
        measured.append(_chance(CHANCE_PIXELS, pixels, chance, predict, seed))
    return TrustData(target, measured)


def _chance(
    method: str, pixels: npt.NDArray[np.float32], heats: Sequence[Any], predict: Predict, seed: int
) -> Measured:
    """The means over random heats, and the areas of each."""
    found = [_entry(method, pixels, heat, predict, seed).measures for heat in heats]
    each = [measures for measures in found if measures is not None]
    if len(each) < len(found):
        return Measured(method, None)

    def mean(name: str) -> Any:
        values = np.mean([getattr(measures, name) for measures in each], axis=0)
        return _shorts(values) if values.ndim else _short(values)

    means = Measures(**{one.name: mean(one.name) for one in fields(Measures)})
    areas = Draws(
        [measures.deletion_area for measures in each],
        [measures.insertion_area for measures in each],
    )
    return Measured(method, means, areas)


def _entry(
    method: str, pixels: npt.NDArray[np.float32], heat: Any, predict: Predict, seed: int
) -> Measured:
    found = measure(pixels, heat, predict, seed)
    if not (np.isfinite(found.deletion).all() and np.isfinite(found.insertion).all()):
        return Measured(method, None)
    measures = Measures(
        deletion=_shorts(found.deletion),
        insertion=_shorts(found.insertion),
        deletion_area=_short(area(found.deletion)),
        insertion_area=_short(area(found.insertion)),
        drop=_short(found.drop),
        increase=float(found.increase),
        blurred_drop=_short(found.blurred_drop),
        blurred_increase=float(found.blurred_increase),
        kept_brightness=_short(found.kept_brightness),
        sparseness=_short(found.sparseness),
    )
    return Measured(method, measures)


def _short(value: Any) -> float:
    """A number in four significant digits."""
    return float(f"{float(value):.4g}")


def _shorts(values: npt.ArrayLike) -> list[float]:
    """Numbers (N,) in four significant digits, NaN where one is not finite."""
    return [np.nan if value is None else value for value in numbers(values)]


class Sanity:
    """Whether each kind of map changes when weights are randomised, and with the class."""

    name = "sanity"
    version = 3
    title = "Sanity checks"

    def plan(self, request: Request) -> Plan[TrustOptions]:
        """The one unit of the images that `Trust` measures; none where it measures none."""
        options, photos, _ = _asked(request)
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
    fed = [bench.prepare(one[None]) for one in pixels]
    targets = [_class_of(bench, one, options.target) for one in pixels]
    others = other_classes(targets, _class_count(bench), options.seed)
    slopes_of = _gradients(bench, options.layer)

    def maps(classes: Sequence[int], wanted: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        found: dict[str, list[npt.NDArray[Any]]] = {cam: [] for cam in wanted}
        for at, (values, target) in enumerate(zip(fed, classes, strict=True)):
            one, slope = slopes_of(values, np.array([target], np.int32))
            kinds = [cam for cam in found if at < FEW_IMAGES or not CAMS[cam].passes]
            grid = cells_of(bench, options.layer, one[0])
            heats = _maps_of(bench, kinds, digests[at], one[0], slope[0], target, grid)
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


def _maps_of(
    bench: Workbench,
    cams: Sequence[str],
    digest: str,
    maps: npt.NDArray[np.float32],
    slope: npt.NDArray[np.float32],
    target: int,
    grid: CellGrid,
) -> dict[str, npt.NDArray[np.float64]]:
    """The map of each kind of one image's class."""
    passed = own_passes(bench, cams, digest, maps, [target], grid)
    return {
        cam: passed[cam][0].values if cam in passed else FORMULAS[cam](maps, slope) for cam in cams
    }


def _stage(stage: Stage) -> Stage:
    return replace(
        stage,
        correlations=_shorts(stage.correlations),
        similarities=_shorts(stage.similarities),
    )


def _between(maps: npt.NDArray[Any]) -> Between | None:
    """How alike the maps of different images are: the null of the sanity check."""
    told = [one for one in maps if np.ptp(one) > 0]
    pairs = list(combinations(told, 2))
    if not pairs:
        return None
    return Between(
        len(told),
        _shorts([rank_correlation(*pair) for pair in pairs]),
        _shorts([structural_similarity(*pair) for pair in pairs]),
    )


def _likeness(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float | None:
    pairs = zip(one, other, strict=True)
    return number(np.mean([rank_correlation(a, b) for a, b in pairs]))


def other_classes(targets: Sequence[int], classes: int, seed: int) -> list[int]:
    """For each class another one by chance; none where there is only one class."""
    if classes < 2:
        return []
    random = np.random.default_rng(seed)
    return [int((one + random.integers(1, classes)) % classes) for one in targets]


def _class_count(bench: Workbench) -> int:
    head = bench.network.head
    return head.classes if head else 0


def _class_of(bench: Workbench, pixels: npt.NDArray[np.float32], chosen: int | None) -> int:
    if chosen is not None:
        return chosen
    return int(_probabilities(bench)(pixels[None])[0].argmax())


def _gradients(bench: Workbench, layer: str) -> Any:
    return bench.compiled(
        f"trust {layer}", lambda: class_gradients(bench.network, layer, bench.places)
    )


def _probabilities(bench: Workbench) -> Callable[[npt.NDArray[np.float32]], Any]:
    """Pixels (N, H, W, C) to probabilities (N, classes), a few images at a time."""
    passed = bench.compiled("trust probabilities", lambda: _pass(bench))
    size = bench.batch_size or _TOGETHER

    def compute(images: npt.NDArray[np.float32]) -> Any:
        found = []
        for start in range(0, len(images), size):
            part = images[start : start + size]
            # All passes have the same size: the network is compiled once.
            full = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
            found.append(passed(full)[: len(part)])
        return np.concatenate(found)

    return compute


def _pass(bench: Workbench) -> Callable[[npt.NDArray[np.float32]], Any]:
    network = bench.network
    head = class_scores(network)

    def probabilities(values: Any) -> Any:
        behind, _ = network.run(values, head.paths)
        return head.probabilities(behind)

    graph = engine().compiled(probabilities, network.variables, bench.places)
    return lambda pixels: graph(np.asarray(bench.prepare(pixels), np.float32))
