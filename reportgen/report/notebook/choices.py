"""What of a report the notebook computes again: a few photos, layers, filters and classes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportgen.evenly_spaced import spread
from reportgen.records.image import Activations, Image
from reportgen.records.model import Layer
from reportgen.records.report import Report
from reportgen.report.notebook.layers import (
    is_channels_first,
    is_reachable,
    is_shared,
    takes_floats,
)
from reportgen.report.notebook.sections import Sections, choose_sections
from reportgen.report.placed_notes import PlacedNotes, notes_of

MOST_PHOTOS = 4
"""Photos taken from the front of the report; those with notes come on top of them."""

LAYERS = 3
"""Layers shown where the user has chosen none, spread over the depth of the network."""

MOST_TILES = 16
MOST_VALUES = 24
PATTERNS, PATTERNS_LARGE = 4, 2
"""Filter patterns for each layer; fewer where the input has more than `_LARGE` pixels."""

PLAIN = "strongest positions"
"""How the report obtains the pattern of a filter that responds to gray noise."""

_LARGE = 160 * 160

_FUSING = {
    *("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose"),
    *("DepthwiseConv2D", "SeparableConv2D", "Dense", "EinsumDense"),
}


@dataclass(frozen=True)
class ShownLayer:
    """The activations of one layer for the first photo, and the numbers that must come out."""

    path: str
    type: str
    channels: int
    size: tuple[int, int]
    channels_first: bool
    shown: int
    low: float | None
    high: float | None
    sparsity: float
    singles: list[tuple[int, float | None, float | None]]


@dataclass(frozen=True)
class ShownPatterns:
    """Filters of one layer whose patterns are sought."""

    path: str
    channels: list[int]
    channels_first: bool


@dataclass(frozen=True)
class Head:
    """How class scores are reached: the layer whose output they are.

    `fused` says that its activation function has to be taken out first; `is_map` that there is a
    score for each position; `sigmoid` that each score has a probability by itself.
    """

    score_layer: str
    fused: bool
    is_map: bool
    sigmoid: bool


@dataclass(frozen=True)
class ShownValues:
    """The values of one output, which stands at `position` among all: a row for each photo.

    None stands for a value that is not finite; `left` counts those that are not shown.
    """

    name: str
    position: int
    names: list[str]
    rows: list[list[float | None]]
    left: int


@dataclass(frozen=True)
class Choices:
    """What the notebook holds; `head` is None where there are no classes to explain.

    `values_layer` is the layer whose values Grad-CAM explains instead, if it does.
    """

    photos: list[Image]
    layers: list[ShownLayer]
    patterns: list[ShownPatterns]
    gradcam_layer: Layer | None
    head: Head | None
    values_layer: str | None
    values: list[ShownValues]
    is_nested: bool
    is_shared: bool
    notes: PlacedNotes
    colormap: str
    sections: Sections


def choose(report: Report) -> Choices:
    """Choose what the notebook computes again.

    What the user singled out is always in it: layers with channels to show large, and whatever the
    notes speak about.
    """
    by_path = {layer.path: layer for layer in report.model.layers}
    notes = notes_of(report)
    photos = [
        image
        for at, image in enumerate(report.images)
        if at < MOST_PHOTOS or f"image {image.name}" in notes.by_place
    ]
    shown = [grid for grid in photos[0].activations if is_reachable(by_path[grid.layer])]
    wanted = [grid for grid in shown if grid.singles or f"layer {grid.layer}" in notes.by_place]
    layers = wanted or spread(
        [grid for grid in shown if _is_telling(by_path[grid.layer])] or shown, LAYERS
    )
    head = _head(report, by_path)
    values_layer = _values_layer(report, by_path)
    explains = head is not None or values_layer is not None
    cams = [cam for cam in photos[0].gradcam if cam.method == "gradcam"] if explains else []
    cam_layer = by_path[cams[0].layer] if cams else None
    if cam_layer and not is_reachable(cam_layer):
        cam_layer = None
    values_layer = values_layer if cam_layer else None
    patterns = _patterns(report, by_path, {grid.layer: grid for grid in wanted})
    paths = [*(grid.layer for grid in layers), *(pattern.path for pattern in patterns)]
    paths += [head.score_layer] if head else []
    paths += [cam_layer.path] if cam_layer else []
    paths += [values_layer] if values_layer else []
    sections = choose_sections(report, photos, explains=head is not None)
    paths += sections.paths
    return Choices(
        photos=photos,
        layers=[_shown_layer(grid, by_path[grid.layer]) for grid in layers],
        patterns=patterns,
        gradcam_layer=cam_layer,
        head=head,
        values_layer=values_layer,
        values=list(_values(report, photos)),
        is_nested=any(by_path[path].name != path.partition("#")[0] for path in paths),
        is_shared=any(is_shared(path, by_path) for path in paths),
        notes=notes,
        colormap=str(report.settings.get("colormap", "jet")),
        sections=sections,
    )


def _values(report: Report, photos: Sequence[Image]) -> Iterator[ShownValues]:
    """The outputs that predict values, as far as every photo has them."""
    for position, output in enumerate(report.model.outputs):
        rows = [[it.value for it in photo.values if it.output == output.name] for photo in photos]
        if output.kind == "values" and all(rows):
            names = output.names[:MOST_VALUES]
            shown = [row[:MOST_VALUES] for row in rows]
            yield ShownValues(output.name, position, names, shown, output.units - len(names))


def _is_telling(layer: Layer) -> bool:
    return layer.convolution or "Activation" in layer.type or "ReLU" in layer.type


def _shown_layer(grid: Activations, layer: Layer) -> ShownLayer:
    return ShownLayer(
        path=grid.layer,
        type=layer.type,
        channels=grid.channels,
        size=(grid.map_size[0], grid.map_size[1]),
        channels_first=is_channels_first(layer),
        shown=min(grid.channels, MOST_TILES),
        low=grid.low,
        high=grid.high,
        sparsity=grid.sparsity,
        singles=[(single.channel, single.low, single.high) for single in grid.singles],
    )


def _patterns(
    report: Report, by_path: Mapping[str, Layer], wanted: Mapping[str, Activations]
) -> list[ShownPatterns]:
    """Filters with a pattern in the report; the channels singled out, where they are filters.

    Filters come first whose pattern needed no help in the report.
    """
    target = report.model.image_input
    layers = dict.fromkeys(gallery.layer for gallery in report.galleries)
    galleries = [path for path in layers if is_reachable(by_path[path])]
    if target is None or not takes_floats(report):
        return []
    count = PATTERNS_LARGE if target.height * target.width > _LARGE else PATTERNS
    chosen = []
    for path in [gallery for gallery in galleries if gallery in wanted] or spread(
        galleries, LAYERS
    ):
        singles = [single.channel for single in wanted[path].singles] if path in wanted else []
        found = [
            pattern
            for pattern in report.filters
            if pattern.layer == path and pattern.status == "ok"
        ]
        plainest = sorted(found, key=lambda pattern: pattern.obtained != PLAIN)
        answering = list(dict.fromkeys(pattern.channel for pattern in plainest))
        if channels := (singles or answering)[:count]:
            chosen.append(ShownPatterns(path, channels, is_channels_first(by_path[path])))
    return chosen


def _values_layer(report: Report, by_path: Mapping[str, Layer]) -> str | None:
    """The layer whose outputs are the explained values as they stand; None where none is."""
    head = report.model.head
    if head is None or head.kind != "values" or not head.exact or head.activation != "linear":
        return None
    layer = by_path[head.layer]
    found = is_reachable(layer) and not is_shared(layer.path, by_path)
    return layer.path if found and len(layer.output_shape) == 2 else None


def _head(report: Report, by_path: Mapping[str, Layer]) -> Head | None:
    head = report.model.head
    if head is None or not head.classes or not all(image.predictions for image in report.images):
        return None
    rough = head.binary and head.link != "sigmoid"
    if not head.exact or head.margins or rough:
        return None
    layer = by_path[head.layer]
    is_map = len(layer.output_shape) == 4
    fused = head.activation != "linear" and layer.type in _FUSING
    if not (fused or head.activation == "linear"):
        layer = by_path[layer.inputs[0]]
    # Several calls of one head are several answers: which one is meant cannot be told by a path.
    found = is_reachable(layer) and not is_shared(layer.path, by_path)
    sigmoid = head.link in ("sigmoid", "none")
    return Head(layer.path, fused, is_map, sigmoid) if found else None
