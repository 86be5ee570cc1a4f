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
    kinds = dict.fromkeys(cam.method for cam in image.gradcam)
    return tuple(text for kind in kinds if (text := explanation(report, kind)))


def depth_strip(outline: Outline, page: str, image: Image) -> DepthStrip:
    """Grad-CAM through the depth, the first layer first."""
    cams = image.through_depth
    text = f"{cams[0].label}, class {cams[0].index}, {percent(cams[0].probability)}" if cams else ""
    return DepthStrip(
        text=text,
        explanation=explanation(outline.report, "depth"),
        cams=tuple(_depth_cam(outline, page, image, cam) for cam in cams),
    )


def _depth_cam(outline: Outline, page: str, image: Image, cam: GradCam) -> DepthCam:
    alt = f"Grad-CAM of {cam.label} on {image.name} at layer {cam.layer}"
    size = (cam.width, cam.height)
    return DepthCam(
        layer=Link(cam.layer, href(page, outline.layer_place(cam.layer))),
        overlay=plain_picture(page, cam.picture, size, alt, _STRIP) if cam.picture else None,
        reason="" if cam.picture else sentence(cam.reason),
    )


def differences(outline: Outline, page: str, image: Image) -> tuple[Difference, ...]:
    """The differences of classes, in the order that they were asked for."""
    return tuple(
        _difference(outline, page, image, difference, at)
        for at, difference in enumerate(image.differences, 1)
    )


def _difference(
    outline: Outline, page: str, image: Image, difference: CamDifference, at: int
) -> Difference:
    size = (difference.width, difference.height)
    pair = f"{difference.first_label} against {difference.second_label}"
    alt = f"of {pair} on {image.name}"
    return Difference(
        id=f"difference--{at}",
        title=pair,
        facts=(f"classes {difference.first} and {difference.second}",),
        legend=Legend(
            colormap=DIVERGING,
            colors=legend_colors(DIVERGING),
            low=f"for {difference.second_label}",
            high=f"for {difference.first_label}",
            text="Which class has more evidence at each place, relative to the strongest place.",
        ),
        overlay=plain_picture(page, difference.picture, size, f"Overlay {alt}", _HEATMAP)
        if difference.picture
        else None,
        heatmap=plain_picture(page, difference.heatmap, size, f"Difference {alt}", _HEATMAP)
        if difference.heatmap
        else None,
        photo=src(page, image.photo),
        layer=Link(difference.layer, href(page, outline.layer_place(difference.layer))),
        reason="" if difference.picture else sentence(difference.reason),
    )
