"""What the PDF shows of each image and each layer: grids, Grad-CAM, galleries, the user's notes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from reportgen.heatmap_methods import CAMS
from reportgen.pictures.charts.svg import shorten
from reportgen.records.filters import Gallery
from reportgen.records.image import Activations, Channel, Image
from reportgen.records.report import Report
from reportgen.report.answers import answer_tables, cam_facts, cam_note
from reportgen.report.figures import filter_findings, gallery_title
from reportgen.report.heatmaps import (
    CamGroup,
    cam_groups,
    completeness,
    placing,
    resolution,
    why_empty,
)
from reportgen.report.layer_facts import amounts, word_of
from reportgen.report.model_facts import photo_size
from reportgen.report.outline import Outline
from reportgen.report.pdf.contexts import (
    Fact,
    GradCam,
    Grid,
    OtherMap,
    Photo,
    Prediction,
    Section,
    Single,
)
from reportgen.report.pdf.extent import Extent, galleries_in_full, grids_in_full
from reportgen.report.pdf.grids import Tiles, grid
from reportgen.report.pdf.notes import PdfNotes
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.wording import (
    NO_NUMBERS,
    TIMES,
    bar_length,
    count,
    map_sizes,
    number,
    only_in_site,
    percent,
    sentence,
)

_LONGEST_HEADING = 80


@dataclass(frozen=True)
class Materials:
    """What figures are made from; `room` is the width of the paper's text in millimetres."""

    outline: Outline
    pictures: PdfPictures
    notes: PdfNotes
    room: float
    extent: Extent


def photo(materials: Materials, image: Image) -> Photo:
    """One image: photo, predictions, Grad-CAM, and its grids in order of depth."""
    outline, pictures = materials.outline, materials.pictures
    title = shorten(image.name, _LONGEST_HEADING)
    taken = outline.report.model.image_input
    network = None
    if image.network_photo:
        size = f", {taken.height} {TIMES} {taken.width} pixels" if taken else ""
        alt = f"{title} as network input{size}"
        network = pictures.picture(image.network_photo, alt, smooth=False)
    groups = cam_groups(image.gradcam) if outline.has("gradcam") else ()
    answers = answer_tables(outline.report.model, image)
    return Photo(
        title=title or "unnamed",
        facts=tuple(_image_facts(image, title)),
        photo=pictures.picture(image.photo, f"Photo {title}"),
        network_photo=network,
        predictions=tuple(
            Prediction(
                prediction.label,
                percent(prediction.probability),
                "−∞" if prediction.score is None else number(prediction.score),
                bar_length(prediction.probability),
            )
            for prediction in image.predictions
        ),
        no_predictions=""
        if image.predictions or answers
        else _no_predictions(outline.report, image),
        answers=answers,
        gradcams=tuple(_gradcam(outline, pictures, image, title, group) for group in groups),
        placing=" ".join(_placings(outline, groups)),
        other_maps=tuple(_other_maps(pictures, title, groups)),
        other_maps_text=_other_maps_text(groups),
        sections=tuple(_sections(materials, image)),
        left_out=_layers_left_out(materials, image),
        notes=materials.notes.take(f"image {image.name}", 2),
    )


def _image_facts(image: Image, title: str) -> Iterator[Fact]:
    if title != image.name:
        yield Fact("Name", image.name)
    yield Fact("Size", photo_size(image))
    if image.note:
        yield Fact("Read as", image.note)
    if image.group:
        yield Fact("True class", image.group)


def _no_predictions(report: Report, image: Image) -> str:
    if image.not_finite:
        return sentence(NO_NUMBERS)
    head = report.model.head
    if head is None:
        return "The model has no output that classifies."
    reason = head.reason or "the model gave no classes for this image"
    return f"No classes: {reason}."


def _gradcam(
    outline: Outline, pictures: PdfPictures, image: Image, title: str, group: CamGroup
) -> GradCam:
    record, model = group.main, outline.report.model
    known = ", ".join((*reversed(cam_facts(model, image, record)), f"from {record.layer}"))
    about = f"{record.label} on {title}"
    shown = record.status == "ok"
    note = cam_note(model, record)
    positions = resolution(outline.layers.get(record.layer)) if shown else ""
    if record.cells and positions:
        positions += ", also shown as they are, not smoothed"
    return GradCam(
        title=record.label,
        text=("" if record.method == "gradcam" else f"{CAMS[record.method].title}, ")
        + ", ".join((known, *([positions] if positions else [])))
        + (f". {note}" if note else ""),
        overlay=pictures.picture(record.picture, f"{CAMS[record.method].title} of {about}")
        if shown and record.picture
        else None,
        heatmap=pictures.picture(record.heatmap, f"Heatmap of {about}")
        if shown and record.heatmap
        else None,
        cells=pictures.picture(record.cells, f"Map of {about}, not smoothed", smooth=False)
        if shown and record.cells
        else None,
        reason=why_empty(group),
    )


