"""The notebook way: what people run today (after Chollet, Deep Learning with Python, 5.4)."""

from pathlib import Path
from typing import Any

import numpy as np


def activation_figures(model: Any, image: Any, folder: Path, layers: list[str]) -> None:
    """One Matplotlib figure a layer: predict, then NumPy loops over all channels."""
    import matplotlib.pyplot as plt

    activations = model.predict(image, verbose=0)
    columns = 16
    for name, maps in zip(layers, activations, strict=True):
        channels, size = maps.shape[-1], maps.shape[1]
        rows = channels // columns
        grid = np.zeros((size * rows, columns * size))
        for row in range(rows):
            for column in range(columns):
                one = maps[0, :, :, row * columns + column].copy()
                one -= one.mean()
                one /= one.std() + 1e-5
                one = np.clip(one * 64 + 128, 0, 255).astype("uint8")
                grid[row * size : (row + 1) * size, column * size : (column + 1) * size] = one
        scale = 1.0 / size
        figure = plt.figure(figsize=(scale * grid.shape[1], scale * grid.shape[0]))
        plt.title(name)
        plt.grid(False)
        plt.imshow(grid, aspect="auto", cmap="viridis")
        figure.savefig(folder / f"{name}.png")
        plt.close(figure)


def filter_pattern(model: Any, layer: str, channel: int, size: int, steps: int) -> Any:
    """One filter at a time, a graph of its own: gradient ascent from gray noise."""
    import keras
    import tensorflow as tf

    part = keras.Model(model.inputs[0], model.get_layer(layer).output)

    @tf.function
    def step(image: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.reduce_mean(part(image)[:, :, :, channel])
        slope = tape.gradient(loss, image)
        return slope / (tf.sqrt(tf.reduce_mean(tf.square(slope))) + 1e-5)

    random = np.random.default_rng(channel)
    image = tf.constant(random.random((1, size, size, 3)) * 20 + 128.0, tf.float32)
    for _ in range(steps):
        image += step(image)
    return image.numpy()


def script(model: Path, image: Path, folder: Path) -> str:
    """The notebook's cells as a program: activations, filter patterns and Grad-CAM as figures."""
    return f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import keras, numpy as np, tensorflow as tf
from pathlib import Path
from tests.benchmarks.notebook import activation_figures, filter_pattern, overlay_figure
model = keras.models.load_model({str(model)!r}, compile=False)
size = model.input_shape[1:3]
img = keras.utils.load_img({str(image)!r}, target_size=size)
x = keras.utils.img_to_array(img)[None] / 255
layers = [layer.name for layer in model.layers if len(layer.output.shape) == 4]
folder = Path({str(folder)!r})
folder.mkdir(exist_ok=True)
grids = keras.Model(model.inputs[0], [model.get_layer(name).output for name in layers])
activation_figures(grids, x, folder, layers)
spatial = [layer for layer in model.layers if len(layer.output.shape) == 4]
copies = [type(layer).from_config(layer.get_config()) for layer in spatial]
convolutional = keras.Sequential([keras.Input((None, None, 3)), *copies])
for layer, copy in zip(spatial, copies):
    copy.set_weights(layer.get_weights())
convolutions = [name for name in layers if name.startswith("conv")]
import matplotlib.pyplot as plt
for name in convolutions:
    figure, axes = plt.subplots(4, 4, figsize=(12, 12))
    for channel, axis in enumerate(axes.flat):
        pattern = filter_pattern(convolutional, name, channel, 64, 40)[0]
        pattern = (pattern - pattern.mean()) / (pattern.std() + 1e-5) * 0.1 + 0.5
        axis.imshow(np.clip(pattern, 0, 1))
    figure.savefig(folder / f"filters_{{name}}.png")
    plt.close(figure)
overlay_figure(model, convolutions[-1], x, np.asarray(img) / 255, folder / "gradcam.png")
"""


def overlay_figure(model: Any, layer: str, image: Any, photo: Any, path: Path) -> None:
    """Grad-CAM of one image as the notebook makes it, drawn with Matplotlib."""
    import tensorflow as tf

    values = maps = tf.constant(image)
    with tf.GradientTape() as tape:
        for one in model.layers:
            values = one(values)
            if one.name == layer:
                maps = values
                tape.watch(maps)
        top = tf.reduce_max(values[0])
    weights = tf.reduce_mean(tape.gradient(top, maps), axis=(0, 1, 2))
    heat = np.maximum(np.mean(maps[0] * weights, axis=-1), 0)
    heat /= heat.max() + 1e-9
    draw_overlay(photo, heat, path)


def draw_overlay(photo: Any, heat: Any, path: Path) -> None:
    """A photo (H, W, 3) in 0..1 and a map (h, w) as one figure."""
    import cv2
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(6, 6))
    plt.axis("off")
    plt.imshow(photo)
    plt.imshow(cv2.resize(heat, photo.shape[1::-1]), cmap="jet", alpha=0.4)
    figure.savefig(path)
    plt.close(figure)
