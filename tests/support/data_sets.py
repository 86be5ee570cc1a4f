"""Data sets of noise in class folders."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def class_folders(root: Path, classes: Sequence[str], each: int, side: int, seed: int = 5) -> Path:
    """A folder with so many square images of each class, darker and brighter ones."""
    random = np.random.default_rng(seed)
    for name in classes:
        (root / name).mkdir(parents=True)
        for at in range(each):
            pixels = random.integers(0, 256, (side, side, 3), np.uint8) // (1 + at % 3)
            Image.fromarray(pixels).save(root / name / f"{name} {at}.png")
    return root
