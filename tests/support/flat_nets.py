"""A network that ends in Flatten, and its maps and slopes."""

import keras
import numpy as np

layers = keras.layers


KERNELS = 5


def net():
    """conv (ReLU) → dense over all positions: its gradients differ from place to place."""
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((9, 10, 3)),
            layers.Conv2D(KERNELS, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )


def maps_and_slope(model, image, index):
    """The maps and the gradient of a class score in float64, without any differentiation."""
    kernel, bias = (np.asarray(w, np.float64) for w in model.get_layer("conv").get_weights())
    dense, _ = (np.asarray(w, np.float64) for w in model.get_layer("out").get_weights())
    height, width = image.shape[0] - 2, image.shape[1] - 2
    maps = np.zeros((height, width, KERNELS)) + bias
    for dy in range(3):
        for dx in range(3):
            maps += image[dy : dy + height, dx : dx + width].astype(np.float64) @ kernel[dy, dx]
    return np.maximum(maps, 0), dense[:, index].reshape(height, width, KERNELS)
