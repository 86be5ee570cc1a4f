"""Numbers of every analysis that goes through the network batch by batch."""

import io
from dataclasses import replace

import keras
import numpy as np

from reportgen.analysis.cams.gradients import (
    class_gradients,
    depth_gradients,
    image_gradients,
    score_gradients,
)
from reportgen.analysis.cams.passes import masked_scores
from reportgen.analysis.feature_maps.activations import Activations
from reportgen.analysis.top_images.scan import Scan
from tests.analysis.bench import bench_of, patterns_of
from tests.support.options import ACTIVATIONS, SCAN
from tests.support.results import stored_data


def every_pass(photos, places):
    """Arrays by name, computed on `places`, from a small network with fixed weights."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((20, 20, 3)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, activation="relu", name="second"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    # Each engine draws other numbers for the same seed.
    random = np.random.default_rng(1)
    model.set_weights([0.3 * random.normal(size=one.shape) for one in model.get_weights()])
    bench = bench_of(model, photos, batch_size=4)
    opened = replace(bench.opened, places=places)
    bench.__dict__["opened"] = opened
    digests = list(photos)
    found = {}
    analysis = Activations()
    options = replace(ACTIVATIONS, layers=["first", "second"])
    for unit, result in analysis.compute([analysis.unit("m", d, options) for d in digests], bench):
        found[f"scores {unit.photo}"] = stored_data(result)["scores"]
        found[f"means {unit.photo}"] = stored_data(result)["activations"][1]["means"]
    wanted = replace(SCAN, layers=["second"], measured=["first"], answers=True)
    for unit, result in Scan().compute(Scan().plan("m", digests, wanted).units, bench):
        arrays = np.load(io.BytesIO(result.files["scan.npz"]))
        for name in arrays.files:
            found[f"scan {unit.photo} {name}"] = arrays[name].astype(np.float64)
    pixels = np.stack([bench.pixels(digest) for digest in digests])
    gradients = score_gradients(bench.network, "second", 2, places)(bench.prepare(pixels))
    for name, values in zip(("maps", "classes", "gradients"), gradients, strict=True):
        found[name] = values
    values, classes = bench.prepare(pixels), np.arange(len(pixels), dtype=np.int32) % 3
    found["maps of classes"], found["gradients of classes"] = class_gradients(
        bench.network, "second", places
    )(values, classes)
    pairs, found["likeliest"] = depth_gradients(bench.network, ["first", "second"], places)(values)
    found["through the depth"] = np.concatenate([slope.ravel() for _, slope in pairs])
    found["gradients of images"] = image_gradients(bench.network, places)(values, classes)
    height, width = maps_size = gradients[0].shape[1:3]
    grid = bench.network.receptive_fields.grid("second", maps_size)
    shares = (
        grid.rows.weights(height, values.shape[1]),
        grid.columns.weights(width, values.shape[2]),
    )
    found["masked"] = masked_scores(bench.network, places)(values[:1], gradients[0][0], *shares)
    for channel, pattern in patterns_of(bench, "classic", "second", range(6), 5, 20).items():
        found[f"pattern {channel}"] = pattern.pixels
    return found
