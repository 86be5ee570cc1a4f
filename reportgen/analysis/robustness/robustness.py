"""What the network predicts for corrupted images, and how far its heatmap drifts.

D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", 2019.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.chosen import chosen_cams
from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradients import class_scores
from reportgen.analysis.engine import engine
from reportgen.analysis.heatmap_trust.trust import gradients_of_class
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.robustness.corrupting import Pixels, corrupted, rotated
from reportgen.analysis.workbench import Workbench, number
from reportgen.corruptions import CORRUPTIONS, STRENGTHS, VERSION
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.display import display
from reportgen.pictures.encode import jpeg
from reportgen.pictures.side_by_side import side_by_side
from reportgen.records.report import Skipped

MOST_IMAGES = 100
"""Images that are corrupted, evenly chosen: each takes 44 passes."""
SIDE = 144
"""Pixels of the longer side of a picture."""
_TOGETHER = 8

Heat = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RobustnessOptions(FedOptions):
    """The layer (its path) of the heatmaps, the seed, and the version of the definitions."""

    layer: str
    seed: int
    definitions: int


RobustnessUnit = Unit[RobustnessOptions]


@dataclass(frozen=True)
class Corrupted:
    """What the network makes of an image at one strength of a corruption.

    `confidence` is the probability of the class that is predicted for the image itself; None for
    margins. `drift` is that of its heatmap, 0 to 1; None where either is empty.
    """

    name: str
    strength: int
    predicted: int
    confidence: float | None
    drift: float | None


@dataclass(frozen=True)
class RobustnessData:
    """One image: what is predicted for it, and for what is made of it."""

    predicted: int
    confidence: float | None
    corrupted: list[Corrupted]


class Robustness:
    """Each corruption of an image at three strengths: predictions, heatmaps, pictures."""

    name = "robustness"
    version = 1
    title = "Robustness"

    def plan(self, request: Request) -> tuple[Plan[RobustnessOptions], list[Skipped]]:
        """A unit for each image, at most 100, evenly chosen of a data set where there is one."""
        chosen, skipped = chosen_cams("robustness", request)
        if chosen is None:
            return Plan(self, []), skipped
        if request.feed.image_input and request.feed.image_input.frames > 1:
            reason = "it is measured on single images, and the network takes clips"
            return Plan(self, []), no_section("robustness", reason)
        options = RobustnessOptions(
            feed=request.feed,
            layer=chosen.layer,
            seed=request.settings.seed,
            definitions=VERSION,
        )
        photos = spread(list(dict.fromkeys(request.searched)), MOST_IMAGES)
        return Plan(
            self, [self.unit(request.model.sha256, photo, options) for photo in photos]
        ), skipped

    def unit(self, model: str, photo: str, options: RobustnessOptions) -> RobustnessUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[RobustnessUnit], bench: Workbench
    ) -> Iterator[tuple[RobustnessUnit, Result[RobustnessData]]]:
        """Yield what is predicted for each image and for what is made of it."""
        for unit in units:
            yield unit, _result(bench, unit)


def variants(pixels: Pixels, digest: str, seed: int) -> list[Pixels]:
    """The image, and all that is made of it: corruptions in order, each at three strengths."""
    made = [pixels]
    for at, name in enumerate(CORRUPTIONS):
        for strength in STRENGTHS:
            random = np.random.default_rng([seed, int(digest[:8], 16), at, strength])
            made.append(corrupted(pixels, name, strength, random))
    return made


def drift(heat: Heat, other: Heat) -> float | None:
    """1 less the cosine of two maps: 0 for the same, 1 for maps that share no place."""
    size = float(np.linalg.norm(heat) * np.linalg.norm(other))
    if not np.isfinite(size) or size == 0:
        return None
    return float(np.clip(1 - (heat * other).sum() / size, 0.0, 1.0))


def _result(bench: Workbench, unit: RobustnessUnit) -> Result[RobustnessData]:
    options = unit.options
    made = variants(bench.pixels(unit.photo), unit.photo, options.seed)
    images = np.stack(made)
    scores, shares = _predictions(bench, images)
    if not np.isfinite(scores).all():
        raise FloatingPointError("the class scores are not finite numbers")
    own = int(scores[0].argmax())
    heats = _heats(bench, options.layer, images, own)
    keys = [(name, strength) for name in CORRUPTIONS for strength in STRENGTHS]
    found = [
        Corrupted(
            name,
            strength,
            int(scores[at].argmax()),
            None if shares is None else number(shares[at, own]),
            drift(_moved(heats[0], name, strength), heats[at]),
        )
        for at, (name, strength) in enumerate(keys, 1)
    ]
    files = {
        f"{name}.jpg": _drawn([made[0], *made[3 * at + 1 : 3 * at + 4]])
        for at, name in enumerate(CORRUPTIONS)
    }
    confidence = None if shares is None else number(shares[0, own])
    return Result(RobustnessData(own, confidence, found), files)


def _moved(heat: Heat, name: str, strength: int) -> Heat:
    """The map where the corruption moves it: a rotation turns it with the image."""
    if name != "rotation":
        return heat
    degrees = CORRUPTIONS[name].amount(strength)
    return rotated(heat[..., None], degrees, np.random.default_rng(0))[..., 0]


def _heats(bench: Workbench, layer: str, images: Pixels, target: int) -> list[Heat]:
    """Grad-CAM of one class on each image."""
    explain = gradients_of_class(bench, layer)
    heats: list[Heat] = []
    for part, count in _parts(bench, images):
        maps, slopes = explain(bench.prepare(part), np.full(len(part), target, np.int32))
        heats += [grad_cam(maps[at], slopes[at]) for at in range(count)]
    return heats


def _predictions(bench: Workbench, images: Pixels) -> tuple[Any, Any]:
    """Class scores (N, classes) and probabilities; None in their place for margins."""
    forward = bench.compiled("robustness scores", lambda: _forward(bench))
    found = [
        [values[:count] for values in forward(bench.prepare(part))]
        for part, count in _parts(bench, images)
    ]
    scores, *shares = (np.concatenate(values) for values in zip(*found, strict=True))
    return scores, shares[0] if shares else None


def _forward(bench: Workbench) -> Any:
    network = bench.network
    head = class_scores(network)

    def compute(values: Any) -> Any:
        behind, before = network.run(values, head.paths)
        scores = head.scores(behind, before)
        if head.meaning.reading == "none":
            return (scores,)
        return scores, head.probabilities(behind)

    graph = engine().compiled(compute, network.variables, bench.places)
    return lambda values: graph(np.asarray(values, np.float32))


def _parts(bench: Workbench, images: Pixels) -> Iterator[tuple[Pixels, int]]:
    """Batches of one size, and how many of each are not repeated ones."""
    size = bench.batch_size or _TOGETHER
    for start in range(0, len(images), size):
        part = images[start : start + size]
        yield np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)]), len(part)


def _drawn(images: Sequence[Pixels]) -> bytes:
    """The image and its three strengths side by side."""
    shown = []
    for pixels in images:
        whole = np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)
        colour = np.repeat(whole, 3, axis=2) if whole.shape[2] == 1 else whole
        shown.append(display(colour, SIDE))
    return jpeg(side_by_side(shown))
