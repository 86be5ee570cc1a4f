"""Grad-CAM of one class at several layers: where its evidence lies, from early layers to late."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, in_batches, map_bytes
from reportgen.analysis.cams import grad_cam
from reportgen.analysis.gradcam import INTENSITY, judge, placed_on
from reportgen.analysis.gradients import depth_gradients
from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Result, Unit
from reportgen.inputs.fit import display
from reportgen.pictures.encode import jpeg
from reportgen.pictures.overlays import overlay

LONGEST = 320
"""Pixels of the longer side of an overlay."""

Pair = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


class CamsThroughDepth:
    """Overlays of each image's likeliest class, or of the one chosen, layer by layer."""

    name = "gradcam through the depth"
    version = 3
    title = "Grad-CAM by depth"

    def unit(self, model: str, digest: str, options: Mapping[str, Any]) -> Unit:
        """The unit of one image. `options`: layers, class (an index or None), colormap, …"""
        return Unit(self.name, self.version, "image", (model, digest), options)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield each image's maps, in the order of the layers; one pass back serves all."""
        options = units[0].options
        layers: list[str] = list(options["layers"])
        gradients_of = bench.compiled(
            f"gradcam depth {layers}",
            lambda: depth_gradients(bench.network, layers, bench.places),
        )
        by_digest = {unit.inputs[1]: unit for unit in units}

        def gradients(pixels: npt.NDArray[np.float32]) -> Any:
            return gradients_of(bench.prepare(pixels), options["class"])

        def draw(found: Any, at: int, digest: str) -> Callable[[], Result]:
            pairs = [(maps[at], slopes[at]) for maps, slopes in found[0]]
            index = int(found[1][at])
            return bench.threads.submit(_draw, bench, digest, pairs, index, options).result

        need = max(2 * map_bytes(bench.network, layers), LEAST_BYTES)
        for digest, result in in_batches(bench, list(by_digest), need, gradients, draw):
            yield by_digest[digest], result


def _draw(
    bench: Workbench, digest: str, pairs: Sequence[Pair], index: int, options: Mapping[str, Any]
) -> Result:
    photo = display(bench.decoded(digest).shown, LONGEST)
    data: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for at, (layer, (maps, slopes)) in enumerate(zip(options["layers"], pairs, strict=True)):
        values = grad_cam(maps, slopes)
        status, reason = judge(values, slopes)
        picture = None
        if status == "ok":
            picture = f"{at:02d}.jpg"
            placed = np.clip(placed_on(bench, photo, values / values.max(), layer), 0.0, 1.0)
            files[picture] = jpeg(overlay(photo, placed, INTENSITY, options["colormap"]))
        data.append(
            {
                "method": "gradcam",
                "layer": layer,
                "index": index,
                "status": status,
                "reason": reason,
                "picture": picture,
                "heatmap": None,
                "width": photo.shape[1],
                "height": photo.shape[0],
            }
        )
    return Result({"gradcam": data}, files)
