"""From finished units to the records of an image's heatmaps, their pictures copied."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from reportgen.analysis.finite import tells_classes
from reportgen.assembly.smaller_grids import AS_IT_IS, Smaller
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.heatmap_methods import CAMS
from reportgen.records.heatmaps import CamDifference
from reportgen.records.report import GradCam, Image, Model


class Pictures(Protocol):
    """What records of heatmaps need of the assembly of a report."""

    @property
    def model(self) -> Model:
        """The model's facts."""

    @property
    def smaller(self) -> Smaller:
        """What of the report's pictures is left out."""

    def layer_slug(self, path: str) -> str:
        """The layer's name in the names of its pictures."""

    def copy(self, stored: Stored, name: str, target: str) -> str:
        """Copy a unit's file to `target` with the file's own extension; returns its path."""

    def usable(self, outcome: Outcome | None, what: str, name: str) -> Stored | None:
        """The outcome if it is no failure; a failure is noted."""


def cam_records(assembly: Pictures, cams: Stored, seen: Stored | None, base: str) -> list[GradCam]:
    """The maps of an image; its probabilities are those `seen` with its activations."""
    records = []
    probabilities = seen.data["probabilities"] if seen else []
    if seen is not None and not tells_classes(seen.data["scores"], probabilities):
        return []  # where no class is predicted, none is explained
    for about in cams.data["gradcam"]:
        index = about["index"]
        target = f"{base}/{CAMS[about['method']].slug}/{index}"
        kinds = {"picture": "overlay", "heatmap": "heatmap", "cells": "cells", "full": "full"}
        if assembly.smaller != AS_IT_IS:
            del kinds["full"]
        pictures = {
            key: assembly.copy(cams, about[key], f"{target}-{kind}") if about.get(key) else None
            for key, kind in kinds.items()
        }
        pictures.setdefault("full", None)
        known = {"label": assembly.model.target_labels[index]}
        probability = probabilities[index] if probabilities else None
        records.append(GradCam(**{**about, **pictures, **known, "probability": probability}))
    return records


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
    known = {one.index: one.probability for one in image.predictions}
    known |= {one.index: one.probability for one in image.gradcam}
    for about in stored.data["gradcam"]:
        index, picture = about["index"], about["picture"]
        target = f"{base}/depth/{assembly.layer_slug(about['layer'])}"
        added = {
            "label": assembly.model.target_labels[index],
            "probability": known.get(index),
            "picture": picture and assembly.copy(stored, picture, target),
        }
        yield GradCam(**{**about, **added})


def _differences(assembly: Pictures, stored: Stored, base: str) -> Iterator[CamDifference]:
    labels = assembly.model.labels
    for at, about in enumerate(stored.data["differences"]):
        pictures = {
            key: about[key] and assembly.copy(stored, about[key], f"{base}/difference/{at}-{kind}")
            for key, kind in (("picture", "overlay"), ("heatmap", "heatmap"))
        }
        first, second = labels[about["first"]], labels[about["second"]]
        yield CamDifference(**{**about, **pictures, "first_label": first, "second_label": second})
