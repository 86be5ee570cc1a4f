"""Grad-CAM of one class at several layers: where its evidence lies, from early layers to late."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, in_batches, map_bytes
from reportgen.analysis.cams.chosen import chosen_cams
from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradcam import CamData, GradCamData, judge
from reportgen.analysis.cams.gradients import depth_gradients
from reportgen.analysis.cams.placing import map_overlay
from reportgen.analysis.choosing import no_such_layer
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench
from reportgen.errors import SettingsError
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.display import display
from reportgen.records.model import Layer, Model

LONGEST = 320
"""Pixels of the longer side of an overlay."""

Pair = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


BLOCKS = "blocks"
"""Stands for the last layer of each block."""

MOST_LAYERS = 16
"""Layers through the depth; of more, so many are evenly chosen."""


@dataclass(frozen=True, kw_only=True)
class DepthOptions(FedOptions):
    """The layers (paths), and the class: the predicted one where it is None."""

    layers: Sequence[str]
    target: int | None = field(metadata={"key": "class"})
    colormap: str


DepthUnit = Unit[DepthOptions]


class CamsThroughDepth:
    """Overlays of each image's predicted class, or of the one chosen, layer by layer."""

    name = "gradcam through the depth"
    version = 4
    title = "Grad-CAM by depth"

    def plan(self, request: Request) -> Plan[DepthOptions]:
        """A unit for each image, where the settings name layers and Grad-CAM is made.

        Raises SettingsError for a layer that is not there or does not lead to the class scores.
        """
        chosen, _ = chosen_cams("gradcam", request)
        wanted = request.settings.cam_layers
        if chosen is None or not wanted:
            return Plan(self, [])
        options = DepthOptions(
            feed=request.feed,
            layers=spread(layers_through_depth(request.model, wanted), MOST_LAYERS),
            target=chosen.target,
            colormap=request.settings.colormap,
        )
        return Plan(
            self, [self.unit(request.model.sha256, photo, options) for photo in request.photos]
        )

    def unit(self, model: str, photo: str, options: DepthOptions) -> DepthUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[DepthUnit], bench: Workbench
    ) -> Iterator[tuple[DepthUnit, Result[GradCamData]]]:
        """Yield each image's maps, in the order of the layers; one pass back serves all."""
        options = units[0].options
        layers = list(options.layers)
        gradients_of = bench.compiled(
            f"gradcam depth {layers}",
            lambda: depth_gradients(bench.network, layers, bench.places),
        )
        by_digest = {unit.photo: unit for unit in units}

        def gradients(pixels: npt.NDArray[np.float32]) -> Any:
            return gradients_of(bench.prepare(pixels), options.target)

        def draw(found: Any, at: int, digest: str) -> Callable[[], Result[GradCamData]]:
            pairs = [(maps[at], slopes[at]) for maps, slopes in found[0]]
            index = int(found[1][at])
            return bench.threads.submit(_draw, bench, digest, pairs, index, options).result

        need = max(2 * map_bytes(bench.network, layers), LEAST_BYTES)
        for digest, result in in_batches(bench, list(by_digest), need, gradients, draw):
            yield by_digest[digest], result


def _draw(
    bench: Workbench, digest: str, pairs: Sequence[Pair], index: int, options: DepthOptions
) -> Result[GradCamData]:
    photo = display(bench.decoded(digest).shown, LONGEST)
    found: list[CamData] = []
    files: dict[str, bytes] = {}
    for at, (layer, (maps, slopes)) in enumerate(zip(options.layers, pairs, strict=True)):
        values = grad_cam(maps, slopes)
        status, reason = judge(values, slopes)
        picture = None
        if status == "ok":
            picture = f"{at:02d}.jpg"
            shares = values / values.max()
            files[picture] = map_overlay(bench, photo, shares, layer, options.colormap)
        found.append(
            CamData(
                method="gradcam",
                layer=layer,
                index=index,
                status=status,
                reason=reason,
                picture=picture,
                heatmap=None,
                width=photo.shape[1],
                height=photo.shape[0],
            )
        )
    return Result(GradCamData(found), files)


def layers_through_depth(model: Model, wanted: Sequence[str]) -> list[str]:
    """Paths of the layers that were asked for, in order of depth.

    Only layers with maps that lead to the class scores count. Raises SettingsError for a glob that
    matches none of them.
    """
    leading = _leading_to_scores(model)
    chosen: set[str] = set()
    for pattern in wanted:
        if pattern == BLOCKS:
            # what pads the input of the next block says nothing of this one
            ends = {layer.block: layer.path for layer in leading if layer.type != "ZeroPadding2D"}
            chosen |= set(ends.values())
            continue
        found = {layer.path for layer in leading if fnmatchcase(layer.path, pattern)}
        if not found and any(fnmatchcase(layer.path, pattern) for layer in model.layers):
            reason = "the layer has no maps that lead to the class scores."
            raise SettingsError(f"--cam-layers {pattern}: {reason}")
        if not found:
            raise SettingsError(f"--cam-layers {pattern}: {no_such_layer(model.layers, pattern)}")
        chosen |= found
    return [layer.path for layer in leading if layer.path in chosen]


def _leading_to_scores(model: Model) -> list[Layer]:
    by_path = {layer.path: layer for layer in model.layers}
    waiting = [model.head.layer] if model.head else []
    found: set[str] = set()
    while waiting:
        for path in by_path[waiting.pop()].inputs:
            if path not in found and path in by_path:
                found.add(path)
                waiting.append(path)
    return [
        layer
        for layer in model.layers
        if layer.path in found and layer.spatial and not layer.passes_through
    ]
