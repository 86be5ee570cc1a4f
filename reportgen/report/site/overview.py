"""The overview, and the list of all images."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from reportgen.heatmap_methods import CAMS
from reportgen.records.outputs import TensorInfo
from reportgen.records.report import Environment, Image, Model, Report
from reportgen.report.contexts import Card, Fact, ImagesPage, IndexPage, Link, Prediction
from reportgen.report.figures import chart_by_depth, plain_picture
from reportgen.report.gates import gate_table, trend_picture, trend_text
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import front_notes, page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.paging import paged
from reportgen.report.sections.evaluation import accuracy_fact
from reportgen.report.sections.findings import findings
from reportgen.report.site.network_drawing import stages
from reportgen.report.site.thumbnails import thumbnail
from reportgen.wording import TIMES, bar_length, count, number, percent, shape, size_of

MOST_CARDS = 12
CARDS_A_PAGE = 24
_THUMBNAIL = 320
_LABELS_ON_CARD = 3


def index_page(outline: Outline, navigation: Navigation, folder: Path) -> IndexPage:
    """The context of `index.html`."""
    report, page = outline.report, "index.html"
    images = report.images
    drawn, note = stages(outline, page)
    found, found_note = findings(outline, page)
    more = len(images) > MOST_CARDS
    chart = report.sparsity_chart if outline.has("activations") else None
    return IndexPage(
        frame=navigation.frame(Here(page, report.title, "Overview")),
        description=report.model.description,
        facts=_facts(outline, page),
        command=report.command,
        environment=environment_facts(report.environment),
        stages=drawn,
        stages_note=note,
        cards=tuple(card(outline, page, image, folder) for image in images[:MOST_CARDS]),
        all_images=Link(f"All {len(images):,} images", href(page, "images/index.html"))
        if more
        else None,
        findings=found,
        findings_note=found_note,
        sparsity_chart=chart_by_depth(page, chart, folder) if chart else None,
        gates=gate_table(report),
        trend=trend_picture(report, page, folder),
        trend_text=trend_text(report),
        notes=front_notes(outline, page),
        doors=_doors(outline, navigation),
    )


def images_pages(
    outline: Outline, navigation: Navigation, folder: Path
) -> Iterator[tuple[str, ImagesPage]]:
    """Paths and contexts of the list of all images."""
    if not outline.images:
        return
    pages = partial(_images_pages, outline, navigation, folder)
    yield from pages(list(outline.images), "All", outline.images_page)
    if outline.mistakes:
        yield from pages(list(outline.mistakes), "Mistakes", outline.mistakes_page)


def _images_pages(
    outline: Outline,
    navigation: Navigation,
    folder: Path,
    images: list[str],
    view: str,
    path_of: Callable[[int], str],
) -> Iterator[tuple[str, ImagesPage]]:
    pages = paged(images, [1] * len(images), CARDS_A_PAGE, CARDS_A_PAGE)
    paths = [path_of(at) for at in range(1, len(pages) + 1)]
    crumbs = (("Images", outline.images_page()),) if view == "Mistakes" else ()
    for at, (page, shown) in enumerate(zip(paths, pages, strict=True), 1):
        here = Here(page, "Images" if view == "All" else view, "Images", crumbs=crumbs)
        yield (
            page,
            ImagesPage(
                frame=navigation.frame(here),
                notes=page_notes(outline, page, "images", ("activations", "gradcam"))
                if at == 1 and view == "All"
                else (),
                views=_views(outline, page, view),
                cards=tuple(card(outline, page, outline.images[name], folder) for name in shown),
                pager=pager(page, paths, at, "Pages of images"),
                text=_images_text(outline, images, view),
            ),
        )


def _views(outline: Outline, page: str, view: str) -> tuple[Link, ...]:
    """The lists of images that there are, where there are two."""
    if not outline.mistakes:
        return ()
    places = {"All": outline.images_page(), "Mistakes": outline.mistakes_page()}
    amounts = {"All": len(outline.report.images), "Mistakes": len(outline.mistakes)}
    return tuple(
        Link(f"{name} {amounts[name]:,}", href(page, place), name == view)
        for name, place in places.items()
    )


def _images_text(outline: Outline, images: list[str], view: str) -> str:
    if view == "Mistakes":
        return f"{count(len(images), 'image')} came out as another class than that of the folder."
    if outline.mistakes is None:
        return count(len(images), "image")
    return f"{count(len(images), 'image')}, {count(len(outline.mistakes), 'mistake')}"


def card(outline: Outline, page: str, image: Image, folder: Path) -> Card:
    """An image's card: photo, first Grad-CAM, top predictions; draws the small pictures."""
    first = image.gradcam[0] if image.gradcam and outline.has("gradcam") else None
    overlay = None
    if first is not None and first.picture:
        alt = f"{CAMS[first.method].title} of {first.label} on {image.name}"
        small = thumbnail(folder, first.picture, (first.width, first.height))
        overlay = plain_picture(page, *small, alt, _THUMBNAIL)
    small = thumbnail(folder, image.photo, (image.photo_width, image.photo_height))
    photo = plain_picture(page, *small, f"Photo {image.name}", _THUMBNAIL)
    return Card(
        name=image.name,
        href=href(page, outline.image_place(image.name)),
        photo=photo,
        overlay=overlay,
        predictions=(predictions(image) or _values(image))[:_LABELS_ON_CARD],
        note=" · ".join(filter(None, (image.group, "no class" if image.not_finite else ""))),
        mistake=image.name in outline.mistaken,
    )


