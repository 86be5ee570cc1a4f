"""Evaluation: class scores of images whose class is known, counted one image after the other.

Only counts, sums and the mistakes are kept. Reliability and the expected calibration error: Guo et
al., "On Calibration of Modern Neural Networks", 2017.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.remarks import remarks
from reportgen.records.over_images import (
    ClassResult,
    ConfidenceBin,
    Confused,
    Evaluation,
    Mistake,
)
from reportgen.records.report import Model
from reportgen.wilson import wilson_interval

BINS = 10
"""Bins of the reliability diagram, of equal width."""

Likelihood = Literal["softmax", "sigmoid", "mean"]
"""How the probability of a class follows from class scores; "mean" stands for maps of them,
and for other scores that are no logits."""

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


_WITHOUT_LOSS = {
    True: "the output gives no probabilities that sum to one",
    False: "the classes do not exclude each other: each has a probability of its own",
}


def cross_entropy(scores: Floats, probabilities: Floats, true: int, kind: Likelihood) -> float:
    """Minus the natural logarithm of the probability of class `true`, one image.

    It is computed from the scores where they say it, since a probability near 1 is rounded: from
    -z and z for a single sigmoid, from all scores for a softmax.
    """
    if kind == "sigmoid":
        return float(np.logaddexp(0.0, -scores[true]))
    if kind == "softmax":
        return float(np.logaddexp.reduce(scores) - scores[true])
    return -float(np.log(max(probabilities[true], np.finfo(np.float64).tiny)))


class Tally:
    """What has been counted so far; memory grows with the mistakes alone."""

    def __init__(
        self, classes: int, top: int, kind: Likelihood | None, *, order_assumed: bool = False
    ) -> None:
        """Count nothing yet.

        `classes` of the model; `top` is K of the top-K accuracy; `kind` as `likelihood_of`;
        `order_assumed` where the classes are counted in the order of their folders' names.
        """
        self.classes = classes
        self.top = min(top, classes - 1) if classes > 2 else None
        self.kind = kind
        self.order_assumed = order_assumed
        self.images = self.correct = self.among_top = 0
        self.loss = 0.0
        self.mistakes: list[Mistake] = []
        self._confusion: dict[tuple[int, int], int] = {}
        self._bins = np.zeros((BINS, 3))
        self.without_probabilities = 0
        self._margins: dict[str, float] = {}

    def add(
        self, image: str, true: int, scores: Sequence[float], shares: Sequence[float]
    ) -> tuple[int, bool]:
        """Count an image of class `true`; returns the predicted class and whether it is right.

        `scores` are before softmax or sigmoid, `shares` the probabilities, one a class each; there
        are none of margins.
        """
        values, probabilities = np.array(scores, np.float64), np.array(shares, np.float64)
        self.without_probabilities += not len(probabilities)
        order = np.lexsort((np.arange(len(values)), -values))
        predicted = int(order[0])
        right = predicted == true
        self.images += 1
        self.correct += right
        self.among_top += true in order[: self.top or 1]
        if self.kind is not None:
            self.loss += cross_entropy(values, probabilities, true, self.kind)
        cell = (true, predicted)
        self._confusion[cell] = self._confusion.get(cell, 0) + 1
        confidence = float(probabilities[predicted]) if len(probabilities) else None
        if confidence is not None:
            at = min(max(int(np.ceil(confidence * BINS)) - 1, 0), BINS - 1)
            self._bins[at] += 1, confidence, right
        if not right:
            self.mistakes.append(
                Mistake(
                    image=image,
                    true=true,
                    predicted=predicted,
                    probability=confidence,
                    true_probability=float(probabilities[true]) if len(probabilities) else None,
                )
            )
            self._margins[image] = float(values[predicted] - values[true])
        return predicted, right

    def surest(self) -> list[Mistake]:
        """The mistakes, most confident first; without probabilities by the gap of scores."""

        def surer(one: Mistake) -> tuple[float, str]:
            known = self._margins[one.image] if one.probability is None else one.probability
            return -known, one.image

        return sorted(self.mistakes, key=surer)

    def class_results(self, labels: Sequence[str]) -> list[ClassResult]:
        """Precision and recall of each class that an image has or was taken for."""
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
        return [
            ConfidenceBin(
                low=at / BINS,
                high=(at + 1) / BINS,
                images=int(images),
                confidence=float(confidence / images) if images else None,
                accuracy=float(right / images) if images else None,
            )
            for at, (images, confidence, right) in enumerate(self._bins)
        ]

    def calibration_error(self) -> float | None:
        """Mean distance of confidence and accuracy, each bin weighted by its images."""
        if self.without_probabilities:
            return None
        return float(np.abs(self._bins[:, 1] - self._bins[:, 2]).sum() / self.images)

    def evaluation(
        self, model: Model, folders: dict[str, int], unknown: int, chart: str | None, reason: str
    ) -> Evaluation:
        """The record; at least one image was counted.

        `chart` is the path of the reliability diagram, `reason` says why there is no loss.
        """
        low, high = wilson_interval(self.correct, self.images)
        results = self.class_results(model.labels)
        most = max(results, key=lambda one: (one.images, -one.index))
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
            balanced_accuracy=fmean(one.recall for one in results if one.recall is not None),
            macro_f1=fmean(one.f1 for one in results if one.f1 is not None),
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
            mistakes=self.surest(),
        )
