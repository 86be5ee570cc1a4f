"""Reports from a program: a model in memory, images in memory, and a session left as it was."""

import logging
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

import reportgen
from reportgen.inputs.model_files.live_model import save_model
from tests.support.live_models import CLASSES, PHOTOS, QUICK, make_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(3)
    return make_model()


@pytest.fixture(scope="module")
def report(model: keras.Model) -> reportgen.Report:
    dataset = tf.data.Dataset.from_tensor_slices((PHOTOS, CLASSES)).batch(4)
    return reportgen.build(model, dataset, class_names=["a", "b", "c"], **QUICK)


def test_predictions_and_accuracy_are_those_of_keras(
    model: keras.Model, report: reportgen.Report
) -> None:
    fed = np.rint(PHOTOS * 255) / np.float32(255)
    expected = model.predict(fed, verbose=0)
    for name, row in zip(report.images, expected, strict=True):
        found = {one.index: one.probability for one in report.predictions[name]}
        assert found == pytest.approx({at: row[at] for at in found}, abs=1e-5)
        assert report.predictions[name][0].label == "abc"[int(row.argmax())]
    assert report.accuracy == pytest.approx(np.mean(expected.argmax(1) == CLASSES))


def test_feature_maps_are_those_of_keras(model: keras.Model, report: reportgen.Report) -> None:
    part = keras.Model(model.inputs, model.get_layer("second").output)
    fed = np.rint(PHOTOS[4:5] * 255) / np.float32(255)
    maps = report.layers["second"].activations(report.images[4])
    np.testing.assert_allclose(maps, np.asarray(part(fed))[0], atol=1e-6)


def test_pictures_and_maps_are_there_by_name(report: reportgen.Report) -> None:
    maps = report.gradcam[report.images[0]]
    assert maps.overlay.size == (maps[0].record.width, maps[0].record.height)
    assert maps.values.shape == (12, 12) and 0 <= maps.values.min() <= maps.values.max() <= 1
    assert report.layers["first"].grid(report.images[0]).width > 4
    shown = report._repr_html_()
    assert "data:image/jpeg;base64," in shown and len(shown) < 1_000_000


@pytest.mark.parametrize("part", ["gradcam", "predictions", "layers"])
def test_an_unknown_name_is_an_error_that_lists_near_ones(
    report: reportgen.Report, part: str
) -> None:
    with pytest.raises(reportgen.ReportgenError, match=r"has no .* “image_0001”; it has"):
        getattr(report, part)["image_0001"]


def test_what_was_saved_opens_again(report: reportgen.Report, tmp_path: Path) -> None:
    again = reportgen.Report.open(report.save(tmp_path / "kept"))
    assert again.images == report.images and again.title == report.title
    with pytest.raises(reportgen.ReportgenError, match=r"reportgen\.build"):
        again.layers["first"].activations(again.images[0])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(reportgen.ReportgenError, match="something else"):
        report.save(tmp_path / "full")


def test_a_model_that_goes_on_training_gets_other_numbers(tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    model = make_model()
    first = reportgen.build(model, PHOTOS, **QUICK)
    before = first.layers["first"].activations(first.images[0])
    model.fit(PHOTOS, CLASSES, epochs=1, verbose=0)
    second = reportgen.build(model, PHOTOS, **QUICK)
    assert first.predictions[first.images[0]] != second.predictions[second.images[0]]
    after = first.layers["first"].activations(first.images[0])
    np.testing.assert_array_equal(before, after)  # of the model as it was reported


def test_training_is_the_same_with_a_build_in_between() -> None:
    """Random generators, dropout and shuffling go on where they were."""

    def trained(build: bool) -> list[np.ndarray]:
        keras.utils.set_random_seed(11)
        model = keras.Sequential(
            [keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, activation="relu"),
             keras.layers.Dropout(0.5), keras.layers.GlobalAveragePooling2D(),
             keras.layers.Dense(3, activation="softmax")]
        )  # fmt: skip
        model.compile("sgd", "sparse_categorical_crossentropy")
        for _ in range(2):
            model.fit(PHOTOS, CLASSES, epochs=1, batch_size=4, verbose=0)
            if build:
                reportgen.build(model, PHOTOS, **QUICK)
        return [*model.get_weights(), np.asarray(keras.random.normal((3,)))]

    for alone, beside in zip(trained(build=False), trained(build=True), strict=True):
        np.testing.assert_array_equal(alone, beside)


def test_the_session_stays_as_it_was(model: keras.Model) -> None:
    def state() -> Any:
        return (
            random.getstate(), np.random.get_state()[1].tolist(), dict(os.environ),
            warnings.filters[:], [logging.getLogger(name).level for name in ("tensorflow", "jax")],
            keras.config.dtype_policy().name, keras.config.floatx(), keras.backend.backend(),
            tf.config.experimental.tensor_float_32_execution_enabled(),
            is_op_determinism_enabled(),
        )  # fmt: skip

    keras.config.set_dtype_policy("mixed_float16")
    try:
        before = state()
        reportgen.build(model, PHOTOS[:2], **QUICK)
        assert state() == before
    finally:
        keras.config.set_dtype_policy("float32")


def test_the_same_model_is_saved_as_the_same_bytes(model: keras.Model, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = (save_model(model, tmp_path / name) for name in ("one", "two"))
    assert first.name == "mine.keras" and first.read_bytes() == second.read_bytes()


def test_options_are_those_of_the_command_line(model: keras.Model) -> None:
    with pytest.raises(reportgen.ReportgenError, match="--sections: there is no section"):
        reportgen.build(model, PHOTOS, sections=["gradcm"])
    with pytest.raises(reportgen.ReportgenError, match="profle"):
        reportgen.build(model, PHOTOS, profle="quick")


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, reportgen; print(sorted({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_inspect_tells_of_a_model_in_memory(model: keras.Model) -> None:
    assert reportgen.inspect(model).parameters == model.count_params()