def _values(image: Image) -> tuple[Prediction, ...]:
    """An image's values, for a network without classes: no bar stands for them."""
    return tuple(
        Prediction(
            label=one.name,
            index=one.index,
            probability="not finite" if one.value is None else number(one.value),
            score="",
            bar="",
        )
        for one in image.values
    )


def predictions(image: Image) -> tuple[Prediction, ...]:
    """An image's classes, worded."""
    return tuple(
        Prediction(
            label=one.label,
            index=one.index,
            probability=percent(one.probability),
            score="−∞" if one.score is None else number(one.score),
            bar=f"{100 * bar_length(one.probability):.4g}",
        )
        for one in image.predictions
    )


def file_size(model: Model) -> str:
    """How large the model's file is; a network that is known by its name alone has none."""
    return size_of(model.size) if model.size else "none"


def environment_facts(environment: Environment) -> tuple[Fact, ...]:
    """Versions and device."""
    engines = (("TensorFlow", environment.tensorflow), ("JAX", environment.jax))
    return (
        Fact("Device", environment.device),
        Fact("Python", environment.python),
        *(Fact(name, one) for name, one in engines if one),
        Fact("Keras", environment.keras),
    )


def model_facts(outline: Outline) -> tuple[Fact, ...]:
    """Parameters, inputs, outputs and preprocessing of the model."""
    model = outline.report.model
    frozen = model.parameters - model.trainable_parameters
    trainable = f"{model.trainable_parameters:,} trainable, {frozen:,} frozen"
    return (
        Fact("Parameters", f"{model.parameters:,}", trainable),
        Fact("Layers", f"{len(model.layers):,}", f"in {count(len(outline.blocks), 'block')}"),
        Fact("Input", *_tensors(model.inputs)),
        Fact("Output", *_output(outline)),
        Fact("Preprocessing", model.preprocessing.mode, model.preprocessing.source),
    )


def _facts(outline: Outline, page: str) -> tuple[Fact, ...]:
    model = outline.report.model
    seed = outline.report.settings.get("seed")
    facts = [
        *model_facts(outline)[:4],
        Fact("File", file_size(model), model.file),
        Fact(
            "Preprocessing",
            model.preprocessing.mode,
            model.preprocessing.source,
            (Link("why", href(page, "about.html#about--preprocessing")),),
        ),
    ]
    if outline.evaluation_pages and outline.report.evaluation:
        link = Link("mistakes", href(page, outline.evaluation_page()))
        facts.append(replace(accuracy_fact(outline.report.evaluation), links=(link,)))
    if seed is not None:
        facts.append(Fact("Seed", str(seed)))
    return tuple(facts)


def _tensors(tensors: Sequence[TensorInfo]) -> tuple[str, str]:
    if not tensors:
        return "none", ""
    rest = f" and {len(tensors) - 1} more" if len(tensors) > 1 else ""
    return shape(tensors[0].shape), tensors[0].name + rest


def _output(outline: Outline) -> tuple[str, str]:
    head = outline.report.model.head
    if head is not None and head.kind == "values":
        return count(head.units, "value"), head.name
    if head is not None and head.kind == "embedding":
        return f"embedding of {count(head.units, 'number')}", head.name
    if head is None or not head.classes:
        value, note = _tensors(outline.report.model.outputs)
        return value, head.reason if head and head.reason else note
    of = f"{head.name}: " if len(outline.report.model.outputs) > 1 else ""
    if head.kind == "map":
        return count(head.classes, "class map"), f"{of}{head.activation}"
    return count(head.classes, "class", "classes"), f"{of}{head.activation}"


def _doors(outline: Outline, navigation: Navigation) -> tuple[Link, ...]:
    page = "index.html"
    notes = {
        "Model": count(len(outline.layers), "layer"),
        "Images": count(len(outline.images), "image")
        + (", layer by layer" if outline.has("activations") else ""),
        "Units": count(sum(map(len, map(outline.unit_channels, outline.unit_layers))), "channel")
        + ", one by one",
        "Filters": count(
            sum(len(g) for g in outline.gallery_blocks.values()), "gallery", "galleries"
        ),
        **_notes_over_images(outline.report),
        "Kernels": count(len(outline.report.kernels), "layer"),
        "Trust": "can the heatmaps be believed?",
        "Dreams": count(len(outline.report.dreams), "photo changed", "photos changed"),
        "About": "methods, settings, versions",
    }
    doors = [
        Link(text, href(page, place), note=notes[text])
        for text, place in navigation.parts()
        if text in notes
    ]
    return (*doors, Link("report.json", quote("report.json"), note="everything as data"))


def _notes_over_images(report: Report) -> dict[str, str]:
    """What the links to parts about all images together say."""
    notes = {}
    if report.evaluation:
        mistakes = count(len(report.evaluation.mistakes), "mistake")
        notes["Evaluation"] = f"{percent(report.evaluation.accuracy)} right, {mistakes}"
    if report.regression:
        images = count(report.regression.images, "image")
        notes["Regression"] = f"predicted and true values of {images}"
    if report.health:
        notes["Health"] = f"every layer over {count(report.health.images, 'image')}"
    if report.exemplars:
        found = count(len(report.exemplars.channels), "channel")
        notes["Exemplars"] = f"the images that activate {found} the most"
    return notes


def photo_size(image: Image) -> str:
    """The size of the photo: "640 × 480 pixels"."""
    return f"{image.width} {TIMES} {image.height} pixels"
