"""Which images, layers and classes of two reports are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.records.comparison import NotCompared
from reportgen.records.image import Image
from reportgen.records.model import Layer
from reportgen.records.report import Report

MOST_STEPS = 4_000_000
"""Cells of the table by which layers are aligned; larger gaps are matched by position alone."""


@dataclass(frozen=True)
class LayerPair:
    """A layer of both models, and how it was matched: "path" or "position"."""

    a: Layer
    b: Layer
    by_path: bool


@dataclass(frozen=True)
class Matches:
    """What two reports have in common, in the order of the second, and what they have not."""

    images: tuple[tuple[Image, Image], ...]
    layers: tuple[LayerPair, ...]
    classes: Mapping[int, int]
    """The index in `b` of each class of `a` that both have."""
    rest: tuple[NotCompared, ...]


def match(a: Report, b: Report) -> Matches:
    """Match two reports.

    Images match by SHA-256; of several with the same bytes, those with the same name, then those
    that come first. Layers match by path, else by position; in both cases type and number of
    channels have to be the same. Classes match by label, by index where a model has no labels.
    """
    images, images_left = _images(a.images, b.images)
    layers, layers_left = _layers(a.model.layers, b.model.layers)
    classes, classes_left = _classes(a.model.labels, b.model.labels)
    return Matches(images, layers, classes, (*images_left, *layers_left, *classes_left))


def _images(
    ours: Sequence[Image], theirs: Sequence[Image]
) -> tuple[tuple[tuple[Image, Image], ...], list[NotCompared]]:
    waiting: dict[str, list[Image]] = {}
    for image in ours:
        waiting.setdefault(image.sha256, []).append(image)
    names = {(image.sha256, image.name) for image in ours}
    taken: dict[int, Image] = {}
    alone: list[tuple[int, Image]] = []
    for at, image in enumerate(theirs):
        if (image.sha256, image.name) in names:
            same = waiting[image.sha256]
            found = next((candidate for candidate in same if candidate.name == image.name), None)
            if found is not None:
                same.remove(found)
                taken[at] = found
                continue
        alone.append((at, image))
    left = []
    for at, image in alone:
        if twins := waiting.get(image.sha256):
            taken[at] = twins.pop(0)
        else:
            left.append(_image_left(image, "b"))
    rest = {id(image) for same in waiting.values() for image in same}
    before = [_image_left(image, "a") for image in ours if id(image) in rest]
    return tuple((taken[at], theirs[at]) for at in sorted(taken)), [*before, *left]


def _image_left(image: Image, side: str) -> NotCompared:
    return NotCompared.model_validate(
        {"what": "image", "name": image.name, "side": side,
         "reason": "no image of the other report has the same bytes (SHA-256)"}
    )  # fmt: skip


Kind = tuple[str, int, bool]


def _kind(layer: Layer) -> Kind:
    """What two layers must share to be compared."""
    width = layer.output_shape[-1] if layer.output_shape else None
    return layer.type, layer.channels or width or 0, layer.spatial


def _layers(
    ours: Sequence[Layer], theirs: Sequence[Layer]
) -> tuple[tuple[LayerPair, ...], list[NotCompared]]:
    pairs = _pairs(ours, theirs)
    found = tuple(
        LayerPair(ours[i], theirs[j], ours[i].path == theirs[j].path)
        for i, j in sorted(pairs.items(), key=lambda pair: pair[::-1])
    )
    left = [
        NotCompared(what="layer", name=layer.path, side="a", reason=_why(layer, theirs))
        for at, layer in enumerate(ours)
        if at not in pairs
    ]
    taken = set(pairs.values())
    left += [
        NotCompared(what="layer", name=layer.path, side="b", reason=_why(layer, ours))
        for at, layer in enumerate(theirs)
        if at not in taken
    ]
    return found, left


def _pairs(ours: Sequence[Layer], theirs: Sequence[Layer]) -> dict[int, int]:
    """The positions in both models of the layers that match; the same if these are exchanged."""
    names_a, names_b = ([(layer.path, *_kind(layer)) for layer in side] for side in (ours, theirs))
    if names_a > names_b:
        return {i: j for j, i in _pairs(theirs, ours).items()}
    places = {layer.path: at for at, layer in enumerate(theirs)}
    pairs = {
        at: places[layer.path]
        for at, layer in enumerate(ours)
        if layer.path in places and _kind(layer) == _kind(theirs[places[layer.path]])
    }
    return pairs | _by_position(ours, theirs, pairs)


def _why(layer: Layer, others: Sequence[Layer]) -> str:
    same = next((other for other in others if other.path == layer.path), None)
    if same is None:
        return "the other model has no layer of this path, nor one like it at this position"
    return (
        "the other model's layer of this path is of another type or has another number of channels"
    )


def _by_position(
    ours: Sequence[Layer], theirs: Sequence[Layer], pairs: Mapping[int, int]
) -> dict[int, int]:
    """Pairs of the layers that stand alike between those that are paired already.

    The longest common subsequence of kinds, so that a layer added to one model shifts no other.
    """
    found: dict[int, int] = {}
    for own, other in _gaps(len(ours), len(theirs), pairs):
        kinds_a = [_kind(ours[at]) for at in own]
        kinds_b = [_kind(theirs[at]) for at in other]
        found |= {own[i]: other[j] for i, j in _common(kinds_a, kinds_b)}
    return found


def _gaps(
    ours: int, theirs: int, pairs: Mapping[int, int]
) -> list[tuple[Sequence[int], Sequence[int]]]:
    """The runs of positions, in both models, between pairs that stand in the same order."""
    anchors, last = [], -1
    for i in sorted(pairs):
        if pairs[i] > last:
            anchors.append((i, pairs[i]))
            last = pairs[i]
    taken = set(pairs.values())
    gaps: list[tuple[Sequence[int], Sequence[int]]] = []
    before = (-1, -1)
    for after in (*anchors, (ours, theirs)):
        own = [at for at in range(before[0] + 1, after[0]) if at not in pairs]
        other = [at for at in range(before[1] + 1, after[1]) if at not in taken]
        gaps.append((own, other))
        before = after
    return gaps


def _common(ours: Sequence[Kind], theirs: Sequence[Kind]) -> list[tuple[int, int]]:
    """Positions of a longest common subsequence."""
    if len(ours) * len(theirs) > MOST_STEPS:
        both = zip(ours, theirs, strict=False)
        return [(at, at) for at, (kind, other) in enumerate(both) if kind == other]
    longest = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(theirs))):
            longest[i][j] = (
                longest[i + 1][j + 1] + 1
                if ours[i] == theirs[j]
                else max(longest[i + 1][j], longest[i][j + 1])
            )
    found, i, j = [], 0, 0
    while i < len(ours) and j < len(theirs):
        if ours[i] == theirs[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _classes(
    ours: Sequence[str], theirs: Sequence[str]
) -> tuple[dict[int, int], list[NotCompared]]:
    if len(ours) == len(theirs) and (_is_numbered(ours) or _is_numbered(theirs)):
        return {at: at for at in range(len(ours))}, []
    found: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    for at, label in enumerate(theirs):
        waiting.setdefault(label, []).append(at)
    for at, label in enumerate(ours):
        if waiting.get(label):
            found[at] = waiting[label].pop(0)
    taken = set(found.values())
    reason = "the other model has no class of this label"
    left = [
        NotCompared(what="class", name=label, side="a", reason=reason)
        for at, label in enumerate(ours)
        if at not in found
    ]
    left += [
        NotCompared(what="class", name=label, side="b", reason=reason)
        for at, label in enumerate(theirs)
        if at not in taken
    ]
    return found, left


def _is_numbered(labels: Sequence[str]) -> bool:
    """Whether a model came without labels: they are then "class 0", "class 1" and so on."""
    return all(label == f"class {at}" for at, label in enumerate(labels))
