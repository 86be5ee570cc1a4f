"""Can the heatmaps be trusted? Each kind is measured on a few images, and tested against the model.

Numbers, never one score: deletion and insertion leave images that no photo looks like, drop and
increase reward large maps, sparseness small ones, and they often disagree (Tomsett et al., "Sanity
Checks for Saliency Metrics", 2020).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.chosen import chosen_cams
from reportgen.analysis.cams.formulas import FORMULAS
from reportgen.analysis.cams.gradients import class_gradients, class_scores
from reportgen.analysis.cams.passes import own_passes
from reportgen.analysis.cams.placing import cells_of
from reportgen.analysis.engine import engine
from reportgen.analysis.heatmap_trust.faithfulness import (
    Predict,
    area,
    measure,
)
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench, numbers
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.heatmap_methods import CAMS, CHANCE, CHANCE_PIXELS
from reportgen.inputs.geometry.cells import CellGrid
from reportgen.inputs.photos.fit import spread_over
from reportgen.records.report import Skipped

MOST_IMAGES = 8
"""Images that are measured: evenly chosen, since each takes hundreds of passes."""

DRAWS = 10
"""Random maps that each image's maps are compared with."""

CHECKED_IMAGES = 3
"""Images on which the sanity check tries kinds of map that it decides on."""

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


TrustUnit = Unit[TrustOptions]


def asked(request: Request) -> tuple[TrustOptions | None, list[str], list[Skipped]]:
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


def asked_of_checked(request: Request) -> tuple[TrustOptions | None, list[str]]:
    """The kinds that are shown only where the sanity check allows it, and the photos to try."""
    chosen, _ = chosen_cams("gradcam", request)
    head = request.model.head
    kinds = [kind for kind in chosen.kinds if CAMS[kind].checked] if chosen else []
    if chosen is None or not kinds or not (head and head.classes) or head.margins:
        return None, []
    options = TrustOptions(
        feed=request.feed,
        layer=chosen.layer,
        cams=kinds,
        target=chosen.target,
        seed=request.settings.seed,
    )
    return options, spread(request.photos, CHECKED_IMAGES)


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
        options, photos, skipped = asked(request)
        if options is None:
            return Plan(self, []), skipped
        return Plan(
            self, [self.unit(request.model.sha256, photo, options) for photo in photos]
        ), skipped

    def unit(self, model: str, photo: str, options: TrustOptions) -> TrustUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[TrustUnit], bench: Workbench
    ) -> Iterator[tuple[TrustUnit, Result[TrustData]]]:
        """Yield what was measured of each image's predicted class, or of the one chosen."""
        options = units[0].options
        explain = gradients_of_class(bench, options.layer)
        for unit in units:
            pixels = bench.pixels(unit.photo)
            target = class_of(bench, pixels, options.target)
            maps, slopes = explain(bench.prepare(pixels[None]), np.array([target], np.int32))
            grid = cells_of(bench, options.layer, maps[0])
            heats = maps_of(bench, options.cams, unit.photo, maps[0], slopes[0], target, grid)
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
        chance = [spread_over(drawn_map, height, width, grid) for drawn_map in drawn]
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
        return shorts(values) if values.ndim else short(values)

    means = Measures(**{part.name: mean(part.name) for part in fields(Measures)})
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
        deletion=shorts(found.deletion),
        insertion=shorts(found.insertion),
        deletion_area=short(area(found.deletion)),
        insertion_area=short(area(found.insertion)),
        drop=short(found.drop),
        increase=float(found.increase),
        blurred_drop=short(found.blurred_drop),
        blurred_increase=float(found.blurred_increase),
        kept_brightness=short(found.kept_brightness),
        sparseness=short(found.sparseness),
    )
    return Measured(method, measures)


def short(value: Any) -> float:
    """A number in four significant digits."""
    return float(f"{float(value):.4g}")


def shorts(values: npt.ArrayLike) -> list[float]:
    """Numbers (N,) in four significant digits, NaN where one is not finite."""
    return [np.nan if value is None else value for value in numbers(values)]


def maps_of(
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


def class_of(bench: Workbench, pixels: npt.NDArray[np.float32], chosen: int | None) -> int:
    """The class that is chosen, else the predicted one for these pixels (H, W, C)."""
    if chosen is not None:
        return chosen
    return int(_probabilities(bench)(pixels[None])[0].argmax())


def gradients_of_class(bench: Workbench, layer: str) -> Any:
    """The function of `class_gradients` for a layer, made once."""
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
