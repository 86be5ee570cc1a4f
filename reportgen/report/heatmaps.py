"""The class activation maps of an image, class by class, and the sentences on each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.heatmap_methods import CAMS, MOST_STEPS, TOLERANCE
from reportgen.records.flattening import flattens
from reportgen.records.image import GradCam, Image
from reportgen.records.model import Layer, Model
from reportgen.wording import TIMES, number, percent, sentence

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
    for cam in cams:
        by_class.setdefault(cam.index, []).append(cam)
    return tuple(_group(group) for group in by_class.values())


def shown_cam(group: CamGroup) -> GradCam:
    """The map that stands for a class: `main`, or where that is empty another that is not.

    Kinds that are the same for every class are left out: they say nothing of this one.
    """
    if group.main.status != "no positive evidence":
        return group.main
    found = (cam for cam in group.others if cam.picture and CAMS[cam.method].by_class)
    return next(found, group.main)


def why_empty(group: CamGroup) -> str:
    """Why the main map of a class is not shown, and which other kind finds a region; else empty."""
    main, shown = group.main, shown_cam(group)
    if main.status == "ok":
        return ""
    reason = sentence(main.reason or main.status)
    if shown is main:
        return reason
    return f"{reason} {CAMS[shown.method].title} finds a region."


def _group(cams: Sequence[GradCam]) -> CamGroup:
    others = tuple(cam for cam in cams[1:] if not cam.same_as)
    return CamGroup(cams[0], others, tuple(CAMS[cam.method].title for cam in cams if cam.same_as))


def same_maps(group: CamGroup) -> str:
    """Which kinds of map are not shown because they are the same; empty where all are."""
    if not group.same:
        return ""
    named = " and ".join(filter(None, (", ".join(group.same[:-1]), group.same[-1])))
    return f"{named} {'give' if len(group.same) > 1 else 'gives'} the same map here"


def why_beside(model: Model, cam: GradCam) -> str:
    """Why HiResCAM stands beside Grad-CAM where a network weighs each place; else empty."""
    if cam.method != "hirescam" or not flattens(model, cam.layer):
        return ""
    return (
        "This network weighs the places of its maps one by one. Grad-CAM averages their"
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


BEYOND = (
    "Every cell also depends on the whole image, by way of a pooled or normalised value; the"
    " convolutional path alone places it."
)


def placing(layer: Layer | None) -> str:
    """How a map of this layer comes to lie on the image; empty where nothing is known."""
    cells = layer.cells if layer else None
    if cells is None:
        return ""
    if not cells.exact:
        return "A layer before it is of an unknown kind, so the cells divide its input evenly."
    size = f" {TIMES} ".join(map(number, cells.size))
    down, across = map(number, cells.jump)
    apart = f"{down} px apart" if down == across else f"{down} px apart down, {across} px across"
    text = f"Each cell lies at the centre of its receptive field ({size} px); cells are {apart}."
    margin = min(start - jump for start, jump in zip(cells.start, cells.jump, strict=True))
    if margin > 0:
        text += f" A margin of {number(margin)} px has no cells of its own and stays without heat."
    return f"{text} {BEYOND}" if cells.beyond else text


def completeness(cam: GradCam) -> str:
    """By how much the attributions' sum misses the gain of the score; empty for other maps."""
    if cam.steps is None:
        return ""
    if cam.residual is None:
        return f"{cam.steps} steps; the score gains nothing, so completeness cannot be judged."
    text = f"{cam.steps} steps; the attributions sum to the gain of the score within"
    text = f"{text} {percent(cam.residual)}."
    if cam.residual > TOLERANCE:
        text += f" {MOST_STEPS} steps do not suffice here: read the map with caution."
    return text
