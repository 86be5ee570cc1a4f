"""The notebook's cells on the further sections: their numbers are the report's, and NumPy's."""

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.records.report import Report
from reportgen.report.notebook.cells import Cell, Files, make_cells
from reportgen.report.notebook.choices import choose
from tests.inputs.model_files.stored_files import layer, numbers, write_hdf5
from tests.report.sample import SMALL, write_sample
from tests.support.notebooks import (
    classes_on_a_map,
    gray_without_channel_axis,
    legacy_nested,
    run_here,
    texts,
    two_inputs,
    unrun,
)

pytest.importorskip("nbformat")
import keras

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def foldered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders, named after classes."""
    folder = tmp_path_factory.mktemp("foldered")
    random = np.random.default_rng(5)
    for name, amount in (("ants", 3), ("bees", 4)):
        (folder / name).mkdir()
        for at in range(amount):
            pixels = random.integers(0, 256, (6, 6, 3), np.uint8).repeat(4, 0).repeat(5, 1)
            Image.fromarray(pixels).save(folder / name / f"{at}.png")
    return folder


def two_classes() -> Any:
    return keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Conv2D(6, 3, activation="relu", name="look"),
         keras.layers.MaxPooling2D(), keras.layers.Flatten(),
         keras.layers.Dense(2, activation="softmax")]
    )  # fmt: skip


def one_sigmoid() -> Any:
    return keras.Sequential(
        [keras.Input((16, 16, 1)), keras.layers.Conv2D(5, 3, activation="relu"),
         keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(1, activation="sigmoid")]
    )  # fmt: skip


def two_outputs() -> Any:
    entry = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="look")(entry)
    flat = keras.layers.Flatten()(maps)
    say = keras.layers.Dense(2, activation="softmax", name="say")(flat)
    return keras.Model(entry, [say, keras.layers.Dense(3, name="other")(flat)])


KINDS = {
    "two_classes": two_classes,
    "one_sigmoid": one_sigmoid,
    "two_outputs": two_outputs,
    "gray_without_channel_axis": gray_without_channel_axis,
    "classes_on_a_map": classes_on_a_map,
    "two_inputs": two_inputs,
}


BY_SCORES = ("two_outputs", "classes_on_a_map")
"""Kinds whose likeliest class cannot be read from what the model predicts as it stands."""


@pytest.mark.parametrize("kind", KINDS)
def test_each_section_computes_what_the_report_says(
    tmp_path: Path, foldered: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    keras.utils.set_random_seed(3)
    model = KINDS[kind]()
    model.save(tmp_path / "model.keras")
    path = next(one.name for one in model.layers if isinstance(one, keras.layers.Conv2D))
    options: dict[str, Any] = {
        "dream": [f"{path}:1"], "dream_steps": 4,
        "sections": ["activations", "evaluation", "health", "exemplars", "kernels", "map",
                     "decisions"],
    }  # fmt: skip
    if kind not in ("two_classes", "one_sigmoid", "two_outputs"):
        (tmp_path / "three.txt").write_text("ants\nbees\ncats\n")
        options["labels"] = str(tmp_path / "three.txt")
    place = tmp_path / "notebook"
    report, notebook = unrun(str(tmp_path / "model.keras"), foldered, place, **options)
    names = run_here(notebook, place, monkeypatch)  # its own checks stop it where it differs
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert {"evaluation", "health", "exemplars", "kernels", "dream", "map"} <= set(sources)
    assert "decision" in sources
    assert ("model.predict" in sources["evaluation"]) == (kind not in BY_SCORES)
    _check_evaluation(report, names)
    watched = {
        path: share for (path, _), share in zip(names["WATCHED"], names["zeros"], strict=True)
    }
    for one in report.health.layers:
        shown = [grid.sparsity for image in report.images[:4] for grid in image.activations
                 if grid.layer == one.layer]  # fmt: skip
        assert watched[one.layer] == pytest.approx(np.mean(shown), abs=1e-6)
    assert names["norms"].tolist() == pytest.approx(report.kernels[0].norms, rel=1e-3)
    assert names["photo"].shape[0] == 1
    assert float(names["end"]) >= float(names["start"])


def _check_evaluation(report: Report, names: dict[str, Any]) -> None:
    found = report.evaluation
    assert found is not None
    right = sum(one.images for one in found.confusion if one.true == one.predicted)
    assert names["confusion"].trace() == right == found.correct
    assert names["confusion"].sum() == len(names["EVALUATED"]) == found.images
    cells = {(one.true, one.predicted): one.images for one in found.confusion}
    for (row, column), count in np.ndenumerate(names["confusion"]):
        wanted = cells.get((names["classes"][row], names["classes"][column]), 0)
        assert count == wanted


def test_only_sections_of_the_report_are_in_it(tmp_path: Path, foldered: Path) -> None:
    two_classes().save(tmp_path / "model.keras")
    _, notebook = unrun(
        str(tmp_path / "model.keras"), foldered, tmp_path / "notebook", sections=["activations"]
    )
    ids = {cell.id for cell in notebook.cells}
    assert not ids & {"evaluation", "health", "exemplars", "kernels", "dream", "map"}
    assert "layer-0" in ids


def test_an_old_nested_model_is_evaluated_by_what_it_predicts(
    tmp_path: Path, foldered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = legacy_nested(tmp_path / "old.h5")
    place = tmp_path / "notebook"
    report, notebook = unrun(
        model, foldered, place, dream=["base/look:1"], dream_steps=3,
        skip_section=["filters", "gradcam"],
    )  # fmt: skip
    names = run_here(notebook, place, monkeypatch)
    assert report.evaluation is not None
    _check_evaluation(report, names)
    assert np.allclose(names["kernel"], numbers(3, 3, 3, 5) - 0.5)
    assert np.allclose(np.abs(names["drawn"]).max(axis=(0, 1, 2)), 1)  # as the report draws them


def bygone(path: Path) -> str:
    """LocallyConnected2D and MaxoutDense, as Keras 1 saved them."""
    shape = {"batch_input_shape": [None, 12, 14, 3]}
    layers = [
        layer("Convolution2D", name="look", nb_filter=4, nb_row=3, nb_col=3, border_mode="same",
              activation="relu", dim_ordering="tf", bias=True, **shape),
        layer("LocallyConnected2D", name="local", nb_filter=5, nb_row=2, nb_col=3,
              subsample=[2, 2], border_mode="valid", activation="relu", dim_ordering="tf",
              bias=True),
        layer("Flatten", name="flat"),
        layer("MaxoutDense", name="maxout", output_dim=6, nb_feature=3, bias=True,
              input_dim=6 * 6 * 5),
        layer("Dense", name="say", output_dim=2, activation="softmax", bias=True, input_dim=6),
    ]  # fmt: skip
    arrays = {
        "look": [(3, 3, 3, 4), (4,)],
        "local": [(36, 2 * 3 * 4, 5), (6, 6, 5)],
        "flat": [],
        "maxout": [(3, 180, 6), (3, 6)],
        "say": [(6, 2), (2,)],
    }
    weights = {
        name: [(f"{name}_{end}", (numbers(*shape) - 0.5) / np.sqrt(np.prod(shape[:-1]) + 1))
               for end, shape in zip("Wb", shapes, strict=False)]
        for name, shapes in arrays.items()
    }  # fmt: skip
    config = {"class_name": "Sequential", "config": layers}
    return write_hdf5(path, config, weights, "1.2.2", "tensorflow")


def test_layers_that_keras_no_longer_has_come_along(tmp_path: Path, foldered: Path) -> None:
    """Built as a user builds it: the notebook is executed, and knows nothing of this package."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    import nbformat

    from reportgen.config import make_settings
    from reportgen.pipeline import build
    from reportgen.progress import Silent

    settings = make_settings(
        {"out": str(tmp_path / "report"), "format": ["notebook"], "filters": 2, "filter_steps": 2,
         "filter_size": 16, "preprocess": "unit", "no_cache": True}
    )  # fmt: skip
    model = bygone(tmp_path / "old.h5")
    report = build(model, [str(foldered)], settings, progress=Silent(), command="c").report
    assert {"LocallyConnected2D", "MaxoutDense"} <= {one.type for one in report.model.layers}
    notebook = nbformat.read(tmp_path / "report" / "report.ipynb", 4)
    ids = {cell.id: cell for cell in notebook.cells}
    assert "LocallyConnected2D and MaxoutDense" in ids["model-text"].source
    code = (tmp_path / "report" / "bygone_layers.py").read_text()
    for source in (code, *(cell.source for cell in notebook.cells if cell.cell_type == "code")):
        assert "import reportgen" not in source
        assert "from reportgen" not in source
    said = texts(notebook)
    assert "probability: " in said
    assert "local: " in said  # its health


