"""Comparisons from a program, and reports while a model is trained."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import reportgen
from reportgen.records.comparison import Comparison

PHOTOS = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 3), np.uint8)
QUICK = {"sections": ["activations", "gradcam"]}


def make_model() -> Any:
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255),
         keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.GlobalAveragePooling2D(),
         keras.layers.Dense(3, activation="softmax")]
    )  # fmt: skip
    model.compile(keras.optimizers.SGD(10.0), "sparse_categorical_crossentropy")
    return model


@pytest.mark.slow
def test_a_callback_writes_reports_and_the_course_of_training(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    watch = reportgen.ReportCallback(PHOTOS, every=2, out=tmp_path, **QUICK)
    make_model().fit(PHOTOS, np.array([0, 1, 2, 0]), epochs=3, verbose=0, callbacks=[watch])
    assert list(watch.reports) == [2, 3]
    assert (tmp_path / "epoch-002" / "index.html").is_file()
    text = (tmp_path / "training" / "compare.json").read_text(encoding="utf-8")
    assert len(Comparison.model_validate_json(text).sides) == 2
    first, last = watch.reports.values()
    assert first.predictions["image_0001.png"] != last.predictions["image_0001.png"]


@pytest.mark.slow
def test_models_in_memory_are_compared_by_their_reports() -> None:
    keras.utils.set_random_seed(1)
    found = reportgen.compare(make_model(), make_model(), images=PHOTOS, progress=False, **QUICK)
    assert found.data.compared == len(PHOTOS) and found.page.is_file()
    assert "Open the comparison" in found._repr_html_()


def test_what_cannot_be_compared_is_an_error() -> None:
    with pytest.raises(reportgen.ReportgenError, match="images="):
        reportgen.compare(make_model(), make_model())
    with pytest.raises(reportgen.ReportgenError, match="two reports or more"):
        reportgen.compare()
    with pytest.raises(reportgen.ReportgenError, match="every=0"):
        reportgen.ReportCallback(PHOTOS, every=0)
