"""McNemar's test and CKA against the formulas of their papers and against SciPy."""

import numpy as np
import pytest

from reportgen.cka import cka_matrix, gram
from reportgen.comparison.significance import mcnemar


@pytest.mark.parametrize(
    ("only_a", "only_b"), [(0, 0), (0, 3), (5, 5), (1, 80), (80, 1), (37, 21), (1200, 1100)]
)
def test_mcnemar_is_the_two_sided_binomial_test(only_a, only_b):
    binomtest = pytest.importorskip("scipy.stats").binomtest
    discordant = only_a + only_b
    expected = binomtest(only_a, discordant, 0.5).pvalue if discordant else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(only_a, only_b) == mcnemar(only_b, only_a)


def test_mcnemar_by_hand():
    # Of 3 discordant images all on one side: 2 · (1/2)³.
    assert mcnemar(3, 0) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="counted"):
        mcnemar(-1, 2)


def _hsic(kernel, other):
    """The unbiased estimator as Song et al. (2012), equation 5, write it."""
    n = len(kernel)
    bare, also = (one - np.diag(np.diag(one)) for one in (kernel, other))
    ones = np.ones(n)
    return (
        np.trace(bare @ also)
        + (ones @ bare @ ones) * (ones @ also @ ones) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * (ones @ bare @ also @ ones)
    ) / (n * (n - 3))


@pytest.mark.parametrize(("images", "ours", "theirs"), [(4, 3, 2), (20, 5, 7), (60, 64, 32)])
def test_cka_is_that_of_the_papers(images, ours, theirs):
    random = np.random.default_rng(images)
    one = random.normal(size=(images, ours)) + 3
    other = one[:, :1] * 2 + random.normal(size=(images, theirs))
    kernels = one @ one.T, other @ other.T
    expected = _hsic(*kernels) / np.sqrt(
        _hsic(kernels[0], kernels[0]) * _hsic(kernels[1], kernels[1])
    )
    ((found,),) = cka_matrix([gram(one)], [gram(other)])
    assert found == pytest.approx(expected, abs=2e-6)


def test_cka_knows_rotations_scales_and_what_does_not_vary():
    random = np.random.default_rng(1)
    features = random.normal(size=(30, 6))
    rotation = np.linalg.qr(random.normal(size=(6, 6)))[0]
    still = np.ones((30, 4))
    ((same, none),) = cka_matrix([gram(features)], [gram(3e9 * features @ rotation), gram(still)])
    assert same == 1.0
    assert none is None
    with pytest.raises(ValueError, match="needs 4 images"):
        gram(features[:3])


def test_cka_of_unrelated_layers_is_near_zero_even_with_many_channels():
    random = np.random.default_rng(2)
    one, other = random.normal(size=(20, 500)), random.normal(size=(20, 500))
    ((found,),) = cka_matrix([gram(one)], [gram(other)])
    assert abs(found) < 0.1  # the biased estimator gives about 0.96 here
