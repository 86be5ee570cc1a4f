"""The distribution of channels' means: exact for few images, bounded and near it for many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.analysis.feature_maps.channel_distributions import (
    MOST_KEPT,
    MOST_SHOWN,
    ChannelMeans,
)
from reportgen.records.over_images import Distribution


def of(means: np.ndarray) -> tuple[ChannelMeans, Distribution]:
    collected = ChannelMeans()
    for one in means:
        collected.add([None if np.isnan(value) else float(value) for value in one])
    found = collected.record()
    assert found is not None
    return collected, found


@given(st.integers(0, 10_000), st.integers(1, MOST_KEPT), st.integers(1, 30))
@settings(deadline=None)
def test_few_images_are_numpys_percentiles(seed: int, images: int, channels: int) -> None:
    means = np.random.default_rng(seed).normal(size=(images, channels)).astype(np.float32)
    _, found = of(means)
    assert (found.measured, found.sampled) == (channels, images)
    assert sorted(found.channels) == list(range(channels))
    assert found.medians == sorted(found.medians, reverse=True)
    wanted = np.percentile(means.astype(np.float64), (0, 25, 50, 75, 100), axis=0)
    series = (found.lows, found.lower, found.medians, found.upper, found.highs)
    np.testing.assert_allclose(series, wanted[:, found.channels], rtol=1e-3, atol=1e-6)


def test_memory_does_not_grow_with_the_images() -> None:
    random = np.random.default_rng(0)
    means = random.gamma(2.0, size=(3000, 20)) * np.arange(1, 21)
    collected, found = of(means)
    assert len(collected._kept) <= MOST_KEPT
    assert MOST_KEPT / 2 <= found.sampled <= MOST_KEPT
    # the range is that of all images, the rest near to it
    np.testing.assert_allclose(found.lows, means.min(0)[found.channels], rtol=1e-3)
    np.testing.assert_allclose(found.highs, means.max(0)[found.channels], rtol=1e-3)
    np.testing.assert_allclose(found.medians, np.median(means, 0)[found.channels], rtol=0.4)
    assert np.corrcoef(found.channels, np.arange(20))[0, 1] < -0.9


def test_kept_images_are_evenly_spaced() -> None:
    means = np.arange(10 * MOST_KEPT, dtype=float)[:, None]
    collected, _ = of(means)
    steps = np.diff([int(one[0]) for one in collected._kept])
    assert collected._kept[0][0] == 0
    assert len(set(steps.tolist())) == 1
    assert steps[0] & (steps[0] - 1) == 0


def test_channels_that_are_not_finite_are_left_out() -> None:
    means = np.ones((4, 3))
    means[2, 1] = np.nan
    _, found = of(means)
    assert found.channels == [0, 2]
    nothing = ChannelMeans()
    nothing.add([None, None])
    assert nothing.record() is None


def test_of_many_channels_some_are_shown_both_ends_among_them() -> None:
    means = np.random.default_rng(1).permutation(500)[None].astype(float)
    _, found = of(means)
    assert found.measured == 500
    assert len(found.channels) == MOST_SHOWN
    assert (found.medians[0], found.medians[-1]) == (499, 0)


@pytest.mark.parametrize("images", [MOST_KEPT, MOST_KEPT + 1, 2 * MOST_KEPT + 1])
def test_thinning_at_its_edges(images: int) -> None:
    collected, found = of(np.arange(images, dtype=float)[:, None])
    assert found.sampled == len(collected._kept) == len({float(one[0]) for one in collected._kept})
    assert found.sampled <= MOST_KEPT
