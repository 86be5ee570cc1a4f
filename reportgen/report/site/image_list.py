"""The list of all images as cards: photo, first heatmap, top predictions."""

from collections.abc import Callable, Iterator
from functools import partial

from reportgen.heatmap_methods import CAMS
from reportgen.records.image import Image
from reportgen.report.contexts import Card, ImagesPage, Link, Prediction
from reportgen.report.figures import plain_picture
from reportgen.report.heatmaps import cam_groups, shown_cam
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.paging import paged
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.thumbnails import thumbnail
from reportgen.wording import bar_length, count, number, percent

CARDS_A_PAGE = 24
_THUMBNAIL = 320
_LABELS_ON_CARD = 3
_PICTURES_ALONE = 4


def images_pages(
    outline: Outline, navigation: Navigation, drawings: Drawings
) -> Iterator[tuple[str, ImagesPage]]:
    """Paths and contexts of the list of all images."""
    if not outline.images:
        return
    pages = partial(_images_pages, outline, navigation, drawings)
    yield from pages(list(outline.images), "All", outline.images_page)
    if outline.mistakes:
        yield from pages(list(outline.mistakes), "Misclassified", outline.mistakes_page)


def _images_pages(
    outline: Outline,
    navigation: Navigation,
    drawings: Drawings,
    images: list[str],
    view: str,
    path_of: Callable[[int], str],
) -> Iterator[tuple[str, ImagesPage]]:
    pages = paged(images, [1] * len(images), CARDS_A_PAGE, CARDS_A_PAGE)
    paths = [path_of(at) for at in range(1, len(pages) + 1)]
    crumbs = (("Images", outline.images_page()),) if view == "Misclassified" else ()
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
                cards=tuple(card(outline, page, outline.images[name], drawings) for name in shown),
                pager=pager(page, paths, at, "Pages of images"),
                text=_images_text(outline, images, view),
            ),
        )


def _views(outline: Outline, page: str, view: str) -> tuple[Link, ...]:
    """The lists of images that there are, where there are two."""
    if not outline.mistakes:
        return ()
    places = {"All": outline.images_page(), "Misclassified": outline.mistakes_page()}
    amounts = {"All": len(outline.report.images), "Misclassified": len(outline.mistakes)}
    return tuple(
        Link(f"{name} ({amounts[name]:,})", href(page, place), name == view)
        for name, place in places.items()
    )


def _images_text(outline: Outline, images: list[str], view: str) -> str:
    if view == "Misclassified":
        return f"{count(len(images), 'image')} {'is' if len(images) == 1 else 'are'} misclassified."
    if outline.mistakes is None:
        return count(len(images), "image")
    return f"{count(len(images), 'image')}, {len(outline.mistakes):,} misclassified"


def card(
    outline: Outline, page: str, image: Image, drawings: Drawings, *, alone: bool = False
) -> Card:
    """An image's card: photo, first Grad-CAM, top predictions; draws the small pictures.

    One that stands `alone` has the heatmaps of further classes, the bare heatmap and the network's
    input, too, as far as there is room.
    """
    photo, *others = [
        plain_picture(page, *thumbnail(drawings, path, size), f"{what} {image.name}", _THUMBNAIL)
        for path, size, what in _pictures(outline, image, alone=alone)
    ]
    return Card(
        name=image.name,
        href=href(page, outline.image_place(image.name)),
        photo=photo,
        overlay=others[0] if others else None,
        more=tuple(others[1:]),
        predictions=(predictions(image) or _values(image))[:_LABELS_ON_CARD],
        note=" · ".join(filter(None, (_group(outline, image), _no_class(image)))),
        mistake=image.name in outline.mistaken,
    )


def _pictures(
    outline: Outline, image: Image, *, alone: bool
) -> Iterator[tuple[str, tuple[int, int], str]]:
    """Path, size and kind of the pictures on a card: the photo, then the first heatmap."""
    found = [(image.photo, (image.photo_width, image.photo_height), "Photo")]
    cams = (
        [shown_cam(group) for group in cam_groups(image.gradcam)] if outline.has("gradcam") else []
    )
    for cam in cams if alone else cams[:1]:
        if cam.picture:
            what = f"{CAMS[cam.method].title} of {cam.label} on"
            found.append((cam.picture, (cam.width, cam.height), what))
    taken = outline.report.model.image_input
    if alone:
        for cam in cams[:1]:
            if cam.heatmap:
                what = f"Heatmap of {cam.label} on"
                found.append((cam.heatmap, (cam.width, cam.height), what))
        if taken and image.network_photo:
            found.append((image.network_photo, (taken.width, taken.height), "Network input of"))
    yield from found[: _PICTURES_ALONE if alone else 2]


def _group(outline: Outline, image: Image) -> str:
    """The true class where it is known, or else the folder."""
    labels = outline.report.model.labels
    if image.true_class is not None and image.true_class < len(labels):
        return f"True class: {labels[image.true_class]}"
    return image.group or ""


def _no_class(image: Image) -> str:
    return "no prediction" if image.not_finite else ""


def _values(image: Image) -> tuple[Prediction, ...]:
    """An image's values, for a network without classes: no bar stands for them."""
    return tuple(
        Prediction(
            label=value.name,
            index=value.index,
            probability="not finite" if value.value is None else number(value.value),
            score="",
            bar="",
        )
        for value in image.values
    )


def predictions(image: Image) -> tuple[Prediction, ...]:
    """An image's classes, worded."""
    return tuple(
        Prediction(
            label=prediction.label,
            index=prediction.index,
            probability=percent(prediction.probability),
            score="−∞" if prediction.score is None else number(prediction.score),
            bar=f"{100 * bar_length(prediction.probability):.4g}",
        )
        for prediction in image.predictions
    )
