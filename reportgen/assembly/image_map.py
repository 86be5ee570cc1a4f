"""From finished units to the record of the map of images, with its pictures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.analysis.accuracy.evaluation import likelihood_of
from reportgen.analysis.feature_maps.penultimate import penultimate_layer
from reportgen.analysis.image_map.label_errors import (
    LEAST_LABELLED,
    LEAST_OF_CLASS,
    suspected_labels,
)
from reportgen.analysis.image_map.neighbours import nearest, trustworthiness
from reportgen.analysis.image_map.projection import (
    LEAST_IMAGES,
    LEAST_TSNE,
    perplexity_of,
    principal_components,
    tsne,
)
from reportgen.assembly.map_pictures import Grouped, draw_map
from reportgen.assembly.mapped_images import MappedImage
from reportgen.execution.store import Stored
from reportgen.records.image_map import ImageMap, MapPoint, SuspectedLabel
from reportgen.records.model import Model
from reportgen.wording import percent

NEIGHBOURS = 8
MOST_SUSPECTED = 1000
"""Suspected labels that report.json lists."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MapChoice:
    """How the map is made: "pca" or "tsne", and the seed of the latter."""

    method: str
    seed: int


def assemble_map(
    folder: Path,
    model: Model,
    images: Sequence[MappedImage],
    decoded: Mapping[str, Stored],
    choice: MapChoice,
) -> tuple[ImageMap | None, str]:
    """The map, or None and the reason.

    `decoded` has the photos by digest. Raises SettingsError without the tools of t-SNE.
    """
    layer, reason = penultimate_layer(model)
    given = [image for image in images if image.features]
    if reason or not given:
        return None, reason or "no image has features"
    kept = [image for image in given if image.is_finite]
    lost = [image.file.name for image in given if not image.is_finite]
    if len(kept) < LEAST_IMAGES:
        return None, f"it needs {LEAST_IMAGES} images with finite features, and has {len(kept)}"
    features = np.array([image.features for image in kept], np.float64)
    if not np.ptp(features, axis=0).any():
        return None, f"the channel means of the layer {layer} are the same on all images"
    placed = _placed(features, choice)
    near = nearest(features, min(NEIGHBOURS, len(kept) - 1))
    trusted = max(1, min(NEIGHBOURS, (len(kept) - 1) // 2))
    suspected, examined, no_suspicion = _suspected(model, kept, features)
    names = ("t-SNE 1", "t-SNE 2") if placed.perplexity else _axes(placed.variance)
    grouped = Grouped.of(kept, model.labels)
    pictures = draw_map(folder, kept, placed.positions, grouped, names, decoded)
    return ImageMap(
        method="tsne" if placed.perplexity else "pca",
        layer=layer,
        channels=features.shape[1],
        variance=[round(share, 6) for share in placed.variance],
        perplexity=placed.perplexity,
        trustworthiness=round(trustworthiness(features, placed.positions, trusted), 6),
        trusted=trusted,
        points=_points(kept, placed, near),
        left_out=lost,
        coloured_by=grouped.by,
        groups=grouped.records,
        chart=pictures.chart,
        picture=pictures.picture,
        width=pictures.width,
        height=pictures.height,
        tiles=pictures.tiles,
        labelled=examined,
        suspected=suspected[:MOST_SUSPECTED],
        suspicions=len(suspected),
        no_suspicion=no_suspicion,
    ), ""


@dataclass(frozen=True)
class _Placed:
    """Positions (images, 2), the shares of the variance of PCA, the perplexity of t-SNE."""

    positions: Floats
    variance: tuple[float, ...]
    perplexity: float | None


def _points(
    images: Sequence[MappedImage], placed: _Placed, near: npt.NDArray[np.intp]
) -> list[MapPoint]:
    """The positions of the images; `near` has the indices of the nearest, (images, neighbours)."""
    return [
        MapPoint(
            image=image.file.name,
            x=float(f"{placed.positions[at, 0]:.6g}"),
            y=float(f"{placed.positions[at, 1]:.6g}"),
            neighbours=[images[other].file.name for other in near[at]],
        )
        for at, image in enumerate(images)
    ]


def _placed(features: Floats, choice: MapChoice) -> _Placed:
    if choice.method == "tsne" and len(features) >= LEAST_TSNE:
        return _Placed(tsne(features, choice.seed), (), perplexity_of(len(features)))
    return _Placed(*principal_components(features), None)


def _axes(variance: Sequence[float]) -> tuple[str, str]:
    first, second = (
        f"component {at}: {percent(share)} of the variance" for at, share in enumerate(variance, 1)
    )
    return first, second


def _suspected(
    model: Model, images: Sequence[MappedImage], features: Floats
) -> tuple[list[SuspectedLabel], int, str]:
    """The labels that are suspected, of how many; and why none are examined where that is so."""
    counts = Counter(image.true for image in images)
    usable = np.array(
        [
            image.true is not None
            and counts[image.true] >= LEAST_OF_CLASS
            and bool(image.probabilities)
            for image in images
        ]
    )
    known = [image for image, is_usable in zip(images, usable, strict=True) if is_usable]
    labels = np.array([image.true for image in known], np.intp)
    if reason := _no_suspicion(model, images, labels):
        return [], 0, reason
    probabilities = np.array([image.probabilities for image in known], np.float64)
    others = int(np.unique(labels, return_counts=True)[1].min()) - 1
    near = nearest(features[usable], min(NEIGHBOURS, others))
    return (
        [
            SuspectedLabel(
                image=known[suspect.at].file.name,
                given=suspect.given,
                suggested=suspect.suggested,
                given_probability=float(f"{probabilities[suspect.at, suspect.given]:.6g}"),
                suggested_probability=float(f"{probabilities[suspect.at, suspect.suggested]:.6g}"),
                neighbours=near.shape[1],
                agreeing=suspect.like_suggested,
                opposing=suspect.like_given,
            )
            for suspect in suspected_labels(probabilities, labels, near)
        ],
        len(known),
        "",
    )


def _no_suspicion(model: Model, images: Sequence[MappedImage], labels: npt.NDArray[np.intp]) -> str:
    if not any(image.true is not None for image in images):
        return "no image is in a class folder"
    kind, reason = likelihood_of(model)
    if kind is None:
        return reason
    if len(labels) < LEAST_LABELLED:
        return (
            f"it needs {LEAST_LABELLED} images in classes of {LEAST_OF_CLASS} or more, and has"
            f" {len(labels)}"
        )
    if len(np.unique(labels)) < 2:
        return f"a single class has {LEAST_OF_CLASS} images or more"
    return ""
