"""The network, its image, its classes and its accuracy, as steps of the sources."""

from reportgen.report.figures import plain_picture
from reportgen.report.site.sources.contexts import PAGE, Step
from reportgen.report.site.sources.found import StepMaterial, absent, step
from reportgen.report.site.sources.texts import (
    BOOK,
)  # fmt: skip
from reportgen.wording import TIMES, count, number, percent

_SIDE = 460


def network(given: StepMaterial) -> Step:
    """What the network is made of."""
    model = given.report.model
    size = model.image_input
    convolutions = sum(layer.convolution for layer in model.layers)
    sides = (size.height, size.width, size.channels) if size else ()
    taken = f" {TIMES} ".join(map(str, sides)) or "no image"
    head = model.head
    ends = f"{count(head.units, 'output')} ({head.activation})" if head else "no output"
    return step(
        "The network",
        f"{BOOK}, section 5.2",
        f"150 {TIMES} 150 {TIMES} 3, four convolutions, one sigmoid, 3,453,121 parameters",
        f"{taken}, {count(convolutions, 'convolution')}, {ends}, {model.parameters:,} parameters",
        rows=tuple(
            f"{layer.path}: {layer.type}, {layer.parameters:,} parameters"
            for layer in model.layers
            if layer.parameters
        )[:40],
        more=("Model summary", "model.html"),
    )


def photo(given: StepMaterial) -> Step:
    """The image as a file, and as the network is fed it."""
    image, settings = given.image, given.report.settings
    listing = f"150 {TIMES} 150 pixels, nearest neighbour, divided by 255"
    if image is None:
        return absent("The test image", f"{BOOK}, section 5.4.1", listing)
    size = given.report.model.image_input
    pixels = f"{size.height} {TIMES} {size.width} pixels" if size else ""
    how = settings.get("interpolation", "bilinear")
    mode = given.report.model.preprocessing.mode
    pictures = [
        plain_picture(PAGE, image.photo, (image.photo_width, image.photo_height), image.name, _SIDE)
    ]
    if image.network_photo and size:
        shape = (size.width, size.height)
        alt = f"{image.name} as the network takes it"
        pictures.append(plain_picture(PAGE, image.network_photo, shape, alt, _SIDE))
    return step(
        "The test image",
        f"{BOOK}, section 5.4.1",
        listing,
        f"{pixels}, {how}, preprocessing “{mode}”",
        pictures=tuple(pictures),
        more=(image.name, given.outline.image_place(image.name)),
    )


def decoded(given: StepMaterial) -> Step:
    """The classes with the highest probability."""
    title, source = "The top classes", f"{BOOK}, section 5.4.3"
    listing = "the top 3: African elephant 92.5 %, tusker 7 %, Indian elephant 0.4 %"
    if given.image is None or not given.image.predictions:
        return absent(title, source, listing)
    shown = given.image.predictions
    return step(
        title,
        source,
        listing,
        f"the top {len(shown)} of {count(len(given.report.model.labels), 'class', 'classes')}",
        rows=tuple(
            f"{prediction.label}: " + (
                percent(prediction.probability) if prediction.probability is not None
                else number(prediction.score)
            )
            for prediction in shown
        ),
        more=(given.image.name, given.outline.image_place(given.image.name)),
    )  # fmt: skip


def accuracy(given: StepMaterial) -> Step:
    """Accuracy over labelled images."""
    title, source = "Accuracy on a test set", f"{BOOK}, section 5.2"
    listing = "2,000 images of two classes"
    found = given.report.evaluation
    if found is None:
        return absent(title, source, listing, "it needs images in class folders")
    return step(
        title,
        source,
        listing,
        f"{count(found.images, 'image')}, {percent(found.accuracy)} correct",
        rows=(f"Accuracy: {percent(found.accuracy)}",),
        more=("Evaluation", "evaluation.html"),
    )
