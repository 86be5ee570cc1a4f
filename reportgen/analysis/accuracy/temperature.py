"""Temperature scaling: one number that the logits are divided by, so that confidence is accuracy.

Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2. The temperature has the
smallest negative log-likelihood. What it does is measured by cross-validation: the images of each
fold are scaled by the temperature of the other folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.accuracy.reliability import Reliability
from reportgen.records.over_images import Temperature

FOLDS = 5
LEAST_IMAGES = 50
"""Fewer images give a temperature that chance decides: a fold has ten of them at least."""
MOST_IMAGES = 20_000
MOST_VALUES = 2**22
"""Images and logits that are kept to fit on; of more, a sample is drawn."""
_FARTHEST = 1e4
LOWEST, HIGHEST = 1e-2, 1e2
"""Temperatures beyond these count as none."""

Floats = npt.NDArray[np.float64]

Likelihood = Literal["softmax", "sigmoid", "mean"]
"""How the probability of a class follows from class scores; "mean" stands for maps of them,
and for other scores that are no logits."""

ALL_RIGHT = (
    "the true class has the highest score on all images: the lower the temperature, the better"
)
NOTHING_TOLD = "the scores say nothing about the true class: no temperature calibrates them"


class Unfitted(ValueError):  # noqa: N818 - no failure: what the page says in place of a number
    """Why no temperature fits."""


def logits_of(scores: npt.ArrayLike, probabilities: npt.ArrayLike, kind: Likelihood) -> Floats:
    """Logits (images, classes) whose softmax gives the model's probabilities.

    Scores before a softmax are logits. A single sigmoid's scores are -z and z, and half of each is
    a logit. Of other scores the logarithms of the probabilities are.
    """
    if kind == "mean":
        shares = np.asarray(probabilities, np.float64)
        return np.asarray(np.log(np.maximum(shares, np.finfo(np.float32).tiny)))
    logits = np.asarray(scores, np.float64) / (2 if kind == "sigmoid" else 1)
    farthest = logits.max(axis=1, keepdims=True) - _FARTHEST  # a score may be -inf
    return np.asarray(np.maximum(logits, farthest))


def log_probabilities(logits: Floats, temperature: float = 1.0) -> Floats:
    """Logarithms of the softmax of logits (images, classes) over a temperature."""
    scaled = logits / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True))


def fit_temperature(logits: Floats, true: npt.NDArray[np.intp]) -> float:
    """The temperature with the smallest negative log-likelihood of classes `true` (images,).

    The likelihood is convex in the inverse of the temperature: Newton's method on its logarithm,
    kept inside a bracket that shrinks.

    Raises:
        Unfitted: there is no minimum between 0.01 and 100.

    """
    centred = logits - logits.max(axis=1, keepdims=True)
    own = centred[np.arange(len(true)), true]

    def slopes(inverse: float) -> tuple[float, float]:
        """First and second derivative of the mean by the inverse temperature."""
        shares = np.exp(log_probabilities(centred, 1 / inverse))
        expected = (shares * centred).sum(axis=1)
        spread = (shares * centred**2).sum(axis=1) - expected**2
        return float((expected - own).mean()), float(spread.mean())

    low, high = np.log(1 / HIGHEST), np.log(1 / LOWEST)
    if slopes(float(np.exp(high)))[0] <= 0:
        raise Unfitted(ALL_RIGHT)
    if slopes(float(np.exp(low)))[0] >= 0:
        raise Unfitted(NOTHING_TOLD)
    at = 0.0
    while high - low > 1e-10:
        inverse = float(np.exp(at))
        first, second = slopes(inverse)
        low, high = (at, high) if first < 0 else (low, at)
        curve = inverse * second + first  # the step in the logarithm of the inverse
        step = at - first / curve if curve > 0 else low
        if abs(step - at) < 1e-12:
            break
        at = step if low < step < high else (low + high) / 2
    return float(np.exp(-at))


@dataclass(frozen=True)
class _Chunk:
    keys: npt.NDArray[np.uint64]
    true: npt.NDArray[np.intp]
    logits: Floats


class Logits:
    """Logits of images of known class: all, or of very many a sample that no order decides."""

    def __init__(self, classes: int) -> None:
        """Keep nothing yet; `classes` logits to an image."""
        self._most = max(min(MOST_IMAGES, MOST_VALUES // max(classes, 1)), LEAST_IMAGES)
        self._chunks: list[_Chunk] = []
        self.images = 0

    def add(self, names: Sequence[str], true: npt.NDArray[np.intp], logits: Floats) -> None:
        """Keep the logits (images, classes) of images by their names, which differ."""
        keys = np.array([_key(name) for name in names], np.uint64)
        self._chunks.append(_Chunk(keys, true, logits))
        self.images += len(names)
        if sum(len(chunk.keys) for chunk in self._chunks) > 2 * self._most:
            self._chunks = [self._kept()]

    def _kept(self) -> _Chunk:
        """At most so many images, those with the lowest keys, in order of class and key."""
        keys, true, logits = (
            np.concatenate([getattr(chunk, field) for chunk in self._chunks])
            for field in ("keys", "true", "logits")
        )
        chosen = np.argsort(keys, kind="stable")[: self._most]
        chosen = chosen[np.argsort(true[chosen], kind="stable")]
        return _Chunk(keys[chosen], true[chosen], logits[chosen])

    def temperature(self) -> Temperature:
        """The record, or why there is no temperature; its chart is made elsewhere."""
        if self.images < LEAST_IMAGES:
            reason = f"it takes {LEAST_IMAGES} images of known class, and there are {self.images}"
            return Temperature(reason=reason, images=self.images)
        kept = self._kept()
        images = len(kept.true)
        fold = np.arange(images) % FOLDS
        scaled = np.empty_like(kept.logits)
        try:
            fitted = fit_temperature(kept.logits, kept.true)
            of_folds = [
                fit_temperature(kept.logits[fold != at], kept.true[fold != at])
                for at in range(FOLDS)
            ]
        except Unfitted as why:
            return Temperature(reason=_why(str(why), kept), images=images)
        for at, temperature in enumerate(of_folds):
            scaled[fold == at] = log_probabilities(kept.logits[fold == at], temperature)
        before, after = log_probabilities(kept.logits), scaled
        loss_before, then = _measured(before, kept.true)
        loss_after, now = _measured(after, kept.true)
        return Temperature(
            temperature=fitted,
            lowest=min(of_folds),
            highest=max(of_folds),
            images=images,
            sampled=images < self.images,
            folds=FOLDS,
            loss_before=loss_before,
            loss_after=loss_after,
            calibration_error_before=then.error(),
            calibration_error_after=now.error(),
            reliability=now.bins(),
        )


def _why(reason: str, kept: _Chunk) -> str:
    """Why no temperature fits, where it is the few mistakes that are not in every fold."""
    wrong = int((kept.logits.argmax(axis=1) != kept.true).sum())
    if reason != ALL_RIGHT or not wrong:
        return reason
    images = f"{wrong:,} of {len(kept.true):,} images {'is' if wrong == 1 else 'are'}"
    return f"only {images} misclassified, and without those of one fold none is"


def _measured(shares: Floats, true: npt.NDArray[np.intp]) -> tuple[float, Reliability]:
    """The negative log-likelihood and the reliability of logarithms of probabilities."""
    rows, predicted = np.arange(len(true)), shares.argmax(axis=1)
    counted = Reliability()
    counted.add(np.exp(shares[rows, predicted]), predicted == true)
    return float(-shares[rows, true].mean()), counted


def _key(name: str) -> int:
    """A number that stands for a name and has nothing to do with the order of names."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
