"""The notebook's cell on the values of a regression: they are the report's, and Keras's."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.support.notebooks import run_here, unrun

pytest.importorskip("nbformat")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(5)
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / name)
    return folder


def small(entry: Any) -> Any:
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="look")(entry)
    return keras.layers.GlobalAveragePooling2D()(maps)


def one_value() -> Any:
    entry = keras.Input((16, 16, 3))
    return keras.Model(entry, keras.layers.Dense(1, name="age")(small(entry)))


def tiny_values() -> Any:
    entry = keras.Input((16, 16, 3))
    box = keras.layers.Dense(4, name="box")(small(entry))
    return keras.Model(entry, keras.layers.Rescaling(1e-6, name="scaled")(box))


def beside_classes() -> Any:
    entry = keras.Input((16, 16, 3))
    pooled = small(entry)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(pooled)
    return keras.Model(entry, {"b": keras.layers.Dense(2, name="age")(pooled), "a": kind})


def half_floats() -> Any:
    entry = keras.Input((16, 16, 3))
    value = keras.layers.Dense(1, name="age")(small(entry))
    return keras.Model(entry, keras.layers.Activation("linear", dtype="float16")(value))


def never_finite() -> Any:
    model = one_value()
    kernel, bias = model.get_layer("age").get_weights()
    model.get_layer("age").set_weights([kernel, np.full_like(bias, np.inf)])
    return model


HEADS = {
    one_value: ["values"],
    tiny_values: ["values"],
    beside_classes: ["age=values"],
    half_floats: ["values"],
    never_finite: ["values"],
}


def made(make: Any, photos: Path, folder: Path) -> tuple[Any, Any, Any]:
    keras.utils.set_random_seed(4)
    model = make()
    model.save(folder / "model.keras")
    options = {"head": HEADS[make], "preprocess": "unit", "skip_section": ["filters", "gradcam"]}
    return model, *unrun(str(folder / "model.keras"), photos, folder / "notebook", **options)


@pytest.mark.parametrize("make", HEADS, ids=lambda make: make.__name__)
def test_the_values_are_the_reports(
    make: Any, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    model, report, notebook = made(make, photos, tmp_path)
    names = run_here(notebook, tmp_path / "notebook", monkeypatch)
    ((position, value_names, rows),) = names["VALUES"]
    assert value_names == next(one.names for one in report.model.outputs if one.kind == "values")
    pixels = np.stack([np.asarray(Image.open(file)) for file in sorted(photos.iterdir())])
    expected = keras.tree.flatten(model.predict(pixels / 255, verbose=0))[position]
    if make is never_finite:
        assert rows == [[None]] * 3
        assert capsys.readouterr().out.count("age: not finite") == 3
    else:
        np.testing.assert_allclose(rows, expected, rtol=1e-3)
    cells = [cell.id for cell in notebook.cells]
    assert ("predictions" in cells) == (make is beside_classes)


def test_another_value_stops_the_notebook(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the values are."""
    _, report, notebook = made(tiny_values, photos, tmp_path)
    assert max(abs(one.value or 0) for image in report.images for one in image.values) < 1e-5
    cell = next(cell for cell in notebook.cells if cell.id == "values")
    number = re.search(r"-?\d\.\d+e-\d+", cell.source)
    assert number is not None
    cell.source = cell.source.replace(number[0], str(float(number[0]) * 1.02))
    with pytest.raises(AssertionError, match="is not as in the report"):
        run_here(notebook, tmp_path / "notebook", monkeypatch)


def test_a_network_of_classes_has_no_such_cell(tmp_path: Path, photos: Path) -> None:
    entry = keras.Input((16, 16, 3))
    model = keras.Model(entry, keras.layers.Dense(3, activation="softmax")(small(entry)))
    model.save(tmp_path / "model.keras")
    _, notebook = unrun(str(tmp_path / "model.keras"), photos, tmp_path / "notebook")
    assert not {"values", "values-text"} & {cell.id for cell in notebook.cells}
