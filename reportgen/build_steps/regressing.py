"""Predicted against true values of a build: from finished activations to the record."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reportgen.analysis.accuracy.regression import Pairs, largest_misses
from reportgen.analysis.feature_maps.activations import ActivationOptions
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.config import Settings
from reportgen.errors import SettingsError
from reportgen.execution.runner import Outcome, Plan
from reportgen.execution.store import Stored
from reportgen.inputs.classes.true_values import read_true_values
from reportgen.inputs.photos.images import ImageFile
from reportgen.pictures.charts.scatter import scatter_plot
from reportgen.records.model import Model
from reportgen.records.outputs import Output
from reportgen.records.regression import Regression

MOST_CHARTS = 24
"""Values that have a scatter plot."""

TrueValues = Mapping[str, Mapping[int, float]]
"""The true values of an image, by its name and the value's index."""


Predicted = Callable[[str], Sequence[float] | None]
"""From the digest of an image to the values that the model gives; None where it gives none."""


@dataclass(frozen=True)
class Regressed:
    """The pairs of each value, the images without any, and the table's file."""

    pairs: Sequence[Pairs]
    images: int
    unknown: int
    table: str

    def record(self, folder: Path) -> Regression:
        """The record; writes the scatter plots below the report's `folder`."""
        fits = []
        for at, pair in enumerate(self.pairs):
            chart = f"pictures/regression/{at}.svg" if at < MOST_CHARTS else None
            if chart is not None:
                (folder / chart).parent.mkdir(parents=True, exist_ok=True)
                (folder / chart).write_bytes(scatter_plot(pair.true, pair.predicted))
            fits.append(pair.fit(chart))
        return Regression(
            images=self.images,
            unknown=self.unknown,
            table=self.table,
            fits=fits,
            misses=largest_misses(self.pairs),
        )


def true_values_of(
    settings: Settings, model: Model, photos: Sequence[tuple[ImageFile, str]]
) -> TrueValues:
    """The true values of the photos, where a table of them is given. Raises SettingsError."""
    table, output = settings.values_csv, model.value_output
    if table is None or "regression" not in settings.chosen_sections:
        return {}
    if output is None:
        raise SettingsError(
            "--values-csv: the model has no output that gives values; --head values says that it "
            "has."
        )
    return read_true_values(table, [file for file, _ in photos], output.names)


def values_of_photos(
    output: str, plan: Plan[ActivationOptions], outcomes: Mapping[str, Outcome]
) -> Predicted:
    """The values of an output for each photo, by its digest, as they are asked for."""
    units = {unit.photo: unit for unit in plan.units}

    def predicted(digest: str) -> Sequence[float] | None:
        outcome = outcomes[units[digest].key] if digest in units else None
        if not isinstance(outcome, Stored):
            return None
        return outcome.read(ActivationData).outputs.get(output)

    return predicted


def regress(
    output: Output,
    photos: Sequence[tuple[ImageFile, str]],
    true: TrueValues,
    table: str,
    predicted: Predicted,
) -> Regressed | None:
    """Pair the values that the model gives with the true ones; None where there is no pair."""
    rows: dict[int, list[tuple[str, float, float]]] = {}
    images = 0
    for file, digest in photos:
        numbers = predicted(digest) if file.name in true else None
        known = [
            (index, number, value)
            for index, value in true.get(file.name, {}).items()
            if numbers is not None
            and (number := numbers[index]) is not None
            and math.isfinite(number)
        ]
        images += bool(known)
        for index, number, value in known:
            rows.setdefault(index, []).append((file.name, number, value))
    if not rows:
        return None
    pairs = [
        Pairs(
            output.name,
            index,
            output.names[index],
            tuple(image for image, _, _ in rows[index]),
            np.array([predicted for _, predicted, _ in rows[index]], np.float64),
            np.array([value for _, _, value in rows[index]], np.float64),
        )
        for index in sorted(rows)
    ]
    return Regressed(pairs, images, len(photos) - images, table)
