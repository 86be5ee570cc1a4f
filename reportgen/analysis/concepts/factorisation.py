"""Non-negative matrix factorisation, how many parts it gets, and whether seeds agree on them.

D. Lee and H. Seung, "Learning the parts of objects by non-negative matrix factorization", 1999; by
hierarchical alternating least squares: A. Cichocki and A.-H. Phan, "Fast Local Algorithms for Large
Scale Nonnegative Matrix and Tensor Factorizations", 2009.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST, MOST = 6, 8
"""Concepts that are tried."""
SEEDS = 3
"""Starting points of each number of concepts."""
_STEPS = 300
_SETTLED = 1e-5
"""Relative decrease of the squared error in ten steps at which it stops."""
_TINY = 1e-12


@dataclass(frozen=True)
class Factors:
    """`weights` (rows, k) times `parts` (k, channels), nowhere below zero; parts have norm one.

    `error` is the norm of what is left over, relative to that of the whole.
    """

    weights: Floats
    parts: Floats
    error: float


@dataclass(frozen=True)
class Chosen:
    """The factors that are taken, and by number of concepts how well seeds agree, 0..1."""

    factors: Factors
    stability: dict[int, float]


def factorise(values: Floats, k: int, random: np.random.Generator) -> Factors:
    """Values (rows, channels), nowhere below zero, as k parts; where to start is drawn."""
    scale = np.sqrt(values.mean() / k)
    weights = scale * np.abs(random.standard_normal((len(values), k)))
    parts = scale * np.abs(random.standard_normal((k, values.shape[1])))
    whole = float((values**2).sum())
    before = np.inf
    for step in range(_STEPS):
        _improve(weights, values @ parts.T, parts @ parts.T)
        products = weights.T @ values
        gram = weights.T @ weights
        turned = np.ascontiguousarray(parts.T)
        _improve(turned, products.T, gram)
        parts = np.ascontiguousarray(turned.T)
        if step % 10 == 9:
            left = whole - 2 * float((products * parts).sum())
            left += float((gram * (parts @ parts.T)).sum())
            if before - left <= _SETTLED * max(left, _TINY * whole):
                break
            before = left
    norms = np.linalg.norm(parts, axis=1)
    known = np.where(norms > 0, norms, 1.0)
    parts, weights = parts / known[:, None], weights * norms
    left = float(np.linalg.norm(values - weights @ parts))
    return Factors(weights, parts, left / np.sqrt(whole) if whole else 0.0)


def _improve(factor: Floats, products: Floats, gram: Floats) -> None:
    """One pass over the columns of a factor (rows, k), each at its best given the others."""
    for at in range(factor.shape[1]):
        if gram[at, at] > _TINY:
            change = (products[:, at] - factor @ gram[:, at]) / gram[at, at]
            np.maximum(factor[:, at] + change, 0.0, out=factor[:, at])


def weights_of(values: Floats, parts: Floats) -> Floats:
    """The weights (rows, k) of given parts (k, channels) in other values (rows, channels)."""
    products, gram = values @ parts.T, parts @ parts.T
    weights = np.maximum(products / np.maximum(gram.sum(axis=1), _TINY), 0.0)
    for _ in range(50):
        _improve(weights, products, gram)
    return np.asarray(weights)


def agreement(parts: Floats, other: Floats) -> float:
    """Mean cosine of parts (k, channels) with those of another start, matched best first."""
    cosines = parts @ other.T
    found = []
    for _ in range(len(parts)):
        row, column = np.unravel_index(int(cosines.argmax()), cosines.shape)
        found.append(float(cosines[row, column]))
        cosines[row, :] = cosines[:, column] = -1.0
    return float(np.clip(np.mean(found), 0.0, 1.0))


def choose(values: Floats, seed: int, numbers: Sequence[int] = range(FEWEST, MOST + 1)) -> Chosen:
    """Factors of that number of parts on which seeds agree most; of equal ones the fewest.

    Of the seeds of this number the one with the smallest error is taken.
    """
    stability: dict[int, float] = {}
    best: dict[int, Factors] = {}
    for k in numbers:
        found = [factorise(values, k, np.random.default_rng([seed, k, at])) for at in range(SEEDS)]
        pairs = [(i, j) for i in range(SEEDS) for j in range(i)]
        agreements = [agreement(found[i].parts, found[j].parts) for i, j in pairs]
        stability[k] = round(float(np.mean(agreements)), 3)
        best[k] = min(found, key=lambda factors: factors.error)
    taken = max(stability, key=lambda k: (stability[k], -k))
    return Chosen(best[taken], stability)
