"""Photos of stripes, and a tiny network that tells their directions apart."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

SIDE = 24
CLASSES = ("across", "down")

Photos = np.ndarray
"""uint8, (images, SIDE, SIDE, 3)."""


def stripes(directions: Sequence[int], seed: int = 0) -> Photos:
    """A photo for each direction: 0 across, 1 down; of random width, place, colours and noise."""
    random = np.random.default_rng(seed)
    photos = []
    for direction in directions:
        waves = np.sin(np.arange(SIDE) * random.uniform(1.0, 1.6) + random.uniform(0, 6.28))
        plane = np.tile(waves[:, None], (1, SIDE))
        plane = plane if direction == 0 else plane.T
        colour = random.uniform(20, 60, 3)
        photo = random.uniform(90, 150, 3) + plane[:, :, None] * colour
        photos.append(np.clip(photo + random.normal(0, 18, photo.shape), 0, 255))
    return np.array(photos).astype(np.uint8)


def trained(photos: Photos, labels: Sequence[int], *, epochs: int = 40) -> keras.Model:
    """A network with global averages, trained on these photos and labels."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Conv2D(8, 3, activation="relu", name="last"),
            keras.layers.GlobalAveragePooling2D(name="means"),
            keras.layers.Dense(len(CLASSES), activation="softmax", name="scores"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(photos.astype(np.float32), np.array(labels), epochs=epochs, batch_size=30, verbose=0)
    return model


def saved(root: Path, photos: Photos, labels: Sequence[int]) -> Path:
    """The photos as files in a folder for each class, named by their numbers."""
    for at, (photo, label) in enumerate(zip(photos, labels, strict=True)):
        folder = root / CLASSES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(folder / f"{at:03}.png")
    return root