def cells_of(report: Report) -> list[Cell]:
    settings = {**report.settings, "resize": "stretch", "filter-steps": 4, "dream-steps": 9}
    report = report.model_copy(update={"settings": settings})
    choices = choose(report)
    found = choices.sections.evaluation
    evaluated = [f"photos/{at}.png" for at in range(len(found.photos))] if found else []
    return make_cells(report, choices, Files("m.keras", ["photos/a.png"], {}, False, evaluated))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return write_sample(tmp_path, plan=SMALL[:3], names=[f"{at:02}.jpg" for at in range(40)])


def grouped(report: Report, side: int) -> Report:
    """All images in one class folder, as large as they are said to be."""
    images = [replace(one, group="a", width=side, height=side) for one in report.images]
    evaluation = report.evaluation.model_copy(update={"folders": {"a": 0}})  # type: ignore[union-attr]
    return report.model_copy(update={"images": images, "evaluation": evaluation})


def test_the_photos_for_the_evaluation_are_bounded(report: Report) -> None:
    small = choose(grouped(report, 100)).sections.evaluation
    assert small is not None
    assert 20 <= len(small.photos) <= 28
    large = choose(grouped(report, 3000)).sections.evaluation
    assert large is not None
    here = [one.name for one in choose(report).photos]
    added = [one for one in large.photos if one.name not in here]
    assert sum(one.width * one.height for one in added) <= 16_000_000
    assert len(added) == 1
    assert large.accuracy is None


def test_notes_stand_in_their_cells(report: Report) -> None:
    words = {"evaluation": "e1", "health": "h2", "exemplars": "x3", "kernels": "k4", "dreams": "d5",
             "decisions": "c7"}  # fmt: skip
    notes = "\n\n".join(f"# {name}\n\n{word}" for name, word in words.items())
    report = grouped(report, 100).model_copy(update={"notes": f"{notes}\n\n# Trust\n\nt6\n"})
    cells = {cell.id: cell.source for cell in cells_of(report)}
    for name, word in words.items():
        cell = {"dreams": "dream", "decisions": "decision"}.get(name, name)
        assert word in cells[f"{cell}-text"]
    assert "t6" in cells["notes"]  # the notebook measures no trust
    for id_, source in cells.items():
        if not id_.endswith("-text") and id_ != "notes":
            ast.parse(re.sub(r"(?m)^%.*$", "", source))
