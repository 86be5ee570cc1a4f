"""Reports of many images, made of one of a few."""

from collections.abc import Sequence
from dataclasses import replace

from reportgen.records.image import Image
from reportgen.records.report import Report


def with_images(report: Report, count: int, wrong: Sequence[int] = ()) -> Report:
    """The report with so many images, all like its first; some are misclassified."""
    first = report.images[0]
    right = first.predictions[0].index
    images = [
        _changed(first, f"image {at}.jpg", right + 1 if at in wrong else right)
        for at in range(count)
    ]
    return report.model_copy(update={"images": images, "notes": "", "decisions": None})


def _changed(image: Image, name: str, true_class: int) -> Image:
    changes = {"name": name, "true_class": true_class, "group": "a"}
    return image.model_copy(update=changes) if hasattr(image, "model_copy") else replace(
        image, **changes
    )  # fmt: skip
