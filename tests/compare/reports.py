"""Small reports to compare: records without pictures, of known predictions and activations."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.records.report import Image, Prediction, Report
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
