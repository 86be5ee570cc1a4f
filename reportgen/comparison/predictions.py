"""What two models predict for the same images: numbers, flips, classes, calibration."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from reportgen.comparison.matching import Matches
from reportgen.comparison.significance import mcnemar
from reportgen.few_images import wilson_interval
from reportgen.records.comparison import (
    Answer,
    Calibration,
    ClassChange,
    ClassSide,
    ConfusedChange,
    Flip,
    FlipKind,
    McNemar,
    Measured,
    NotCompared,
    NumberChange,
)
from reportgen.records.image import Image, Prediction
from reportgen.records.over_images import ConfidenceBin
from reportgen.records.report import Report

BINS = 10
"""Bins of confidence, of equal width, as of a report's reliability diagram."""

KINDS: tuple[FlipKind, ...] = ("right to wrong", "wrong to right", "wrong to wrong", "unknown")


@dataclass(frozen=True)
class Pair:
    """An image with predictions in both reports; classes are indices of the second model.

    A class that only the first model has is its index plus the second model's classes, so that it
    is none of these. `true` is None where the reports do not name the same class.
    """

    first: Image
    second: Image
    predicted_a: int
    predicted_b: int
    true: int | None

    @property
    def right(self) -> tuple[bool, bool]:
        """Whether each model predicts the true class."""
        return self.predicted_a == self.true, self.predicted_b == self.true


@dataclass(frozen=True)
class Predictions:
    """The images that both reports hold, with the predictions of both."""

    a: Report
    b: Report
    matches: Matches

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Images with predictions in both."""
        return tuple(
            Pair(
                image,
                other,
                self._class(image.predictions[0].index),
                other.predictions[0].index,
                self._true(image, other),
            )
            for image, other in self.matches.images
            if image.predictions and other.predictions
        )

    @cached_property
    def known(self) -> tuple[Pair, ...]:
        """Of these, the images whose true class is known."""
        return tuple(pair for pair in self.pairs if pair.true is not None)

    def _class(self, index: int) -> int:
        return self.matches.classes.get(index, len(self.b.model.labels) + index)

    def _true(self, image: Image, other: Image) -> int | None:
        if image.true_class is None or other.true_class is None:
            return None
        same = self.matches.classes.get(image.true_class) == other.true_class
        return other.true_class if same else None

    def label(self, index: int) -> str:
        """The label of a class of `Pair`."""
        count = len(self.b.model.labels)
        return self.b.model.labels[index] if index < count else self.a.model.labels[index - count]

    @property
    def is_everything(self) -> bool:
        """Whether both reports hold the same images."""
        return len(self.a.images) == len(self.b.images) == len(self.matches.images)

    def left_out(self) -> list[NotCompared]:
        """The common images that have no predictions, or no common class, and why."""
        found = []
        for ours, other in self.matches.images:
            lacking = [image for image in (ours, other) if not image.predictions]
            if lacking and (self.a.model.labels and self.b.model.labels):
                side = "both" if len(lacking) == 2 else ("a" if lacking[0] is ours else "b")
                found.append(_left("image", other.name, side, "no class is predicted"))
            elif (ours.true_class is None) != (other.true_class is None):
                side = "b" if ours.true_class is None else "a"
                found.append(
                    _left("image", other.name, side, "only this report knows its true class")
                )
            elif ours.true_class is not None and self._true(ours, other) is None:
                reason = "the reports name different true classes"
                found.append(_left("image", other.name, "both", reason))
        return found


def _left(what: str, name: str, side: str, reason: str) -> NotCompared:
    return NotCompared.model_validate({"what": what, "name": name, "side": side, "reason": reason})


def flips_of(found: Predictions) -> list[Flip]:
    """The images whose predicted class changed, without pictures."""
    flips = [
        Flip(
            image=pair.second.name,
            sha256=pair.second.sha256,
            kind=_kind(pair),
            true=None if pair.true is None else found.label(pair.true),
            a=_answer(pair.first.predictions[0]),
            b=_answer(pair.second.predictions[0]),
        )
        for pair in found.pairs
        if pair.predicted_a != pair.predicted_b
    ]
    return sorted(flips, key=lambda flip: (KINDS.index(flip.kind), flip.image, flip.sha256))


def _kind(pair: Pair) -> FlipKind:
    if pair.true is None:
        return "unknown"
    before, after = pair.right
    return "right to wrong" if before else "wrong to right" if after else "wrong to wrong"


def _answer(predicted: Prediction) -> Answer:
    return Answer(label=predicted.label, probability=predicted.probability)


def test_of(found: Predictions) -> McNemar | None:
    """McNemar's test; None without an image of known class."""
    if not found.known:
        return None
    counts = dict.fromkeys([(True, True), (True, False), (False, True), (False, False)], 0)
    for pair in found.known:
        counts[pair.right] += 1
    only_a, only_b = counts[True, False], counts[False, True]
    return McNemar(
        both_right=counts[True, True],
        only_a=only_a,
        only_b=only_b,
        both_wrong=counts[False, False],
        p_value=mcnemar(only_a, only_b),
    )


