"""A Report as the content of its PDF: every text worded, every picture checked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from reportgen.pictures.colormaps import table
from reportgen.pictures.svg import shorten
from reportgen.report.figures import activation_legend, filter_findings, gradcam_legend
from reportgen.report.findings import findings
from reportgen.report.outline import LayerBlock, Outline
from reportgen.report.overview import environment_facts, model_facts, photo_size
from reportgen.report.pdf_contexts import (
    PAPERS,
    Document,
    Fact,
    Finding,
    GradCam,
    Grid,
    LayerGroup,
    LayerRow,
    Photo,
    Picture,
    Prediction,
    Section,
    Single,
)
from reportgen.report.pdf_grids import Tiles, grid
from reportgen.report.pdf_methods import methods, settings_facts
from reportgen.report.pdf_notes import note_nodes
from reportgen.report.pdf_pictures import PdfPictures
from reportgen.report.wording import TIMES, count, duration, number, percent, shape, size_of
from reportgen.results import Activations, Channel, Gallery, Image, Layer, Report
from reportgen.results import GradCam as GradCamRecord

_LONGEST_HEADING = 80
_MOST_INPUTS = 3


def document(
    report: Report, pictures: PdfPictures, *, paper: str, fonts: Sequence[str]
) -> Document:
    """The content of the PDF. Damaged pictures are noted in `pictures.problems`."""
    outline = Outline(report)
    room = PAPERS[paper].room[0]
    found, found_note = findings(outline, "index.html")
    created = _moment(report.created)
    images = tuple(_photo(outline, pictures, image, room) for image in report.images)
    chart = report.sparsity_chart if outline.has("activations") else None
    model = report.model
    return Document(
        paper=PAPERS[paper],
        fonts=tuple(fonts),
        title=report.title,
        short_title=shorten(report.title, 40),
        author=report.author,
        organisation=str(report.settings.get("organisation") or ""),
        date=f"{created.day} {created:%B %Y}",
        moment=created,
        generator=report.generator,
        model=f"{model.name}, {count(model.parameters, 'parameter')}",
        cover=_cover(images),
        notes=note_nodes(report.notes),
        description=model.description,
        facts=(
            *(Fact(one.name, one.value, one.note) for one in model_facts(outline)),
            Fact("File", size_of(model.size), model.file),
        ),
        findings=tuple(Finding(one.title, one.text) for one in found),
        findings_note=found_note,
        chart=pictures.picture(
            chart,
            "Sparsity by depth: share of zeros in the activations of each layer, for each image",
        )
        if chart
        else None,
        model_notes=tuple(model.notes),
        groups=tuple(_group(block) for block in outline.blocks),
        activations_legend=activation_legend(report.settings).text,
        gradcam_legend=gradcam_legend(report.settings).text,
        images=images,
        filters=_filters(outline, pictures, room),
        filters_text=_filters_text(outline),
        methods=tuple(methods(report)),
        environment=tuple(
            Fact(one.name, one.value, one.note) for one in (*environment_facts(report.environment),)
        ),
        settings=settings_facts(report),
        timings=tuple(Fact(name, duration(value)) for name, value in report.timings.items()),
        command=report.command,
        gradcam_colors=_colours(gradcam_legend(report.settings).colormap),
        activation_colors=_colours("viridis"),
    )


def _moment(created: str) -> datetime:
    """The time of the build; the beginning of Unix time where the report states none."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _colours(colormap: str) -> tuple[str, ...]:
    """A colour map at nine places: enough for a gradient that nobody tells from it."""
    return tuple("#" + bytes(colour).hex() for colour in table(colormap)[[0, *range(31, 256, 32)]])


def _cover(images: Sequence[Photo]) -> tuple[Picture, ...]:
    """The first photo and what a class rests on in it."""
    for image in images:
        overlay = next((one.overlay for one in image.gradcams if one.overlay), None)
        if image.photo.src and (overlay is None or overlay.src):
            return (image.photo, overlay) if overlay else (image.photo,)
    return ()


def _group(block: LayerBlock) -> LayerGroup:
    parameters = sum(layer.parameters for layer in block.layers)
    return LayerGroup(
        title=block.name or "Other layers",
        note=f"{count(len(block.layers), 'layer')}, {count(parameters, 'parameter')}",
        rows=tuple(_row(layer) for layer in block.layers),
    )


def _row(layer: Layer) -> LayerRow:
    trained = ""
    if layer.parameters:
        trained = "frozen" if not layer.trainable_parameters else "yes"
        if 0 < layer.trainable_parameters < layer.parameters:
            trained = "in part"
    left = len(layer.inputs) - _MOST_INPUTS
    inputs = [*layer.inputs[:_MOST_INPUTS], *([f"{left} more"] if left > 0 else [])]
    return LayerRow(
        path=layer.path,
        type=layer.type,
        shape=shape(layer.output_shape),
        parameters=f"{layer.parameters:,}",
        trainable=trained,
        inputs=", ".join(inputs),
    )


