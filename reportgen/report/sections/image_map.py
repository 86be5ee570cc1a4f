"""The map of images: where they lie in the features of the network, and suspected labels."""

from collections.abc import Iterator

from reportgen.records.image_map import ImageMap, MapTile, SuspectedLabel
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Facts,
    Figure,
    Limits,
    Page,
    Part,
    Spot,
    text,
)
from reportgen.report.contexts import Fact, Link, Picture
from reportgen.report.outline import Outline, numbered
from reportgen.wording import count, percent, sentence

PAGE = "map.html"
SUSPECTED = f"{PAGE}#map--labels"
_TITLE = "Map of images"
_A_PAGE = 20
_SUSPECTED = Limits("suspected label", page=_A_PAGE, paper=8)
_METHODS = {"pca": "principal component analysis", "tsne": "t-SNE"}


def image_map(outline: Outline) -> Iterator[Page]:
    """The page: the map as points and as thumbnails, and the suspected labels."""
    found = outline.report.image_map
    if found is not None:
        yield Page(PAGE, _TITLE, tuple(_blocks(outline, found)))


def suspected_place(outline: Outline, image: str) -> str:
    """Where the page shows that an image's label is suspected; empty where it is not."""
    found = outline.report.image_map if outline.has("map") else None
    names = (
        [suspect.image for suspect in found.suspected if suspect.image in outline.images]
        if found
        else []
    )
    if image not in names:
        return ""
    at = names.index(image)
    return f"{numbered(PAGE, at // _A_PAGE + 1)}#label--{at}"


def _blocks(outline: Outline, found: ImageMap) -> Iterator[Block]:
    images, channels = count(len(found.points), "image"), count(found.channels, "channel")
    yield text(
        f"{images} by the means of {channels} of ",
        Link(found.layer, outline.layer_place(found.layer)),
        f", the penultimate layer, placed by {_METHODS[found.method]}.",
        style="lead",
    )
    yield Facts(tuple(_facts(found)))
    evaluation = outline.report.evaluation
    if evaluation is not None and evaluation.dataset:
        yield text(f"Of the data set {evaluation.dataset}, the images with pages are shown.")
    if found.left_out:
        lost = count(len(found.left_out), "image is", "images are")
        yield text(f"{lost} left out: the features are NaN or infinite.", style="reason")
    alt = f"Map of {images}, coloured by {found.coloured_by or 'nothing'}"
    caption = "Each mark is an image."
    if found.coloured_by:
        caption = f"Each mark is an image; colour and shape tell the {found.coloured_by}."
    if found.coloured_by == "true class":
        caption += " Misclassified images are circled."
    yield Figure(Picture(found.chart, alt, 0, 0), (caption,), chart=True, share=0.55)
    thumbnails = tuple(_thumbnails(outline, found))
    yield Part(("Thumbnails",), "map--thumbnails", thumbnails, on_paper=False)
    yield Part(("Suspected label errors",), "map--labels", tuple(_labels(outline, found)))


def _facts(found: ImageMap) -> Iterator[Fact]:
    if found.variance:
        shares = " and ".join(percent(share) for share in found.variance)
        yield Fact("Variance shown", percent(sum(found.variance)), f"{shares} along the two axes")
    near = count(found.trusted, "nearest neighbour")
    yield Fact(
        "Trustworthiness",
        f"{found.trustworthiness:.3f}",
        f"1: the {near} on the map are the nearest in all channels",
    )
    if found.perplexity is not None:
        yield Fact("Perplexity", f"{found.perplexity:.3g}", "of t-SNE")
    if not found.no_suspicion:
        of_known = f"of {count(found.labelled, 'image')} of known class"
        yield Fact("Suspected label errors", f"{found.suspicions:,}", of_known)


def _thumbnails(outline: Outline, found: ImageMap) -> Iterator[Block]:
    shown, images = len(found.tiles), len(found.points)
    some = "" if shown == images else f" {shown} of {images:,} images, evenly chosen."
    yield text(
        "Images in the order of the map: each column holds images of similar horizontal position,"
        f" sorted by vertical position.{some} {_legend(found)}",
        style="quiet",
    )
    alt = f"Thumbnails of {count(shown, 'image')} in the order of the map"
    yield Figure(
        Picture(found.picture, alt, found.width, found.height),
        spots=tuple(_spot(outline, tile) for tile in found.tiles),
    )


def _legend(found: ImageMap) -> str:
    """What the letters and colours of the thumbnails mean."""
    if not found.groups:
        return ""
    named = ", ".join(f"{group.mark} {group.label}" for group in found.groups)
    others = sum(group.images for group in found.groups) < len(found.points)
    gray = "; other images have a gray frame" if others else ""
    cross = " A cross marks a misclassified image." if found.coloured_by == "true class" else ""
    return f"Letter and colour of a frame tell the {found.coloured_by}: {named}{gray}.{cross}"


def _spot(outline: Outline, tile: MapTile) -> Spot:
    place = outline.image_place(tile.image) if tile.image in outline.images else ""
    return Spot(Link(tile.image, place), tile.left, tile.top, tile.size, tile.size)


def _labels(outline: Outline, found: ImageMap) -> Iterator[Block]:
    if found.no_suspicion:
        yield text(f"Labels are not examined: {sentence(found.no_suspicion)}", style="reason")
        return
    images = f"{count(found.labelled, 'image')} of known class"
    if not found.suspicions:
        yield text(
            f"No label of {images} is suspected: for no image do the confident prediction and the"
            " nearest neighbours agree on another class."
        )
        return
    are = "label is" if found.suspicions == 1 else "labels are"
    yield text(
        f"{found.suspicions:,} of {images}: the {are} suspected. The network predicts another class"
        " confidently, and most of the nearest images are labelled with that class. Most suspect"
        " first."
    )
    yield text(
        "Check each image: a suspicion is a mislabelled image or a mistake of the network. A"
        " network trained on these images may have learned their wrong labels, which are not found"
        " then.",
        style="quiet",
    )
    shown = [suspect for suspect in found.suspected if suspect.image in outline.images]
    if len(shown) < found.suspicions:
        yield text(f"{len(shown):,} of them are in this report.", style="quiet")
    yield Cards(
        tuple(_card(outline, suspect, at) for at, suspect in enumerate(shown)), 3, _SUSPECTED
    )


def _card(outline: Outline, suspect: SuspectedLabel, at: int) -> Card:
    image, labels = outline.images[suspect.image], outline.report.model.labels
    photo = Picture(image.photo, f"Photo {image.name}", image.photo_width, image.photo_height)
    return Card(
        (Link(image.name, outline.image_place(image.name)),),
        (Figure(photo),),
        (
            f"Labelled {labels[suspect.given]} ({percent(suspect.given_probability)}), predicted"
            f" {labels[suspect.suggested]} ({percent(suspect.suggested_probability)}). Of the"
            f" {suspect.neighbours} nearest images, {suspect.agreeing} are labelled"
            f" {labels[suspect.suggested]} and {suspect.opposing} {labels[suspect.given]}.",
        ),
        anchor=f"label--{at}",
    )
