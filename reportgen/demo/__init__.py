"""The model and the images that `reportgen demo` shows: drawn shapes and their network.

Everything here is made by `examples/demo_model` in the repository.
"""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def demo_model() -> Path:
    """The trained network, a `.keras` file: 96×96 RGB pixels/255 to six probabilities."""
    return _FOLDER / "shapes.keras"


def demo_labels() -> Path:
    """The classes' names in the order of the network's outputs: a JSON list."""
    return _FOLDER / "labels.json"


def demo_images() -> Path:
    """Two dozen WebP images in a folder for each class; the network was not trained on them."""
    return _FOLDER / "images"