def _placings(outline: Outline, groups: Sequence[CamGroup]) -> Iterator[str]:
    """How maps come to lie on the image, once for each layer; they are named where several are."""
    layers = dict.fromkeys(group.main.layer for group in groups if group.main.status == "ok")
    for path in layers:
        if text := placing(outline.layers.get(path)):
            yield text if len(layers) == 1 else f"{path}: {text}"


def _with_others(groups: Sequence[CamGroup]) -> list[CamGroup]:
    return [group for group in groups if group.others]


def _other_maps(
    pictures: PdfPictures, title: str, groups: Sequence[CamGroup]
) -> Iterator[OtherMap]:
    """The other kinds of map, for one class only: they are as many again for each."""
    for group in _with_others(groups)[:1]:
        for other in group.others:
            kind = CAMS[other.method].title
            shown = other.status == "ok" and other.picture
            alt = f"{kind} of {other.label} on {title}"
            overlay = pictures.picture(other.picture, alt) if shown and other.picture else None
            text = completeness(other) if overlay else other.reason or other.status
            yield OtherMap(kind, text, overlay)


def _other_maps_text(groups: Sequence[CamGroup]) -> str:
    found = _with_others(groups)
    if not found:
        return ""
    left_out = only_in_site(sum(len(group.others) for group in found[1:]), "map")
    return f"Other kinds of map for the class {found[0].main.label}. {left_out}".rstrip()


def _sections(materials: Materials, image: Image) -> Iterator[Section]:
    outline = materials.outline

    def block_of(grid: Activations) -> str:
        layer = outline.layers.get(grid.layer)
        return layer.block if layer else ""

    grids = grids_in_full(outline, image, materials.extent.layers)
    for block, members in groupby(grids, key=block_of):
        drawn = tuple(_activations(materials, member) for member in members)
        yield Section(block or "Other layers", drawn)


def _layers_left_out(materials: Materials, image: Image) -> str:
    everything = grids_in_full(materials.outline, image, None)
    shown = grids_in_full(materials.outline, image, materials.extent.layers)
    return only_in_site(len(everything) - len(shown), "layer")


def _activations(materials: Materials, activations: Activations) -> Grid:
    layer = materials.outline.layers.get(activations.layer)
    height, width = activations.size
    channels = count(activations.channels, "channel")
    most = min(activations.shown, materials.extent.channels or activations.shown)
    shown = channels if most == activations.channels else f"first {most:,} of {channels}"
    facts = [
        *([layer.type] if layer else []),
        shown,
        map_sizes(activations.map_size, activations.size),
        f"{amounts(activations)} on this image",
        f"{percent(activations.sparsity)} zeros",
        f"{number(activations.low)} to {number(activations.high)}",
    ]
    tiles = Tiles(
        activations.picture,
        height,
        width,
        activations.margin,
        activations.columns,
        range(most),
        smooth=False,
    )
    about = f"{activations.layer}, {shown}, {amounts(activations)}"
    drawn = grid(materials.pictures, tiles, activations.layer, facts, about, materials.room)
    singles = tuple(
        _single(materials.pictures, activations, channel) for channel in activations.singles
    )
    return replace(
        drawn, singles=singles, notes=materials.notes.take(f"layer {activations.layer}", 3)
    )


def _single(pictures: PdfPictures, grid: Activations, channel: Channel) -> Single:
    span, word = f"{number(channel.low)} to {number(channel.high)}", word_of(channel)
    return Single(
        picture=pictures.picture(
            channel.picture,
            f"{grid.layer}, channel {channel.channel}, {word or 'active'}",
            smooth=False,
        ),
        colorbar=pictures.picture(channel.colorbar, f"Colour bar from {span}")
        if channel.colorbar
        else None,
        title=f"{shorten(grid.layer, 40)}, channel {channel.channel}",
        text=span + (f", {word}" if word else ""),
    )


def galleries(materials: Materials) -> tuple[Section, ...]:
    """The galleries of filter patterns, by block."""
    return tuple(
        Section(
            block or "Other layers",
            tuple(_gallery(materials, gallery) for gallery in members),
        )
        for block, members in galleries_in_full(
            materials.outline, materials.extent.galleries
        ).items()
    )


def _gallery(materials: Materials, gallery: Gallery) -> Grid:
    filters = materials.outline.filters_of(gallery)
    channels = [item.channel for item in filters] or list(range(gallery.shown))
    channels = channels[: materials.extent.patterns]
    tiles = Tiles(
        gallery.picture,
        gallery.size,
        gallery.size,
        gallery.margin,
        gallery.columns,
        channels,
        smooth=True,
    )
    facts = (
        f"{len(channels):,} of {count(gallery.filters, 'filter')}",
        f"{gallery.size} {TIMES} {gallery.size} pixels each",
        *filter_findings(filters),
    )
    silent = sum(item.status == "silent" for item in filters)
    title = gallery_title(materials.outline, gallery)
    about = f"{title}, patterns of {count(len(channels), 'filter')}, {silent} silent"
    drawn = grid(materials.pictures, tiles, title, facts, about, materials.room)
    return replace(drawn, notes=materials.notes.take(f"layer {gallery.layer}", 2))
