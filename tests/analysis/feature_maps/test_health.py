"""The health of layers equals what NumPy and SciPy say of the activations themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.feature_maps.health import HealthTally, rank_correlation, saturated, silent
from tests.support.grids import grid_of
from tests.support.levels import channel_statistics


def test_rank_correlation_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    for size in (3, 4, 17, 60):
        values = np.round(random.uniform(0, 1, size), 1)
        expected = stats.spearmanr(np.arange(size), values).statistic
        assert rank_correlation(values) == pytest.approx(expected)
    assert rank_correlation(np.ones(5)) is None
    assert rank_correlation(np.arange(9) / 10) == pytest.approx(1)


@given(st.integers(0, 10_000), st.integers(2, 6))
def test_channels_over_images_are_as_the_maps_say(seed: int, images: int) -> None:
    random = np.random.default_rng(seed)
    maps = np.maximum(random.normal(-1.5, 1, (images, 4, 3, 12)), 0).astype(np.float32)
    maps *= random.random(12) < 0.7
    maps[..., 10] = 0.25
    if seed % 2:
        maps[random.integers(images), 1, 2, 4] = np.nan
    tally = HealthTally()
    for one in maps:
        statistics = channel_statistics(one)
        about = {
            "layer": "conv",
            "channels": 12,
            "sparsity": float(np.mean(one == 0)),
            "inactive": np.flatnonzero(statistics.inactive).tolist(),
            "silent": np.flatnonzero(silent(statistics)).tolist(),
            "saturated": [],
            "non_finite": np.flatnonzero(~np.isfinite(statistics.mean)).tolist(),
            "means": [float(one) if np.isfinite(one) else None for one in statistics.mean],
        }
        tally.add([grid_of(**about)])
    found = tally.health([])
    assert found is not None
    (layer,) = found.layers
    assert layer.silent == np.flatnonzero((maps == 0).all((0, 1, 2))).tolist()
    assert layer.non_finite == ([4] if seed % 2 else [])
    shares = (maps == 0).mean((1, 2, 3))
    assert layer.zeros == pytest.approx(shares.mean())
    assert (layer.zeros_low, layer.zeros_high) == pytest.approx((shares.min(), shares.max()))
    spread = np.ptp(maps, axis=(1, 2))
    flat = np.flatnonzero((spread == 0).all(0) & (maps != 0).any((0, 1, 2)))
    assert layer.constant == [at for at in flat if at not in layer.non_finite]


def test_each_filter_counts_once_and_only_what_makes_zeros_tells_of_depth() -> None:
    """Four dead filters stay dead through normalisation, ReLU, padding and pooling."""
    keras = pytest.importorskip("keras")
    from reportgen.inputs.network import Network

    layers = keras.layers
    start = value = keras.Input((16, 16, 3))
    for part in (
        layers.Rescaling(1.0, name="scaled"),
        layers.Conv2D(8, 3, name="first"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(name="relu"),
        layers.ZeroPadding2D(name="padded"),
        layers.MaxPooling2D(name="pooled"),
        layers.Conv2D(4, 3, activation="relu", name="second"),
        layers.LeakyReLU(name="leaky"),
        layers.AveragePooling2D(2, name="mean"),
        layers.Conv2D(4, 1, name="linear"),
        layers.Activation("hard_silu", name="hard"),
    ):
        value = part(value)
    described = Network(keras.Model(start, value)).layers
    assert [one.path for one in described if one.makes_zeros] == ["relu", "second", "hard"]
    origins = {one.path: one.origin for one in described}
    assert {origins[path] for path in ("norm", "relu", "padded", "pooled")} == {"first"}
    assert (origins["mean"], origins["hard"], origins["scaled"]) == ("second", "linear", None)
    tally = HealthTally()
    dead = {"first": 4, "norm": 0, "relu": 4, "padded": 0, "pooled": 4, "second": 1, "mean": 1}
    zeros = {"scaled": 0.9, "relu": 0.3, "padded": 0.7, "pooled": 0.1, "second": 0.5, "hard": 0.8}
    for _ in range(2):
        tally.add(
            [
                grid_of(
                    layer=one.path,
                    channels=one.channels,
                    sparsity=zeros.get(one.path, 0.0),
                    inactive=list(range(4 if one.path == "norm" else dead.get(one.path, 0))),
                    silent=list(range(dead.get(one.path, 0))),
                    means=[1.0] * one.channels,
                )
                for one in described
                if one.spatial
            ]
        )
    found = tally.health(described)
    assert found is not None
    assert (found.silent, found.constant) == (5, 0)  # constant before the ReLU, silent behind it
    assert (found.layers_with_zeros, found.zeros_early, found.zeros_late) == (3, 0.3, 0.8)
    assert found.depth_correlation == pytest.approx(1)


def test_one_image_says_nothing_of_all() -> None:
    tally = HealthTally()
    assert tally.health([]) is None
    lists = {kind: [1] for kind in ("inactive", "silent", "saturated", "non_finite")}
    tally.add([grid_of(channels=2, sparsity=0.5, means=[0.0, 1.0], **lists)])
    assert tally.health([]) is None


@pytest.mark.parametrize(
    ("bounds", "means", "expected"),
    [
        ((0.0, 1.0), [0.004, 0.9999, 0.5], [0, 1]),
        ((-1.0, 1.0), [-0.995, 0.0, 0.97, 0.99], [0, 3]),
        ((None, 6.0), [5.99, 0.0, 3.0], [0]),
        ((None, None), [5.99, 0.0], []),
    ],
)
def test_a_channel_is_saturated_where_its_mean_is_at_the_bound(
    bounds: tuple[float | None, float | None], means: list[float], expected: list[int]
) -> None:
    maps = np.ones((5, 5, len(means)), np.float32) * np.array(means, np.float32)
    maps[0] -= 0.001
    maps[1] += 0.001
    found = saturated(channel_statistics(maps), bounds)
    assert np.flatnonzero(found).tolist() == expected
