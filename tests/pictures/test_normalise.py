"""Feature maps become levels: the book's formula, for every value that a network can give."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reportgen.pictures.tiles import block_size, block_weights
from tests.support.levels import channel_statistics, normalise

pytestmark = pytest.mark.filterwarnings("error")


def value_of(level, centre, spread, mean=128.0, std=64.0):
    """The activation at which a level begins: `normalise` backwards."""
    return centre + (level - mean) / std * spread


def random_maps(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def listing(channel):
    """Deep Learning with Python (2017), listing 5.30, with the arithmetic in float64."""
    image = channel.astype(np.float64)
    image = image - image.mean()
    image /= image.std()
    image *= 64
    image += 128
    return np.clip(image, 0, 255).astype("uint8")


def test_levels_are_those_of_the_books_listing():
    maps = np.maximum(random_maps(23, 31, 7) * [1, 10, 0.1, 1e3, 1e-3, 1, 1] + 0.5, 0)
    maps = maps.astype(np.float32)
    levels, inactive = normalise(maps)
    assert not inactive.any()
    for channel in range(7):
        # The sums may be taken in another order, so a value on the edge of a level may fall beside.
        assert np.abs(levels[..., channel].astype(int) - listing(maps[..., channel])).max() <= 1
        assert (levels[..., channel] == listing(maps[..., channel])).mean() > 0.999


def test_contrast_is_the_one_asked_for():
    levels, _ = normalise(random_maps(64, 64, 2), mean=100, std=20)
    assert levels.mean() + 0.5 == pytest.approx(100, abs=0.2)  # levels are cut down, not rounded
    assert levels.std() == pytest.approx(20, rel=0.02)


def test_one_scale_for_the_layer_keeps_channels_comparable():
    maps = random_maps(40, 40, 3) * np.array([1, 2, 0], np.float32) + np.float32(5)
    levels, inactive = normalise(maps, per="layer")
    assert inactive.tolist() == [False, False, True]
    active = maps[..., :2].astype(np.float64)
    expected = np.clip((active - active.mean()) / active.std() * 64 + 128, 0, 255)
    assert np.abs(levels[..., :2] - np.floor(expected)).max() <= 1
    assert levels[..., 1].std() > 1.5 * levels[..., 0].std()


def test_a_level_can_be_read_back_as_a_value():
    maps = random_maps(50, 50, 1) * np.float32(3) + np.float32(7)
    levels, _ = normalise(maps)
    measured = channel_statistics(maps)
    centre, spread = float(measured.mean[0]), float(measured.std[0])
    unclipped = (levels > 0) & (levels < 255)
    assert unclipped.sum() > 2000
    for level in np.unique(levels[unclipped]):
        values = maps[levels == level]
        assert value_of(level, centre, spread) <= values.min() + 1e-5
        assert values.max() - 1e-5 <= value_of(level + 1, centre, spread)


@pytest.mark.parametrize(
    "channel",
    [
        np.zeros((5, 6)),
        np.full((5, 6), 0.1),
        np.full((5, 6), -1e38),
        np.full((5, 6), 3.0) + np.arange(30).reshape(5, 6) * 1e-7,
        np.full((5, 6), np.nan),
        np.where(np.arange(30).reshape(5, 6) == 7, np.nan, 1.0),
        np.where(np.arange(30).reshape(5, 6) == 7, np.inf, 1.0),
        np.where(np.arange(30).reshape(5, 6) == 7, -np.inf, np.inf),
    ],
    ids=["dead", "constant", "huge", "rounding", "nan", "one nan", "one inf", "both inf"],
)
def test_a_channel_with_nothing_to_show_is_inactive_and_disturbs_no_other(channel):
    good = random_maps(5, 6, 2)
    maps = np.insert(good, 1, channel, axis=2)
    for per in ("channel", "layer"):
        levels, inactive = normalise(maps, per=per)
        assert inactive.tolist() == [False, True, False]
        assert not levels[..., 1].any()
        assert np.array_equal(levels[..., [0, 2]], normalise(good, per=per)[0])


@pytest.mark.parametrize(
    ("dtype", "factor"),
    [
        (np.float16, 6e-8),
        (np.float16, 6e4),
        (np.float32, 1.4e-45),
        (np.float32, 1.2e-38),
        (np.float32, 3.4e38),
        (np.float64, 1e-150),
        (np.float64, 1e150),
    ],
)
def test_active_channels_of_any_size_use_the_levels(dtype, factor):
    pattern = np.where(np.indices((8, 8)).sum(0) % 2, 1.0, -1.0)[..., None]
    # Half a level up: the last place of the arithmetic does not decide between two levels.
    levels, inactive = normalise((pattern * factor).astype(dtype), mean=128.5)
    assert not inactive.any()
    assert np.unique(levels).tolist() == [64, 192]


def test_float16_noise_in_the_last_place_is_constant():
    maps = np.full((4, 4, 1), 100, np.float16)
    maps[0] = np.nextafter(np.float16(100), np.float16(200))
    assert normalise(maps)[1].all()


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=5),
        elements={"allow_nan": True, "allow_infinity": True, "allow_subnormal": True},
    ),
    st.sampled_from(["channel", "layer"]),
)
@settings(max_examples=200, deadline=None)
def test_any_values_give_levels_without_a_warning_and_the_same_twice(maps, per):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        levels, inactive = normalise(maps, per=per)
        again, _ = normalise(maps.copy(), per=per)
    assert levels.shape == maps.shape
    assert levels.dtype == np.uint8
    assert levels.tobytes() == again.tobytes()
    unseeable = ~np.isfinite(maps).all(axis=(0, 1)) | (maps == maps[:1, :1]).all(axis=(0, 1))
    assert inactive[unseeable].all()
    assert not levels[..., inactive].any()


def test_statistics_of_the_whole_maps_serve_the_reduced_ones():
    checkerboard = np.where(np.indices((16, 16)).sum(0) % 2, 1.0, -1.0)[..., None]
    maps = checkerboard.astype(np.float32)
    small = np.zeros((8, 8, 1), np.float32)
    assert normalise(small)[1].all()
    levels, inactive = normalise(small, statistics=channel_statistics(maps))
    assert not inactive.any()
    assert (levels == 128).all()
    with pytest.raises(ValueError, match="statistics of 1 channels for 2"):
        normalise(np.repeat(small, 2, axis=2), statistics=channel_statistics(maps))


@pytest.mark.parametrize("shape", [(3, 4), (0, 4, 2), (3, 4, 0)])
def test_what_is_not_feature_maps_is_refused(shape):
    with pytest.raises(ValueError, match="feature maps"):
        normalise(np.zeros(shape, np.float32))


@given(st.integers(1, 60), st.integers(1, 12))
def test_blocks_are_averaged_and_the_last_may_be_shorter(size, block):
    weights = block_weights(size, block)
    values = np.arange(size, dtype=np.float64)
    wanted = [values[i : i + block].mean() for i in range(0, size, block)]
    np.testing.assert_allclose(weights @ values, wanted, rtol=1e-5)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(8, 100))
def test_blocks_are_the_smallest_that_suffice_or_fit_evenly_and_hardly_larger(
    height, width, longest
):
    block = block_size(height, width, longest)
    assert -(-max(height, width) // block) <= longest
    least = -(-max(height, width) // longest)
    assert least <= block <= least * 4 / 3
    assert block == least or height % block == width % block == 0
    assert block_size(height, width, None) == 1


@pytest.mark.parametrize(("side", "block"), [(224, 4), (112, 2), (150, 2), (299, 4), (96, 1)])
def test_blocks_of_common_maps_leave_no_rest_where_they_can(side, block):
    assert block_size(side, side, 96) == block