def classes_of(found: Predictions) -> list[ClassChange]:
    """Precision and recall of each class that an image has or was predicted as."""
    true = [pair.true for pair in found.known]
    sides = [pair.predicted_a for pair in found.known], [pair.predicted_b for pair in found.known]
    indices = sorted({index for part in (true, *sides) for index in part if index is not None})
    return [
        ClassChange(
            label=found.label(index),
            images=true.count(index),
            a=_class_side(index, true, sides[0]),
            b=_class_side(index, true, sides[1]),
        )
        for index in indices
    ]


def _class_side(index: int, true: Sequence[int | None], predicted: Sequence[int]) -> ClassSide:
    images, taken = true.count(index), predicted.count(index)
    correct = sum(
        true_index == other == index for true_index, other in zip(true, predicted, strict=True)
    )
    return ClassSide(
        predicted=taken,
        correct=correct,
        precision=correct / taken if taken else None,
        recall=correct / images if images else None,
        f1=2 * correct / (images + taken) if images + taken else None,
    )


def confusion_of(found: Predictions) -> list[ConfusedChange]:
    """The cells of both confusion matrices that are not zero in both, by class."""
    cells: dict[tuple[int, int], list[int]] = {}
    for pair in found.known:
        assert pair.true is not None  # noqa: S101 - `known` has no others
        for side, predicted in enumerate((pair.predicted_a, pair.predicted_b)):
            cells.setdefault((pair.true, predicted), [0, 0])[side] += 1
    return [
        ConfusedChange(true=found.label(true), predicted=found.label(predicted), a=a, b=b)
        for (true, predicted), (a, b) in sorted(cells.items())
    ]


def calibrations_of(found: Predictions) -> tuple[Calibration | None, Calibration | None]:
    """Confidence against accuracy of both; None without probabilities."""
    confident = [
        [image.predictions[0].probability for image in images]
        for images in ([p.first for p in found.known], [p.second for p in found.known])
    ]
    rights = zip(*(pair.right for pair in found.known), strict=True)
    ours, other = (
        _calibration(shares, right)
        for shares, right in zip(confident, (*rights,) or ((), ()), strict=True)
    )
    return ours, other


def _calibration(shares: Sequence[float | None], right: Sequence[bool]) -> Calibration | None:
    known = [share for share in shares if share is not None]
    if not known or len(known) < len(shares):
        return None
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for share, hit in zip(known, right, strict=True):
        bins[min(max(math.ceil(share * BINS) - 1, 0), BINS - 1)].append((share, hit))
    gaps = [abs(sum(share - hit for share, hit in hits)) for hits in bins]
    return Calibration(
        error=math.fsum(gaps) / len(known),
        bins=[
            ConfidenceBin(
                low=at / BINS,
                high=(at + 1) / BINS,
                images=len(hits),
                confidence=fmean(share for share, _ in hits) if hits else None,
                accuracy=fmean(hit for _, hit in hits) if hits else None,
            )
            for at, hits in enumerate(bins)
        ],
    )


