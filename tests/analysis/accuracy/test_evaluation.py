"""The evaluation's numbers are those of NumPy and of Keras's own `evaluate`."""

import dataclasses
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.accuracy.evaluation import Tally, cross_entropy, likelihood_of
from reportgen.analysis.accuracy.reliability import BINS
from reportgen.records.model import Model
from reportgen.records.outputs import Head
from tests.report.sample import SMALL, write_sample


def softmax(scores: Any) -> Any:
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def tally_of(scores: Any, shares: Any, true: Any, top: int, kind: Any) -> Tally:
    tally = Tally(scores.shape[1], top, kind)
    for at in range(len(true)):
        tally.add(f"{at}.png", int(true[at]), list(scores[at]), list(shares[at]))
    return tally


@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(1, 40), st.integers(1, 8))
def test_every_number_is_numpys(seed: int, classes: int, images: int, top: int) -> None:
    random = np.random.default_rng(seed)
    # Rounded, so that some scores tie.
    scores = np.round(random.normal(0, 2, (images, classes)), 1)
    shares, true = softmax(scores), random.integers(0, classes, images)
    tally = tally_of(scores, shares, true, top, "softmax")
    predicted = scores.argmax(1)
    right = predicted == true
    assert (tally.images, tally.correct) == (images, right.sum())
    if tally.top is not None:
        ranks = np.argsort(-scores, axis=1, kind="stable")[:, : tally.top]
        assert tally.among_top == (ranks == true[:, None]).any(1).sum()
    rows = np.arange(images)
    assert tally.loss == pytest.approx(-np.log(shares[rows, true]).sum())
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (true, predicted), 1)
    results = tally.class_results([f"class {at}" for at in range(classes)])
    assert {one.index for one in results} == set(true) | set(predicted)
    for one in results:
        at = one.index
        hit, row, column = matrix[at, at], matrix[at].sum(), matrix[:, at].sum()
        assert (one.correct, one.images, one.predicted) == (hit, row, column)
        assert one.recall == (hit / row if row else None)
        assert one.precision == (hit / column if column else None)
    confidence = shares.max(1)
    error = 0.0
    for at, one in enumerate(tally.reliability()):
        inside = (confidence > at / BINS) & (confidence <= (at + 1) / BINS)
        assert one.images == inside.sum()
        if inside.any():
            assert one.accuracy == pytest.approx(right[inside].mean())
            assert one.confidence == pytest.approx(confidence[inside].mean())
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert tally.calibration_error() == pytest.approx(error, abs=1e-12)
    mistakes = tally.most_confident_mistakes()
    assert {one.image for one in mistakes} == {f"{at}.png" for at in rows[~right]}
    assert [one.probability for one in mistakes] == sorted(confidence[~right], reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["softmax", "sigmoid", "logits"])
def test_accuracy_and_loss_are_those_of_keras(kind: str) -> None:
    keras = pytest.importorskip("keras")
    from reportgen.inputs.network import Network

    keras.utils.set_random_seed(7)
    units = 1 if kind == "sigmoid" else 5
    activation = None if kind == "logits" else kind
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(units, activation=activation, kernel_initializer="orthogonal"),
        ]
    )
    images = np.random.default_rng(0).normal(0, 3, (40, 8, 8, 3)).astype(np.float32)
    classes = 2 if kind == "sigmoid" else 5
    true = np.random.default_rng(1).integers(0, classes, 40)
    if kind == "sigmoid":
        loss, metrics = "binary_crossentropy", ["binary_accuracy"]
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=kind == "logits")
        top = keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top")
        metrics = ["sparse_categorical_accuracy", top]
    model.compile(loss=loss, metrics=metrics)
    said = model.evaluate(images, true, verbose=0, return_dict=True)
    network = Network(model, heads=["classes"])
    head = network.class_scores
    assert head is not None
    behind, before = network.run(images, head.paths)
    scores = np.asarray(head.scores(behind, before))
    shares = np.asarray(head.probabilities(behind))
    how = "sigmoid" if kind == "sigmoid" else "softmax"
    tally = tally_of(scores, shares, true, 3, how)
    (accuracy,) = (value for name, value in said.items() if name.endswith("accuracy"))
    assert tally.correct / 40 == pytest.approx(accuracy)
    assert tally.loss / 40 == pytest.approx(said["loss"], rel=1e-5)
    if kind != "sigmoid":
        assert tally.among_top / 40 == pytest.approx(said["top"])


def test_a_loss_of_a_very_sure_and_wrong_network_is_finite() -> None:
    first, second = np.array([1]), np.array([[1.0, 0.0]])
    assert cross_entropy(np.array([[800.0, -800.0]]), second, first, "softmax") == 1600
    assert cross_entropy(np.array([[800.0, -800.0]]), second, first, "sigmoid") == 800
    assert np.isfinite(cross_entropy(np.array([[0.0, 0.0]]), second, first, "mean"))


