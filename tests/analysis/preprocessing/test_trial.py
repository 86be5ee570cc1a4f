"""Candidates for the preprocessing, tried on images whose classes are known."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.preprocessing.trial import (
    PreprocessingTrial,
    best_order,
    choose_by_trial,
    clearly_best,
    sample,
)
from reportgen.records.model import Preprocessing
from tests.support.options import TRIAL
from tests.support.results import stored_data

pytestmark = pytest.mark.slow

ASSUMED = Preprocessing(mode="unit", source="assumed", reason="nothing says so")


def test_the_sample_takes_all_classes_in_turn():
    classes = {f"a{i}": 0 for i in range(100)} | {"b0": 1, "b1": 1}
    assert list(sample(classes, 5)) == ["a0", "b0", "a1", "b1", "a2"]


def test_only_a_clearly_better_candidate_replaces_the_usual_one():
    assert clearly_best({"none": 62, "unit": 60}, 64, "unit") == "unit"
    assert clearly_best({"none": 62, "unit": 40}, 64, "unit") == "none"
    assert clearly_best({"none": 3, "unit": 1}, 4, "unit") == "unit"


def test_the_reason_says_what_the_trial_found():
    better = choose_by_trial(ASSUMED, {"none": 62, "unit": 31}, 64)
    assert (better.mode, better.source) == ("none", "detected")
    assert "97 %" in better.reason
    assert [(one.mode, one.correct) for one in better.trials] == [("none", 62), ("unit", 31)]
    kept = choose_by_trial(ASSUMED, {"none": 40, "unit": 61}, 64)
    assert (kept.mode, kept.source) == ("unit", "detected")
    unclear = choose_by_trial(ASSUMED, {"none": 62, "unit": 60}, 64)
    assert (unclear.mode, unclear.source) == ("unit", "assumed")
    chance = choose_by_trial(ASSUMED, {"unit": 39, "caffe": 38}, 64)
    assert (chance.mode, chance.source) == ("unit", "assumed")
    assert "no candidate is more accurate: 61 %" in chance.reason


def test_a_confirmed_assumption_is_no_longer_one():
    found = choose_by_trial(ASSUMED, {"none": 20, "unit": 60, "signed": 30}, 64)
    assert (found.mode, found.source) == ("unit", "detected")
    assert "nothing says so" not in found.reason
    assert "94 %" in found.reason


def test_classes_in_another_order_are_not_taken_for_swapped_colours():
    correct, any_order = {"unit": 20, "caffe": 60}, {"unit": 60, "caffe": 60}
    assert choose_by_trial(ASSUMED, correct, 60, any_order).mode == "unit"
    assert choose_by_trial(ASSUMED, correct, 60).mode == "caffe"
    assert choose_by_trial(ASSUMED, correct, 60, {"unit": 30, "caffe": 60}).mode == "caffe"


def test_the_best_order_pairs_each_class_with_another():
    assert best_order({(0, 2): 9, (1, 1): 8, (2, 0): 7, (2, 2): 6, (0, 0): 5}) == {0: 2, 1: 1, 2: 0}


def bright_or_dark(keras):
    """A classifier with its threshold at 127.5 of 0..255: only raw pixels reach it."""
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1), keras.layers.GlobalMaxPooling2D(),
         keras.layers.Dense(1, activation="sigmoid")]
    )  # fmt: skip
    model.layers[0].set_weights([np.full((1, 1, 3, 1), 1 / 3), np.zeros(1)])
    model.layers[2].set_weights([np.ones((1, 1)), np.array([-127.5])])
    return model


def test_class_folders_settle_the_preprocessing_of_a_build(tmp_path):
    keras = pytest.importorskip("keras")
    from reportgen.config import make_settings
    from reportgen.pipeline import build
    from reportgen.progress import Silent

    for i in range(12):
        folder = tmp_path / "photos" / ("b bright" if i % 2 else "a dark")
        folder.mkdir(parents=True, exist_ok=True)
        value = (200 if i % 2 else 40) + i
        Image.new("RGB", (9, 9), (value, value, value)).save(folder / f"{i}.png")
    bright_or_dark(keras).save(tmp_path / "m.keras")
    options = {"sections": ["gradcam"], "out": tmp_path / "r", "no_cache": True}
    report = build(
        str(tmp_path / "m.keras"), [str(tmp_path / "photos")], make_settings(options),
        progress=Silent(), command="",
    ).report  # fmt: skip
    found = report.model.preprocessing
    assert (found.mode, found.source) == ("none", "detected")
    assert {"none": 12, "unit": 6}.items() <= {t.mode: t.correct for t in found.trials}.items()
    assert {one.predictions[0].index for one in report.images} == {0, 1}
    assert not [one for one in report.warnings if "assumed" in one]


def test_a_model_fed_raw_pixels_is_found_out(tmp_path):
    keras = pytest.importorskip("keras")
    from tests.analysis.bench import bench_of

    model = bright_or_dark(keras)
    photos, classes = {}, {}
    for i in range(12):
        bright = i % 2
        value = 200 if bright else 40
        path = tmp_path / f"{i}.png"
        Image.new("RGB", (9, 9), (value + i,) * 3).save(path)
        photos[f"d{i}"], classes[f"d{i}"] = path, bright
    unit = PreprocessingTrial().unit(
        "model", list(classes), replace(TRIAL, classes=list(classes.values()))
    )
    ((_, result),) = PreprocessingTrial().compute([unit], bench_of(model, photos))
    assert stored_data(result)["images"] == 12
    assert stored_data(result)["correct"]["none"] == 12
    assert stored_data(result)["correct"]["unit"] == 6
    assert choose_by_trial(ASSUMED, stored_data(result)["correct"], 12).mode == "none"
