"""The difference of two classes: where the evidence for one outweighs that for the other.

Grad-CAM's sum with the gradient of the difference of two class scores, which is the difference of
their gradients, and without the cut below zero: Σ_k w_k A_k with w_k the mean of g_k(a) - g_k(b)
over positions. After Selvaraju et al., 2017, whose counterfactual explanations (section 3.3) turn
the gradient's sign; here both sides stand in one map.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, in_batches, map_bytes
from reportgen.analysis.cams.chosen import chosen_cams
from reportgen.analysis.cams.gradcam import LONGEST
from reportgen.analysis.cams.placing import placed_on
from reportgen.analysis.cams.score_batches import compiled_gradients
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench
from reportgen.errors import ModelError, SettingsError
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.inputs.classes.labels import find_class
from reportgen.pictures.colormaps import DIVERGING
from reportgen.pictures.display import display
from reportgen.pictures.encode import heat_png, jpeg
from reportgen.pictures.overlays import signed_overlay
from reportgen.printable import printable

Map = npt.NDArray[np.float64]
Values = npt.NDArray[np.floating]


def difference_cam(maps: Values, first: Values, second: Values) -> Map:
    """Σ_k w_k A_k (height, width): above zero for the first class, below for the second.

    `maps` are a layer's activations, `first` and `second` the gradients of the two class scores
    with respect to them, all (height, width, channels).
    """
    slope = first.astype(np.float64) - second
    found: Map = maps.astype(np.float64) @ slope.mean(axis=(0, 1))
    return found


TOP = "top"
"""Stands for an image's top two classes."""


@dataclass(frozen=True, kw_only=True)
class DifferenceOptions(FedOptions):
    """The layer (its path), and the pairs of class indices; None stands for the top two classes."""

    layer: str
    pairs: Sequence[list[int] | None]


@dataclass(frozen=True)
class DifferenceMap:
    """One map; fields as in `reportgen.records.heatmaps.CamDifference`."""

    layer: str
    first: int
    second: int
    status: Literal["ok", "no difference", "failed"]
    reason: str
    picture: str | None
    heatmap: str | None
    width: int
    height: int


@dataclass(frozen=True)
class DifferenceData:
    """The maps of one image."""

    differences: list[DifferenceMap]


DifferenceUnit = Unit[DifferenceOptions]


class CamDifferences:
    """Overlays and bare maps of the difference of pairs of classes."""

    name = "gradcam difference"
    version = 5
    title = "Class differences"

    def plan(self, request: Request) -> Plan[DifferenceOptions]:
        """A unit for each image, where the settings name pairs and Grad-CAM is made.

        Raises SettingsError for what is no pair of two classes.
        """
        chosen, _ = chosen_cams("gradcam", request)
        model, wanted = request.model, request.settings.cam_difference
        if chosen is None or not wanted:
            return Plan(self, [])
        if not model.labels:
            reason = model.head.reason if model.head else "the model has no output of its own"
            raise SettingsError(f"--cam-difference {printable(wanted[0])}: {reason}.")
        pairs = [None if text == TOP else class_pair(model.labels, text) for text in wanted]
        options = DifferenceOptions(feed=request.feed, layer=chosen.layer, pairs=pairs)
        return Plan(self, [self.unit(model.sha256, photo, options) for photo in request.photos])

    def unit(self, model: str, photo: str, options: DifferenceOptions) -> DifferenceUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[DifferenceUnit], bench: Workbench
    ) -> Iterator[tuple[DifferenceUnit, Result[DifferenceData]]]:
        """Yield each image's maps, in the order of the pairs; the same pair only once."""
        options = units[0].options
        layer, pairs = options.layer, options.pairs
        named = [index for pair in pairs if pair for index in pair]
        of_top = compiled_gradients(bench, layer, 2) if None in pairs else None
        of_named = compiled_gradients(bench, layer, None, len(named)) if named else None
        by_digest = {unit.photo: unit for unit in units}

        def gradients(pixels: npt.NDArray[np.float32]) -> Any:
            values = bench.prepare(pixels)
            return of_top and of_top(values), of_named and of_named(values, named)

        def draw(found: Any, at: int, digest: str) -> Callable[[], Result[DifferenceData]]:
            maps: dict[tuple[int, int], Map] = {}
            for number in range(len(pairs)):
                first, second, values = _pair(found, at, pairs, number)
                maps.setdefault((first, second), values)
            return bench.threads.submit(_draw, bench, digest, maps, layer).result

        need = map_bytes(bench.network, [layer]) * (1 + len(named) + 2 * (None in pairs))
        need = max(need, LEAST_BYTES)
        for digest, result in in_batches(bench, list(by_digest), need, gradients, draw):
            yield by_digest[digest], result


def _pair(found: Any, at: int, pairs: Sequence[Any], number: int) -> tuple[int, int, Map]:
    """The classes of a pair on one image of the batch, and their map."""
    maps, classes, gradients = found[0] if pairs[number] is None else found[1]
    place = 0 if pairs[number] is None else 2 * sum(pair is not None for pair in pairs[:number])
    first, second = gradients[place, at], gradients[place + 1, at]
    values = difference_cam(maps[at], first, second)
    return int(classes[at, place]), int(classes[at, place + 1]), values


def _draw(
    bench: Workbench, digest: str, maps: Mapping[tuple[int, int], Map], layer: str
) -> Result[DifferenceData]:
    photo = display(bench.decoded(digest).shown, LONGEST)
    found: list[DifferenceMap] = []
    files: dict[str, bytes] = {}
    for at, ((first, second), values) in enumerate(maps.items()):
        largest = float(np.abs(values).max())
        about = DifferenceMap(
            layer=layer,
            first=first,
            second=second,
            status="ok",
            reason="",
            picture=None,
            heatmap=None,
            width=photo.shape[1],
            height=photo.shape[0],
        )
        if not np.isfinite(largest):
            reason = "the gradient or the activations are not finite numbers"
            about = replace(about, status="failed", reason=reason)
        elif largest == 0:
            reason = "the weighted sum is zero everywhere"
            about = replace(about, status="no difference", reason=reason)
        else:
            picture, heatmap = f"{at}-overlay.jpg", f"{at}-heat.png"
            about = replace(about, picture=picture, heatmap=heatmap)
            placed = np.clip(placed_on(bench, photo, values / largest, layer), -1.0, 1.0)
            files[picture] = jpeg(signed_overlay(photo, placed))
            files[heatmap] = heat_png((placed + 1) / 2, DIVERGING)
        found.append(about)
    return Result(DifferenceData(found), files)


def class_pair(labels: Sequence[str], text: str) -> list[int]:
    """The indices of two classes written as CLASS,CLASS; a label may hold commas of its own.

    Raises SettingsError where no comma, or more than one, stands between two classes.
    """
    parts = text.split(",")
    found: set[tuple[int, int]] = set()
    reason = ""
    for at in range(1, len(parts)):
        sides = (",".join(parts[:at]).strip(), ",".join(parts[at:]).strip())
        try:
            found.add((find_class(labels, sides[0]), find_class(labels, sides[1])))
        except ModelError as error:
            reason = reason or str(error)
    shown = printable(text)
    if len(found) > 1:
        raise SettingsError(f"--cam-difference {shown}: it can be read in two ways; give indices.")
    if not found:
        raise SettingsError(f"--cam-difference {shown}: {reason}")
    first, second = found.pop()
    if first == second:
        raise SettingsError(f"--cam-difference {shown}: it names the same class twice.")
    return [first, second]
