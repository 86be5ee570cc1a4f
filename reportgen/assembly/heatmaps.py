"""From finished units to the records of an image's heatmaps, their pictures copied."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from reportgen.analysis.cams.difference import DifferenceData
from reportgen.analysis.cams.gradcam import GradCamData
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.analysis.finite import tells_classes
from reportgen.assembly.smaller_grids import AS_IT_IS, Smaller
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.heatmap_methods import CAMS
from reportgen.records.heatmaps import CamDifference
from reportgen.records.image import GradCam, Image
from reportgen.records.model import Model


class Pictures(Protocol):
    """What records of heatmaps need of the assembly of a report."""

    @property
    def model(self) -> Model:
        """The model's facts."""

    @property
    def smaller(self) -> Smaller:
        """What of the report's pictures is left out."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Kinds of heatmap that are left out."""

    def layer_slug(self, path: str) -> str:
        """The layer's name in the names of its pictures."""

    def copy(self, stored: Stored, name: str, target: str) -> str:
        """Copy a unit's file to `target` with the file's own extension; returns its path."""

    def usable(self, outcome: Outcome | None, what: str, name: str) -> Stored | None:
        """The outcome if it is no failure; a failure is noted."""


def cam_records(
    assembly: Pictures, cams: Stored, seen: ActivationData | None, base: str
) -> list[GradCam]:
    """The maps of an image; its probabilities are those `seen` with its activations."""
    records = []
    probabilities = seen.probabilities if seen else []
    if seen is not None and not tells_classes(seen.scores, probabilities):
        return []  # where no class is predicted, none is explained
    for cam in cams.read(GradCamData).gradcam:
        if cam.method in assembly.refused:
            continue
        target = f"{base}/{CAMS[cam.method].slug}/{cam.index}"
        records.append(
            GradCam(
                method=cam.method,
                layer=cam.layer,
                index=cam.index,
                label=assembly.model.target_labels[cam.index],
                probability=probabilities[cam.index] if probabilities else None,
                status=cam.status,
                reason=cam.reason,
                picture=_copied(assembly, cams, cam.picture, f"{target}-overlay"),
                heatmap=_copied(assembly, cams, cam.heatmap, f"{target}-heatmap"),
                width=cam.width,
                height=cam.height,
                cells=_copied(assembly, cams, cam.cells, f"{target}-cells"),
                cells_size=cam.cells_size,
                full=_copied(assembly, cams, cam.full, f"{target}-full")
                if assembly.smaller == AS_IT_IS
                else None,
                steps=cam.steps,
                residual=cam.residual,
                same_as=cam.same_as,
            )
        )
    return records


def _copied(assembly: Pictures, stored: Stored, name: str | None, target: str) -> str | None:
    """The path of a picture that is copied; None where there is none."""
    return assembly.copy(stored, name, target) if name else None


def with_cams(
    assembly: Pictures,
    image: Image,
    base: str,
    depth: Outcome | None,
    differences: Outcome | None,
) -> Image:
    """The record with the maps through the depth and the differences of classes added."""
    if image.not_finite:
        return image
    through = assembly.usable(depth, "Grad-CAM through the depth of", image.name)
    different = assembly.usable(differences, "differences of classes of", image.name)
    return replace(
        image,
        through_depth=list(_through_depth(assembly, image, through, base)) if through else [],
        differences=list(_differences(assembly, different, base)) if different else [],
    )


def _through_depth(
    assembly: Pictures, image: Image, stored: Stored, base: str
) -> Iterator[GradCam]:
    known = {prediction.index: prediction.probability for prediction in image.predictions}
    known |= {cam.index: cam.probability for cam in image.gradcam}
    for cam in stored.read(GradCamData).gradcam:
        target = f"{base}/depth/{assembly.layer_slug(cam.layer)}"
        yield GradCam(
            method=cam.method,
            layer=cam.layer,
            index=cam.index,
            label=assembly.model.target_labels[cam.index],
            probability=known.get(cam.index),
            status=cam.status,
            reason=cam.reason,
            picture=_copied(assembly, stored, cam.picture, target),
            heatmap=None,
            width=cam.width,
            height=cam.height,
        )


def _differences(assembly: Pictures, stored: Stored, base: str) -> Iterator[CamDifference]:
    labels = assembly.model.labels
    for at, found in enumerate(stored.read(DifferenceData).differences):
        target = f"{base}/difference/{at}"
        yield CamDifference(
            layer=found.layer,
            first=found.first,
            second=found.second,
            first_label=labels[found.first],
            second_label=labels[found.second],
            status=found.status,
            reason=found.reason,
            picture=_copied(assembly, stored, found.picture, f"{target}-overlay"),
            heatmap=_copied(assembly, stored, found.heatmap, f"{target}-heatmap"),
            width=found.width,
            height=found.height,
        )
