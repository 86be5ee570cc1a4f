"""The pages about one image: predictions, Grad-CAM, and its activations through the network."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from urllib.parse import quote

from reportgen.heatmap_methods import CAMS
from reportgen.records.image import Activations, Image
from reportgen.records.image import GradCam as GradCamRecord
from reportgen.records.report import Report
from reportgen.report.answers import answer_tables, cam_facts, cam_note
from reportgen.report.contexts import Fact, Link, Picture, Section
from reportgen.report.explanations import explanation
from reportgen.report.figures import (
    activation_grid,
    activation_legend,
    gradcam_legend,
    plain_picture,
)
from reportgen.report.heatmaps import (
    CamGroup,
    cam_groups,
    completeness,
    placing,
    resolution,
    same_maps,
    shown_cam,
    why_beside,
    why_empty,
)
from reportgen.report.model_facts import photo_size
from reportgen.report.navigation import Here, Navigation, neighbours, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href, src
from reportgen.report.sections.image_map import PAGE as MAP_PAGE
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.heatmap_figures import cam_explanations, depth_strip, differences
from reportgen.report.site.image_contexts import CamCell, CamRow, GradCam, ImagePage
from reportgen.report.site.image_list import predictions
from reportgen.report.site.near_images import image_doors, near_images
from reportgen.wording import NO_NUMBERS, TIMES, sentence

_PHOTO = 640
_NETWORK_PHOTO = 448
_HEATMAP = 460
_CELLS = 144


def image_pages(
    outline: Outline, navigation: Navigation, drawings: Drawings
) -> Iterator[tuple[str, ImagePage]]:
    """Paths and contexts of the pages of all images."""
    images = outline.report.images
    for at, image in enumerate(images):
        yield from _pages(outline, navigation, drawings, image, neighbours(images, at))


def _pages(
    outline: Outline,
    navigation: Navigation,
    drawings: Drawings,
    image: Image,
    beside: tuple[Image | None, Image | None],
) -> Iterator[tuple[str, ImagePage]]:
    report = outline.report
    parts = outline.image_parts(image.name)
    paths = [outline.image_page(image.name, at) for at in range(1, len(parts) + 1)]
    for at, (page, part) in enumerate(zip(paths, parts, strict=True), 1):
        grids = image.activations[part.start : part.stop]
        here = _here(outline, page, image, beside)
        heatmap, heatmap_text = _first_heatmap(outline, page, image)
        yield (
            page,
            ImagePage(
                frame=navigation.frame(here),
                first=at == 1,
                facts=_facts(image),
                photo=plain_picture(
                    page,
                    image.photo,
                    (image.photo_width, image.photo_height),
                    f"Photo {image.name}",
                    _PHOTO,
                ),
                network_photo=_network_photo(report, page, image),
                network_text=_network_text(report),
                heatmap=heatmap,
                heatmap_text=heatmap_text,
                predictions=predictions(image),
                no_predictions=_no_predictions(report, image),
                answers=answer_tables(report.model, image) if at == 1 else (),
                doors=tuple(image_doors(outline, page, image)) if at == 1 else (),
                near=tuple(near_images(outline, page, image, drawings)) if at == 1 else (),
                map_page=href(page, MAP_PAGE),
                notes=page_notes(outline, page, f"image {image.name}") if at == 1 else (),
                gradcams=_gradcams(outline, page, image) if at == 1 else (),
                cam_title=CAMS[image.gradcam[0].method].title if image.gradcam else "",
                cam_rows=_cam_rows(outline, page, image) if at == 1 else (),
                gradcam_legend=gradcam_legend(report.settings),
                cam_explanations=cam_explanations(report, image),
                depth=depth_strip(outline, page, image),
                differences=differences(outline, page, image),
                difference_explanation=explanation(report, "difference"),
                show_gradcam=outline.has("gradcam") and at == 1,
                explanation=explanation(report, "activations") if at == 1 else None,
                sections=_sections(outline, page, image, grids),
                legend=activation_legend(report.settings),
                show_activations=outline.has("activations") and bool(image.activations),
                pager=pager(page, paths, at, "Pages of activations"),
            ),
        )


def _here(
    outline: Outline, page: str, image: Image, beside: tuple[Image | None, Image | None]
) -> Here:
    """Where a page of an image stands: below the list, and below the image's first page."""
    crumbs = [("Images", "images/index.html")]
    if page != (first := outline.image_page(image.name, 1)):
        crumbs.append((image.name, quote(first)))
    previous, following = (
        (neighbour.name, outline.image_place(neighbour.name)) if neighbour else None
        for neighbour in beside
    )
    return Here(
        page,
        image.name,
        "Images",
        crumbs=tuple(crumbs),
        image=image.name,
        previous=previous,
        next=following,
    )


def _facts(image: Image) -> tuple[Fact, ...]:
    facts = []
    if image.group:
        known = image.true_class is not None
        facts.append(Fact("True class" if known else "Folder", image.group))
    facts.append(Fact("Size", photo_size(image)))
    if image.note:
        facts.append(Fact("Read as", image.note))
    return tuple(facts)


def _network_text(report: Report) -> str:
    taken = report.model.image_input
    return f"Network input, {taken.height} {TIMES} {taken.width}" if taken else ""


