"""Concepts: what groups of channels look for together, over all images.

C. Olah et al., "The Building Blocks of Interpretability", Distill, 2018, "neuron groups"; T. Fel et
al., "CRAFT: Concept Recursive Activation FacTorization for Explainability", 2023. A concept's part
in a class score is the sum over places of its activation times the gradient along its channels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, computed, map_bytes
from reportgen.analysis.cams.chosen import chosen_cams
from reportgen.analysis.cams.gradients import score_gradients
from reportgen.analysis.cams.placing import placed_on
from reportgen.analysis.concepts.drawing import coloured, legend, patch
from reportgen.analysis.concepts.factorisation import Chosen, choose, weights_of
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.workbench import Workbench
from reportgen.errors import ImageError
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.display import display
from reportgen.pictures.encode import jpeg
from reportgen.pictures.side_by_side import side_by_side
from reportgen.records.report import Skipped

LEAST_IMAGES, MOST_IMAGES = 20, 100
MOST_DRAWN = 24
"""Images that are shown with their concepts, evenly chosen."""
PATCHES = 6
MOST_ROWS = 20_000
"""Places of all images that the concepts are found in, evenly chosen of more."""
SIDE = 320
"""Pixels of the longer side of a picture."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ConceptOptions(FedOptions):
    """The layer (its path) whose maps are factorised, and the seed."""

    layer: str
    seed: int


ConceptUnit = Unit[ConceptOptions]


@dataclass(frozen=True)
class ImageConcepts:
    """An image by its digest, its predicted class, and each concept's part in that class's score.

    `score` is the same of all channels together; `picture` is the name of a file, if there is one.
    """

    digest: str
    predicted: int
    parts: list[float]
    score: float
    picture: str | None


@dataclass(frozen=True)
class ConceptData:
    """The concepts of a layer.

    `stability` has the agreement of seeds by number of concepts; `error` is the share of the maps'
    norm that the concepts leave out; `top` has the digests of each concept's patches, strongest
    first; `channels` the strongest channels of each, with their weights.
    """

    stability: list[tuple[int, float]]
    error: float
    negative: bool
    top: list[list[str]]
    channels: list[list[tuple[int, float]]]
    images: list[ImageConcepts]


@dataclass(frozen=True)
class _Response:
    """The network's response to an image: maps and gradients (h, w, channels)."""

    digest: str
    maps: npt.NDArray[np.float32]
    slopes: npt.NDArray[np.float32]
    predicted: int


class Concepts:
    """The concepts of the Grad-CAM layer, in one unit of all images."""

    name = "concepts"
    version = 2
    title = "Concepts"

    def plan(self, request: Request) -> tuple[Plan[ConceptOptions], list[Skipped]]:
        """One unit of at most 100 images, evenly chosen; none with fewer than 20."""
        chosen, skipped = chosen_cams("concepts", request)
        if chosen is None:
            return Plan(self, []), skipped
        photos = spread(list(dict.fromkeys(request.searched)), MOST_IMAGES)
        if len(photos) < LEAST_IMAGES:
            reason = f"it takes {LEAST_IMAGES} images, and there are {len(photos)}"
            return Plan(self, []), [*skipped, *no_section("concepts", reason)]
        options = ConceptOptions(feed=request.feed, layer=chosen.layer, seed=request.settings.seed)
        model = request.model.sha256
        unit = Unit(self.name, self.version, "images", model, tuple(photos), options)
        return Plan(self, [unit]), skipped

    def compute(
        self, units: Sequence[ConceptUnit], bench: Workbench
    ) -> Iterator[tuple[ConceptUnit, Result[ConceptData]]]:
        """Yield the concepts of all images together."""
        for unit in units:
            seen = list(_seen(bench, unit))
            if len(seen) < LEAST_IMAGES:
                raise ImageError(
                    f"only {len(seen)} images can be read, and concepts take {LEAST_IMAGES}"
                )
            yield unit, _result(bench, seen, unit.options)


def _seen(bench: Workbench, unit: ConceptUnit) -> Iterator[_Response]:
    layer = unit.options.layer
    gradients_of = bench.compiled(
        f"gradcam {layer} 1", lambda: score_gradients(bench.network, layer, 1, bench.places)
    )
    need = max(map_bytes(bench.network, [layer]) * 3, LEAST_BYTES)

    def lose(digest: str, error: ImageError) -> None:
        """An image that cannot be read is told of elsewhere."""

    rows = computed(
        bench, list(unit.photos), need, lambda pixels: gradients_of(bench.prepare(pixels)), lose
    )
    for part, (maps, classes, slopes) in rows:
        for at, digest in enumerate(part):
            if np.isfinite(maps[at]).all() and np.isfinite(slopes[0, at]).all():
                yield _Response(digest, maps[at], slopes[0, at], int(classes[at, 0]))


