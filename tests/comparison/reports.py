"""Small reports to compare: records without pictures, of known predictions and activations."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.comparison.documents.writer import Writing, write_comparison
from reportgen.comparison.reading import Source, Sources
from reportgen.pictures.encode import heat_png
from reportgen.records.image import Image, Prediction
from reportgen.records.report import Report
from tests.report.sample import write_sample

LABELS = ("cat", "dog", "owl")


def sample(folder: Path, **choices: Any) -> Report:
    """A report with every section, its pictures below `folder`."""
    return write_sample(folder, **choices)


def image(
    base: Image, at: int, true: int | None, predicted: int, share: float = 0.9, **changes: Any
) -> Image:
    """An image of a class, predicted as another."""
    return replace(
        base,
        name=f"image {at}.png",
        sha256=f"{at:064x}",
        true_class=true,
        predictions=[
            Prediction(index=predicted, label=LABELS[predicted], probability=share, score=1.0)
        ],
        **changes,
    )


def report_of(base: Report, answers: Sequence[tuple[int | None, int]], **changes: Any) -> Report:
    """A report of images with these true and predicted classes, made of the `base`'s first one.

    The channel means of its grids are random, by image and layer.
    """
    random = np.random.default_rng(len(answers))
    images = []
    for at, (true, predicted) in enumerate(answers):
        grids = [
            replace(grid, means=random.normal(size=grid.shown).tolist())
            for grid in base.images[0].activations
        ]
        images.append(image(base.images[0], at, true, predicted, activations=grids))
    model = base.model.model_copy(update={"labels": list(LABELS)})
    known = {"images": images, "model": model, "evaluation": None, "regression": None}
    return base.model_copy(update=known | changes)


def varied(report: Report) -> Report:
    """Another model's report of the same images: other predictions, silent channels, patterns."""
    images = [
        replace(image, predictions=image.predictions[::-1]) if at % 2 else image
        for at, image in enumerate(report.images)
    ]
    health = report.health
    if health is not None:
        layers = [
            one.model_copy(update={"silent": sorted({0, *one.silent})}) for one in health.layers
        ]
        health = health.model_copy(update={"layers": layers})
    filters = [
        one.model_copy(update={"status": "ok" if one.status == "silent" else "silent"})
        if at % 9 == 0
        else one
        for at, one in enumerate(report.filters)
    ]
    model = report.model.model_copy(update={"sha256": "b" * 64, "file": "varied.keras"})
    changed = {"images": images, "health": health, "filters": filters, "model": model}
    return report.model_copy(update=changed)


def write_pair(folder: Path, **choices: Any) -> tuple[Path, Path]:
    """The folders of a sample report and of another model's."""
    before, after = folder / "before", folder / "after"
    report = with_classes(sample(before, **choices))
    shutil.copytree(before, after)
    sides = ((before, report, slice(0, 80)), (after, varied(report), slice(-80, None)))
    for place, one, hot in sides:
        text = with_heatmaps(one, place, hot).model_dump_json()
        (place / "report.json").write_text(text, encoding="utf-8", errors="replace")
    return before, after


def with_heatmaps(report: Report, folder: Path, hot: slice) -> Report:
    """The report with a heatmap of each image's predicted class, strong in `hot` columns."""
    values = np.zeros((180, 240))
    values[:, hot] = 1.0
    (folder / "pictures" / "heat.png").write_bytes(heat_png(values))
    images = [
        replace(
            image,
            gradcam=[
                replace(
                    image.gradcam[0],
                    index=image.predictions[0].index,
                    label=image.predictions[0].label,
                    heatmap="pictures/heat.png",
                )
            ],
        )
        for image in report.images
    ]
    return report.model_copy(update={"images": images})


def with_classes(report: Report) -> Report:
    """The report with a true class for most of its images, most of them predicted."""
    images = [
        replace(image, true_class=None if at == 0 else image.predictions[at % 4 == 3].index)
        for at, image in enumerate(report.images)
    ]
    return report.model_copy(update={"images": images})


def opened(folders: Iterable[Path]) -> list[Source]:
    """The reports in folders, by the names of these."""
    return [Sources().open(folder, folder.name) for folder in folders]


def write_compared(folder: Path, choices: Mapping[str, Any] | None = None, **writing: Any) -> Path:
    """The folder of a comparison of two reports with every section and hostile names.

    `choices` are those of `write_sample`, `writing` the fields of `Writing`.
    """
    pair = write_pair(folder, **(choices or {}))
    write_comparison(opened(pair), folder / "comparison", Writing(**writing))
    return folder / "comparison"
