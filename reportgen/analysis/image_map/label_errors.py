"""Images whose label is suspected to be wrong.

C. Northcutt, L. Jiang and I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels", 2021: a class is predicted confidently where its probability reaches the mean that the
images labelled with it have. Here the nearest neighbours must disagree with the label as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.analysis.image_map.neighbours import Floats, Indices

LEAST_OF_CLASS = 3
"""Images of a class whose labels are examined: others cannot have neighbours of their own label."""
LEAST_LABELLED = 10
"""Images of known class, in two classes or more, that suspicions need."""


@dataclass(frozen=True)
class Suspect:
    """An image by its row: class `given`, class `suggested`, and neighbours with either label."""

    at: int
    given: int
    suggested: int
    like_given: int
    like_suggested: int


def confident_classes(probabilities: Floats, labels: Indices) -> Indices:
    """The class that each image is confidently predicted as; -1 for none.

    Args:
        probabilities: (images, classes).
        labels: (images,) the class that each is labelled with.

    """
    thresholds = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(labels):
        thresholds[label] = probabilities[labels == label, label].mean()
    reached = probabilities >= thresholds - 1e-12
    several = reached.sum(axis=1) > 1
    first = np.where(several, probabilities.argmax(axis=1), reached.argmax(axis=1))
    return np.asarray(np.where(reached.any(axis=1), first, -1), np.intp)


def suspected_labels(
    probabilities: Floats, labels: npt.NDArray[np.intp], neighbours: Indices
) -> list[Suspect]:
    """The images whose confident prediction and whose neighbours disagree with their label.

    Neighbours disagree where more than half of them have the suggested label. The most suspect
    comes first: the one whose label is the least likely against the suggested class.

    Args:
        probabilities: (images, classes).
        labels: (images,).
        neighbours: (images, count) rows of the nearest images.

    """
    confident = confident_classes(probabilities, labels)
    found = list(_disagreeing(probabilities, labels, neighbours, confident))

    def certainty(case: Suspect) -> tuple[float, int]:
        own = probabilities[case.at]
        return float(own[case.given] - own[case.suggested]), case.like_given - case.like_suggested

    return sorted(found, key=certainty)


def _disagreeing(
    probabilities: Floats, labels: Indices, neighbours: Indices, confident: Indices
) -> Iterator[Suspect]:
    predicted = probabilities.argmax(axis=1)
    for at in np.flatnonzero((confident >= 0) & (confident != labels) & (predicted != labels)):
        around = labels[neighbours[at]]
        given, suggested = int(labels[at]), int(confident[at])
        counts = int((around == given).sum()), int((around == suggested).sum())
        if 2 * counts[1] > len(around):
            yield Suspect(int(at), given, suggested, *counts)
