"""A sketch tells how far two models' weights are from each other."""

import keras
import numpy as np
import pytest

from reportgen.analysis.weights.weight_sketches import SIZE, sketch, weights_of
from reportgen.inputs.network import Network


@pytest.mark.parametrize("count", [1, 50, 251, 100_000])
def test_distances_of_sketches_are_those_of_the_values(count):
    random = np.random.default_rng(count)
    estimates = []
    for _ in range(20):
        one = random.normal(size=count).astype(np.float32)
        other = one + 0.1 * random.normal(size=count).astype(np.float32)
        true = np.linalg.norm((one - other).astype(np.float64))
        estimates.append(np.linalg.norm(sketch(one) - sketch(other)) / true)
    # One estimate has a standard error of about 4.5 %.
    assert np.mean(estimates) == pytest.approx(1.0, abs=0.05)
    assert np.std(estimates) < 0.1


def test_a_kernel_whose_weight_lies_on_one_axis_is_estimated_as_well():
    kernel = np.zeros((3, 3, 64, 128), np.float32)
    kernel[..., 5] = np.random.default_rng(0).normal(size=(3, 3, 64))
    estimate = np.linalg.norm(sketch(kernel.ravel())) / np.linalg.norm(kernel)
    assert estimate == pytest.approx(1.0, abs=0.2)


def test_parts_and_the_whole_have_one_sketch(monkeypatch):
    values = np.random.default_rng(1).normal(size=10 * 64 * SIZE + 3).astype(np.float32)
    whole = sketch(values)
    monkeypatch.setattr("reportgen.analysis.weights.weight_sketches._ROWS", 64)
    assert np.allclose(sketch(values), whole)


def test_each_layer_with_weights_has_a_sketch():
    keras.utils.set_random_seed(0)
    inner = keras.layers.Conv2D(4, 3, name="conv")
    image = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(inner(image))
    model = keras.Model(image, keras.layers.Dense(2, name="dense")(pooled))
    found = weights_of(Network(model).trace.steps)
    assert [(one.layer, one.size) for one in found] == [("conv", 112), ("dense", 10)]
    expected = np.sqrt(sum(np.square(weight).sum() for weight in inner.get_weights()))
    assert found[0].norm == pytest.approx(expected, rel=1e-6)
    inner.set_weights([np.full_like(weight, np.nan) for weight in inner.get_weights()])
    lost = weights_of(Network(model).trace.steps)[0]
    assert lost.norm is None
    assert lost.sketch == []
