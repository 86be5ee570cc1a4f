"""Class activation maps, Grad-CAM first: where in the image the evidence for a class lies.

One pass forward and back gives a layer's maps and the gradients of the class scores; from these
most kinds of map of `reportgen.analysis.cams.formulas` are made. The others need passes of their
own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.chosen import Targets, chosen_cams
from reportgen.analysis.cams.formulas import FORMULAS
from reportgen.analysis.cams.passes import Passed, own_passes
from reportgen.analysis.cams.placing import INTENSITY, cells_of, placed_on
from reportgen.analysis.cams.score_batches import in_score_batches
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench, number
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.heatmap_methods import CAMS
from reportgen.pictures.display import display
from reportgen.pictures.encode import heat_png, jpeg
from reportgen.pictures.overlays import overlay
from reportgen.records.report import Skipped

LONGEST = 640
"""Pixels of the longer side of an overlay."""

_ALIKE = 1e-3
"""Difference, of a largest value of one, within which two maps are the same."""

CamStatus = Literal["ok", "no positive evidence", "failed"]

FULL_BYTES, FULL_PIXELS = 2_000_000, 8_000_000
"""Most that an overlay at the photo's own size takes, and photo that it is tried of, unasked."""

SATURATED = 99
"""Percentile of a map of the image's own pixels from which on all are drawn as the strongest."""


@dataclass(frozen=True, kw_only=True)
class GradCamOptions(FedOptions):
    """Which maps are made and how they are drawn.

    `layer` is a path, `cams` are names in `reportgen.heatmap_methods.CAMS`; `top` is how many of
    the top classes are explained where there are no `targets`.
    """

    layer: str
    cams: Sequence[str]
    targets: Targets = field(metadata={"key": "class"})
    top: int = field(metadata={"key": "classes"})
    colormap: str
    full_size: bool


@dataclass(frozen=True)
class CamData:
    """One map; fields as in `reportgen.records.image.GradCam`, pictures are the unit's files."""

    method: str
    layer: str
    index: int
    status: CamStatus
    reason: str
    picture: str | None
    heatmap: str | None
    width: int
    height: int
    cells: str | None = None
    cells_size: list[int] | None = None
    full: str | None = None
    same_as: str | None = None
    steps: int | None = None
    residual: float | None = None


@dataclass(frozen=True)
class GradCamData:
    """The maps of one image."""

    gradcam: list[CamData]


GradCamUnit = Unit[GradCamOptions]


class GradCams:
    """Overlays and heatmaps of each image's classes."""

    name = "gradcam"
    version = 8
    title = "Grad-CAM"

    def plan(self, request: Request) -> tuple[Plan[GradCamOptions], list[Skipped]]:
        """A unit for each image. Raises SettingsError, ModelError as `chosen_cams` does."""
        chosen, skipped = chosen_cams("gradcam", request)
        if chosen is None:
            return Plan(self, []), skipped
        options = GradCamOptions(
            feed=request.feed,
            layer=chosen.layer,
            cams=chosen.kinds,
            targets=chosen.targets,
            top=request.settings.top,
            colormap=request.settings.colormap,
            full_size=request.settings.full_size,
        )
        units = [self.unit(request.model.sha256, photo, options) for photo in request.photos]
        return Plan(self, units), skipped

    def unit(self, model: str, photo: str, options: GradCamOptions) -> GradCamUnit:
        """The unit of one image."""
        group = "" if options.targets is None else f"class {options.targets}"
        return Unit(self.name, self.version, "image", model, (photo,), options, group)

    def compute(
        self, units: Sequence[GradCamUnit], bench: Workbench
    ) -> Iterator[tuple[GradCamUnit, Result[GradCamData]]]:
        """Yield each image's maps: kind by kind, the class with the highest score first."""
        options = units[0].options

        def draw(
            digest: str,
            maps: npt.NDArray[np.float32],
            classes: npt.NDArray[np.int32],
            gradients: npt.NDArray[np.float32],
        ) -> Callable[[], Result[GradCamData]]:
            grid = cells_of(bench, options.layer, maps)
            passed = own_passes(bench, options.cams, digest, maps, list(classes), grid)
            drawn = bench.threads.submit(
                _draw, bench, digest, maps, classes, gradients, passed, options
            )
            return drawn.result

        yield from in_score_batches(bench, units, options.layer, options.targets, options.top, draw)


