"""Train the demo's network on drawn shapes and export it to reportgen/demo.

The architecture is the cats-and-dogs network of Chollet, Deep Learning with Python, section 5.2:
four 3×3 convolutions, each followed by 2×2 max pooling, then dense. Two differences: narrower
layers, so that the file stays small; and padding "same", so that a position of the last feature
map lies exactly over the pixels that it sees and heatmaps fall where they belong.

    python train.py            trains (a few minutes on two cores) and writes shapes.keras
"""

import argparse
import io
import json
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from draw_shapes import CLASSES, INPUT_SIZE, Drawing, draw
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

DEMO_FOLDER = Path(__file__).resolve().parents[2] / "reportgen" / "demo"
SEED = 2017
TRAINING_SEEDS = range(8_000)
CHECKING_SEEDS = range(200_000, 200_600)
BATCH_SIZE = 32
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def build_network() -> "keras.Model":
    """The network: pixels/255, float32 (96, 96, 3), to one probability for each class."""
    from keras import Input, Sequential, layers

    network = Sequential(name="shapes")
    network.add(Input((INPUT_SIZE, INPUT_SIZE, 3)))
    for channels in (16, 32, 32, 64):
        network.add(
            layers.Conv2D(
                channels, 3, padding="same", activation="relu", kernel_initializer="he_normal"
            )
        )
        network.add(layers.MaxPooling2D(2))
    network.add(layers.Flatten())
    network.add(layers.Dropout(0.25))
    network.add(layers.Dense(64, activation="relu", kernel_initializer="he_normal"))
    network.add(layers.Dense(len(CLASSES), activation="softmax"))
    return network


def drawings(seeds: range) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The images, uint8 (n, 96, 96, 3), and labels, int64 (n,), of some seeds."""
    with ThreadPoolExecutor() as pool:
        drawn: list[Drawing] = list(pool.map(draw, seeds))
    return np.stack([one.image for one in drawn]), np.array([one.label for one in drawn])


def turned(images: NDArray[np.uint8], epoch: int) -> NDArray[np.uint8]:
    """All images in one of their eight quarter turns and reflections, a new one each epoch."""
    quarter = np.rot90(images, epoch % 4, axes=(1, 2))
    return np.ascontiguousarray(quarter[:, :, ::-1] if epoch % 8 >= 4 else quarter)


def train(network: "keras.Model", epochs: int) -> None:
    """Fit the network to the training images; prints Keras's progress."""
    import keras
    import tensorflow as tf

    images, labels = drawings(TRAINING_SEEDS)
    steps = epochs * -(-len(images) // BATCH_SIZE)
    network.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    for epoch in range(epochs):
        batches = (
            tf.data.Dataset.from_tensor_slices((turned(images, epoch), labels))
            .shuffle(len(images), seed=SEED + epoch)
            .batch(BATCH_SIZE)
            .map(lambda pixels, label: (tf.cast(pixels, tf.float32) / 255, label))
        )
        network.fit(batches, initial_epoch=epoch, epochs=epoch + 1, verbose=2)


def accuracy(network: "keras.Model", seeds: range) -> float:
    """The share of the drawings of some seeds whose class the network names."""
    images, labels = drawings(seeds)
    probabilities = network.predict(images.astype(np.float32) / 255, verbose=0)
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def export(network: "keras.Model", path: Path) -> None:
    """Write the network without its optimizer, so that equal weights give equal bytes.

    Keras puts the date into a .keras file; it is fixed here. Settings that are None are left out
    of the configuration, because an older Keras refuses a setting that it does not know.
    """
    import keras

    bare = keras.models.clone_model(network)
    bare.set_weights(network.get_weights())
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "shapes.keras"
        bare.save(saved)
        with zipfile.ZipFile(saved) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}

    metadata = json.loads(members["metadata.json"]) | {"date_saved": "1980-01-01@00:00:00"}
    members["metadata.json"] = json.dumps(metadata).encode()
    members["config.json"] = json.dumps(without_none(json.loads(members["config.json"]))).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), data, zipfile.ZIP_DEFLATED)
    path.write_bytes(content.getvalue())


def without_none(config: Any) -> Any:
    """A JSON value without the entries of its objects that are null."""
    if isinstance(config, dict):
        return {key: without_none(value) for key, value in config.items() if value is not None}
    if isinstance(config, list):
        return [without_none(value) for value in config]
    return config


def main() -> None:
    """Train, check on unseen images, export."""
    parser = argparse.ArgumentParser(description="Train the demo's network and export it.")
    parser.add_argument("--folder", type=Path, default=DEMO_FOLDER, help="where to write")
    parser.add_argument("--epochs", type=int, default=24)
    options = parser.parse_args()

    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    network = build_network()
    train(network, options.epochs)
    print(f"accuracy on unseen images: {accuracy(network, CHECKING_SEEDS):.4f}")
    export(network, options.folder / "shapes.keras")
    labels = json.dumps(list(CLASSES)) + "\n"
    (options.folder / "labels.json").write_text(labels, encoding="utf-8")


if __name__ == "__main__":
    main()
