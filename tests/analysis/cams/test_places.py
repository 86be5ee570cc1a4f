"""Heat lies on what causes it: bright squares move over the photo, and the heat with them."""

import keras
import numpy as np
import pytest

from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradients import score_gradients
from reportgen.analysis.cams.placing import cells_of, placed_on
from tests.analysis.bench import bench_of

layers = keras.layers
SIDE, SQUARE = 150, 12


def conv(filters=4, kernel=3, **options):
    return layers.Conv2D(filters, kernel, activation="relu", **options)


def book(padding):
    """The cats-and-dogs network of the book: four convolutions, each before a pooling."""
    return [part for _ in range(3) for part in (conv(padding=padding), layers.MaxPooling2D(2))] + [
        conv(padding=padding)
    ]


def squeeze(maps):
    gate = layers.Dense(4, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(maps))
    return layers.Multiply()([maps, gate])


NETWORKS = {
    "valid": book("valid"),
    "same": book("same"),
    "valid, pooled last": [*book("valid"), layers.MaxPooling2D(2)],
    "strided": [conv(strides=2, padding="same"), conv(strides=2, padding="same"), conv(strides=2)],
    "strided, one pixel": [conv(kernel=1, strides=4), conv(kernel=5, strides=2, padding="same")],
    "dilated": [conv(dilation_rate=2), layers.AveragePooling2D(3, 2), conv(dilation_rate=4)],
    "padded": [layers.ZeroPadding2D(((0, 1), (0, 1))), conv(strides=2),
               layers.ZeroPadding2D(((0, 9), (7, 0))), conv(strides=2)],
    "padded and cropped": [layers.ZeroPadding2D(9), conv(kernel=7, strides=2),
                           layers.Cropping2D(((5, 0), (0, 4))), layers.MaxPooling2D(3, 3)],
    "squeezed": [*book("valid"), squeeze],
    "normalised": [*book("valid"), layers.GroupNormalization(1)],
    "spread again": [*book("valid"), layers.Conv2DTranspose(4, 3, strides=2, activation="relu")],
    "separable": [layers.SeparableConv2D(4, 5, strides=2, activation="relu"), conv(), conv()],
    "resized": [layers.Resizing(100, 120), conv(strides=2), conv(strides=2)],
}  # fmt: skip


def moved(parts):
    """Slope and offset (in cells) of the heat's place against the square's, down and across."""
    start = value = keras.Input((SIDE, SIDE, 3))
    for part in parts:
        value = part(value)
    maps = layers.Identity(name="maps")(value)
    out = layers.Dense(2, name="out")(layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(start, out)
    for weight in model.weights:
        shape = weight.shape
        random = np.random.default_rng(sum(shape))
        values = random.uniform(0.5, 1.0, shape) / np.sqrt(np.prod(shape[:-1]))
        weight.assign(values if len(shape) > 1 else np.full(shape, float(weight.name == "gamma")))
    bench = bench_of(model, {})
    gradients = score_gradients(bench.network, "maps", 1)
    places = np.arange(37, 101, 4)  # whole jumps of the coarsest map
    found = []
    for down, across in zip(places, places[::-1], strict=True):
        photo = np.zeros((SIDE, SIDE, 3), np.uint8)
        photo[down : down + SQUARE, across : across + SQUARE] = 255
        maps, _, slopes = gradients(photo[None].astype(np.float32) / 255)
        heat = grad_cam(maps[0], slopes[0, 0])
        placed = placed_on(bench, photo, (heat - heat.min()) / np.ptp(heat), "maps")
        hot = np.where(placed > 0.5 * placed.max(), placed, 0)
        centre = [(hot.sum(1 - axis) @ (np.arange(SIDE) + 0.5)) / hot.sum() for axis in (0, 1)]
        found.append(centre)
    grid = cells_of(bench, "maps", heat)
    assert grid.exact
    for axis, at, jump in ((0, places, grid.rows.jump), (1, places[::-1], grid.columns.jump)):
        there, wanted = np.array(found)[:, axis], at + SQUARE / 2
        yield np.polyfit(wanted, there, 1)[0], np.abs(there - wanted).max() / jump


@pytest.mark.parametrize("name", NETWORKS)
def test_heat_moves_with_the_square_that_causes_it(name):
    for slope, offset in moved(NETWORKS[name]):
        assert 0.97 <= slope <= 1.03
        assert offset <= 0.5
