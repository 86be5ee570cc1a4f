"""Windows of heat, border shares, and separating channels."""

import numpy as np
import pytest

from reportgen.analysis.accuracy.separating_channels import separating_channels
from reportgen.analysis.accuracy.shortcuts import (
    BORDER_AREA,
    SIDE,
    WINDOW,
    border_reached,
    border_share,
    border_window,
)

RANDOM = np.random.default_rng(7)


def heat(*places: tuple[int, int, float], images: int = 10) -> np.ndarray:
    """Even heat with more in some windows, by their corners; each map has a sum of 1."""
    maps = np.full((images, SIDE, SIDE), 1e-4)
    for top, left, amount in places:
        maps[:, top : top + WINDOW, left : left + WINDOW] += amount / WINDOW**2
    return maps / maps.sum(axis=(1, 2), keepdims=True)


def photos(images: int) -> np.ndarray:
    return RANDOM.uniform(0, 255, (images, SIDE, SIDE, 3))


def marked(images: int, top: int, left: int) -> np.ndarray:
    found = photos(images)
    found[:, top : top + WINDOW, left : left + WINDOW] = (250, 10, 10)
    return found


def test_the_border_has_its_share_of_even_heat() -> None:
    assert border_share(np.ones((SIDE, SIDE))) == pytest.approx(BORDER_AREA)
    middle = np.zeros((SIDE, SIDE))
    middle[SIDE // 2, SIDE // 2] = 3
    assert border_share(middle) == 0
    assert border_reached(middle[None]) == 0 and border_reached(np.ones((2, SIDE, SIDE))) == 1


@pytest.mark.parametrize(
    ("top", "left", "place"),
    [
        (0, 0, "top left corner"),
        (0, SIDE - WINDOW, "top right corner"),
        (SIDE - WINDOW, 0, "bottom left corner"),
        (SIDE - WINDOW, SIDE - WINDOW, "bottom right corner"),
        (0, 9, "top edge"),
        (9, SIDE - WINDOW, "right edge"),
    ],
)
def test_a_hot_window_with_pixels_of_its_own_is_a_shortcut(top: int, left: int, place: str) -> None:
    found = border_window(heat((top, left, 1.0)), marked(10, top, left), photos(20))
    assert (found.top, found.left, found.place, found.is_shortcut) == (top, left, place, True)
    expected = heat((top, left, 1.0))[0, top : top + WINDOW, left : left + WINDOW].sum()
    assert found.heat == pytest.approx(expected)
    assert (found.images, found.likeness) == (1, 1)


def test_one_sign_alone_is_no_shortcut() -> None:
    everywhere = np.concatenate([marked(10, 0, 0), photos(20)])
    assert not border_window(heat((0, 0, 1.0)), photos(10), photos(20)).is_shortcut
    assert not border_window(heat((0, 0, 1.0)), everywhere[:10], marked(20, 0, 0)).is_shortcut
    assert not border_window(heat(), marked(10, 0, 0), photos(20)).is_shortcut
    centre = border_window(heat((9, 9, 1.0)), marked(10, 9, 9), photos(20))
    assert not centre.is_shortcut
    some = heat((0, 0, 1.0))
    some[:4] = heat()[:4]
    assert border_window(some, marked(10, 0, 0), photos(20)).images == pytest.approx(0.6)
    assert not border_window(some, marked(10, 0, 0), photos(20)).is_shortcut


def test_orders_are_areas_under_the_roc_curve() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    first = RANDOM.normal(0, 1, (14, 9)) + np.linspace(-2, 2, 9)
    second = np.round(RANDOM.normal(0, 1, (11, 9)), 1)
    first = np.round(first, 1)  # with ties
    labels = np.repeat([1, 0], (14, 11))
    expected = [
        metrics.roc_auc_score(labels, np.concatenate([first[:, k], second[:, k]])) for k in range(9)
    ]
    found = separating_channels(first, second, 9)
    assert {one.channel: one.order for one in found} == pytest.approx(dict(enumerate(expected)))
    distances = [abs(one.order - 0.5) for one in found]
    assert distances == sorted(distances, reverse=True)


def test_channels_that_separate_nothing_are_not_named() -> None:
    assert separating_channels(np.ones((4, 3)), np.ones((5, 3)), 3) == []
