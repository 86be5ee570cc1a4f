"""Faithfulness of a heatmap: deletion, insertion, drop and increase of confidence, sparseness.

Arithmetic on arrays; nothing here runs a network.

A `Predict` takes images (N, H, W, C) in pixels, 0..255, and gives the probability of one class for
each, (N,). A heat is a map (H, W) over the same pixels, nowhere below zero.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]
Heat = npt.NDArray[np.floating]
Predict = Callable[[Pixels], npt.NDArray[np.floating]]

STEPS = 16
"""Steps in which pixels go or come; a curve has one point more."""

_BLUR = 1 / 20
"""Standard deviation of the blur that insertion starts from, as a share of the longer side."""


@dataclass(frozen=True)
class Measures:
    """What was measured of one heat on one image.

    The curves are probabilities of the class while 0 to all of the pixels have gone, or come, the
    hottest first. `drop` is the share of the probability that is lost when the image is multiplied
    by the heat, 0..1; `increase` whether it rises instead. `kept_brightness` is the share of the
    image's brightness that this leaves. `blurred_drop` and `blurred_increase` are the same for the
    image blurred where it is not hot. `sparseness` is the Gini index of the heat: 0 spread evenly,
    towards 1 in few pixels.
    """

    deletion: list[float]
    insertion: list[float]
    drop: float
    increase: bool
    blurred_drop: float
    blurred_increase: bool
    kept_brightness: float
    sparseness: float


def measure(pixels: Pixels, heat: Heat, predict: Predict, seed: int = 0) -> Measures:
    """Measure a heat on one image (H, W, C). The heat has a positive value somewhere.

    Deletion and insertion: Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for
    Explanation of Black-box Models", 2018: pixels are replaced by the image's mean colour, or come
    back into the blurred image. Drop and increase: Chattopadhay et al., "Grad-CAM++", 2018, section
    5.1: the image is multiplied by the heat, scaled to 0..1, which makes it black where it is not
    hot; blurring it there instead leaves an image that looks more like a photo. Sparseness:
    Chalasani et al., "Concise Explanations of Neural Networks using Adversarial Training", 2020.
    """
    deleted, inserted = variants(pixels, heat, seed)
    shares = (heat / heat.max()).astype(np.float32)[..., None]
    kept = pixels * shares
    softened = kept + _blurred(pixels) * (1 - shares)
    masked = np.stack([kept, softened])
    found = predict(np.concatenate([deleted, inserted, masked])).astype(np.float64)
    whole, only_hot, around_blurred = found[0], found[-2], found[-1]
    brightness = float(pixels.sum(dtype=np.float64))
    return Measures(
        deletion=found[: STEPS + 1].tolist(),
        insertion=found[STEPS + 1 : -2].tolist(),
        drop=_lost(whole, only_hot),
        increase=bool(only_hot > whole),
        blurred_drop=_lost(whole, around_blurred),
        blurred_increase=bool(around_blurred > whole),
        kept_brightness=float(kept.sum(dtype=np.float64)) / brightness if brightness else 0.0,
        sparseness=gini(heat),
    )


def _lost(whole: float, left: float) -> float:
    """The share of a probability that is lost, 0..1."""
    return float(max(0.0, whole - left) / whole) if whole > 0 else 0.0


def variants(pixels: Pixels, heat: Heat, seed: int = 0) -> tuple[Pixels, Pixels]:
    """The images of a deletion and of an insertion, (STEPS + 1, H, W, C) each.

    Pixels that are equally hot go in a random order, which `seed` settles.
    """
    height, width, channels = pixels.shape
    chance = np.random.default_rng(seed).random(height * width)
    order = np.lexsort((chance, -heat.ravel().astype(np.float64)))
    flat = pixels.reshape(-1, channels)
    gone = np.broadcast_to(flat.mean(axis=0), flat.shape)
    blurred = _blurred(pixels).reshape(-1, channels)
    counts = np.rint(np.linspace(0, len(order), STEPS + 1)).astype(int)
    deleted = np.repeat(flat[None], STEPS + 1, axis=0)
    inserted = np.repeat(blurred[None], STEPS + 1, axis=0)
    for step, count in enumerate(counts):
        hottest = order[:count]
        deleted[step, hottest] = gone[hottest]
        inserted[step, hottest] = flat[hottest]
    shape = (STEPS + 1, height, width, channels)
    return deleted.reshape(shape), inserted.reshape(shape)


def area(curve: npt.ArrayLike) -> float:
    """Area under a curve whose points are evenly spaced over 0..1, by the trapezoidal rule."""
    values = np.asarray(curve, np.float64)
    return float((values[0] / 2 + values[1:-1].sum() + values[-1] / 2) / (len(values) - 1))


def gini(heat: Heat) -> float:
    """The Gini index of a map: 0 where all values are equal, towards 1 where few hold it all."""
    values = np.sort(heat.ravel().astype(np.float64))
    total = values.sum()
    if total <= 0:
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * total))


def rank_correlation(heat: Heat, other: Heat) -> float:
    """Spearman's rank correlation of two maps, -1..1; equal values share their mean rank.

    0 where a map is the same everywhere or not finite: then nothing of the other is in it.
    """
    if not (np.isfinite(heat).all() and np.isfinite(other).all()):
        return 0.0
    first, second = _ranks(heat), _ranks(other)
    first, second = first - first.mean(), second - second.mean()
    below = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / below) if below > 0 else 0.0


def structural_similarity(heat: Heat, other: Heat) -> float:
    """SSIM of two maps scaled to a largest value of 1, each enlarged to 64 × 64.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004,
    with a Gaussian window of standard deviation 1.5. 0 where a map is not finite.
    """
    import cv2

    if not (np.isfinite(heat).all() and np.isfinite(other).all()):
        return 0.0

    def blur(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    x, y = (
        np.asarray(cv2.resize(_scaled(part), (64, 64), interpolation=cv2.INTER_LINEAR))
        for part in (heat, other)
    )
    mean_x, mean_y = blur(x), blur(y)
    spread = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
    common = blur(x * y) - mean_x * mean_y
    first, second = 0.01**2, 0.03**2
    above = (2 * mean_x * mean_y + first) * (2 * common + second)
    return float((above / ((mean_x**2 + mean_y**2 + first) * (spread + second))).mean())


def _scaled(values: Heat) -> npt.NDArray[np.float64]:
    largest = float(values.max())
    return values.astype(np.float64) / (largest if largest > 0 else 1.0)


def _ranks(values: Heat) -> npt.NDArray[np.float64]:
    _, where, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: npt.NDArray[np.float64] = (last - (counts - 1) / 2)[where]
    return ranks


def _blurred(pixels: Pixels) -> Pixels:
    import cv2

    deviation = max(pixels.shape[:2]) * _BLUR
    blurred = cv2.GaussianBlur(pixels, (0, 0), deviation, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32).reshape(pixels.shape)
