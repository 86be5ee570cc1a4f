"""What a comparison states: counts, flips, layers; mirrored, and of a report with itself."""

import json
import math
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from reportgen.comparison.comparison import change_between, change_of, compare
from reportgen.few_images import wilson_interval
from reportgen.records.comparison import Comparison
from reportgen.records.model import LayerWeights
from reportgen.report.schema import COMPARISON_SCHEMA, schema_text
from tests.comparison.reports import report_of, sample

BEFORE = [(0, 0), (0, 0), (1, 1), (1, 0), (2, 2), (2, 1), (None, 0), (None, 1)]
AFTER = [(0, 0), (0, 1), (1, 2), (1, 1), (2, 2), (2, 0), (None, 2), (None, 1)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("report"), names=("cat.jpg",))


@pytest.fixture(scope="module")
def pair(base):
    return report_of(base, BEFORE), report_of(base, AFTER)


def number(comparison, key):
    return next(one for one in comparison.numbers if one.key == key)


def test_flips_stand_with_regressions_first(pair):
    found = compare(pair, ["a", "b"])
    assert [(one.image, one.kind) for one in found.flips] == [
        ("image 1.png", "right to wrong"), ("image 2.png", "right to wrong"),
        ("image 3.png", "wrong to right"), ("image 5.png", "wrong to wrong"),
        ("image 6.png", "unknown"),
    ]  # fmt: skip
    assert found.flips[0].true == "cat"
    assert (found.flips[0].a.label, found.flips[0].b.label) == ("cat", "dog")
    test = found.mcnemar
    assert (test.both_right, test.only_a, test.only_b, test.both_wrong) == (2, 2, 1, 1)
    assert test.p_value == 1.0
    accuracy = number(found, "accuracy")
    assert (accuracy.a.value, accuracy.b.value) == (4 / 6, 3 / 6)
    assert (accuracy.b.low, accuracy.b.high) == wilson_interval(3, 6)
    assert accuracy.change == pytest.approx(-1 / 6)


def test_the_numbers_for_gates(pair):
    change = change_between(*pair)
    assert change.images == 8
    assert change.accuracy_change == pytest.approx(-1 / 6)
    assert change.regressions == pytest.approx(2 / 6)
    assert change.flips == pytest.approx(5 / 8)
    assert change.regressed == ("image 1.png", "image 2.png")
    assert change.new_silent_channels == 0
    assert not change.unmeasured


def test_what_was_not_measured_says_why(base):
    nameless = report_of(base, [(None, 0), (None, 1)])
    change = change_between(nameless, nameless)
    assert change.accuracy_change is None
    assert change.regressions is None
    assert change.flips == 0.0
    assert "true class" in change.unmeasured["regressions"]
    strangers = report_of(base, [(0, 0)]).model_copy(
        update={"images": [replace(nameless.images[0], sha256="a" * 64)]}
    )
    change = change_between(nameless, strangers)
    assert change.flips is None
    assert "in common" in change.unmeasured["flips"]


def test_a_report_and_itself_have_no_difference(pair):
    found = compare([pair[0], pair[0]], ["a", "b"])
    assert not found.flips
    assert not found.not_compared or {one.name for one in found.not_compared} == {
        "change of the weights"
    }
    assert {one.change for one in found.numbers} == {0.0}
    assert {layer.cka for layer in found.layers if layer.channels} == {1.0}
    assert found.new_silent_channels == 0
    assert not any(one.newly_silent or one.no_longer_silent for one in found.layers)
    assert all(one.a == one.b for one in found.confusion)
    assert all(one.a == one.b for one in found.classes)
    assert found.calibration_a == found.calibration_b
    assert found.same_model


def test_exchanged_reports_give_the_mirrored_comparison(pair):
    there, back = compare(pair, ["a", "b"]), compare(pair[::-1], ["b", "a"])
    assert {(one.image, one.a.label, one.b.label) for one in there.flips} == {
        (one.image, one.b.label, one.a.label) for one in back.flips
    }
    for one in there.numbers:
        other = number(back, one.key)
        assert (one.a, one.b) == (other.b, other.a)
        assert one.change is None or one.change == -other.change
    assert there.mcnemar.p_value == back.mcnemar.p_value
    assert there.mcnemar.only_a == back.mcnemar.only_b
    assert there.confusion == [
        one.model_copy(update={"a": one.b, "b": one.a}) for one in back.confusion
    ]
    for one in there.layers:
        other = next(each for each in back.layers if each.a.path == one.b.path)
        assert (one.cka, one.weights) == (other.cka, other.weights)
        assert one.newly_silent == other.no_longer_silent
    assert there.similarity.ab == [list(row) for row in zip(*back.similarity.ab, strict=True)]
    assert there.similarity.aa == back.similarity.bb


