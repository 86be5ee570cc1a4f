"""What the CPU reduces is what NumPy finds in float64, and what a GPU's graph gives."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.feature_maps.quantise import statistics
from reportgen.analysis.top_images import reductions
from reportgen.analysis.top_images.reductions import located, reduced
from reportgen.analysis.top_images.scan_pass import Forward, ScanOptions
from tests.support.options import FEED

SHAPES = st.tuples(*(st.integers(1, side) for side in (3, 9, 9, 20)))


def maps_of(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Values of a ReLU, many of them equal; some channels constant."""
    random = np.random.default_rng(seed)
    maps = np.maximum(random.integers(-3, 5, shape), 0).astype(np.float32) / 3
    maps[..., random.random(shape[-1]) < 0.2] = random.choice([0.0, 2.5, -0.1])
    return maps


@given(shape=SHAPES, seed=st.integers(0, 999), block=st.sampled_from([1, 30, 1 << 17]))
def test_numbers_are_numpys(shape: tuple[int, ...], seed: int, block: int) -> None:
    maps = maps_of(shape, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reductions, "_BLOCK", block)
        found = reduced(maps)
    low, high, mean, inactive = np.moveaxis(found.channels, 1, 0)
    np.testing.assert_array_equal(low, maps.min((1, 2)))
    np.testing.assert_array_equal(high, maps.max((1, 2)))
    np.testing.assert_allclose(mean, maps.mean((1, 2), np.float64), rtol=1e-6)
    np.testing.assert_array_equal(inactive > 0, low == high)
    np.testing.assert_allclose(found.zeros, (maps == 0).mean((1, 2, 3)), atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-25, 1e15])
def test_numbers_are_those_that_a_graph_finds(scale: float) -> None:
    maps = maps_of((4, 12, 10, 17), 5) * np.float32(scale)
    maps[0, 3, 3, 2], maps[1, 0, 0, 4], maps[2, 1, 1, 5] = np.nan, np.inf, -np.inf
    maps[..., 8] = 7.0
    maps[0, 0, 0, 8] = 7.000001  # what rounding leaves
    low, high, mean, _, inactive, zeros = (np.asarray(value) for value in statistics(maps))
    found = reduced(maps)
    own = np.moveaxis(found.channels, 1, 0)
    for here, there in zip(own, (low, high, mean, inactive), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-5)
    np.testing.assert_allclose(found.zeros, zeros.mean(1), atol=1e-6)


@given(shape=SHAPES, seed=st.integers(0, 999), share=st.sampled_from([0.1, 1.0]))
def test_maxima_are_located_at_the_first_of_equal_values(
    shape: tuple[int, ...], seed: int, share: float
) -> None:
    maps = maps_of(shape, seed)[0]
    maps[maps == 0] *= np.random.default_rng(seed).choice([1, -1], np.count_nonzero(maps == 0))
    chosen = np.flatnonzero(np.random.default_rng(seed).random(shape[-1]) < share)
    expected = [int(np.argmax(maps[..., channel])) for channel in chosen]
    assert located(maps, chosen).tolist() == expected


def bench_of(network: object, free: int | None) -> SimpleNamespace:
    """What a scan asks of a workbench, whose device has this memory free; None for a CPU."""
    from concurrent.futures import ThreadPoolExecutor

    return SimpleNamespace(
        network=network, prepare=lambda pixels: pixels / 255, free_memory=free, places=(),
        threads=ThreadPoolExecutor(2),
    )  # fmt: skip


def test_a_batch_is_the_same_on_a_cpu_and_reduced_by_the_graph() -> None:
    import keras
    from keras import layers

    from reportgen.inputs.network import Network

    keras.utils.set_random_seed(1)
    network = Network(keras.Sequential([
        keras.Input((12, 10, 3)),
        layers.Conv2D(5, 3, activation="relu", name="first"),
        layers.MaxPooling2D(name="pool"),
        layers.Conv2D(7, 3, name="second"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3, activation="softmax"),
    ]))  # fmt: skip
    options = ScanOptions(
        feed=FEED, k=2, layers=["second", "first"], units=[("first", 1, 2, 3)],
        measured=["first", "pool"], answers=True,
    )  # fmt: skip
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 12, 10, 3)).astype(np.float32)
    cpu, gpu = (Forward(bench_of(network, free), options)(pixels) for free in (None, 10**9))
    for name in ("scores", "probabilities", "zeros", "channels", "highest", "single"):
        np.testing.assert_allclose(getattr(cpu, name), getattr(gpu, name), rtol=1e-5, atol=1e-7)
    rows, channels = (axis.ravel() for axis in np.indices((3, 12)))
    assert cpu.place(rows, channels).tolist() == gpu.place(rows, channels).tolist()
    part = cpu.rows(1, 3)
    assert (
        part.place(rows[:12], channels[:12]).tolist()
        == cpu.place(rows[:12] + 1, channels[:12]).tolist()
    )
