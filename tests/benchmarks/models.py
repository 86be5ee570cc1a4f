"""The networks and photos that are measured; real ones where they are present."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CORPUS = Path(os.environ.get("REPORTGEN_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
EDGES = CORPUS / "models" / "vgg16_edges.weights.h5"


def photo_files(folder: Path, count: int, side: int = 256) -> list[Path]:
    """So many photo-like pictures: smooth waves with some noise, each another."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    down, across = np.mgrid[0:side, 0:side] / side
    for number in range(count):
        path = folder / f"{number:05d}.jpg"
        random = np.random.default_rng(number)
        waves = [np.sin(down * a + across * b + c) for a, b, c in random.uniform(-20, 20, (3, 3))]
        pixels = 127 + 90 * np.stack(waves, -1) + random.normal(0, 12, (side, side, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path, quality=90)
        files.append(path)
    return files


def vgg16(size: int) -> Any:
    """VGG16 without its top, with trained filters where they are present."""
    import keras

    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(size, size, 3))
    if EDGES.is_file():
        model.load_weights(EDGES)
    return model


def cats_and_dogs(path: Path) -> Path:
    """The network of Chollet's notebook 5.2 (150 pixels, four convolutions), not trained."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    inner: list[Any] = [keras.Input((150, 150, 3))]
    for filters in (32, 64, 128, 128):
        inner += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
    inner += [layers.Flatten(), layers.Dense(512, activation="relu")]
    keras.Sequential([*inner, layers.Dense(1, activation="sigmoid")]).save(path)
    return path


def small(path: Path) -> Path:
    """A network that costs next to nothing: what is measured over it is all the rest."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    ).save(path)
    return path


def small_network() -> Any:
    """A network as one has them for CIFAR, not trained: 32 pixels, three convolutions."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(32, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu", padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def bench_over(model: Any, files: list[Path], preprocess: str) -> Any:
    """A workbench over an open model, the photos by their names."""
    from reportgen.analysis.workbench import Opened, Workbench
    from reportgen.feeding import Feeding
    from reportgen.inputs.network import Network

    network = Network(model)
    return Workbench(
        open=lambda: Opened(network, (), (), "CPU"),
        photos={file.stem: file for file in files},
        image_input=network.image_input,
        preprocess=preprocess,
        feeding=Feeding(),
        batch_size=None,
    )
