"""Train the demo's network on drawn shapes and export it to reportgen/demo.

The architecture is the cats-and-dogs network of Chollet, Deep Learning with Python, section 5.2:
four 3×3 convolutions, each followed by 2×2 max pooling, then dense. Two differences: narrower
layers, so that the file stays small; and padding "same", so that a position of the last feature
map lies exactly over the pixels that it sees and heatmaps fall where they belong.

The training uses the masks too. An outline can be seen equally well from its two sides, and a
network trained on classes alone answers on both: it names 99 % of the shapes, yet the maximum of
its Grad-CAM lies beside the shape half of the time, truthfully. So a second loss asks that the last
feature map be active on the shape rather than beside it (guiding attention by masks: Li et al.,
"Tell me where to look", 2018). It joins after a few epochs: from the start, the network would learn
where the shape is, an easier task, and be slow to learn which one.

    python train.py            trains (a few minutes on two cores) and writes shapes.keras
"""

import argparse
import io
import json
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from draw_shapes import CLASSES, INPUT_SIZE, Drawing, draw
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

DEMO_FOLDER = Path(__file__).resolve().parents[2] / "reportgen" / "demo"
SEED = 2017
TRAINING_SEEDS = range(8_000)
CHECKING_SEEDS = range(200_000, 200_600)
BATCH_SIZE = 32
CLASS_EPOCHS, MASK_EPOCHS = 6, 16
STEP_SIZE = 1e-3
MASK_WEIGHT = 1.5
STRIDE = 8
"""Pixels between neighbouring positions of the last feature map: three poolings before it."""

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


class Drawings(NamedTuple):
    """Many drawings as arrays.

    images: uint8 (n, 96, 96, 3). coverage: float32 (n, 12, 12), the part of each position of the
    last feature map that the shape covers, 0..1. labels: int64 (n,).
    """

    images: NDArray[np.uint8]
    coverage: NDArray[np.float32]
    labels: NDArray[np.int64]


def drawings(seeds: range) -> Drawings:
    """The drawings of some seeds, drawn in threads."""
    with ThreadPoolExecutor() as pool:
        drawn: list[Drawing] = list(pool.map(draw, seeds))
    masks = np.stack([one.mask for one in drawn])
    positions = INPUT_SIZE // STRIDE
    cells = masks.reshape(-1, positions, STRIDE, positions, STRIDE)
    return Drawings(
        images=np.stack([one.image for one in drawn]),
        coverage=cells.mean(axis=(2, 4), dtype=np.float32),
        labels=np.array([one.label for one in drawn]),
    )


def turned(pictures: NDArray[Any], epoch: int) -> NDArray[Any]:
    """All pictures in one of their eight quarter turns and reflections, a new one each epoch."""
    quarter = np.rot90(pictures, epoch % 4, axes=(1, 2))
    return np.ascontiguousarray(quarter[:, :, ::-1] if epoch % 8 >= 4 else quarter)


def share_beside_the_shape(coverage: "tf.Tensor", feature_map: "tf.Tensor") -> "tf.Tensor":
    """The share of a feature map's activation that lies beside the shape, float32 (n,) in 0..1.

    coverage: float32 (n, 12, 12) in 0..1. feature_map: float32 (n, 12, 12, channels), after ReLU.
    """
    from keras import ops

    beside = ops.sum(feature_map * (1 - coverage[..., None]), axis=(1, 2, 3))
    silent = 1e-3  # a map without any activation counts as wholly beside: no way out
    return (beside + silent) / (ops.sum(feature_map, axis=(1, 2, 3)) + silent)


def train(network: "keras.Model", drawn: Drawings, epochs: range, mask_weight: float) -> None:
    """Fit the network to drawings for some epochs; prints Keras's progress.

    With a weight for the masks, the step size falls along half a cosine, so that the network
    settles; without one, it stays.
    """
    import keras
    import tensorflow as tf

    steps = len(epochs) * -(-len(drawn.images) // BATCH_SIZE)
    taught = keras.Model(
        network.inputs, [network.get_layer("conv2d_3").output, network.outputs[0]], name="taught"
    )
    falling = keras.optimizers.schedules.CosineDecay(STEP_SIZE, steps)
    taught.compile(
        optimizer=keras.optimizers.Adam(falling if mask_weight else STEP_SIZE),
        loss=[share_beside_the_shape, "sparse_categorical_crossentropy"],
        loss_weights=[mask_weight, 1.0],
        metrics=[[], ["accuracy"]],
    )
    for epoch in epochs:
        images, coverage = turned(drawn.images, epoch), turned(drawn.coverage, epoch)
        batches = (
            tf.data.Dataset.from_tensor_slices((images, (coverage, drawn.labels)))
            .shuffle(len(images), seed=SEED + epoch)
            .batch(BATCH_SIZE)
            .map(lambda pixels, targets: (tf.cast(pixels, tf.float32) / 255, targets))
        )
        taught.fit(batches, shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=2)


def accuracy(network: "keras.Model", seeds: range) -> float:
    """The share of the drawings of some seeds whose class the network names."""
    drawn = drawings(seeds)
    probabilities = network.predict(drawn.images.astype(np.float32) / 255, verbose=0)
    return float(np.mean(probabilities.argmax(axis=1) == drawn.labels))


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
    options = parser.parse_args()

    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    network = build_network()
    drawn = drawings(TRAINING_SEEDS)
    train(network, drawn, range(CLASS_EPOCHS), mask_weight=0.0)
    train(network, drawn, range(CLASS_EPOCHS, CLASS_EPOCHS + MASK_EPOCHS), MASK_WEIGHT)
    print(f"accuracy on unseen images: {accuracy(network, CHECKING_SEEDS):.4f}")
    export(network, options.folder / "shapes.keras")
    labels = json.dumps(list(CLASSES)) + "\n"
    (options.folder / "labels.json").write_text(labels, encoding="utf-8")


if __name__ == "__main__":
    main()