def test_the_loss_is_not_defined_where_classes_do_not_exclude_each_other(tmp_path: Any) -> None:
    model: Model = write_sample(tmp_path, SMALL, ["a.png"]).model
    assert likelihood_of(model) == ("softmax", "")
    head = Head(**{**dict(model.head or {}), "kind": "labels", "link": "none"})
    kind, reason = likelihood_of(model.model_copy(update={"head": head}))
    assert kind is None
    assert "do not exclude" in reason
    assert likelihood_of(model.model_copy(update={"head": None}))[0] is None


def test_margins_are_not_taken_for_probabilities() -> None:
    tally = Tally(2, 1, None)
    for name, margin in (("a", -0.5), ("b", -3.0), ("c", 2.0)):
        tally.add(name, 1, [-margin, margin], [])
    assert (tally.images, tally.correct) == (3, 1)
    assert [(one.image, one.probability) for one in tally.most_confident_mistakes()] == [
        ("b", None),
        ("a", None),
    ]
    assert tally.calibration_error() is None
    assert tally.reliability() == []


def test_a_mistake_is_a_record_with_slots() -> None:
    tally = tally_of(np.array([[0.0, 1.0]]), np.array([[0.3, 0.7]]), [0], 1, "softmax")
    (mistake,) = tally.most_confident_mistakes()
    assert dataclasses.astuple(mistake) == ("0.png", 0, 1, 0.7, 0.3)
    assert not hasattr(mistake, "__dict__")


def _evaluated(pairs: list[tuple[int, int]], classes: int = 3, *, order_assumed: bool = False):
    tally = Tally(classes, 1, "softmax", order_assumed=order_assumed)
    for at, (true, predicted) in enumerate(pairs):
        scores = [2.0 if index == predicted else 0.0 for index in range(classes)]
        shares = (np.exp(scores) / np.exp(scores).sum()).tolist()
        tally.add(f"{at}.png", true, scores, shares)
    return tally


def test_balanced_accuracy_and_f1_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(8)
    for _ in range(20):
        pairs = [(int(t), int(p)) for t, p in random.integers(0, 5, (30, 2)) if t != 4]
        classes = _evaluated(pairs, 5).class_results("abcde")
        true, predicted = zip(*pairs, strict=True)
        labels = [one.index for one in classes]
        wanted = metrics.f1_score(true, predicted, labels=labels, average=None, zero_division=0)
        np.testing.assert_allclose([one.f1 for one in classes], wanted)
        model = SimpleNamespace(labels=list("abcde"))
        found = _evaluated(pairs, 5).evaluation(model, {}, 0, None, "")
        recalls = [one.recall for one in classes if one.recall is not None]
        balanced = metrics.recall_score(true, predicted, labels=sorted(set(true)), average="macro")
        assert found.balanced_accuracy == pytest.approx(balanced) == pytest.approx(fmean(recalls))
        assert found.macro_f1 == pytest.approx(np.mean(wanted))


def test_what_accuracy_hides_is_said() -> None:
    never = _evaluated([(0, 0)] * 19 + [(1, 0)] + [(2, 2)] * 5).remarks(["well", "sick", "dead"])
    assert never == ["Never predicted: sick (1 image)."]
    same = _evaluated([(0, 0)] * 19 + [(1, 0)]).remarks(["well", "sick", "dead"])
    assert same == ["Every image gets the same answer: well.", "Never predicted: sick (1 image)."]
    assert _evaluated([(0, 0), (1, 1), (2, 2)]).remarks(["a", "b", "c"]) == []
    assert _evaluated([(0, 0)] * 5).remarks(["a", "b", "c"]) == []


def test_classes_that_fit_in_another_order_are_told() -> None:
    pairs = [(0, 2)] * 4 + [(1, 1)] * 4 + [(2, 0)] * 4
    labels = ["blue", "green", "red"]
    (found,) = _evaluated(pairs, order_assumed=True).remarks(labels)
    assert "4 of 12 images are right; in the order red, green, blue it would be 12" in found
    assert _evaluated(pairs).remarks(labels) == []


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 60), st.integers(1, 9))
def test_groups_count_as_single_images_do(seed: int, classes: int, images: int, kept: int) -> None:
    random = np.random.default_rng(seed)
    scores = np.round(random.normal(0, 2, (images, classes)), 1)
    shares, true = softmax(scores), random.integers(0, classes, images)
    alone = tally_of(scores, shares, true, 2, "softmax")
    groups = Tally(classes, 2, "softmax", most_mistakes=kept)
    for part in np.array_split(np.arange(images), 4):
        names = [f"{at}.png" for at in part]
        groups.add_all(names, true[part].tolist(), scores[part], shares[part])
    assert groups.most_confident_mistakes() == alone.most_confident_mistakes()[:kept]
    assert (groups.images, groups.correct, groups.loss) == (alone.images, alone.correct, alone.loss)
    assert groups.reliability() == alone.reliability()
