"""The channels that separate the images of two classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Separation:
    """A channel and the share of pairs, one image of either class, that it puts in one order.

    `order` is 1 where it is higher on all images of the first class, 0 where on all of the second.
    """

    channel: int
    order: float


def separating_channels(first: Floats, second: Floats, most: int) -> Sequence[Separation]:
    """The channels that separate two classes best: by the area under the ROC curve.

    J. A. Hanley and B. J. McNeil, "The Meaning and Use of the Area under a Receiver Operating
    Characteristic (ROC) Curve", 1982.

    Args:
        first: features of the images of one class, (images, channels).
        second: of the other one.
        most: channels to name.

    """
    orders = np.zeros(first.shape[1])
    for image in first:
        orders += (image > second).mean(axis=0) + (image == second).mean(axis=0) / 2
    orders /= len(first)
    best = np.argsort(-np.abs(orders - 0.5), kind="stable")[:most]
    return [Separation(int(k), float(orders[k])) for k in best if orders[k] != 0.5]
