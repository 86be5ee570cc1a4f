"""Evaluation: class scores of images whose class is known, counted one image after the other.

Only counts, sums and the mistakes are kept, and the logits that a temperature is fitted to.
"""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
import numpy.typing as npt

from reportgen.analysis.accuracy.reliability import Reliability
from reportgen.analysis.accuracy.remarks import remarks
from reportgen.analysis.accuracy.temperature import Likelihood, Logits, logits_of
from reportgen.few_images import wilson_interval
from reportgen.records.model import Model
from reportgen.records.over_images import (
    ClassResult,
    ConfidenceBin,
    Confused,
    Evaluation,
    Mistake,
    Temperature,
)

Floats = npt.NDArray[np.float64]


def likelihood_of(model: Model) -> tuple[Likelihood | None, str]:
    """How the model's loss is computed; None and the reason where no class excludes the others."""
    head = model.head
    if head is None:
        return None, "the model has no output of its own"
    if head.link == "none":
        exclusive = head.kind == "classes"
        return None, _WITHOUT_LOSS[exclusive]
    return ("mean" if head.link == "probability" else head.link), ""


NOT_EXCLUSIVE = "it takes classes that exclude each other and probabilities that sum to one"
"""Why some heads have no temperature."""

_WITHOUT_LOSS = {
    True: "the output gives no probabilities that sum to one",
    False: "the classes do not exclude each other: each has a probability of its own",
}


def cross_entropy(
    scores: Floats, probabilities: Floats, true: npt.NDArray[np.intp], kind: Likelihood
) -> Floats:
    """Minus the natural logarithm of the probability of class `true`, (images,).

    It is computed from the scores where they say it, since a probability near 1 is rounded: from
    -z and z for a single sigmoid, from all scores for a softmax. `scores` and `probabilities` are
    (images, classes).
    """
    rows = np.arange(len(true))
    if kind == "sigmoid":
        return np.logaddexp(0.0, -scores[rows, true])
    if kind == "softmax":
        return np.asarray(np.logaddexp.reduce(scores, axis=1) - scores[rows, true])
    return -np.log(np.maximum(probabilities[rows, true], np.finfo(np.float64).tiny))