def _first_heatmap(outline: Outline, page: str, image: Image) -> tuple[Picture | None, str]:
    """The heatmap beside the photo, and what it is of; None where the image has none."""
    cams = cam_groups(image.gradcam) if outline.has("gradcam") else ()
    for group in cams[:1]:
        cam = shown_cam(group)
        title = CAMS[cam.method].title
        if cam.picture:
            alt = f"{title} of {cam.label}, beside the photo"
            size = (cam.width, cam.height)
            picture = plain_picture(page, cam.picture, size, alt, _PHOTO)
            return picture, f"{title}, {cam.label}"
    return None, ""


def _network_photo(report: Report, page: str, image: Image) -> Picture | None:
    taken = report.model.image_input
    if taken is None or image.network_photo is None:
        return None
    height, width = taken.height, taken.width
    factor = max(1, _NETWORK_PHOTO // max(height, width))
    picture = plain_picture(
        page,
        image.network_photo,
        (width * factor, height * factor),
        f"Network input of {image.name}, {height} {TIMES} {width} pixels",
        _NETWORK_PHOTO,
    )
    return replace(picture, pixelated=True) if factor > 1 else picture


def _no_predictions(report: Report, image: Image) -> str:
    if image.not_finite:
        return sentence(NO_NUMBERS)
    head = report.model.head
    if head is None:
        return "The model has no output that classifies."
    return sentence(head.reason) or "The model gave no classes for this image."


def _gradcams(outline: Outline, page: str, image: Image) -> tuple[GradCam, ...]:
    if not outline.has("gradcam"):
        return ()
    return tuple(
        _gradcam(outline, page, image, group, at)
        for at, group in enumerate(cam_groups(image.gradcam), 1)
    )


def _gradcam(outline: Outline, page: str, image: Image, group: CamGroup, at: int) -> GradCam:
    record = group.main
    size = (record.width, record.height)
    kind = CAMS[record.method].title
    about = f"{record.label} on {image.name}"
    shown = record.status == "ok"
    return GradCam(
        id=f"gradcam--{at}",
        title=record.label,
        facts=(
            *([kind] if record.method != "gradcam" else []),
            *cam_facts(outline.report.model, image, record),
            *filter(None, [completeness(record).rstrip("."), same_maps(group)]),
        ),
        layer=Link(record.layer, href(page, outline.layer_place(record.layer))),
        overlay=plain_picture(page, record.picture, size, f"{kind} of {about}", _HEATMAP)
        if shown and record.picture
        else None,
        heatmap=plain_picture(page, record.heatmap, size, f"Heatmap of {about}", _HEATMAP)
        if shown and record.heatmap
        else None,
        photo=src(page, image.photo),
        cells=_cells(page, record, f"Map of {about}, not smoothed"),
        cells_text=_cells_text(record),
        full=Link(f"Full size, {photo_size(image)}", src(page, record.full))
        if record.full
        else None,
        placing=placing(outline.layers.get(record.layer)),
        reason=why_empty(group),
        resolution=resolution(outline.layers.get(record.layer)) if shown else "",
        note=cam_note(outline.report.model, record),
    )


def _cells(page: str, record: GradCamRecord, alt: str) -> Picture | None:
    if not record.cells or not record.cells_size:
        return None
    height, width = record.cells_size
    scale = _CELLS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Picture(src(page, record.cells), alt, *size, pixelated=True)


def _cells_text(record: GradCamRecord) -> str:
    if not record.cells_size:
        return ""
    height, width = record.cells_size
    return f"The map itself, {height} {TIMES} {width}, not smoothed"


def _cam_rows(outline: Outline, page: str, image: Image) -> tuple[CamRow, ...]:
    """A row for each further kind of map, with a cell for each class."""
    groups = cam_groups(image.gradcam) if outline.has("gradcam") else ()
    methods = dict.fromkeys(other.method for group in groups for other in group.others)
    rows = []
    for method in methods:
        found = [next((o for o in group.others if o.method == method), None) for group in groups]
        first = next(cam for cam in found if cam is not None)
        why = why_beside(outline.report.model, first)
        rows.append(
            CamRow(
                title=CAMS[method].title,
                text=" ".join(filter(None, (f"{CAMS[method].idea}.", why))),
                cells=tuple(_cam_cell(page, image, cam) for cam in found),
            )
        )
    return tuple(rows)


def _cam_cell(page: str, image: Image, cam: GradCamRecord | None) -> CamCell:
    if cam is None:
        return CamCell(None, "", "")
    kind = CAMS[cam.method]
    alt = f"{kind.title} of {cam.label if kind.by_class else 'every class'} on {image.name}"
    picture = None
    if cam.status == "ok" and cam.picture:
        picture = plain_picture(page, cam.picture, (cam.width, cam.height), alt, _HEATMAP)
    return CamCell(
        picture, completeness(cam), "" if picture else sentence(cam.reason or cam.status)
    )


def _sections(
    outline: Outline, page: str, image: Image, grids: Sequence[Activations]
) -> tuple[Section, ...]:
    def block_of(grid: Activations) -> str:
        layer = outline.layers.get(grid.layer)
        return layer.block if layer else ""

    sections: list[Section] = []
    used: dict[str, int] = {}
    for block, members in groupby(grids, key=block_of):
        used[block] = used.get(block, 0) + 1
        anchor = f"{outline.block_anchor(block)}" if block in outline.block_slugs else "block--"
        if used[block] > 1:
            anchor += f"--{used[block]}"
        sections.append(
            Section(
                title=block or "Other layers",
                id=anchor,
                grids=tuple(activation_grid(outline, page, image, grid) for grid in members),
            )
        )
    return tuple(sections)
