"""The evaluation: mistakes first, then confusion, precision and recall, reliability."""

from collections.abc import Iterator

from reportgen.heatmap_methods import CAMS
from reportgen.records.image import Image
from reportgen.records.over_images import ClassResult, Evaluation, Mistake
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Column,
    Facts,
    Figure,
    Limits,
    Page,
    Part,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Fact, Link, Picture
from reportgen.report.heatmaps import cam_groups, shown_cam
from reportgen.report.outline import Outline
from reportgen.report.sections.confusion import confusion
from reportgen.report.sections.reliability import reliability
from reportgen.wording import count, number, percent, sentence

MOST_CLASSES = 60
_MISTAKES = Limits("misclassified image", page=20, paper=8)
_CLASSES = (
    Column("Class", "long"),
    *(
        Column(head, "number")
        for head in ("Images", "Predicted", "Correct", "Precision", "Recall", "F1")
    ),
)


def evaluation(outline: Outline) -> Iterator[Page]:
    """The page of all images whose class is known."""
    found = outline.report.evaluation
    if found is not None:
        yield Page("evaluation.html", "Evaluation", tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: Evaluation) -> Iterator[Block]:
    yield Facts(tuple(_facts(found)))
    for remark in found.remarks:
        yield text(sentence(remark))
    yield Part(("Misclassified images",), "evaluation--mistakes", tuple(_mistakes(outline, found)))
    yield Part(("Confusion matrix",), "evaluation--confusion", tuple(confusion(outline, found)))
    yield Part(("Classes",), "evaluation--classes", tuple(_classes(found)))
    yield from reliability(found)


def accuracy_fact(found: Evaluation) -> Fact:
    """The accuracy, of how many images, and how sure that is."""
    low, high = percent(found.accuracy_low), percent(found.accuracy_high)
    right = f"{found.correct:,} of {count(found.images, 'image')}{_among(found)}"
    words = f"{right}; 95 % Wilson interval {low} to {high}"
    return Fact("Accuracy", percent(found.accuracy), words)


def _facts(found: Evaluation) -> Iterator[Fact]:
    """The numbers over all images."""
    most = next(result.label for result in found.classes if result.index == found.majority)
    yield accuracy_fact(found)
    yield Fact("Majority baseline", percent(found.majority_share), f"always predicting {most}")
    if found.balanced_accuracy is not None:
        note = "mean recall of the classes"
        yield Fact("Balanced accuracy", percent(found.balanced_accuracy), note)
    if found.macro_f1 is not None:
        yield Fact("F1", percent(found.macro_f1), "mean over the classes")
    if found.top_k is not None and found.top_k_accuracy is not None:
        note = f"true class among the top {found.top_k}"
        yield Fact(f"Top-{found.top_k} accuracy", percent(found.top_k_accuracy), note)
    if found.loss is None:
        yield Fact("Loss", "not defined", found.loss_reason)
    else:
        yield Fact("Loss", number(found.loss), "mean cross-entropy")
    if found.calibration_error is not None:
        error = percent(found.calibration_error)
        yield Fact("Calibration error", error, "mean gap between confidence and accuracy")
    if found.folders:
        by_index = sorted(found.folders.items(), key=lambda pair: (pair[1], pair[0]))
        named = [f"{index} {name}" for name, index in by_index]
        left = f", {len(named) - 8:,} more" if len(named) > 8 else ""
        yield Fact("Classes", f"{len(named):,}", ", ".join(named[:8]) + left)
    if found.not_finite:
        note = "the class scores are not numbers (NaN or infinite); not in the accuracy"
        yield Fact("No class predicted", count(found.not_finite, "image"), note)
    if found.unknown:
        yield Fact("Excluded", count(found.unknown, "image"), "of no known class, or no scores")


def _mistakes(outline: Outline, found: Evaluation) -> Iterator[Block]:
    shown = outline.shown_mistakes
    yield text(_mistakes_text(found, len(shown)))
    if shown:
        yield Cards(tuple(mistake_card(outline, mistake) for mistake in shown), 2, _MISTAKES)