def _photo(outline: Outline, pictures: PdfPictures, image: Image, room: float) -> Photo:
    title = shorten(image.name, _LONGEST_HEADING)
    taken = outline.report.model.image_input
    network = None
    if image.network_photo:
        size = f", {taken.height} {TIMES} {taken.width} pixels" if taken else ""
        alt = f"{title} as the network was given it{size}"
        network = pictures.picture(image.network_photo, alt, smooth=False)
    gradcams = image.gradcam if outline.has("gradcam") else []
    return Photo(
        title=title or "unnamed",
        facts=tuple(_image_facts(image, title)),
        photo=pictures.picture(image.photo, f"Photo {title}"),
        network_photo=network,
        predictions=tuple(
            Prediction(
                one.label,
                percent(one.probability),
                number(one.score),
                min(1.0, max(0.0, one.probability)) if one.probability == one.probability else 0.0,
            )
            for one in image.predictions
        ),
        no_predictions="" if image.predictions else _no_predictions(outline.report),
        gradcams=tuple(_gradcam(pictures, title, one) for one in gradcams),
        sections=tuple(_sections(outline, pictures, image, room)),
    )


def _image_facts(image: Image, title: str) -> Iterator[Fact]:
    if title != image.name:
        yield Fact("Name", image.name)
    yield Fact("Size", photo_size(image))
    if image.note:
        yield Fact("Read as", image.note)
    if image.group:
        yield Fact("Group", image.group)


def _no_predictions(report: Report) -> str:
    head = report.model.head
    if head is None:
        return "The model has no output that classifies."
    reason = head.reason or "the model gave no classes for this image"
    return f"No classes: {reason}."


def _gradcam(pictures: PdfPictures, title: str, one: GradCamRecord) -> GradCam:
    about = f"{one.label} on {title}"
    shown = one.status == "ok"
    return GradCam(
        title=one.label,
        text=f"{percent(one.probability)}, class {one.index}, from {one.layer}",
        overlay=pictures.picture(one.picture, f"Grad-CAM of {about}")
        if shown and one.picture
        else None,
        heatmap=pictures.picture(one.heatmap, f"Heatmap of {about}")
        if shown and one.heatmap
        else None,
        reason=one.reason or ("" if shown else one.status),
    )


def _sections(
    outline: Outline, pictures: PdfPictures, image: Image, room: float
) -> Iterator[Section]:
    def block_of(grid: Activations) -> str:
        layer = outline.layers.get(grid.layer)
        return layer.block if layer else ""

    grids = image.activations if outline.has("activations") else []
    for block, members in groupby(grids, key=block_of):
        drawn = tuple(_activations(outline, pictures, one, room) for one in members)
        yield Section(block or "Other layers", drawn)


def _activations(outline: Outline, pictures: PdfPictures, one: Activations, room: float) -> Grid:
    layer = outline.layers.get(one.layer)
    height, width = one.size
    channels = count(one.channels, "channel")
    shown = channels if one.shown == one.channels else f"first {one.shown:,} of {channels}"
    facts = [
        *([layer.type] if layer else []),
        shown,
        f"{height} {TIMES} {width}",
        f"{one.inactive_channels:,} inactive",
        f"{percent(one.sparsity)} zeros",
        f"{number(one.low)} to {number(one.high)}",
    ]
    tiles = Tiles(
        one.picture, height, width, one.margin, one.columns, range(one.shown), smooth=False
    )
    about = f"{one.layer}, {shown}, {one.inactive_channels:,} inactive"
    drawn = grid(pictures, tiles, one.layer, facts, about, room)
    singles = tuple(_single(pictures, one, channel) for channel in one.singles)
    return replace(drawn, singles=singles)


def _single(pictures: PdfPictures, grid: Activations, one: Channel) -> Single:
    span = f"{number(one.low)} to {number(one.high)}"
    return Single(
        picture=pictures.picture(
            one.picture,
            f"{grid.layer}, channel {one.channel}, {'inactive' if one.inactive else 'active'}",
            smooth=False,
        ),
        colorbar=pictures.picture(one.colorbar, f"Colour bar from {span}")
        if one.colorbar
        else None,
        title=f"{shorten(grid.layer, 40)}, channel {one.channel}",
        text=span + (", inactive" if one.inactive else ""),
    )


def _filters(outline: Outline, pictures: PdfPictures, room: float) -> tuple[Section, ...]:
    return tuple(
        Section(
            block or "Other layers",
            tuple(_gallery(outline, pictures, gallery, room) for gallery in galleries),
        )
        for block, galleries in outline.gallery_blocks.items()
    )


def _gallery(outline: Outline, pictures: PdfPictures, one: Gallery, room: float) -> Grid:
    filters = outline.filters.get(one.layer, [])
    channels = [item.channel for item in filters] or list(range(one.shown))
    tiles = Tiles(one.picture, one.size, one.size, one.margin, one.columns, channels, smooth=True)
    facts = (
        f"{one.shown:,} of {count(one.filters, 'filter')}",
        f"{one.size} {TIMES} {one.size} pixels each",
        *filter_findings(filters),
    )
    silent = sum(item.status == "silent" for item in filters)
    about = f"{one.layer}, patterns of {count(one.shown, 'filter')}, {silent} silent"
    return grid(pictures, tiles, one.layer, facts, about, room)


def _filters_text(outline: Outline) -> str:
    layers = sum(len(galleries) for galleries in outline.gallery_blocks.values())
    return (
        f"The pattern that excites each filter most, for {count(layers, 'layer')}"
        " in order of depth. Gray, struck-out tiles are filters that never answered."
    )
