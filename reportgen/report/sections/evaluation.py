"""The pages of the evaluation: mistakes first, then confusion, precision, reliability."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from reportgen.heatmap_methods import CAMS
from reportgen.records.over_images import ClassResult, Evaluation, Mistake
from reportgen.records.report import Image
from reportgen.report.contexts import Fact, Link, Picture
from reportgen.report.explanations import explanation
from reportgen.report.figures import plain_picture, svg_size
from reportgen.report.heatmap_groups import cam_groups
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.sections.over_images_contexts import (
    ClassRow,
    ConfusedPair,
    EvaluationPage,
    MatrixCell,
    MatrixRow,
    MistakeCard,
    Seen,
)
from reportgen.wording import count, number, percent, sentence

MATRIX_CLASSES = 16
"""Up to so many classes the confusion matrix is a table."""
MOST_PAIRS = 40
MOST_CLASSES = 60
_PHOTO = 320


def evaluation_pages(
    outline: Outline, navigation: Navigation, folder: Path
) -> Iterator[tuple[str, EvaluationPage]]:
    """Paths and contexts of the pages; none without an evaluation."""
    found = outline.report.evaluation
    if found is None or not outline.has("evaluation"):
        return
    parts = outline.evaluation_pages
    paths = [outline.evaluation_page(at) for at in range(1, len(parts) + 1)]
    shown, classes_text = classes_shown(found)
    pairs = confused_pairs(outline, found)
    for at, (page, mistakes) in enumerate(zip(paths, parts, strict=True), 1):
        first = at == 1
        crumbs = () if first else (("Evaluation", "evaluation.html"),)
        yield (
            page,
            EvaluationPage(
                frame=navigation.frame(Here(page, "Evaluation", "Evaluation", crumbs=crumbs)),
                first=first,
                explanation=explanation(outline.report, "evaluation") if first else None,
                notes=page_notes(outline, page, "evaluation") if first else (),
                facts=evaluation_facts(found),
                remarks=tuple(map(sentence, found.remarks)) if first else (),
                mistakes=tuple(_mistake(outline, page, one) for one in mistakes),
                mistakes_text=mistakes_text(found, len(outline.shown_mistakes)),
                columns=_columns(found),
                matrix=_matrix(found),
                pairs=pairs[:MOST_PAIRS],
                pairs_text=_left_out(len(pairs) - MOST_PAIRS, "pair"),
                classes=tuple(map(class_row, shown)),
                classes_text=classes_text,
                chart=_reliability(page, found, folder),
                pager=pager(page, paths, at, "Pages of mistakes"),
            ),
        )


def _reliability(page: str, found: Evaluation, folder: Path) -> Picture | None:
    """The reliability diagram; None where the model gives no probabilities."""
    if found.reliability_chart is None:
        return None
    return plain_picture(
        page,
        found.reliability_chart,
        svg_size(folder / found.reliability_chart),
        "Reliability diagram: share of images that is right, by the probability of their likeliest "
        "class",
        560,
    )


def classes_shown(found: Evaluation) -> tuple[Sequence[ClassResult], str]:
    """The classes for the table, and which it leaves out: those that are found best."""
    left = len(found.classes) - MOST_CLASSES
    if left <= 0:
        return found.classes, ""
    order = sorted(found.classes, key=lambda one: (one.recall is None, one.recall or 0.0))
    more = count(left, "more class", "more classes")
    text = f"The {MOST_CLASSES} classes with the lowest recall; {more} in report.json."
    return order[:MOST_CLASSES], text


def class_row(one: ClassResult) -> ClassRow:
    """A class in the table of precision and recall."""
    return ClassRow(
        name=f"{one.label} ({one.index})",
        images=f"{one.images:,}",
        predicted=f"{one.predicted:,}",
        correct=f"{one.correct:,}",
        precision="–" if one.precision is None else percent(one.precision),
        recall="–" if one.recall is None else percent(one.recall),
        f_score="–" if one.f1 is None else percent(one.f1),
    )


def accuracy_fact(found: Evaluation) -> Fact:
    """The accuracy, of how many images, and how sure that is."""
    low, high = percent(found.accuracy_low), percent(found.accuracy_high)
    text = (
        f"{found.correct:,} of {count(found.images, 'image')}; 95 % Wilson interval {low} to {high}"
    )
    return Fact("Accuracy", percent(found.accuracy), text)


def evaluation_facts(found: Evaluation) -> tuple[Fact, ...]:
    """The numbers over all images."""
    most = next(one.label for one in found.classes if one.index == found.majority)
    facts = [
        accuracy_fact(found),
        Fact("Majority baseline", percent(found.majority_share), f"always predicting {most}"),
    ]
    if found.balanced_accuracy is not None:
        text = "mean recall of the classes"
        facts.append(Fact("Balanced accuracy", percent(found.balanced_accuracy), text))
    if found.macro_f1 is not None:
        facts.append(Fact("F1", percent(found.macro_f1), "mean over the classes"))
    if found.top_k is not None and found.top_k_accuracy is not None:
        text = f"true class among the top {found.top_k}"
        facts.append(Fact(f"Top-{found.top_k} accuracy", percent(found.top_k_accuracy), text))
    if found.loss is None:
        facts.append(Fact("Loss", "not defined", found.loss_reason))
    else:
        facts.append(Fact("Loss", number(found.loss), "mean cross-entropy"))
    if found.calibration_error is not None:
        error = percent(found.calibration_error)
        facts.append(Fact("Calibration error", error, "mean gap between confidence and accuracy"))
    if found.folders:
        by_index = sorted(found.folders.items(), key=lambda one: (one[1], one[0]))
        named = [f"{index} {name}" for name, index in by_index]
        left = f", {len(named) - 8:,} more" if len(named) > 8 else ""
        facts.append(Fact("Classes", f"{len(named):,}", ", ".join(named[:8]) + left))
    if found.not_finite:
        text = "the class scores are not numbers (NaN or infinite); not in the accuracy"
        facts.append(Fact("No class predicted", count(found.not_finite, "image"), text))
    if found.unknown:
        text = "of no known class, or no scores"
        facts.append(Fact("Excluded", count(found.unknown, "image"), text))
    return tuple(facts)


def mistakes_text(found: Evaluation, shown: int) -> str:
    """How many mistakes there are; and how many are `shown` where that is not all."""
    if not found.mistakes:
        return f"All {count(found.images, 'image')} are classified correctly."
    are = "is" if len(found.mistakes) == 1 else "are"
    text = (
        f"{len(found.mistakes):,} of {count(found.images, 'image')} {are} misclassified, most "
        "confident first."
    )
    fewer = f" {shown:,} of them are in this report." if shown < len(found.mistakes) else ""
    return text + fewer


def _mistake(outline: Outline, page: str, mistake: Mistake) -> MistakeCard:
    image = outline.images[mistake.image]
    labels = outline.report.model.labels
    predicted = f"{labels[mistake.predicted]} {percent(mistake.probability)}"
    true = f"{labels[mistake.true]} {percent(mistake.true_probability)}"
    return MistakeCard(
        image=Link(image.name, href(page, outline.image_place(image.name))),
        predicted=predicted,
        true=true,
        pictures=_pictures(outline, page, image, mistake),
    )


def _pictures(outline: Outline, page: str, image: Image, mistake: Mistake) -> tuple[Seen, ...]:
    sizes = {cam.picture: (cam.width, cam.height) for cam in image.gradcam}
    photo = (image.photo_width, image.photo_height)
    return tuple(
        Seen(
            plain_picture(page, path, sizes.get(path, photo), f"{alt} {image.name}", _PHOTO)
            if path
            else None,
            text,
        )
        for path, alt, text in seen_in_mistake(outline, mistake)
    )


def seen_in_mistake(outline: Outline, mistake: Mistake) -> Iterator[tuple[str | None, str, str]]:
    """What speaks for the class taken and for the true one: the overlays, else the photo alone.

    A picture's path, what it shows of the image (for its alternative text), and its words; no
    path where there is no map.
    """
    image, labels = outline.images[mistake.image], outline.report.model.labels
    groups = cam_groups(image.gradcam) if outline.has("gradcam") else ()
    cams = {group.main.index: group.main for group in groups}
    wanted = (mistake.predicted, mistake.true)
    if not any(index in cams for index in wanted):
        yield image.photo, "Photo", "The photo"
        return
    for index, word in zip(wanted, ("For", "For the true class"), strict=True):
        found, text = cams.get(index), f"{word} {labels[index]}"
        if found is None or found.picture is None:
            reason = found.reason if found else "no heatmap was made"
            yield None, "", f"{text}: {reason.rstrip('.')}."
        else:
            yield found.picture, f"{CAMS[found.method].title} of {found.label} on", text


def _columns(found: Evaluation) -> tuple[str, ...]:
    if len(found.classes) > MATRIX_CLASSES:
        return ()
    return tuple(one.label for one in found.classes)


def _matrix(found: Evaluation) -> tuple[MatrixRow, ...]:
    if len(found.classes) > MATRIX_CLASSES:
        return ()
    cells = {(one.true, one.predicted): one.images for one in found.confusion}
    return tuple(
        MatrixRow(
            row.label,
            tuple(
                MatrixCell(f"{cells.get((row.index, at.index), 0):,}", row is at)
                for at in found.classes
            ),
        )
        for row in found.classes
    )


def confused_pairs(outline: Outline, found: Evaluation) -> tuple[ConfusedPair, ...]:
    """What was taken for what, the most frequent first; empty where there is a matrix."""
    if len(found.classes) <= MATRIX_CLASSES:
        return ()
    labels = outline.report.model.labels
    wrong = [one for one in found.confusion if one.true != one.predicted]
    wrong.sort(key=lambda one: (-one.images, one.true, one.predicted))
    return tuple(
        ConfusedPair(labels[one.true], labels[one.predicted], f"{one.images:,}") for one in wrong
    )


def _left_out(amount: int, what: str) -> str:
    return f"{count(amount, f'more {what}')} in report.json." if amount > 0 else ""
