"""Temperature scaling: the minimum is SciPy's, and what it does is measured on other images."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from reportgen.analysis.accuracy import temperature as module
from reportgen.analysis.accuracy.evaluation import Tally
from reportgen.analysis.accuracy.temperature import (
    ALL_RIGHT,
    FOLDS,
    LEAST_IMAGES,
    NOTHING_TOLD,
    Unfitted,
    fit_temperature,
    logits_of,
)


def drawn(seed: int, images: int, classes: int, overconfident: float) -> Any:
    """Logits, and classes that are drawn from the softmax of these logits over a number."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (images, classes))
    shares = np.exp(log_softmax(logits / overconfident, axis=1))
    return logits, (shares.cumsum(1) < random.random((images, 1))).sum(1)


def loss(logits: Any, true: Any, temperature: float = 1.0) -> float:
    return -float(log_softmax(logits / temperature, axis=1)[np.arange(len(true)), true].mean())


@pytest.mark.parametrize("overconfident", [0.4, 1.0, 2.5, 9.0])
@pytest.mark.parametrize("classes", [2, 5, 100])
def test_the_minimum_is_scipys(overconfident: float, classes: int) -> None:
    logits, true = drawn(classes, 300, classes, overconfident)
    wanted = minimize_scalar(
        lambda inverse: loss(logits, true, 1 / inverse), bounds=(0.01, 100), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    assert fit_temperature(logits, true) == pytest.approx(1 / wanted.x, rel=1e-5)


def test_the_temperature_is_the_one_that_classes_are_drawn_with() -> None:
    logits, true = drawn(0, 20_000, 4, 2.0)
    assert fit_temperature(logits, true) == pytest.approx(2.0, rel=0.05)


def test_images_that_are_all_right_have_no_temperature() -> None:
    logits = np.random.default_rng(0).normal(0, 1, (60, 3))
    with pytest.raises(Unfitted, match=ALL_RIGHT):
        fit_temperature(logits, logits.argmax(1))
    with pytest.raises(Unfitted, match=NOTHING_TOLD):
        fit_temperature(logits, logits.argmin(1))


def test_logits_give_the_models_probabilities() -> None:
    z = np.array([[0.3], [-40.0], [2.0]])
    one = 1 / (1 + np.exp(-z))
    halves = log_softmax(logits_of(np.hstack([-z, z]), [], "sigmoid"), axis=1)
    assert np.exp(halves) == pytest.approx(np.hstack([1 - one, one]), abs=1e-12)
    scores = np.array([[1.0, -np.inf, 2.0]])
    known = np.exp(log_softmax(logits_of(scores, [], "softmax"), axis=1))
    assert known == pytest.approx(np.exp(log_softmax(scores, axis=1)))
    shares = np.array([[0.25, 0.75, 0.0]])
    assert np.exp(log_softmax(logits_of([[0.0] * 3], shares, "mean"), axis=1)) == pytest.approx(
        shares, abs=1e-12
    )


def tally_of(logits: Any, true: Any, kind: Any = "softmax", order: Any = None) -> Tally:
    tally = Tally(logits.shape[1], 1, kind)
    shares = np.exp(log_softmax(logits, axis=1))
    for at in range(len(true)) if order is None else order:
        tally.add(f"{at}.png", int(true[at]), list(logits[at]), list(shares[at]))
    return tally


def test_numbers_after_scaling_are_of_images_that_it_is_not_fitted_to() -> None:
    logits, true = drawn(3, 400, 3, 2.5)
    found = tally_of(logits, true).temperature()
    assert found is not None
    assert found.temperature == pytest.approx(fit_temperature(logits, true))
    assert (found.images, found.folds, found.sampled) == (400, FOLDS, False)
    assert found.loss_before == pytest.approx(loss(logits, true))
    fitted = loss(logits, true, found.temperature or 0.0)
    assert fitted < (found.loss_after or 0.0) < loss(logits, true)
    assert (found.calibration_error_after or 1.0) < (found.calibration_error_before or 0.0)
    assert sum(one.images for one in found.reliability) == 400
    assert (found.lowest or 9) <= (found.temperature or 0) <= (found.highest or 0)


def test_the_order_of_images_and_groups_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logits, true = drawn(4, 300, 3, 2.5)
    back = range(299, -1, -1)
    assert tally_of(logits, true).temperature() == tally_of(logits, true, order=back).temperature()
    monkeypatch.setattr(module, "MOST_IMAGES", 100)
    sample = tally_of(logits, true).temperature()
    assert sample == tally_of(logits, true, order=back).temperature()
    assert sample is not None
    assert (sample.images, sample.sampled) == (100, True)


def test_what_cannot_be_fitted_is_said() -> None:
    logits, true = drawn(5, LEAST_IMAGES - 1, 3, 2.0)
    few = tally_of(logits, true).temperature()
    assert few is not None
    assert few.temperature is None
    assert str(LEAST_IMAGES - 1) in few.reason
    several = tally_of(*drawn(5, 80, 3, 2.0), None).temperature()
    assert several is not None
    assert "exclude each other" in several.reason
    logits, _ = drawn(5, 80, 3, 2.0)
    right = tally_of(logits, logits.argmax(1)).temperature()
    assert right is not None
    assert right.reason == ALL_RIGHT
    one = logits.argmax(1)
    one[0] = logits[0].argmin()
    lone = tally_of(logits, one).temperature()
    assert lone is not None
    assert lone.reason.startswith("only 1 of 80 images is misclassified")
    margins = Tally(3, 1, "softmax")
    margins.add("a.png", 0, [1.0, 2.0, 3.0], [])
    assert margins.temperature() is None
