"""Batch normalisations tell how images were prepared for training, or that they cannot tell."""

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.preprocessing.batch_statistics import BatchStatistics, choose_by_statistics
from reportgen.analysis.preprocessing.trial import CANDIDATES
from reportgen.inputs.preprocessing import function_of
from reportgen.records.model import Preprocessing
from tests.analysis.bench import bench_of
from tests.support.options import UNSETTLED

ASSUMED = Preprocessing(mode="unit", source="assumed", reason="nothing says so")


def photos(seed: int, count: int) -> np.ndarray:
    """Pictures of soft shapes in colours, (N, 16, 16, 3), 0..255."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:16, 0:16] / 16
    waves = random.normal(size=(count, 3, 4))
    angle = waves[..., 0, None, None] * 4 * rows + waves[..., 1, None, None] * 4 * columns
    shapes = 110 + 70 * np.sin(angle + waves[..., 2, None, None]) + 30 * waves[..., 3, None, None]
    tinted = shapes * np.array([1.1, 1.0, 0.8])[:, None, None]
    return np.clip(tinted, 0, 255).transpose(0, 2, 3, 1).astype(np.uint8)


def network(order: str, mode: str, channels: int = 3, steps: int = 900):
    """A network whose batch normalisations have seen photos prepared in this mode."""
    keras.utils.set_random_seed(4)
    layers = keras.layers
    image = x = keras.Input((16, 16, channels))
    if order == "first":
        x = layers.BatchNormalization()(x)
    for filters in (6, 8):
        x = layers.Conv2D(filters, 3, activation="relu" if order == "behind" else None)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    pixels = photos(1, 64).astype(np.float32)
    pixels = pixels if channels == 3 else pixels.mean(axis=3, keepdims=True)
    seen = np.asarray(function_of(mode, channels)(pixels), np.float32)
    left = 0.99**steps  # what a moving average of 0.99 keeps of its start
    for one in model.layers:
        if isinstance(one, keras.layers.BatchNormalization):
            given = np.asarray(keras.Model(image, one.input)(seen), np.float64)
            axes = tuple(range(given.ndim - 1))
            one.moving_mean.assign((1 - left) * given.mean(axes))
            one.moving_variance.assign(left + (1 - left) * given.var(axes))
    return model


def compared(model, tmp_path, count: int = 12):
    files = {}
    for at, pixels in enumerate(photos(2, count)):
        files[f"d{at}"] = tmp_path / f"{at}.png"
        Image.fromarray(pixels).save(files[f"d{at}"])
    unit = BatchStatistics().unit("m", list(files), UNSETTLED)
    ((_, result),) = BatchStatistics().compute([unit], bench_of(model, files))
    return result.data


def decided(data) -> Preprocessing:
    return choose_by_statistics(ASSUMED, data.distances, data.layers, data.images)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["before", "behind", "first"])
@pytest.mark.parametrize("mode", CANDIDATES)
def test_the_mode_of_training_is_found_on_other_images(order, mode, tmp_path) -> None:
    found = decided(compared(network(order, mode), tmp_path))
    assert found.mode == mode, found.statistics
    close = (order, mode) == ("before", "torch")  # signed pixels are nearly as close here
    assert found.source == ("assumed" if close else "detected"), found.statistics
    assert "batch statistics" in found.reason
    assert [one.mode for one in found.statistics] == list(CANDIDATES)
    assert len(found.statistics_layers) == (3 if order == "first" else 2)


@pytest.mark.parametrize("mode", ["none", "unit", "signed"])
def test_of_gray_images_too(mode, tmp_path) -> None:
    found = decided(compared(network("before", mode, channels=1), tmp_path))
    assert (found.mode, found.source) == (mode, "detected"), found.statistics


@pytest.mark.slow
@pytest.mark.parametrize("steps", [5, 30, 100])
@pytest.mark.parametrize("mode", CANDIDATES)
def test_a_short_training_is_never_read_wrongly(mode, steps, tmp_path) -> None:
    found = decided(compared(network("before", mode, steps=steps), tmp_path, 4))
    assert found.source == "assumed" or found.mode == mode, found.statistics


def test_a_network_that_has_seen_nothing_says_nothing(tmp_path) -> None:
    model = network("before", "unit", steps=0)
    data = compared(model, tmp_path)
    assert data.distances == {}
    assert decided(data) == ASSUMED


def test_what_is_ruled_out_is_said_where_nothing_is_settled() -> None:
    distances = {"none": 900.0, "unit": 0.1, "signed": 0.12}
    found = choose_by_statistics(ASSUMED, distances, ["bn"], 9)
    assert (found.mode, found.source) == ("unit", "assumed")
    assert "rule out none" in found.reason
    other = choose_by_statistics(ASSUMED, {"unit": 5.0, "signed": 0.1, "torch": 0.12}, ["bn"], 9)
    assert (other.mode, other.source) == ("signed", "assumed")
    nothing = choose_by_statistics(ASSUMED, {"unit": 3.0, "signed": 0.9}, ["bn"], 9)
    assert (nothing.mode, nothing.source) == ("unit", "assumed")
    assert "no candidate" in nothing.reason
