"""Non-negative matrix factorisation is as good as scikit-learn's, and seeds are compared."""

import numpy as np
import pytest
from sklearn.decomposition import NMF

from reportgen.analysis.concepts.factorisation import (
    agreement,
    choose,
    factorise,
    weights_of,
)


@pytest.mark.parametrize("k", [2, 6, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_error_is_not_worse_than_scikit_learns(k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    true = random.gamma(0.5, 1, (600, 7)) @ random.gamma(0.5, 1, (7, 48))
    values = np.maximum(true + random.normal(0, 0.5, true.shape), 0)
    found = factorise(values, k, np.random.default_rng(seed))
    theirs = NMF(k, init="nndsvda", max_iter=2000, tol=1e-6, random_state=seed).fit(values)
    wanted = theirs.reconstruction_err_ / np.linalg.norm(values)
    assert found.error <= 1.01 * wanted
    assert found.error == pytest.approx(
        np.linalg.norm(values - found.weights @ found.parts) / np.linalg.norm(values)
    )
    assert found.weights.min() >= 0
    assert found.parts.min() >= 0
    assert np.linalg.norm(found.parts, axis=1) == pytest.approx(np.ones(k))


def test_weights_of_other_rows_are_the_non_negative_least_squares() -> None:
    from scipy.optimize import nnls

    random = np.random.default_rng(0)
    parts = random.gamma(0.5, 1, (6, 30))
    parts /= np.linalg.norm(parts, axis=1, keepdims=True)
    values = random.gamma(0.5, 1, (20, 30))
    wanted = [nnls(parts.T, row)[0] for row in values]
    assert weights_of(values, parts) == pytest.approx(np.array(wanted), abs=1e-4)


@pytest.mark.slow
def test_parts_that_are_there_are_found_by_every_seed() -> None:
    random = np.random.default_rng(0)
    parts = np.kron(np.eye(6), np.ones((1, 5)))
    values = random.gamma(0.3, 1, (500, 6)) @ parts + random.uniform(0, 0.01, (500, 30))
    chosen = choose(values, seed=0)
    assert list(chosen.stability) == [6, 7, 8]
    assert chosen.stability[6] > 0.99
    assert len(chosen.factors.parts) == 6
    known = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    assert agreement(chosen.factors.parts, known) > 0.99
    again = choose(values, seed=0)
    assert np.array_equal(again.factors.parts, chosen.factors.parts)


def test_nothing_has_no_error() -> None:
    found = factorise(np.zeros((30, 4)), 2, np.random.default_rng(0))
    assert found.error == 0
    assert np.isfinite(found.parts).all()
