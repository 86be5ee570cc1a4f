"""Heatmaps, as steps of the sources."""

from reportgen.records.image import GradCam
from reportgen.report.contexts import Picture
from reportgen.report.figures import plain_picture
from reportgen.report.outline import src
from reportgen.report.site.sources.contexts import PAGE, Step
from reportgen.report.site.sources.found import StepMaterial, absent, step
from reportgen.report.site.sources.texts import BOOK  # fmt: skip
from reportgen.wording import TIMES

_SIDE = 460
_PATTERN_SIDE = 320


def _cam(given: StepMaterial) -> GradCam | None:
    cams = given.image.gradcam if given.image else ()
    return next((cam for cam in cams if cam.method == "gradcam" and cam.heatmap), None)


def heatmap(given: StepMaterial) -> Step:
    """Grad-CAM alone, and its map unsmoothed."""
    title, source = "The heatmap as it is", f"{BOOK}, section 5.4.3"
    listing = f"block5_conv3: 14 {TIMES} 14 cells, cut at zero, divided by its maximum"
    cam = _cam(given)
    if cam is None or not cam.cells or not cam.cells_size:
        return absent(title, source, listing)
    height, width = cam.cells_size
    alt = f"Grad-CAM for {cam.label}, {height} by {width} cells"
    factor = max(1, _PATTERN_SIDE // max(height, width))
    picture = Picture(src(PAGE, cam.cells), alt, width * factor, height * factor, True)
    return step(
        title,
        source,
        listing,
        f"{cam.layer}: {height} {TIMES} {width} cells, for {cam.label}",
        pictures=(picture,),
    )


def overlay(given: StepMaterial) -> Step:
    """Grad-CAM on the photo."""
    title, source = "The heatmap on the photo", f"{BOOK}, section 5.4.3"
    listing = "jet, intensity 0.4, saved at the photo’s own size"
    cam, image = _cam(given), given.image
    if cam is None or image is None or not cam.picture:
        return absent(title, source, listing)
    full = cam.full or cam.picture
    size = f"{image.width} {TIMES} {image.height}" if cam.full else ""
    return step(
        title,
        source,
        listing,
        f"{given.report.settings.get('colormap', 'jet')}, photo of {image.width} {TIMES} "
        f"{image.height} pixels",
        pictures=(
            plain_picture(
                PAGE, cam.picture, (cam.width, cam.height), f"Grad-CAM for {cam.label}", _SIDE
            ),
        ),
        more=(f"Overlay at its full size {size}".strip(), full),
    )
