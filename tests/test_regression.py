"""A regression from the build to its page: true values from a table, errors, a scatter plot."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.config import make_settings
from reportgen.errors import SettingsError
from reportgen.pipeline import Outcome, build
from reportgen.progress import Silent
from tests.report.links import check_site

pytestmark = pytest.mark.slow

GRAYS = {"dark.png": 40, "gray.png": 120, "light.png": 200}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A network whose value is the brightness of the image, 0..1, and three gray images."""
    entry = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(1, 3, padding="same", name="conv")(
        keras.layers.Rescaling(1 / 255)(entry)
    )
    value = keras.layers.Dense(1, name="light")(keras.layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(entry, value)
    kernel = np.zeros((3, 3, 3, 1), "float32")
    kernel[1, 1] = 1 / 3
    model.get_layer("conv").set_weights([kernel, np.zeros(1)])
    model.get_layer("light").set_weights([np.ones((1, 1)), np.zeros(1)])
    model.compile(loss="mae")
    model.save(tmp_path / "m.keras")
    (tmp_path / "photos").mkdir()
    for name, gray in GRAYS.items():
        Image.new("RGB", (8, 8), (gray,) * 3).save(tmp_path / "photos" / name)
    return tmp_path


def made(folder: Path, table: str | None, **options: Any) -> Outcome:
    if table is not None:
        (folder / "values.csv").write_text(table, encoding="utf-8")
        options["values_csv"] = folder / "values.csv"
    settings = make_settings(
        {"out": folder / "report", "cache_dir": folder / "cache",
         "skip_section": ["filters", "kernels", "exemplars"], **options}
    )  # fmt: skip
    photos = [str(folder / "photos")]
    return build(str(folder / "m.keras"), photos, settings, progress=Silent(), command="")


def test_predicted_values_are_compared_with_true_ones(inputs: Path) -> None:
    outcome = made(inputs, "name,light\ndark.png,0.2\ngray.png,0.5\nlight.png,0.5\n")
    assert check_site(outcome.folder) == []
    report = outcome.report
    assert [one.kind for one in report.model.outputs] == ["values"]
    assert "trained with mae" in report.model.outputs[0].why
    found = report.regression
    assert found is not None
    predicted = np.array([40, 120, 200]) / 255
    error = predicted - [0.2, 0.5, 0.5]
    (fit,) = found.fits
    assert fit.mae == pytest.approx(np.abs(error).mean(), abs=1e-6)
    assert fit.r2 == pytest.approx(1 - (error**2).sum() / 0.06, abs=1e-5)
    assert [one.image for one in found.misses] == ["light.png", "dark.png", "gray.png"]
    assert (outcome.folder / str(fit.chart)).read_bytes().startswith(b"<svg")
    page = (outcome.folder / "regression.html").read_text(encoding="utf-8")
    assert "Largest errors" in page and "light.png" in page
    again = made(inputs, None, values_csv=inputs / "values.csv")
    assert again.unchanged
    changed = made(inputs, "name,light\ndark.png,0.9\n")
    assert not changed.unchanged
    assert changed.report.regression is not None
    assert (changed.report.regression.images, changed.report.regression.unknown) == (1, 2)


def test_without_true_values_there_is_no_such_page(inputs: Path) -> None:
    outcome = made(inputs, None, sections=["gradcam", "regression"], skip_section=[])
    assert outcome.report.regression is None
    assert not (outcome.folder / "regression.html").exists()
    reasons = {one.name: one.reason for one in outcome.report.skipped if one.what == "section"}
    assert "--values-csv names a table" in reasons["regression"]


def test_a_model_without_values_refuses_true_ones(inputs: Path) -> None:
    with pytest.raises(SettingsError, match="no output that gives values"):
        made(inputs, "name,light\ndark.png,0.2\n", head=["classes"])


def test_labels_name_the_values(inputs: Path) -> None:
    (inputs / "names.txt").write_text("brightness\n", encoding="utf-8")
    report = made(inputs, None, labels=inputs / "names.txt").report
    assert report.model.value_names == ["brightness"]
    assert {one.name for image in report.images for one in image.values} == {"brightness"}


def test_two_labels_for_one_value_say_how_it_is_read_as_classes(inputs: Path) -> None:
    names = inputs / "names.txt"
    names.write_text("dark\nlight\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="one value: give one label, or add --head classes"):
        made(inputs, None, labels=names)
    report = made(inputs, None, labels=names, head=["classes"]).report
    assert report.model.labels == ["dark", "light"]
