"""Which channels respond most, from grids."""

from dataclasses import replace
from typing import Any

from reportgen.analysis.feature_maps.grids import ActivationData, Grid
from reportgen.analysis.feature_maps.responses import strongest_channels

GRID = Grid(
    layer="conv", channels=4, shown=4, size=(3, 3), map_size=(3, 3), inactive_channels=0,
    inactive=[], silent=[], saturated=[], non_finite=[], sparsity=0.0, low=0.0, high=9.0,
    picture="", width=1, height=1, columns=4, margin=0, means=[], deviations=[], lows=[],
    highs=[0.5, 3.0, None, 3.0], singles=[],
)  # fmt: skip


def seen(*grids: Grid) -> ActivationData:
    return ActivationData(scores=[], probabilities=[], outputs={}, activations=list(grids))


def test_the_highest_activation_on_any_image_counts() -> None:
    other = replace(GRID, highs=[9.0, 1.0, 4.0, 2.0])
    assert strongest_channels([seen(GRID), seen(other)]) == {"conv": [0, 2, 1, 3]}


def test_equal_channels_keep_their_order_and_constant_ones_are_left_out() -> None:
    assert strongest_channels([seen(GRID)]) == {"conv": [1, 3, 0]}
    constant: Any = replace(GRID, inactive=[1])
    assert strongest_channels([seen(constant)]) == {"conv": [3, 0]}
    assert strongest_channels([]) == {}
