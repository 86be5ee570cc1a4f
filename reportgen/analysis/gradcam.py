"""Grad-CAM: where in the image the evidence for a class lies.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", 2017: the maps of a layer, weighted by the spatial means of the gradient of the class
score (before softmax or sigmoid), summed, and cut off below zero.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.gradients import score_gradients
from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Result, Unit
from reportgen.inputs.decode import decode
from reportgen.inputs.fit import display, project
from reportgen.pictures.encode import jpeg, rgb_png
from reportgen.pictures.overlays import heatmap, overlay

INTENSITY = 0.4
"""Share of the heatmap's colours in an overlay."""

LONGEST = 640
"""Pixels of the longer side of an overlay."""


def weighted_map(
    maps: npt.NDArray[np.floating], gradients: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """The map (height, width) of one class, not yet scaled, nowhere below zero.

    Args:
        maps: activations of a layer, (height, width, channels).
        gradients: of the class score with respect to them, same shape.
    """
    weights = gradients.astype(np.float64).mean(axis=(0, 1))
    weighted: npt.NDArray[np.float64] = np.maximum(maps.astype(np.float64) @ weights, 0.0)
    return weighted


class GradCams:
    """Overlays and heatmaps of each image's classes."""

    name = "gradcam"
    version = 1
    title = "Grad-CAM"

    def unit(self, model: str, digest: str, options: Mapping[str, Any]) -> Unit:
        """The unit of one image.

        `options`: layer, classes (how many of the top, or the index of one as "class"),
        colormap, preprocess, resize, and what else the network depends on.
        """
        return Unit(self.name, self.version, "image", (model, digest), options)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield each image's maps, the class with the highest score first."""
        options = units[0].options
        gradients_of = score_gradients(
            bench.network, options["layer"], options["classes"], options["class"]
        )
        by_digest = {unit.inputs[1]: unit for unit in units}
        for part, load in bench.batches(list(by_digest), bench.batch_for(16_000_000)):
            maps, classes, gradients = gradients_of(bench.prepare(load()))
            for i, digest in enumerate(part):
                result = _draw(bench, digest, maps[i], classes[i], gradients[:, i], options)
                yield by_digest[digest], result


def _draw(
    bench: Workbench,
    digest: str,
    maps: npt.NDArray[np.float32],
    classes: npt.NDArray[np.int32],
    gradients: npt.NDArray[np.float32],
    options: Mapping[str, Any],
) -> Result:
    photo = display(decode(bench.photos[digest]).rgb, LONGEST)
    data: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for k, index in enumerate(classes):
        values = weighted_map(maps, gradients[k])
        status, reason = _judge(values, gradients[k])
        about = {
            "layer": options["layer"],
            "index": int(index),
            "status": status,
            "reason": reason,
            "picture": None,
            "heatmap": None,
            "width": photo.shape[1],
            "height": photo.shape[0],
        }
        if status == "ok":
            _pictures(bench, photo, values, about, files, k, options["colormap"])
        data.append(about)
    return Result({"gradcam": data}, files)


def _pictures(
    bench: Workbench,
    photo: npt.NDArray[np.uint8],
    values: npt.NDArray[np.float64],
    about: dict[str, Any],
    files: dict[str, bytes],
    k: int,
    colormap: str,
) -> None:
    scaled = (values / values.max()).astype(np.float32)
    target = bench.image_input
    if target is None:
        raise ValueError("the model takes no image")
    height, width = photo.shape[:2]
    placed = project(scaled, height, width, bench.resize, target.height, target.width)
    placed = np.clip(placed, 0.0, 1.0)
    about.update(picture=f"{k}-overlay.jpg", heatmap=f"{k}-heat.png")
    files[about["picture"]] = jpeg(overlay(photo, placed, INTENSITY, colormap))
    files[about["heatmap"]] = rgb_png(heatmap(placed, colormap))


def _judge(values: npt.NDArray[np.float64], gradients: npt.NDArray[np.float32]) -> tuple[str, str]:
    if not np.isfinite(values).all():
        return "failed", "the gradient or the activations are not finite numbers"
    if not np.any(gradients):
        return "no positive evidence", "the class score does not depend on this layer here"
    if values.max() <= 0:
        return "no positive evidence", "nothing in this layer speaks for the class"
    return "ok", ""
