"""The heatmaps of all images on one coarse grid, and their means as pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from reportgen.analysis.accuracy.shortcuts import SIDE, Floats, border_share
from reportgen.analysis.cams.gradcam import GradCamData, GradCamUnit
from reportgen.analysis.photos import PhotoData
from reportgen.assembly.mapped_images import MappedImage
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.pictures.encode import heat_png, read_rgb
from reportgen.records.confusions import MeanHeat

_FAITHFUL = "hirescam"
"""Taken where it is made: it marks no place that the network does not use."""
_PIXELS = 192


@dataclass(frozen=True)
class Heats:
    """Heat of the predicted class of images by digest: (SIDE, SIDE), with a sum of 1."""

    method: str
    by_digest: Mapping[str, Floats]

    def of(self, images: Sequence[MappedImage]) -> Floats:
        """The heat of those images that have any, (count, SIDE, SIDE)."""
        found = [self.by_digest[image.digest] for image in images if image.digest in self.by_digest]
        return np.array(found).reshape(-1, SIDE, SIDE)


def read_heats(
    images: Sequence[MappedImage],
    units: Sequence[GradCamUnit],
    outcomes: Mapping[str, Outcome],
) -> Heats:
    """The heat of the predicted class of each image; images whose heatmap is empty have none."""
    stored = {unit.photo: outcomes.get(unit.key) for unit in units}
    method = _FAITHFUL if units and _FAITHFUL in units[0].options.cams else ""
    method = method or (units[0].options.cams[0] if units else "")
    found: dict[str, Floats] = {}
    for image in images:
        outcome = stored.get(image.digest)
        if image.digest in found or not isinstance(outcome, Stored):
            continue
        cams = [
            cam for cam in outcome.read(GradCamData).gradcam
            if cam.index == image.predicted and cam.heatmap
        ]  # fmt: skip
        # A map that is the same as another kind's has no picture of its own.
        cams.sort(key=lambda cam: cam.method != method)
        if cams and cams[0].heatmap:
            heat = _grid(_indices(outcome.read_file(cams[0].heatmap)))
            if heat.sum() > 0:
                found[image.digest] = heat / heat.sum()
    return Heats(method if found else "", found)


def small_photo(stored: Stored) -> Floats:
    """A photo averaged to the grid of the heat, (SIDE, SIDE, 3), 0..255."""
    return _grid(read_rgb(stored.read_file(stored.read(PhotoData).photo)))


def mean_heat(heats: Floats, folder: Path, path: str, colormap: str) -> MeanHeat | None:
    """The record of a mean, drawn at `path` below `folder`; None without any heat."""
    if not len(heats):
        return None
    mean = heats.mean(axis=0)
    drawn = cv2.resize(mean / mean.max(), (_PIXELS, _PIXELS), interpolation=cv2.INTER_CUBIC)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(heat_png(np.clip(drawn, 0.0, 1.0), colormap))
    border = round(border_share(mean), 6)
    return MeanHeat(images=len(heats), picture=path, width=_PIXELS, height=_PIXELS, border=border)


def _indices(png: bytes) -> npt.NDArray[np.uint8]:
    """The values of a heatmap, whose palette index is the heat."""
    with Image.open(BytesIO(png)) as picture:
        return np.asarray(picture)


def _grid(picture: npt.NDArray[np.uint8]) -> Floats:
    """A picture averaged to the grid."""
    values = picture.astype(np.float64)
    return np.asarray(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float64)
