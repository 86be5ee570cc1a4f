"""The pictures of a comparison: copied from the reports, cut from their grids, or drawn anew.

Every picture is decoded before it is copied, and gets a name of the comparison's own: a report may
be a stranger's.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.comparison.album import Album
from reportgen.comparison.course_pictures import with_course_pictures
from reportgen.comparison.filters import Key, patterns_by_key
from reportgen.comparison.reading import Decoded, Source
from reportgen.pictures.charts.plain import Curve, curves, matrix
from reportgen.records.comparison import (
    Answer,
    Calibration,
    Comparison,
    Filters,
    Flip,
    LayerChange,
    PatternChange,
    Similarity,
)
from reportgen.records.filters import Filter
from reportgen.records.image import Activations, GradCam, Image
from reportgen.wording import percent

MOST_PICTURED = 120
"""Flips that are shown with pictures, regressions first."""

_THREADS = 4

MOST_PATTERNS = 60
"""Changed patterns that are shown as pictures."""


@dataclass(frozen=True)
class _SourceImage:
    """An image in one report, and where it comes from."""

    source: Source
    image: Image


def with_pictures(comparison: Comparison, sources: Sequence[Source], folder: Path) -> Comparison:
    """Write the pictures below `folder`; the record with their paths."""
    a, b = sources[0], sources[-1]
    album = Album(folder)
    shown: dict[str, object] = {
        "flips": list(_flips(album, comparison.flips, a, b)),
        "similarity": comparison.similarity and _similarity(album, comparison),
        "filters": comparison.filters and _filters(album, comparison.filters, a, b),
        "calibration_chart": _calibration(album, comparison),
    }
    name = _grid_image(comparison, a, b)
    layers = list(_layers(album, comparison.layers, name, a, b))
    shown |= {"layers": layers, "grid_image": name if any(layer.grids for layer in layers) else ""}
    if comparison.course is not None:
        shown["course"] = with_course_pictures(album, comparison, sources)
    return comparison.model_copy(update=shown)


def _by_sha256(source: Source) -> dict[tuple[str, str], Image]:
    """The images by their bytes and name, and by their bytes alone for copies of another name."""
    found: dict[tuple[str, str], Image] = {}
    for image in source.report.images:
        found.setdefault((image.sha256, ""), image)
        found[image.sha256, image.name] = image
    return found


def _find(images: dict[tuple[str, str], Image], sha256: str, name: str) -> Image | None:
    return images.get((sha256, name)) or images.get((sha256, ""))


def _flips(album: Album, flips: Sequence[Flip], a: Source, b: Source) -> Iterator[Flip]:
    ours, theirs = _by_sha256(a), _by_sha256(b)

    def pictured(at: int, flip: Flip) -> Flip:
        before, after = (_find(side, flip.sha256, flip.image) for side in (ours, theirs))
        if at >= MOST_PICTURED or before is None or after is None:
            return flip
        return _flip(
            album, flip, f"pictures/flips/{at:04}", _SourceImage(a, before), _SourceImage(b, after)
        )

    with ThreadPoolExecutor(_THREADS) as threads:
        yield from threads.map(pictured, range(len(flips)), flips)


def _flip(album: Album, flip: Flip, stem: str, a: _SourceImage, b: _SourceImage) -> Flip:
    photo = b.source.picture(b.image.photo) or a.source.picture(a.image.photo)
    shown = album.copy(photo, f"{stem}-photo")
    cams = [_cam(seen.image) for seen in (a, b)]
    path, reason = _difference(album, stem, photo, (a, b), cams)
    return flip.model_copy(
        update={
            "photo": shown and shown.path,
            "width": shown.width if shown else 0,
            "height": shown.height if shown else 0,
            "a": _answer(album, flip.a, f"{stem}-a", a.source, cams[0]),
            "b": _answer(album, flip.b, f"{stem}-b", b.source, cams[1]),
            "difference": path,
            "no_difference": reason,
        }
    )


def _cam(image: Image) -> GradCam | None:
    """The heatmap of the predicted class, of the first method that the report has."""
    predicted = image.predictions[0].index
    return next(
        (
            gradcam
            for gradcam in image.gradcam
            if gradcam.index == predicted and gradcam.heatmap is not None
        ),
        None,
    )


def _answer(album: Album, answer: Answer, stem: str, source: Source, cam: GradCam | None) -> Answer:
    copied = album.copy(source.picture(cam.picture), f"{stem}-heatmap") if cam else None
    return answer.model_copy(update={"heatmap": copied and copied.path})


def _difference(
    album: Album,
    stem: str,
    photo: Decoded | None,
    seen: tuple[_SourceImage, _SourceImage],
    cams: Sequence[GradCam | None],
) -> tuple[str | None, str]:
    """The picture of the second heatmap minus the first; else why there is none."""
    cam, other = cams
    if cam is None or other is None:
        which = "neither report has" if cam is other else "only one report has"
        return None, f"{which} a heatmap of the predicted class"
    if cam.method != other.method:
        return None, f"the heatmaps are of different methods: {cam.method} and {other.method}"
    before, after = _levels(seen[0].source, cam), _levels(seen[1].source, other)
    if before is None or after is None or photo is None:
        return None, "a heatmap or the photo cannot be read"
    from reportgen.pictures.overlays import enlarge, signed_overlay

    pixels = np.asarray(photo.pixels.convert("RGB"))
    height, width = pixels.shape[:2]
    change = enlarge(after, height, width) - enlarge(before, height, width)
    return album.jpeg(signed_overlay(pixels, change), f"{stem}-difference"), ""


def _levels(source: Source, cam: GradCam) -> npt.NDArray[np.floating] | None:
    """A heatmap (height, width) in 0..1: the pixels of its picture are the levels."""
    picture = source.picture(cam.heatmap)
    if picture is None or picture.pixels.mode != "P":
        return None
    return np.asarray(picture.pixels).astype(np.float32) / 255


def _grid_image(comparison: Comparison, a: Source, b: Source) -> str:
    """The image whose grids are shown: the first flip, else the first that both hold."""
    ours, theirs = _by_sha256(a), _by_sha256(b)
    for flip in comparison.flips:
        pair = [_find(side, flip.sha256, flip.image) for side in (ours, theirs)]
        if all(candidate is not None and candidate.activations for candidate in pair):
            return flip.image
    common = (image for image in b.report.images if (image.sha256, "") in ours)
    return next((image.name for image in common if image.activations), "")


def _layers(
    album: Album, layers: Sequence[LayerChange], name: str, a: Source, b: Source
) -> Iterator[LayerChange]:
    after = next((image for image in b.report.images if image.name == name), None)
    before = _find(_by_sha256(a), after.sha256, name) if after else None
    sides = ((a, _grids(before)), (b, _grids(after)))
    for at, layer in enumerate(layers):
        copied = [
            album.copy(source.picture(grids[path].picture), f"pictures/layers/{at:04}-{side}")
            if path in grids
            else None
            for side, path, (source, grids) in zip(
                "ab", (layer.a.path, layer.b.path), sides, strict=True
            )
        ]
        known = [picture for picture in copied if picture is not None]
        yield (
            layer
            if len(known) < 2
            else layer.model_copy(
                update={
                    "grids": [picture.path for picture in known],
                    "grid_sizes": [[picture.width, picture.height] for picture in known],
                }
            )
        )


def _grids(image: Image | None) -> dict[str, Activations]:
    return {grid.layer: grid for grid in image.activations} if image else {}


def _similarity(album: Album, comparison: Comparison) -> Similarity | None:
    found = comparison.similarity
    if found is None:
        return None
    names = [comparison.sides[0].name, comparison.sides[-1].name]
    drawn = (
        (found.aa, found.layers_a, found.layers_a, f"CKA of the layers of {names[0]}"),
        (found.ab, found.layers_a, found.layers_b, f"CKA of the layers of {names[0]} (rows) with"
         f" those of {names[1]} (columns)"),
        (found.bb, found.layers_b, found.layers_b, f"CKA of the layers of {names[1]}"),
    )  # fmt: skip
    paths = [
        album.write(matrix(values, rows, columns, title), f"pictures/similarity/{name}.svg")
        for name, (values, rows, columns, title) in zip(("aa", "ab", "bb"), drawn, strict=True)
    ]
    return found.model_copy(update={"pictures": paths})


def _calibration(album: Album, comparison: Comparison) -> str | None:
    sides = [
        (comparison.sides[0].name, comparison.calibration_a),
        (comparison.sides[-1].name, comparison.calibration_b),
    ]
    drawn = [_reliability(name, found) for name, found in sides if found]
    if not drawn:
        return None
    ticks = [(at / 5, percent(at / 5)) for at in range(6)]
    picture = curves(
        drawn, ticks, ticks, "Accuracy by confidence", axes=("confidence", "accuracy"),
        diagonal=True, size=(560, 400),
    )  # fmt: skip
    return album.write(picture, "pictures/calibration.svg")


def _reliability(name: str, found: Calibration) -> Curve:
    return Curve(
        name,
        [
            (bin_.confidence, bin_.accuracy)
            for bin_ in found.bins
            if bin_.confidence is not None and bin_.accuracy is not None
        ],
    )


def _filters(album: Album, filters: Filters, a: Source, b: Source) -> Filters:
    known = [patterns_by_key(source.report) for source in (a, b)]
    changed = [
        change if at >= MOST_PATTERNS else _pattern(album, change, at, (a, b), known)
        for at, change in enumerate(filters.changed)
    ]
    return filters.model_copy(update={"changed": changed})


def _pattern(
    album: Album,
    change: PatternChange,
    at: int,
    sources: tuple[Source, Source],
    known: Sequence[Mapping[Key, Filter]],
) -> PatternChange:
    tiles = [
        album.pattern(source, patterns[path, change.channel, change.method])
        for path, source, patterns in zip(
            (change.layer_a, change.layer_b), sources, known, strict=True
        )
    ]
    pictures = [
        album.png(tile, f"pictures/patterns/{at:04}-{side}") if tile else None
        for side, tile in zip("ab", tiles, strict=True)
    ]
    return change.model_copy(update={"pictures": pictures})
