"""The class activation maps of an image, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.heatmap_methods import CAMS
from reportgen.records.flattening import flattens
from reportgen.records.image import GradCam, Image
from reportgen.records.model import Layer, Model

COARSE = 7
"""Rows and columns of a layer's maps below which a heatmap is coarse."""

_OTHER, _LAYER, _DIFFERENCE = 5, 6, 45
"""About the elements of a page that each takes."""


@dataclass(frozen=True)
class CamGroup:
    """The maps of one class: `main` is of the kind that was asked for first."""

    main: GradCam
    others: tuple[GradCam, ...]
    same: tuple[str, ...] = ()
    """Titles of the kinds whose map is the same as another that is shown."""


def cam_groups(cams: Sequence[GradCam]) -> tuple[CamGroup, ...]:
    """One group for each class, in the order of the records.

    A kind of map that is the same for every class stands with the first class alone.
    """
    by_class: dict[int, list[GradCam]] = {}
    for one in cams:
        by_class.setdefault(one.index, []).append(one)
    return tuple(_group(group) for group in by_class.values())


def _group(cams: Sequence[GradCam]) -> CamGroup:
    others = tuple(one for one in cams[1:] if not one.same_as)
    return CamGroup(cams[0], others, tuple(CAMS[one.method].title for one in cams if one.same_as))


def same_maps(group: CamGroup) -> str:
    """Which kinds of map are not shown because they are the same; empty where all are."""
    if not group.same:
        return ""
    named = " and ".join(filter(None, (", ".join(group.same[:-1]), group.same[-1])))
    return f"{named} {'give' if len(group.same) > 1 else 'gives'} the same map here"


def why_beside(model: Model, one: GradCam) -> str:
    """Why HiResCAM stands beside Grad-CAM in a network that flattens its maps; else empty."""
    if one.method != "hirescam" or not flattens(model, one.layer):
        return ""
    return (
        "This network flattens its maps, so places count one by one. Grad-CAM averages their"
        " gradients and may mark places that the network did not use; HiResCAM does not."
    )


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