def _ranks(scores: Floats, true: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How many classes come before class `true` of each image; of equal scores the lower number."""
    own = np.take_along_axis(scores, true[:, None], axis=1)
    before = np.arange(scores.shape[1]) < true[:, None]
    return np.asarray(((scores > own) | ((scores == own) & before)).sum(axis=1))


class Tally:
    """What has been counted so far; memory grows with the mistakes that are kept alone."""

    def __init__(
        self,
        classes: int,
        top: int,
        kind: Likelihood | None,
        *,
        order_assumed: bool = False,
        most_mistakes: int | None = None,
    ) -> None:
        """Count nothing yet.

        `classes` of the model; `top` is K of the top-K accuracy; `kind` as `likelihood_of`;
        `order_assumed` where the classes are counted in the order of their folders' names; of the
        mistakes, the `most_mistakes` most confident ones are kept, all without a number.
        """
        self.classes = classes
        self.top = min(top, classes - 1) if classes > 2 else None
        self.kind = kind
        self.order_assumed = order_assumed
        self.images = self.correct = self.among_top = 0
        self.loss = 0.0
        self._kept: list[tuple[float, Mistake]] = []
        self._most = most_mistakes
        self._confusion: dict[tuple[int, int], int] = {}
        self._reliability = Reliability()
        self._logits = Logits(classes)
        self.without_probabilities = 0

    def add(self, image: str, true: int, scores: Sequence[float], shares: Sequence[float]) -> None:
        """Count an image of class `true`, see `add_all`."""
        self.add_all([image], [true], [scores], [shares])

    def add_all(
        self,
        images: Sequence[str],
        true: Sequence[int],
        scores: npt.ArrayLike,
        shares: npt.ArrayLike,
    ) -> None:
        """Count images of classes `true`, by their names.

        `scores` (images, classes) are before softmax or sigmoid, `shares` the probabilities; there
        are none of margins, (images, 0).
        """
        values, probabilities = np.asarray(scores, np.float64), np.asarray(shares, np.float64)
        rows, classes = np.arange(len(images)), np.asarray(true, np.intp)
        known = probabilities.shape[1] > 0
        self.without_probabilities += len(rows) * (not known)
        predicted = np.argmax(values, axis=1)  # of equal scores the first
        right = predicted == classes
        self.images += len(rows)
        self.correct += int(right.sum())
        self.among_top += int((_ranks(values, classes) < (self.top or 1)).sum())
        if self.kind is not None:
            for loss in cross_entropy(values, probabilities, classes, self.kind).tolist():
                self.loss += loss
        for cell in zip(classes.tolist(), predicted.tolist(), strict=True):
            self._confusion[cell] = self._confusion.get(cell, 0) + 1
        if known:
            confidence = probabilities[rows, predicted]
            self._reliability.add(confidence, right)
            if self.kind is not None:
                self._logits.add(images, classes, logits_of(values, probabilities, self.kind))
        self._keep(images, np.flatnonzero(~right), classes, predicted, values, probabilities)
        if self._most is not None and len(self._kept) > 2 * self._most:
            self._kept = self._sorted()[: self._most]

    def _keep(
        self,
        images: Sequence[str],
        wrong: npt.NDArray[np.intp],
        true: npt.NDArray[np.intp],
        predicted: npt.NDArray[np.intp],
        scores: Floats,
        probabilities: Floats,
    ) -> None:
        """Keep the mistakes, which are the images at the indices `wrong`."""
        own, taken = true[wrong], predicted[wrong]
        nothing: list[float | None] = [None] * len(wrong)
        shares = own_shares = nothing
        confidence = (scores[wrong, taken] - scores[wrong, own]).tolist()
        if probabilities.shape[1]:
            shares = confidence = probabilities[wrong, taken].tolist()
            own_shares = probabilities[wrong, own].tolist()
        found = zip(wrong.tolist(), own.tolist(), taken.tolist(), shares, own_shares, strict=True)
        mistakes = (
            Mistake(
                image=images[at],
                true=true_class,
                predicted=predicted_class,
                probability=share,
                true_probability=own_share,
            )
            for at, true_class, predicted_class, share, own_share in found
        )
        self._kept += zip(confidence, mistakes, strict=True)

    def _sorted(self) -> list[tuple[float, Mistake]]:
        return sorted(self._kept, key=lambda pair: (-pair[0], pair[1].image))

    def most_confident_mistakes(self) -> list[Mistake]:
        """The mistakes, most confident first; without probabilities by the gap of scores."""
        return [mistake for _, mistake in self._sorted()[: self._most]]

    def class_results(self, labels: Sequence[str]) -> list[ClassResult]:
        """Precision and recall of each class that an image has or gets."""
        results = []
        for index in sorted({index for cell in self._confusion for index in cell}):
            images = sum(n for (true, _), n in self._confusion.items() if true == index)
            predicted = sum(n for (_, taken), n in self._confusion.items() if taken == index)
            correct = self._confusion.get((index, index), 0)
            results.append(
                ClassResult(
                    index=index,
                    label=labels[index],
                    images=images,
                    predicted=predicted,
                    correct=correct,
                    precision=correct / predicted if predicted else None,
                    recall=correct / images if images else None,
                    f1=2 * correct / (images + predicted),
                )
            )
        return results

    def remarks(self, labels: Sequence[str]) -> list[str]:
        """Sentences on what the numbers alone would hide."""
        classes = self.class_results(labels)
        return remarks(classes, self._confusion, labels, order_assumed=self.order_assumed)

    def reliability(self) -> list[ConfidenceBin]:
        """Confidence and accuracy by bins of confidence; none without probabilities."""
        if self.without_probabilities:
            return []
        return self._reliability.bins()

    def calibration_error(self) -> float | None:
        """Mean distance of confidence and accuracy, each bin weighted by its images."""
        if self.without_probabilities:
            return None
        return self._reliability.error()

    def temperature(self) -> Temperature | None:
        """The temperature that calibrates the model; None without probabilities."""
        if self.without_probabilities:
            return None
        if self.kind is None:
            return Temperature(reason=NOT_EXCLUSIVE, images=self.images)
        return self._logits.temperature()

    def evaluation(
        self, model: Model, folders: dict[str, int], unknown: int, chart: str | None, reason: str
    ) -> Evaluation:
        """The record; at least one image was counted.

        `chart` is the path of the reliability diagram, `reason` says why there is no loss.
        """
        low, high = wilson_interval(self.correct, self.images)
        results = self.class_results(model.labels)
        most = max(results, key=lambda result: (result.images, -result.index))
        return Evaluation(
            images=self.images,
            unknown=unknown,
            folders=folders,
            correct=self.correct,
            accuracy=self.correct / self.images,
            accuracy_low=low,
            accuracy_high=high,
            majority=most.index,
            majority_share=most.images / self.images,
            balanced_accuracy=fmean(
                result.recall for result in results if result.recall is not None
            ),
            macro_f1=fmean(result.f1 for result in results if result.f1 is not None),
            remarks=self.remarks(model.labels),
            top_k=self.top,
            top_k_accuracy=self.among_top / self.images if self.top else None,
            loss=None if self.kind is None else self.loss / self.images,
            loss_reason=reason,
            classes=results,
            confusion=[
                Confused(true=true, predicted=predicted, images=images)
                for (true, predicted), images in sorted(self._confusion.items())
            ],
            calibration_error=self.calibration_error(),
            reliability=self.reliability(),
            reliability_chart=chart,
            temperature=self.temperature(),
            mistakes=self.most_confident_mistakes(),
        )
