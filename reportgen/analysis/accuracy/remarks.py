"""What the numbers of an evaluation alone would hide, in sentences."""

from collections.abc import Mapping, Sequence

from reportgen.analysis.preprocessing.trial import best_order
from reportgen.records.over_images import ClassResult
from reportgen.wording import count

_MOST_NAMED = 6


def remarks(
    classes: Sequence[ClassResult],
    confusion: Mapping[tuple[int, int], int],
    labels: Sequence[str],
    *,
    order_assumed: bool,
) -> list[str]:
    """Sentences on an evaluation.

    Args:
        classes: the results of the classes that have images or were predicted.
        confusion: images by (true, predicted) class.
        labels: those of the model.
        order_assumed: whether the order of the classes is assumed: alphabetical.

    """
    found = []
    seen = [result for result in classes if result.images]
    predicted = [result for result in classes if result.predicted]
    if len(predicted) == 1 and len(seen) > 1:
        found.append(f"Every image gets the same answer: {predicted[0].label}.")
    if never := [result for result in seen if not result.predicted]:
        names = ", ".join(f"{result.label} ({count(result.images, 'image')})" for result in never)
        if len(never) > _MOST_NAMED:
            names = ", ".join(result.label for result in never[:_MOST_NAMED])
            names += f" and {len(never) - _MOST_NAMED:,} more"
        found.append(f"Never predicted: {names}.")
    if order_assumed and (text := _other_order(confusion, labels)):
        found.append(text)
    return found


def _other_order(confusion: Mapping[tuple[int, int], int], labels: Sequence[str]) -> str:
    """Says where the predictions fit the classes far better in another order than the assumed."""
    images = sum(confusion.values())
    correct = sum(number for (true, predicted), number in confusion.items() if true == predicted)
    order = best_order(confusion)
    better = sum(confusion[pair] for pair in order.items())
    if len(order) < len(labels) or better < 0.8 * images or better - correct < max(3, images / 4):
        return ""
    names = [labels[true] for true, _ in sorted(order.items(), key=lambda pair: pair[1])]
    shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    return (
        f"The order of the classes is assumed to be alphabetical, and {correct:,} of "
        f"{count(images, 'image')} are right; in the order {shown} it would be {better:,}. If the "
        "model was trained with that order, give it with --labels."
    )
