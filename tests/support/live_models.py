"""A model in memory with a layer that nothing registers, its images, and quick settings."""

from typing import Any

import keras
import numpy as np

QUICK = {"sections": ["activations", "gradcam", "evaluation", "health"], "progress": False}
PHOTOS = np.random.default_rng(1).random((9, 16, 16, 3)).astype(np.float32)
CLASSES = np.arange(9) % 3


class Shift(keras.layers.Layer):
    """A layer that no file can say how to compute, and that nothing registers."""

    def call(self, values: Any) -> Any:
        return values + 0.25


def make_model() -> keras.Model:
    inputs = keras.Input((16, 16, 3))
    values = keras.layers.Conv2D(4, 3, activation="relu", name="first")(inputs)
    values = Shift(name="shift")(values)
    values = keras.layers.Lambda(lambda tensor: tensor / 2, name="half")(values)
    values = keras.layers.Conv2D(5, 3, activation="relu", name="second")(values)
    values = keras.layers.GlobalAveragePooling2D()(values)
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(values), name="mine")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
