"""Quantising on the device against the same in NumPy with float64."""

import keras
import numpy as np
import pytest

from reportgen.analysis.engine import engine
from reportgen.analysis.feature_maps.quantise import Quantiser, reduce
from tests.support.levels import channel_statistics, normalise, whole_layer


def maps(height=50, width=37, channels=9, seed=0):
    random = np.random.default_rng(seed)
    values = random.normal(3, 5, (2, height, width, channels)).astype(np.float32)
    values[..., 2] = 0
    values[..., 3] = 7.25
    values[0, 4, 5, 4] = np.nan
    values[1, 0, 0, 5] = -np.inf
    values[..., 6] = np.maximum(values[..., 6], 0)
    return values


def reduced(maps, longest):
    """Means over square blocks, one by one."""
    height, width, channels = maps.shape
    block = -(-max(height, width) // longest)
    small = np.empty((-(-height // block), -(-width // block), channels), np.float32)
    for row in range(small.shape[0]):
        for column in range(small.shape[1]):
            part = maps[row * block : (row + 1) * block, column * block : (column + 1) * block]
            small[row, column] = part.mean((0, 1), dtype=np.float64)
    return small


def quantised(values, **changes):
    options = {"mean": 128.0, "std": 64.0, "per": "channel", "shown": None, "longest": None}
    singles = changes.pop("singles", ())
    quantiser = Quantiser(**(options | changes))
    return engine().compiled(lambda maps: quantiser(maps, singles), [])(values)


@pytest.mark.parametrize("per", ["channel", "layer"])
@pytest.mark.parametrize("longest", [None, 20])
def test_levels_are_those_of_numpy(per, longest):
    values = maps()
    found = quantised(values, per=per, longest=longest)
    for image, wanted_from in enumerate(values):
        statistics = channel_statistics(wanted_from)
        small = wanted_from if longest is None else reduced(wanted_from, longest)
        wanted, inactive = normalise(small, per=per, statistics=statistics)
        one = found.of(image)
        assert one.levels.shape == wanted.shape
        assert np.abs(one.levels.astype(int) - wanted).max() <= 1
        assert (one.levels != wanted).mean() < 0.002
        np.testing.assert_array_equal(one.statistics.inactive, inactive)
        for name in ("low", "high", "mean", "std"):
            np.testing.assert_allclose(
                getattr(one.statistics, name), getattr(statistics, name), rtol=1e-5, atol=1e-5
            )
        whole = whole_layer(statistics)
        np.testing.assert_allclose(one.scale(0, "layer"), whole, rtol=1e-5)
        assert one.sparsity == pytest.approx(np.mean(wanted_from == 0), abs=1e-6)
        assert one.map_size == (50, 37)


def test_the_span_leaves_broken_channels_out():
    values = maps()
    sound = np.delete(values[0], 4, axis=2)
    assert quantised(values).of(0).span == pytest.approx((sound.min(), sound.max()))


def test_single_channels_keep_their_resolution_and_a_grid_its_first_channels():
    one = quantised(maps(), longest=20, shown=3, singles=(7, 2)).of(0)
    assert one.levels.shape == (17, 13, 3)
    assert one.singles.shape == (50, 37, 2)
    assert one.singles[..., 0].std() > 0
    assert (one.singles[..., 1] == 0).all()


@pytest.mark.parametrize("longest", [1, 7, 24, 49])
def test_reduction_averages_square_blocks(longest):
    values = np.random.default_rng(1).normal(size=(2, 50, 37, 3)).astype(np.float32)
    found = keras.ops.convert_to_numpy(reduce(keras.ops.convert_to_tensor(values), longest))
    for image, wanted_from in enumerate(values):
        np.testing.assert_allclose(found[image], reduced(wanted_from, longest), atol=1e-5)


def test_small_maps_stay_as_they_are():
    values = keras.ops.convert_to_tensor(maps())
    assert reduce(values, 50) is values
    assert reduce(values, None) is values
