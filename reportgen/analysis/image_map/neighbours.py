"""The images that lie nearest to each, by the Euclidean distance of their features."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_ROWS = 256
"""Images whose distances to all others are held at a time."""


def nearest(features: Floats, count: int) -> Indices:
    """The `count` nearest others of each image, the nearest first; of equal ones the first given.

    Args:
        features: (images, channels), finite.
        count: how many, fewer than there are images.

    Returns:
        Indices of images, (images, count).

    """
    found = [order[:, :count] for order in _orders(features)]
    return np.concatenate(found)


def trustworthiness(features: Floats, positions: Floats, count: int) -> float:
    """How far the `count` nearest neighbours on a map are near in the features as well, 0..1.

    J. Venna and S. Kaski, "Neighborhood Preservation in Nonlinear Projection Methods", 2001.

    Args:
        features: (images, channels).
        positions: (images, 2), on the map.
        count: neighbours, fewer than half of the images.

    Raises:
        ValueError: `count` is not below half of the images.

    """
    images = len(features)
    if not 0 < count < images / 2:
        raise ValueError("trustworthiness needs more than twice as many images as neighbours")
    penalty = 0
    rows = zip(_orders(features), _orders(positions), strict=True)
    for by_features, by_map in rows:
        ranks = np.empty((len(by_features), images), np.intp)
        places = np.broadcast_to(np.arange(1, images), by_features.shape)
        np.put_along_axis(ranks, by_features, places, axis=1)
        near = np.take_along_axis(ranks, by_map[:, :count], axis=1)
        penalty += int(np.maximum(near - count, 0).sum())
    return 1 - penalty * 2 / (images * count * (2 * images - 3 * count - 1))


def _orders(points: Floats) -> Iterator[Indices]:
    """The other images of each, the nearest first, some rows at a time: (rows, images - 1)."""
    squares = (points**2).sum(axis=1)
    for start in range(0, len(points), _ROWS):
        own = points[start : start + _ROWS]
        distances = squares[start : start + _ROWS, None] + squares - 2 * own @ points.T
        near = distances < 1e-6 * (squares[start : start + _ROWS, None] + squares)
        for row, column in np.argwhere(near):  # the difference above has lost its digits there
            distances[row, column] = ((own[row] - points[column]) ** 2).sum()
        distances[np.arange(len(own)), np.arange(start, start + len(own))] = np.inf
        yield np.argsort(distances, axis=1, kind="stable")[:, :-1]