def numbers_of(
    found: Predictions,
    classes: Sequence[ClassChange],
    calibrations: tuple[Calibration | None, Calibration | None],
) -> list[NumberChange]:
    """The numbers of the predictions."""
    numbers: list[NumberChange] = []
    if images := len(found.known):
        rights = [sum(hits) for hits in zip(*(pair.right for pair in found.known), strict=True)]
        measured = [_share(hits, images) for hits in rights]
        numbers.append(_change("accuracy", "Accuracy", "share", True, images, *measured))
        for key, title, name in _MEANS:
            means = [_mean_over(classes, side, name) for side in ("a", "b")]
            numbers.append(_change(key, title, "share", True, images, *means))
    if calibrations[0] or calibrations[1]:
        errors = [
            Measured(value=calibration.error) if calibration else None
            for calibration in calibrations
        ]
        numbers.append(
            _change("calibration_error", "Calibration error", "share", False, images, *errors)
        )
    return [*numbers, *_of_reports(found)]


_MEANS = (
    ("balanced_accuracy", "Balanced accuracy", "recall"),
    ("macro_f1", "F1, mean over the classes", "f1"),
)


def _share(hits: int, images: int) -> Measured:
    low, high = wilson_interval(hits, images)
    return Measured(value=hits / images, low=low, high=high)


def _mean_over(classes: Sequence[ClassChange], side: str, name: str) -> Measured | None:
    values = [getattr(getattr(class_change, side), name) for class_change in classes]
    known = [value for value in values if value is not None]
    return Measured(value=fmean(known)) if known else None


def _change(
    key: str,
    title: str,
    kind: str,
    higher_is_better: bool | None,
    images: int,
    a: Measured | None,
    b: Measured | None,
) -> NumberChange:
    return NumberChange.model_validate(
        {
            "key": key,
            "title": title,
            "kind": kind,
            "higher_is_better": higher_is_better,
            "images": images,
            "a": a,
            "b": b,
            "change": None if a is None or b is None else b.value - a.value,
        }
    )


def _of_reports(found: Predictions) -> list[NumberChange]:
    """Numbers that reports state of all their images: compared where the images are the same."""
    numbers = []
    evaluations = [found.a.evaluation, found.b.evaluation]
    known = {evaluation.images for evaluation in evaluations if evaluation is not None}
    if found.is_everything and known == {len(found.known)}:
        images = len(found.known)
        top = {evaluation.top_k for evaluation in evaluations if evaluation and evaluation.top_k}
        for key, title, higher, read in _STATED:
            values = [
                Measured(value=value)
                if evaluation is not None and (value := read(evaluation)) is not None
                else None
                for evaluation in evaluations
            ]
            if key == "top_k_accuracy" and (len(top) != 1 or top == {1}):
                continue  # of the top 1 it is the accuracy
            if values != [None, None]:
                shown = title.format(*top)
                kind = "number" if key == "loss" else "share"
                numbers.append(_change(key, shown, kind, higher, images, *values))
    return [*numbers, *_of_values(found)]


_STATED: tuple[tuple[str, str, bool, Callable[..., float | None]], ...] = (
    ("top_k_accuracy", "Top-{} accuracy", True, lambda evaluation: evaluation.top_k_accuracy),
    ("loss", "Loss", False, lambda evaluation: evaluation.loss),
)


def _of_values(found: Predictions) -> list[NumberChange]:
    """Errors of values that both models predict, where both reports measure the same images."""
    regression, other = found.a.regression, found.b.regression
    if (
        regression is None
        or other is None
        or not found.is_everything
        or regression.images != other.images
    ):
        return []
    fits: Mapping[str, float] = {fit.name: fit.mae for fit in regression.fits}
    return [
        _change(
            f"mae {fit.name}",
            f"Mean absolute error of {fit.name}",
            "number",
            False,
            fit.images,
            Measured(value=fits[fit.name]),
            Measured(value=fit.mae),
        )
        for fit in other.fits
        if fit.name in fits
    ]


def numbers_of_models(a: Report, b: Report, *, same_images: bool) -> list[NumberChange]:
    """Numbers of the models and, over the same images, of their channels."""
    numbers = []
    if a.health and b.health and same_images:
        images = b.health.images
        for key, title in _CHANNELS:
            measured = [Measured(value=getattr(report.health, key)) for report in (a, b)]
            numbers.append(_change(f"{key}_channels", title, "count", False, images, *measured))
    sizes = [Measured(value=report.model.parameters) for report in (a, b)]
    numbers.append(_change("parameters", "Parameters", "count", None, 0, *sizes))
    return numbers


_CHANNELS = (
    ("silent", "Silent channels"),
    ("saturated", "Saturated channels"),
    ("non_finite", "NaN or infinite channels"),
)
