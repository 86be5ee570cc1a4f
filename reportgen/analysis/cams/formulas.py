"""Class activation maps: one formula each, most from the same maps and gradients.

Throughout, A are a layer's activations (height, width, channels), g the gradient of the class score
(before softmax or sigmoid) with respect to them, same shape, Σ sums over positions. Each function
gives the map (height, width) in float64, nowhere below zero, not scaled.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]
Map = npt.NDArray[np.float64]


def grad_cam(maps: Values, gradients: Values) -> Map:
    """max(0, Σ_k w_k A_k) with w_k the mean of g_k over positions.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", 2017, equations 1 and 2.
    """
    return _weighted(maps, gradients.astype(np.float64).mean(axis=(0, 1)))


def grad_cam_plus_plus(maps: Values, gradients: Values) -> Map:
    """max(0, Σ_k w_k A_k) with w_k = Σ α max(0, g_k), α = g² / (2 g² + g³ Σ A_k).

    Chattopadhay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional
    Networks", 2018, equations 5, 6 and 19: the score is taken as the exponential of the one
    differentiated, its derivatives are then powers of g times a factor that all maps share and
    that is left out here. Where the denominator is zero, α is zero.
    """
    slope = gradients.astype(np.float64)
    # α = 1 / (2 + g Σ A): the square of g cancels, so that small gradients do not vanish.
    below = 2.0 + slope * maps.astype(np.float64).sum(axis=(0, 1))
    alpha = np.divide(1.0, below, out=np.zeros_like(slope), where=(slope > 0) & (below != 0))
    return _weighted(maps, (alpha * np.maximum(slope, 0.0)).sum(axis=(0, 1)))


def hires_cam(maps: Values, gradients: Values) -> Map:
    """max(0, Σ_k g_k A_k), place by place.

    Draelos and Carin, "Use HiResCAM Instead of Grad-CAM for Faithful Explanations of Convolutional
    Neural Networks", 2020, section 3.2; cut off below zero, as the other maps are.
    """
    return _positive((maps.astype(np.float64) * gradients).sum(axis=2))


def layer_cam(maps: Values, gradients: Values) -> Map:
    """max(0, Σ_k max(0, g_k) A_k), place by place.

    Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", 2021,
    equations 6 to 8.
    """
    return _positive((np.maximum(gradients, 0.0) * maps.astype(np.float64)).sum(axis=2))


def x_grad_cam(maps: Values, gradients: Values) -> Map:
    """max(0, Σ_k w_k A_k) with w_k = Σ g_k A_k / Σ A_k; zero where a map sums to zero.

    Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs",
    2020, equation 8.
    """
    sums = maps.astype(np.float64).sum(axis=(0, 1))
    joint = (maps.astype(np.float64) * gradients).sum(axis=(0, 1))
    weights = np.divide(joint, sums, out=np.zeros_like(joint), where=sums != 0)
    return _weighted(maps, weights)


def eigen_cam(maps: Values, gradients: Values) -> Map:  # noqa: ARG001 - it needs none
    """max(0, A v) with v the first right singular vector of A as a matrix (positions, channels).

    Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", 2020,
    equation 3. A singular vector has no sign of its own: the one is taken that makes the sum of
    the map positive. Gradients, and with them the class, play no part.
    """
    flat = maps.astype(np.float64).reshape(-1, maps.shape[2])
    if not np.isfinite(flat).all():
        return np.full(maps.shape[:2], np.nan)
    # The smaller of the two products of A with itself has the same first vector, and is cheap.
    if flat.shape[1] <= flat.shape[0]:
        projected = flat @ np.linalg.eigh(flat.T @ flat)[1][:, -1]
    else:
        sizes, vectors = np.linalg.eigh(flat @ flat.T)
        projected = vectors[:, -1] * np.sqrt(max(sizes[-1], 0.0))
    if projected.sum() < 0:
        projected = -projected
    return _positive(projected).reshape(maps.shape[:2])


def score_cam(maps: Values, scores: Values) -> Map:
    """max(0, Σ_k w_k A_k) with w the softmax of the class scores of the image masked by each map.

    `scores` (channels,) are those of the image times A_k, enlarged and brought to 0..1. A map that
    is the same everywhere is no mask: it has no score and no weight. Wang et al., "Score-CAM:
    Score-Weighted Visual Explanations for Convolutional Neural Networks", 2020, algorithm 1; the
    score of the baseline, which is subtracted there, cancels in the softmax.
    """
    known = masking(maps)
    if not known.any():
        return np.zeros(maps.shape[:2])
    found = np.where(known, scores.astype(np.float64), -np.inf)
    weights = np.exp(found - found.max())
    return _weighted(maps, weights / weights.sum())


def masking(maps: Values) -> npt.NDArray[np.bool_]:
    """The channels (channels,) that are not the same everywhere."""
    varied: npt.NDArray[np.bool_] = np.ptp(maps, axis=(0, 1)) != 0
    return varied


def integrated_gradients(difference: Values, gradients: Values) -> Map:
    """max(0, Σ_c d_c g_c): pixel by pixel, with d the image less the baseline.

    Both (height, width, channels of the image); `gradients` are the mean of those on the way from
    the baseline to the image. Sundararajan et al., "Axiomatic Attribution for Deep Networks", 2017,
    equations 1 and 3. The attributions of a pixel's colours are summed, as there for pictures; what
    lowers the class score is cut off, as in the other maps.
    """
    return _positive((difference.astype(np.float64) * gradients).sum(axis=2))


FORMULAS: dict[str, Callable[[Values, Values], Map]] = {
    "gradcam": grad_cam,
    "gradcam++": grad_cam_plus_plus,
    "hirescam": hires_cam,
    "layercam": layer_cam,
    "xgradcam": x_grad_cam,
    "eigencam": eigen_cam,
}
"""The functions of the names in `reportgen.heatmap_methods.CAMS` that need only maps and gradients.

The others are in `reportgen.analysis.cams.passes`."""


def _weighted(maps: Values, weights: Map) -> Map:
    return _positive(maps.astype(np.float64) @ weights)


def _positive(values: Map) -> Map:
    cut: Map = np.maximum(values, 0.0)
    return cut
