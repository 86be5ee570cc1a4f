"""Measures of heatmaps on models whose answer is known by construction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reportgen.analysis.heatmap_trust.faithfulness import (
    STEPS,
    area,
    gini,
    measure,
    rank_correlation,
    structural_similarity,
    variants,
)

SIDE = 16
PATCH = (slice(4, 8), slice(8, 12))
"""One sixteenth of the pixels: a step of the curves."""


def white_patch(images):
    """A model that sees nothing but the patch: its brightness is the probability."""
    return images[:, PATCH[0], PATCH[1]].mean(axis=(1, 2, 3)) / 255


@pytest.fixture
def scene():
    pixels = np.zeros((SIDE, SIDE, 3), np.float32)
    pixels[PATCH] = 255
    right = np.zeros((SIDE, SIDE), np.float32)
    right[PATCH] = 1
    return pixels, right


def test_the_right_map_takes_the_class_away_in_one_step(scene):
    pixels, right = scene
    found = measure(pixels, right, white_patch)
    mean = 1 / 16  # brightness of the image, which deleted pixels take on
    assert found.deletion == pytest.approx([1.0] + [mean] * STEPS, abs=1e-6)
    assert area(found.deletion) == pytest.approx((1 + mean) / 2 / 16 + mean * 15 / 16)
    assert found.insertion[1:] == pytest.approx([1.0] * STEPS, abs=1e-6)
    assert found.insertion[0] < 0.95
    assert (found.drop, found.increase) == (0.0, False)


def test_the_wrong_map_takes_it_away_last(scene):
    pixels, right = scene
    found = measure(pixels, 1 - right, white_patch)
    mean = 1 / 16
    assert found.deletion == pytest.approx([1.0] * STEPS + [mean], abs=1e-6)
    assert found.insertion[-1] == pytest.approx(1.0)
    assert max(found.insertion[:-1]) == pytest.approx(found.insertion[0], abs=1e-5)
    assert found.drop == pytest.approx(1.0)
    assert measure(pixels, right, white_patch).sparseness > found.sparseness


def test_half_the_evidence_is_half_the_drop(scene):
    pixels, right = scene
    half = right.copy()
    half[4:6, 8:12] = 0.5
    assert measure(pixels, half, white_patch).drop == pytest.approx(0.25)


def test_a_model_that_dislikes_the_background_gains(scene):
    pixels, right = scene
    pixels = pixels + 40 * (1 - right)[..., None]

    def dislikes(images):
        return white_patch(images) - images[:, :2].mean(axis=(1, 2, 3)) / 255

    found = measure(pixels, right, dislikes)
    assert found.increase
    assert found.drop == 0


def test_equally_hot_pixels_go_in_an_order_of_chance_that_the_seed_settles(scene):
    pixels, _ = scene
    flat = np.ones((SIDE, SIDE), np.float32)
    one, same, other = (variants(pixels, flat, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    gone = (one[8] != pixels).any(axis=2)
    assert gone[:8].sum() == pytest.approx(64, abs=25)


def test_images_are_left_as_they_were(scene):
    pixels, right = scene
    before = pixels.copy()
    deleted, inserted = variants(pixels, right)
    assert np.array_equal(pixels, before)
    assert np.array_equal(deleted[0], before)
    assert np.array_equal(inserted[-1], before)


MAPS = arrays(np.float64, (4, 5), elements=st.integers(0, 6).map(float))


@given(MAPS)
def test_gini_is_the_mean_difference(heat):
    values = heat.ravel()
    differences = sum(abs(a - b) for a in values for b in values)
    total = values.sum()
    wanted = differences / (2 * len(values) * total) if total else 0.0
    assert gini(heat) == pytest.approx(wanted, abs=1e-12)


@given(MAPS, MAPS)
def test_rank_correlation_is_spearmans(one, other):
    def ranks(values):
        return [sum(b < a for b in values) + (sum(b == a for b in values) + 1) / 2 for a in values]

    first, second = ranks(one.ravel()), ranks(other.ravel())
    found = rank_correlation(one, other)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found == 0
    else:
        assert found == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-12)


def test_rank_correlation_sees_order_alone():
    heat = np.random.default_rng(0).random((7, 7))
    assert rank_correlation(heat, heat**3) == pytest.approx(1)
    assert rank_correlation(heat, -heat) == pytest.approx(-1)
    assert rank_correlation(heat, np.full((7, 7), np.nan)) == 0


def test_structural_similarity_is_its_formula():
    from numpy.lib.stride_tricks import sliding_window_view

    random = np.random.default_rng(3)
    one, other = random.random((2, 64, 64))
    other = (one + 2 * other) / 3
    one, other = one / one.max(), other / other.max()
    places = np.arange(-5, 6)
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 1.5**2))
    window /= window.sum()

    def blur(values):
        return (sliding_window_view(np.pad(values, 5, "reflect"), (11, 11)) * window).sum((2, 3))

    x, y = blur(one), blur(other)
    xx, yy, xy = blur(one**2) - x**2, blur(other**2) - y**2, blur(one * other) - x * y
    wanted = (2 * x * y + 1e-4) * (2 * xy + 9e-4) / ((x**2 + y**2 + 1e-4) * (xx + yy + 9e-4))
    assert structural_similarity(one, other) == pytest.approx(wanted.mean(), abs=1e-6)
    assert structural_similarity(one, one * 7) == pytest.approx(1)