def _among(found: Evaluation) -> str:
    """Which data set the images are of; empty for the images of the report."""
    return f" of the data set {found.dataset}" if found.dataset else ""


def _mistakes_text(found: Evaluation, shown: int) -> str:
    """How many mistakes there are; and how many are `shown` where that is not all."""
    if not found.mistakes:
        return f"All {count(found.images, 'image')}{_among(found)} are classified correctly."
    wrong = found.images - found.correct
    are = "is" if wrong == 1 else "are"
    words = f"{wrong:,} of {count(found.images, 'image')}{_among(found)} {are} misclassified"
    if wrong > 1:
        words += ", most confident first"
    fewer = f" {shown:,} of them are in this report." if shown < wrong else ""
    return f"{words}.{fewer}"


def mistake_card(outline: Outline, mistake: Mistake) -> Card:
    """The photo, the evidence for the predicted class, and that for the true one."""
    image, labels = outline.images[mistake.image], outline.report.model.labels
    photo = Picture(image.photo, f"Photo {image.name}", image.photo_width, image.photo_height)
    return Card(
        (Link(image.name, outline.image_place(image.name)),),
        (Figure(photo, ("Photo",)), *_heatmaps(outline, image, mistake)),
        (
            f"Predicted: {labels[mistake.predicted]}{_bracketed(mistake.probability)}. True class:"
            f" {labels[mistake.true]}{_bracketed(mistake.true_probability)}.",
        ),
    )


def _bracketed(probability: float | None) -> str:
    return "" if probability is None else f" ({percent(probability)})"


def _heatmaps(outline: Outline, image: Image, mistake: Mistake) -> Iterator[Figure]:
    """The heatmaps of the predicted class and of the true one; none where neither has any.

    Where the first kind of map is empty, another kind of the same class stands for it.
    """
    labels = outline.report.model.labels
    groups = cam_groups(image.gradcam) if outline.has("gradcam") else ()
    by_class = {group.main.index: group for group in groups}
    wanted = {mistake.predicted: "predicted", mistake.true: "true"}
    if not any(index in by_class for index in wanted):
        return
    for index, word in wanted.items():
        group, words = by_class.get(index), f"Evidence for {labels[index]} ({word})"
        found = shown_cam(group) if group else None
        if found is None or found.picture is None:
            reason = found.reason if found else "no heatmap was made"
            yield Figure(None, (f"{words}: {reason.rstrip('.')}.",))
        else:
            if group and found is not group.main:
                words += f", {CAMS[found.method].title} ({CAMS[group.main.method].title} is empty)"
            alt = f"{CAMS[found.method].title} of {found.label} on {image.name}"
            yield Figure(Picture(found.picture, alt, found.width, found.height), (words,))


def _classes(found: Evaluation) -> Iterator[Block]:
    """Precision and recall of each class, or of those that are found worst."""
    shown, words = found.classes, ""
    left = len(shown) - MOST_CLASSES
    if left > 0:
        order = sorted(shown, key=lambda result: (result.recall is None, result.recall or 0.0))
        shown = order[:MOST_CLASSES]
        more = count(left, "more class", "more classes")
        words = f" The {MOST_CLASSES} classes with the lowest recall; {more} in report.json."
    yield text(
        "Precision: share of predictions of this class that are correct. Recall: share of images of"
        f" this class that are found. F1: their harmonic mean.{words}",
        style="quiet",
    )
    yield Table("Precision and recall of each class", _CLASSES, tuple(map(_class_row, shown)))


def _class_row(result: ClassResult) -> Row:
    return row(
        f"{result.label} ({result.index})",
        *(f"{amount:,}" for amount in (result.images, result.predicted, result.correct)),
        *(
            "–" if share is None else percent(share)
            for share in (result.precision, result.recall, result.f1)
        ),
    )
