"""A Report as the content of its PDF: every text worded, every picture checked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reportgen.pictures.charts.svg import shorten
from reportgen.pictures.colormaps import table
from reportgen.records.image import Image
from reportgen.records.model import Layer
from reportgen.records.report import Report
from reportgen.report.answers import output_rows
from reportgen.report.contexts import Fact as SiteFact
from reportgen.report.figures import SPARSITY_ALT, activation_legend, gradcam_legend
from reportgen.report.methods import methods, preprocessing_method
from reportgen.report.model_facts import (
    environment_facts,
    file_size,
    model_facts,
    setting_text,
    summary,
)
from reportgen.report.outline import LayerBlock, Outline
from reportgen.report.pdf.bytes import moment_of
from reportgen.report.pdf.chapters import chapters, opening
from reportgen.report.pdf.contexts import (
    PAPERS,
    Document,
    Fact,
    Finding,
    LayerGroup,
    LayerRow,
    Photo,
    Picture,
    Section,
    Thumbnail,
)
from reportgen.report.pdf.extent import (
    Extent,
    changed_settings,
    images_in_full,
    layers_listed,
    thumbnails,
)
from reportgen.report.pdf.figures import Materials, galleries, photo
from reportgen.report.pdf.notes import PdfNotes
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.sections.findings import findings
from reportgen.wording import count, duration, only_in_site, percent, shape

_MOST_INPUTS = 3


def document(
    report: Report,
    pictures: PdfPictures,
    *,
    paper: str,
    fonts: Sequence[str],
    extent: Extent,
) -> Document:
    """The content of the PDF. Damaged pictures are noted in `pictures.problems`."""
    outline = Outline(report)
    notes = PdfNotes(report, pictures)
    materials = Materials(outline, pictures, notes, PAPERS[paper].room[0], extent)
    found, found_note = findings(outline, "index.html")
    created = moment_of(report.created)
    chosen = images_in_full(outline, extent.images)
    images = tuple(photo(materials, image) for image in chosen)
    small = thumbnails(outline, extent.thumbnails)
    patterns = galleries(materials)
    model_text = (*notes.take("model", 1), *notes.take_layers(1))
    of_images = ("images", "activations", "gradcam") if images else ()
    images_text = tuple(node for place in of_images for node in notes.take(place, 1))
    filters_text = notes.take("filters", 1) if patterns else ()
    methods_text = notes.take("about", 1)
    sections = chapters(materials)
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
        model=" · ".join(_headline(outline)),
        cover=_cover(images),
        notes=notes.front(),
        model_text=model_text,
        images_text=images_text,
        filters_text=filters_text,
        description=model.description,
        facts=(*_facts(model_facts(outline)), Fact("File", file_size(model), model.file)),
        findings=tuple(Finding(finding.title, finding.text) for finding in found),
        findings_note=found_note,
        chart=_chart(materials),
        model_notes=tuple(model.notes),
        outputs=tuple(output_rows(model)),
        groups=tuple(_groups(outline)),
        groups_text=only_in_site(len(model.layers) - len(layers_listed(model.layers)), "layer"),
        activations_legend=activation_legend(report.settings).text,
        gradcam_legend=gradcam_legend(report.settings).text,
        thumbnails=tuple(_thumbnail(materials, image) for image in small),
        thumbnails_text=only_in_site(len(report.images) - len(small), "image"),
        images=images,
        images_left_out=only_in_site(len(report.images) - len(images), "image"),
        filters=patterns,
        filters_lead=_filters_lead(outline),
        filters_left_out=_filters_left_out(report, patterns),
        opening=tuple(opening(materials)),
        chapters=sections,
        methods_text=methods_text,
        methods=(*methods(report), preprocessing_method(report)),
        environment=_facts(environment_facts(report.environment)),
        settings=tuple(
            Fact(name, setting_text(value)) for name, value in changed_settings(report).items()
        ),
        timings=tuple(Fact(name, duration(value)) for name, value in report.timings.items()),
        command=report.command,
        gradcam_colors=_colours(gradcam_legend(report.settings).colormap),
        activation_colors=_colours("viridis"),
    )


def _facts(facts: Iterable[SiteFact]) -> tuple[Fact, ...]:
    return tuple(Fact(fact.name, fact.value, fact.note) for fact in facts)


def _chart(materials: Materials) -> Picture | None:
    """Sparsity by depth, which the chapter on health shows where there is one."""
    outline = materials.outline
    chart = outline.report.sparsity_chart
    if not chart or not outline.has("activations") or outline.has("health"):
        return None
    return materials.pictures.picture(chart, SPARSITY_ALT)


def _filters_left_out(report: Report, sections: Sequence[Section]) -> str:
    """How many layers with galleries the PDF does not show; empty where it shows no gallery."""
    layers = {gallery.layer for gallery in report.galleries}
    shown = {grid.title for section in sections for grid in section.grids}
    return only_in_site(len(layers) - len(shown), "layer") if sections else ""


def _colours(colormap: str) -> tuple[str, ...]:
    """Nine colours of a colour map, from low to high: the stops of a gradient."""
    return tuple("#" + bytes(colour).hex() for colour in table(colormap)[[0, *range(31, 256, 32)]])


def _cover(images: Sequence[Photo]) -> tuple[Picture, ...]:
    """The first photo and what a class rests on in it."""
    for image in images:
        overlay = next((gradcam.overlay for gradcam in image.gradcams if gradcam.overlay), None)
        if image.photo.src and (overlay is None or overlay.src):
            return (image.photo, overlay) if overlay else (image.photo,)
    return ()


def _headline(outline: Outline) -> Iterator[str]:
    """What the report is about, and the numbers that sum it up."""
    report = outline.report
    yield summary(report.model)
    yield count(len(report.images), "image")
    if report.evaluation and outline.has("evaluation"):
        yield f"accuracy {percent(report.evaluation.accuracy)}"


def _thumbnail(materials: Materials, image: Image) -> Thumbnail:
    title = shorten(image.name, 40)
    top = image.predictions[0] if image.predictions else None
    text = f"{top.label}, {percent(top.probability)}" if top else ""
    if image.name in materials.outline.mistaken:
        text += " (misclassified)"
    return Thumbnail(title, materials.pictures.picture(image.photo, f"Photo {title}"), text)


def _groups(outline: Outline) -> Iterator[LayerGroup]:
    """The rows of the model's table by block."""
    listed = {layer.path for layer in layers_listed(outline.report.model.layers)}
    for block in outline.blocks:
        rows = tuple(_row(layer) for layer in block.layers if layer.path in listed)
        if rows:
            yield replace(_group(block), rows=rows)


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


def _filters_lead(outline: Outline) -> str:
    layers = len(outline.galleries)
    return (
        f"The pattern that excites each filter most, for {count(layers, 'layer')}"
        " in order of depth. Gray tiles are filters that never responded."
    )
