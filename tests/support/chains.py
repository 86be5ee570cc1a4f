"""Networks of one layer after the other."""

import keras
import numpy as np


def positive(model):
    """The same graph with positive weights and no ReLU that blocks: every path carries gradient."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        values = random.uniform(0.5, 1.5, weight.shape) / max(1, np.prod(weight.shape[:-1]) ** 0.5)
        weight.assign(np.ones(weight.shape) if "variance" in weight.path else values)
    return model


def chain(*parts, size=(23, 20, 3)):
    start = value = keras.Input(size)
    for part in parts:
        value = part(value)
    return positive(keras.Model(start, value))