def test_the_record_is_what_its_schema_says(pair):
    found = compare([*pair, pair[0]], ["a", "b", "c"])
    schema = json.loads(COMPARISON_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(found.model_dump_json()), schema)
    assert COMPARISON_SCHEMA.read_text(encoding="utf-8") == schema_text(Comparison)
    assert Comparison.model_validate_json(found.model_dump_json()) == found


def test_labels_in_another_order_are_no_flips(base):
    a = report_of(base, [(0, 0), (1, 1), (2, 0)])
    turned = {0: 2, 1: 0, 2: 1}
    images = [
        replace(
            one,
            true_class=turned[one.true_class],
            predictions=[replace(one.predictions[0], index=turned[one.predictions[0].index])],
        )
        for one in a.images
    ]
    model = a.model.model_copy(update={"labels": ["dog", "owl", "cat"]})
    found = compare([a, a.model_copy(update={"images": images, "model": model})], ["a", "b"])
    assert found.flips == []
    assert number(found, "accuracy").b.value == 2 / 3


def test_channels_that_went_silent_count_once_where_they_lead(base):
    paths = [layer.path for layer in base.model.layers]
    health = base.health

    def with_silent(channels):
        layers = [
            one.model_copy(update={"silent": channels if one.layer.startswith("block1_") else []})
            for one in health.layers
        ]
        model = base.model.model_copy(
            update={
                "layers": [
                    layer.model_copy(
                        update={"origin": paths[0] if layer.path.startswith("block1_") else None}
                    )
                    for layer in base.model.layers
                ]
            }
        )
        answers = [(0, 0), (1, 1)]
        made = health.model_copy(update={"layers": layers})
        return report_of(base, answers).model_copy(update={"health": made, "model": model})

    found = compare([with_silent([1, 2]), with_silent([2, 5, 7])], ["a", "b"])
    changed = [one for one in found.layers if one.newly_silent]
    assert [one.newly_silent for one in changed] == [[5, 7], [5, 7]]
    assert [one.no_longer_silent for one in changed] == [[1], [1]]
    assert found.new_silent_channels == 2
    assert change_of(found).new_silent_channels == 2


def test_the_change_of_weights_comes_from_the_sketches(pair):
    a, b = pair
    path = a.model.layers[1].path

    def with_weights(report, *numbers):
        norm = math.hypot(*numbers)
        weights = [LayerWeights(layer=path, size=2, norm=norm, sketch=list(numbers))]
        return report.model_copy(
            update={"model": report.model.model_copy(update={"weights": weights})}
        )

    found = compare([with_weights(a, 3.0, 4.0), with_weights(b, 3.0, 3.0)], ["a", "b"])
    (changed,) = [one for one in found.layers if one.weights is not None]
    assert (changed.b.path, changed.weights) == (path, pytest.approx(1 / 5))
    assert not any(one.name == "change of the weights" for one in found.not_compared)
    older = compare(pair, ["a", "b"])
    assert any(one.name == "change of the weights" for one in older.not_compared)


def test_calibration_counts_as_a_report_does(base):
    from reportgen.analysis.accuracy.evaluation import Tally

    random = np.random.default_rng(3)
    tally = Tally(3, 2, "softmax")
    images = []
    report = report_of(base, [(int(random.integers(3)), 0) for _ in range(40)])
    for one in report.images:
        shares = random.dirichlet((0.5, 0.5, 0.5))
        tally.add(one.name, one.true_class, np.log(shares), shares)
        predicted = int(np.argmax(shares))
        known = replace(one.predictions[0], index=predicted, probability=float(shares[predicted]))
        images.append(replace(one, predictions=[known]))
    own = report.model_copy(update={"images": images})
    found = compare([own, own], ["a", "b"])
    assert found.calibration_b.error == pytest.approx(tally.calibration_error())
    assert [one.images for one in found.calibration_b.bins] == [
        one.images for one in tally.reliability()
    ]
    expected = tally.class_results(("cat", "dog", "owl"))
    assert [(one.a.precision, one.a.recall, one.a.f1) for one in found.classes] == [
        (one.precision, one.recall, one.f1) for one in expected
    ]


def test_the_course_is_over_the_images_that_all_hold(pair):
    a, b = pair
    shorter = b.model_copy(update={"images": b.images[:6]})
    found = compare([a, b, shorter], ["one", "two", "three"])
    assert found.course.images == 6
    accuracy = next(one for one in found.course.numbers if one.key == "accuracy")
    assert accuracy.values == [4 / 6, 3 / 6, 3 / 6]
    assert found.course.flips == [4, 0]
    assert compare(pair, ["a", "b"]).course is None
