"""What an image's page leads on to: its decision, its label, and the images nearest to it."""

from collections.abc import Iterator

from reportgen.records.image import Image
from reportgen.report.contexts import Link
from reportgen.report.figures import plain_picture
from reportgen.report.outline import Outline, href
from reportgen.report.sections.decisions import decision_place
from reportgen.report.sections.image_map import suspected_place
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.image_contexts import NearImage
from reportgen.report.site.thumbnails import thumbnail

_THUMBNAIL = 144


def image_doors(outline: Outline, page: str, image: Image) -> Iterator[Link]:
    """Links to what other pages say of the image."""
    if place := decision_place(outline, image.name):
        yield Link("Why this decision?", href(page, place))
    if place := suspected_place(outline, image.name):
        yield Link("Suspected label error", href(page, place))


def near_images(
    outline: Outline, page: str, image: Image, drawings: Drawings
) -> Iterator[NearImage]:
    """The nearest images that the report has, the nearest first; none without a map."""
    for name in outline.near.get(image.name, ()):
        if name in outline.images:
            near = outline.images[name]
            small = thumbnail(drawings, near.photo, (near.photo_width, near.photo_height))
            yield NearImage(
                Link(name, href(page, outline.image_place(name))),
                plain_picture(page, *small, f"Photo {name}", _THUMBNAIL),
                _class_of(outline, near),
                name in outline.mistaken,
            )


def _class_of(outline: Outline, image: Image) -> str:
    """Its true class, else the predicted one; empty where neither is known."""
    if image.true_class is not None:
        return outline.report.model.labels[image.true_class]
    return f"predicted {image.predictions[0].label}" if image.predictions else ""
