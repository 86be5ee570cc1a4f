"""Errors of values against NumPy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.accuracy.regression import Pairs, largest_misses


def pairs_of(seed: int, count: int, index: int = 0, scale: float = 1.0) -> Pairs:
    random = np.random.default_rng(seed)
    true = random.normal(3, 2, count) * scale
    predicted = true + random.normal(0.5, 1, count) * scale
    images = tuple(f"{at}.png" for at in range(count))
    return Pairs("out", index, f"v{index}", images, predicted, true)


@given(st.integers(0, 10_000), st.integers(2, 40))
def test_every_number_is_scikit_learns(seed: int, count: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    one = pairs_of(seed, count)
    fit = one.fit(None)
    assert fit.mae == pytest.approx(metrics.mean_absolute_error(one.true, one.predicted))
    assert fit.rmse**2 == pytest.approx(metrics.mean_squared_error(one.true, one.predicted))
    assert fit.r2 == pytest.approx(metrics.r2_score(one.true, one.predicted))
    assert fit.mean_error == pytest.approx((one.predicted - one.true).mean())
    median = np.full(count, np.median(one.true))
    assert fit.baseline_mae == pytest.approx(metrics.mean_absolute_error(one.true, median))


def test_r2_is_not_defined_without_spread() -> None:
    same = Pairs("out", 0, "v", ("a", "b"), np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    assert same.fit(None).r2 is None
    assert same.fit(None).mae == 1.5
    assert [one.relative for one in same.misses()] == [None, None]


def test_the_largest_errors_come_first_each_in_its_own_unit() -> None:
    one = pairs_of(1, 8)
    found = largest_misses([one])
    sizes = [abs(miss.error) for miss in found]
    assert sizes == sorted(sizes, reverse=True)
    # A value in other units is not first for its units alone.
    both = largest_misses([one, pairs_of(2, 8, index=1, scale=1000.0)])
    relative = [miss.relative for miss in both]
    assert relative == sorted(relative, key=lambda size: -(size or 0))
    assert {miss.index for miss in both[:8]} == {0, 1}