def _draw(
    bench: Workbench,
    digest: str,
    maps: npt.NDArray[np.float32],
    classes: npt.NDArray[np.int32],
    gradients: npt.NDArray[np.float32],
    passed: Mapping[str, Sequence[Passed]],
    options: GradCamOptions,
) -> Result[GradCamData]:
    photo = display(bench.decoded(digest).shown, LONGEST)
    found: list[CamData] = []
    files: dict[str, bytes] = {}
    drawn: dict[tuple[int, str], npt.NDArray[np.float64]] = {}
    for cam in options.cams:
        shown = len(classes) if CAMS[cam].by_class else 1
        for k, index in enumerate(classes[:shown]):
            own = passed[cam][k] if cam in passed else None
            values, source = _map(cam, maps, gradients[k], own.values if own else None)
            status, reason = judge(values, source, cam)
            if status != "ok" and CAMS[cam].of_attention:
                reason = "all patches are read alike"
            about = CamData(
                method=cam,
                layer=_source(bench, cam, options.layer),
                index=int(index),
                status=status,
                reason=reason,
                picture=None,
                heatmap=None,
                steps=own.steps if own else None,
                residual=number(own.residual) if own and own.residual is not None else None,
                width=photo.shape[1],
                height=photo.shape[0],
            )
            if status == "ok" and (same := _same(values, k, drawn)):
                about = replace(about, same_as=same)
            elif status == "ok":
                drawn[k, cam] = values / values.max()
                name = f"{k}-{CAMS[cam].slug}"
                about = _pictures(bench, photo, values, about, files, name, options.colormap)
                if options.full_size or cam == options.cams[0]:
                    about = _full(bench, digest, values, about, files, name, options)
            found.append(about)
    return Result(GradCamData(found), files)


def _same(
    values: npt.NDArray[np.float64],
    k: int,
    drawn: Mapping[tuple[int, str], npt.NDArray[np.float64]],
) -> str | None:
    """The kind of map of the same class that was drawn already and is the same, but for a factor.

    In front of global average pooling and one dense layer Grad-CAM, HiResCAM and XGrad-CAM are.
    """
    shares = values / values.max()
    for (at, cam), other in drawn.items():
        if at == k and other.shape == shares.shape and np.allclose(other, shares, atol=_ALIKE):
            return cam
    return None


def _map(
    cam: str,
    maps: npt.NDArray[np.float32],
    gradients: npt.NDArray[np.float32],
    passed: npt.NDArray[np.float64] | None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """A map, and what it is made from."""
    if passed is not None:
        return passed, passed if CAMS[cam].of_image else maps
    return FORMULAS[cam](maps, gradients), gradients if CAMS[cam].by_class else maps


def _source(bench: Workbench, cam: str, layer: str) -> str:
    """The path of what a map is made of: the image, the last attention layer, or `layer`."""
    if CAMS[cam].of_attention:
        return bench.network.attention[-1].path
    if CAMS[cam].of_image:
        return bench.image_input.name if bench.image_input else ""
    return layer


def _pictures(
    bench: Workbench,
    photo: npt.NDArray[np.uint8],
    values: npt.NDArray[np.float64],
    about: CamData,
    files: dict[str, bytes],
    name: str,
    colormap: str,
) -> CamData:
    """Draw a map; returns what is known of it with its pictures."""
    placed = _placed(bench, photo, values, about)
    picture, heatmap, cells = f"{name}-overlay.jpg", f"{name}-heat.png", f"{name}-cells.png"
    files[picture] = jpeg(overlay(photo, placed, INTENSITY, colormap))
    files[heatmap] = heat_png(placed, colormap)
    drawn = replace(about, picture=picture, heatmap=heatmap)
    if CAMS[about.method].of_image:
        return drawn
    files[cells] = heat_png(values / values.max(), colormap)
    return replace(drawn, cells=cells, cells_size=list(values.shape))


def _placed(
    bench: Workbench,
    photo: npt.NDArray[np.uint8],
    values: npt.NDArray[np.float64],
    about: CamData,
) -> npt.NDArray[np.float32]:
    """A map on a photo (height, width, 3), from 0 to 1 at its strongest place."""
    of_image = CAMS[about.method].of_image
    # A few pixels stick out so far that nothing else would be seen beside them.
    largest = (np.percentile(values, SATURATED) if of_image else 0) or values.max()
    layer = None if of_image else about.layer
    return np.clip(placed_on(bench, photo, np.minimum(values / largest, 1.0), layer), 0.0, 1.0)


def _full(
    bench: Workbench,
    digest: str,
    values: npt.NDArray[np.float64],
    about: CamData,
    files: dict[str, bytes],
    name: str,
    options: GradCamOptions,
) -> CamData:
    """Draw the overlay at the photo's own size too, where the page's is smaller."""
    photo = bench.decoded(digest).rgb
    asked = options.full_size
    if max(photo.shape[:2]) <= LONGEST or not (asked or photo.size // 3 <= FULL_PIXELS):
        return about
    placed = _placed(bench, photo, values, about)
    made = jpeg(overlay(photo, placed, INTENSITY, options.colormap))
    if not asked and len(made) > FULL_BYTES:
        return about
    files[full := f"{name}-full.jpg"] = made
    return replace(about, full=full)


def judge(
    values: npt.NDArray[np.float64], source: npt.NDArray[Any], cam: str = "gradcam"
) -> tuple[CamStatus, str]:
    """Status and reason of a map (height, width) of the kind `cam`; `source`: what it is made from.

    An empty map is a limit of its kind, not a fact about the image: other kinds may find a region.
    """
    kind = CAMS[cam]
    if not np.isfinite(values).all():
        return "failed", "the gradient or the activations are not finite numbers"
    if not np.any(source):
        where = "image" if kind.of_image else "layer"
        reason = f"the score does not depend on this {where} here"
    elif values.max() <= 0:
        reason = f"{'its weighted sum' if kind.weighted else 'it'} has no positive value"
    else:
        return "ok", ""
    return "no positive evidence", f"{kind.title} is empty: {reason}"
