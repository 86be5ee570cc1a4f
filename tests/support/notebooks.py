"""Networks whose reports become notebooks, and notebooks run in this process."""

import hashlib
import re
from pathlib import Path
from typing import Any

import keras
import pytest

from reportgen.config import make_settings
from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.model_files.model_copy import save_copy
from reportgen.pipeline import build
from reportgen.progress import Silent
from reportgen.report.notebook.writer import Sources, write_notebook
from tests.inputs.model_files.stored_files import layer, numbers, write_hdf5

nbformat = pytest.importorskip("nbformat")


FAST = {"filters": 2, "filter_method": "classic", "filter_steps": 2, "filter_size": 16,
        "preprocess": "unit", "no_cache": True}  # fmt: skip


def make_report(model: str, photos: Path, out: Path, **options: Any) -> Any:
    settings = make_settings({**FAST, "out": str(out), **options})
    return build(model, [str(photos)], settings, progress=Silent(), command="reportgen").report


def unrun(model: str, photos: Path, place: Path, **options: Any) -> Any:
    """A report, and its notebook in `place` without outputs."""
    report = make_report(model, photos, place.with_name(f"{place.name}-site"), **options)
    settings = make_settings(options)
    opened = open_model(identify(model), custom_objects=settings.custom_objects).model
    save_copy(opened, place / "model" / "copy.keras", report.created)
    digests = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in photos.rglob("*.*")}
    sources = Sources(
        place / "model" / "copy.keras", digests, settings.input_files, settings.custom_objects
    )
    return report, nbformat.read(write_notebook(report, place, sources, run=False), 4)


def run_here(notebook: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the cells in this process, where Keras is loaded already; returns their names."""
    import matplotlib as mpl

    mpl.use("Agg")
    monkeypatch.chdir(place)
    monkeypatch.syspath_prepend(str(place))
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            source = re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)
            exec(compile(source, cell.id, "exec"), names)  # noqa: S102
    names["plt"].close("all")
    return names


def legacy_nested(path: Path) -> str:
    """A Sequential in a Sequential as Keras 2.1.6 saved it, one sigmoid at the end."""
    shape = {"batch_input_shape": [None, 20, 24, 3]}
    inner = [
        layer("Conv2D", name="look", filters=5, kernel_size=[3, 3], padding="same",
              activation="relu", **shape),
        layer("MaxPooling2D", name="pool", pool_size=[2, 2]),
    ]  # fmt: skip
    outer = [
        layer("InputLayer", name="photo", **shape),
        layer("Sequential", name="base", layers=inner),
        layer("Flatten", name="flat"),
        layer("Dense", name="say", units=1, activation="sigmoid"),
    ]
    config = layer("Sequential", name="legacy", layers=outer)
    weights = {
        "base": [("look/kernel:0", numbers(3, 3, 3, 5) - 0.5), ("look/bias:0", numbers(5) - 0.5)],
        "flat": [],
        "say": [("say/kernel:0", (numbers(600, 1) - 0.5) / 50), ("say/bias:0", numbers(1) - 0.5)],
    }
    return write_hdf5(path, config, weights)


def texts(notebook: Any) -> str:
    return "".join(
        output.text for cell in notebook.cells for output in cell.get("outputs", ())
        if output.output_type == "stream"
    )  # fmt: skip


def gray_without_channel_axis() -> Any:
    return keras.Sequential(
        [keras.Input((18, 14)), keras.layers.Reshape((18, 14, 1)),
         keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.GlobalMaxPooling2D(),
         keras.layers.Dense(3, name="logits")]
    )  # fmt: skip


def classes_on_a_map() -> Any:
    entry = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="look")(entry)
    return keras.Model(entry, keras.layers.Conv2D(3, 1, activation="softmax")(maps))


def two_inputs() -> Any:
    entry, age = keras.Input((16, 16, 3), name="photo"), keras.Input((2,), name="age")
    maps = keras.layers.Conv2D(4, 3, activation="relu")(entry)
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(maps), age])
    return keras.Model([age, entry], keras.layers.Dense(3, activation="softmax")(joined))
