"""The class activation maps of an image, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.records.report import GradCam, Image, Layer

COARSE = 7
"""Rows and columns of a layer's maps below which a heatmap is coarse."""

_OTHER, _LAYER, _DIFFERENCE = 5, 6, 45
"""About the elements of a page that each takes."""


@dataclass(frozen=True)
class CamGroup:
    """The maps of one class: `main` is of the kind that was asked for first."""

    main: GradCam
    others: tuple[GradCam, ...]


def cam_groups(cams: Sequence[GradCam]) -> tuple[CamGroup, ...]:
    """One group for each class, in the order of the records.

    A kind of map that is the same for every class stands with the first class alone.
    """
    by_class: dict[int, list[GradCam]] = {}
    for one in cams:
        by_class.setdefault(one.index, []).append(one)
    return tuple(CamGroup(group[0], tuple(group[1:])) for group in by_class.values())


def resolution(layer: Layer | None) -> str:
    """How many positions a layer's heatmap has, and whether it is coarse; empty if unknown."""
    if layer is None or layer.map_size is None:
        return ""
    height, width = layer.map_size
    text = f"{height} × {width} positions"
    return f"{text}: a coarse heatmap" if min(height, width) < COARSE else text


def extra_cost(image: Image) -> int:
    """About how many elements the image's maps take on its page beside one map of each class."""
    return (
        _OTHER * (len(image.gradcam) - len(cam_groups(image.gradcam)))
        + _LAYER * len(image.through_depth)
        + _DIFFERENCE * len(image.differences)
    )