def found_in(maps: Sequence[npt.NDArray[np.floating]], seed: int) -> tuple[Chosen, list[Floats]]:
    """The concepts of maps (h, w, channels), and their activations (h, w, k) in each.

    What lies below zero counts as zero. Concepts are ordered by how active they are in all.
    """
    rows = [
        np.maximum(image_maps.reshape(-1, image_maps.shape[2]), 0.0).astype(np.float64)
        for image_maps in maps
    ]
    whole = np.concatenate(rows)
    chosen = choose(whole[spread(range(len(whole)), MOST_ROWS)], seed)
    weights = weights_of(whole, chosen.factors.parts)
    order = np.argsort(-weights.sum(axis=0), kind="stable")
    parts, weights = chosen.factors.parts[order], weights[:, order]
    ends = np.cumsum([len(image_rows) for image_rows in rows])[:-1]
    shaped = [
        part.reshape(*image_maps.shape[:2], len(order))
        for part, image_maps in zip(np.split(weights, ends), maps, strict=True)
    ]
    factors = type(chosen.factors)(weights, parts, chosen.factors.error)
    return Chosen(factors, chosen.stability), shaped


def score_parts(active: Floats, slopes: npt.NDArray[np.floating], parts: Floats) -> Floats:
    """Σ over places of activation (h, w, k) times the gradient (h, w, channels) along parts."""
    along = slopes.astype(np.float64) @ parts.T
    joint: Floats = (active * along).sum(axis=(0, 1))
    return joint


def _result(
    bench: Workbench, seen: Sequence[_Response], options: ConceptOptions
) -> Result[ConceptData]:
    chosen, active = found_in([image.maps for image in seen], options.seed)
    parts = chosen.factors.parts
    peaks = np.stack([strengths.max(axis=(0, 1)) for strengths in active])
    largest = np.where(peaks.max(axis=0) > 0, peaks.max(axis=0), 1.0)
    drawn = set(spread(range(len(seen)), MOST_DRAWN))
    files: dict[str, bytes] = {}
    images = []
    for at, image in enumerate(seen):
        name = f"image-{at}.jpg" if at in drawn else None
        if name:
            photo = display(bench.decoded(image.digest).shown, SIDE)
            files[name] = jpeg(coloured(photo, _laid(bench, photo, active[at] / largest, options)))
        found = score_parts(active[at], image.slopes, parts)
        score = float((image.maps.astype(np.float64) * image.slopes).sum())
        images.append(ImageConcepts(image.digest, image.predicted, found.tolist(), score, name))
    top: list[list[str]] = []
    for k in range(len(parts)):
        best = [int(at) for at in np.argsort(-peaks[:, k], kind="stable")[:PATCHES]]
        best = [at for at in best if peaks[at, k] > 0]
        if best:
            cut = [_patch(bench, seen[at].digest, active[at][..., k], options) for at in best]
            files[f"concept-{k}.jpg"] = jpeg(side_by_side([legend(k), *cut]))
        top.append([seen[at].digest for at in best])
    channels = [
        [(int(c), float(f"{part[c]:.4g}")) for c in np.argsort(-part, kind="stable")[:5]]
        for part in parts
    ]
    negative = any(float(image.maps.min()) < 0 for image in seen)
    stability = sorted(chosen.stability.items())
    error = float(f"{chosen.factors.error:.4g}")
    return Result(ConceptData(stability, error, negative, top, channels, images), files)


def _laid(
    bench: Workbench, photo: npt.NDArray[np.uint8], active: Floats, options: ConceptOptions
) -> npt.NDArray[np.float32]:
    """Each concept's map on the photo, (height, width, k)."""
    return np.stack(
        [placed_on(bench, photo, active[..., k], options.layer) for k in range(active.shape[2])],
        axis=2,
    )


def _patch(
    bench: Workbench, digest: str, heat: Floats, options: ConceptOptions
) -> npt.NDArray[np.uint8]:
    photo = bench.decoded(digest).shown
    return patch(photo, placed_on(bench, photo, heat, options.layer))
