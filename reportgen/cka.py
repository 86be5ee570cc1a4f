"""How similar two layers are: centred kernel alignment (CKA) of what they do with the same images.

S. Kornblith et al., "Similarity of Neural Network Representations Revisited", 2019: linear CKA, 1
for representations that are the same up to rotation and scale. HSIC, the Hilbert-Schmidt
independence criterion, is estimated without bias: L. Song et al., "Feature Selection via Dependence
Maximization", 2012, equation 5; so that few images with many channels do not look similar. It may
lie slightly below 0.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FEWEST_IMAGES = 4
"""The estimator divides by n - 3."""

_NOTHING = 1e-12
_DIGITS = 6
"""Decimals that are the same on all machines."""

Floats = npt.NDArray[np.float64]


def gram(features: Floats) -> Floats:
    """The linear kernel of features (images, channels), prepared for `hsic`: (images, images).

    Its diagonal is zero, and its rows are centred so that the product of two of them, entry by
    entry, is the estimator's sum: G. Székely and M. Rizzo, "Partial distance correlation with
    methods for dissimilarities", 2014 (U-centring), of which Song's equation 5 is the inner
    product.
    """
    n = len(features)
    if n < FEWEST_IMAGES:
        raise ValueError(f"CKA needs {FEWEST_IMAGES} images")
    centred = features - features.mean(axis=0)
    spread = np.abs(centred).max(initial=0.0)
    kernel: Floats = (centred / spread) @ (centred / spread).T if spread > 0 else np.zeros((n, n))
    np.fill_diagonal(kernel, 0.0)
    sums = kernel.sum(axis=1, keepdims=True) / (n - 2)
    kernel += kernel.sum() / ((n - 1) * (n - 2)) - sums - sums.T
    np.fill_diagonal(kernel, 0.0)
    return kernel


def cka_matrix(ours: Sequence[Floats], theirs: Sequence[Floats]) -> list[list[float | None]]:
    """CKA of each of our layers (rows) with each of theirs (columns), from their `gram` matrices.

    None where one of them is the same for all images, so that it has no similarity.
    """
    if not ours or not theirs:
        return [[None] * len(theirs) for _ in ours]
    rows, columns = (np.stack([matrix.ravel() for matrix in side]) for side in (ours, theirs))
    products = rows @ columns.T
    left, right = ((side * side).sum(axis=1) for side in (rows, columns))
    return [
        [_ratio(products[i, j], left[i], right[j]) for j in range(len(theirs))]
        for i in range(len(ours))
    ]


def _ratio(product: float, left: float, right: float) -> float | None:
    below = math.sqrt(left * right)
    return round(float(product / below), _DIGITS) + 0.0 if below > _NOTHING else None
