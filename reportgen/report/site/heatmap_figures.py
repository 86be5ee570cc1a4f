"""What goes with an image's Grad-CAM: the strip through the depth, and differences of classes."""

from reportgen.pictures.colormaps import DIVERGING
from reportgen.records.heatmaps import CamDifference
from reportgen.records.image import GradCam, Image
from reportgen.records.report import Report
from reportgen.report.contexts import Explanation, Legend, Link
from reportgen.report.explanations import explanation
from reportgen.report.figures import legend_colors, plain_picture
from reportgen.report.outline import Outline, href, src
from reportgen.report.site.image_contexts import DepthCam, DepthStrip, Difference
from reportgen.wording import percent, sentence

_STRIP = 220
_HEATMAP = 460


def cam_explanations(report: Report, image: Image) -> tuple[Explanation, ...]:
    """The texts on the kinds of map that the image has."""
    kinds = dict.fromkeys(one.method for one in image.gradcam)
    return tuple(text for kind in kinds if (text := explanation(report, kind)))


def depth_strip(outline: Outline, page: str, image: Image) -> DepthStrip:
    """Grad-CAM through the depth, the first layer first."""
    cams = image.through_depth
    text = f"{cams[0].label}, class {cams[0].index}, {percent(cams[0].probability)}" if cams else ""
    return DepthStrip(
        text=text,
        explanation=explanation(outline.report, "depth"),
        cams=tuple(_depth_cam(outline, page, image, one) for one in cams),
    )


def _depth_cam(outline: Outline, page: str, image: Image, one: GradCam) -> DepthCam:
    alt = f"Grad-CAM of {one.label} on {image.name} at layer {one.layer}"
    size = (one.width, one.height)
    return DepthCam(
        layer=Link(one.layer, href(page, outline.layer_place(one.layer))),
        overlay=plain_picture(page, one.picture, size, alt, _STRIP) if one.picture else None,
        reason="" if one.picture else sentence(one.reason),
    )


def differences(outline: Outline, page: str, image: Image) -> tuple[Difference, ...]:
    """The differences of classes, in the order that they were asked for."""
    return tuple(
        _difference(outline, page, image, one, at) for at, one in enumerate(image.differences, 1)
    )


def _difference(
    outline: Outline, page: str, image: Image, one: CamDifference, at: int
) -> Difference:
    size = (one.width, one.height)
    pair = f"{one.first_label} against {one.second_label}"
    alt = f"of {pair} on {image.name}"
    return Difference(
        id=f"difference--{at}",
        title=pair,
        facts=(f"classes {one.first} and {one.second}",),
        legend=Legend(
            colormap=DIVERGING,
            colors=legend_colors(DIVERGING),
            low=f"for {one.second_label}",
            high=f"for {one.first_label}",
            text="Which class has more evidence at each place, relative to the strongest place.",
        ),
        overlay=plain_picture(page, one.picture, size, f"Overlay {alt}", _HEATMAP)
        if one.picture
        else None,
        heatmap=plain_picture(page, one.heatmap, size, f"Difference {alt}", _HEATMAP)
        if one.heatmap
        else None,
        photo=src(page, image.photo),
        layer=Link(one.layer, href(page, outline.layer_place(one.layer))),
        reason="" if one.picture else sentence(one.reason),
    )
