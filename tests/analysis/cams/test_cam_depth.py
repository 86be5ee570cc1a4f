"""Grad-CAM at several layers at once: each as it would be alone, and as float64 has it."""

from dataclasses import replace
from io import BytesIO

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.cams.depth import LONGEST, CamsThroughDepth
from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradients import depth_gradients, score_gradients
from tests.analysis.bench import bench_of, picture_file
from tests.support.options import DEPTH
from tests.support.results import stored_data

layers = keras.layers
PATHS = ["one", "pool", "two"]


def net():
    keras.utils.set_random_seed(6)
    return keras.Sequential(
        [
            keras.Input((12, 14, 3)),
            layers.Conv2D(4, 3, activation="relu", name="one"),
            layers.AveragePooling2D(2, name="pool"),
            layers.Conv2D(3, 1, activation="relu", name="two"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )


def by_hand(model, image, index):
    """Maps and gradients at the three layers in float64, from the last back to the first."""
    (first, shift), (second, lift), (dense, _) = (
        [np.asarray(w, np.float64) for w in model.get_layer(name).get_weights()]
        for name in ("one", "two", "out")
    )
    height, width = image.shape[0] - 2, image.shape[1] - 2
    one = np.zeros((height, width, 4)) + shift
    for dy in range(3):
        for dx in range(3):
            one += image[dy : dy + height, dx : dx + width] @ first[dy, dx]
    one = np.maximum(one, 0)
    pool = one.reshape(height // 2, 2, width // 2, 2, 4).mean(axis=(1, 3))
    two = np.maximum(pool @ second[0, 0] + lift, 0)
    at_two = np.broadcast_to(dense[:, index] / (two.shape[0] * two.shape[1]), two.shape)
    at_pool = (at_two * (two > 0)) @ second[0, 0].T
    at_one = at_pool.repeat(2, axis=0).repeat(2, axis=1) / 4
    return {"one": (one, at_one), "pool": (pool, at_pool), "two": (two, at_two)}


@pytest.mark.parametrize("chosen", [None, 1])
def test_each_layer_equals_float64(chosen):
    model = net()
    network = bench_of(model, {}).network
    images = np.random.default_rng(0).uniform(-1, 1, (3, 12, 14, 3)).astype("float32")
    pairs, classes = depth_gradients(network, PATHS)(images, chosen)
    wanted = model.predict(images, verbose=0).argmax(axis=1) if chosen is None else [1, 1, 1]
    assert classes.tolist() == list(wanted)
    drawn = 0
    for at, image in enumerate(images):
        for path, (maps, slopes) in zip(PATHS, pairs, strict=True):
            true, slope = by_hand(model, image.astype(np.float64), classes[at])[path]
            expected = np.maximum(true @ slope.mean(axis=(0, 1)), 0)
            found = grad_cam(maps[at], slopes[at])
            np.testing.assert_allclose(found, expected, atol=1e-4 * max(expected.max(), 1e-3))
            drawn += bool(expected.max() > 1e-3)
    assert drawn >= 5


def test_together_as_alone():
    network = bench_of(net(), {}).network
    images = np.random.default_rng(1).uniform(-1, 1, (2, 12, 14, 3)).astype("float32")
    pairs, _ = depth_gradients(network, PATHS)(images)
    for path, (maps, slopes) in zip(PATHS, pairs, strict=True):
        alone, _, gradients = score_gradients(network, path, 1)(images)
        np.testing.assert_allclose(maps, alone, atol=1e-6)
        np.testing.assert_allclose(slopes, gradients[0], atol=1e-6)


def test_records_stand_in_the_order_of_the_layers(tmp_path):
    digest, path = picture_file(tmp_path, (400, 600))
    options = replace(DEPTH, layers=PATHS)
    unit = CamsThroughDepth().unit("model", digest, options)
    ((_, result),) = CamsThroughDepth().compute([unit], bench_of(net(), {digest: path}))
    records = stored_data(result)["gradcam"]
    assert [one["layer"] for one in records] == PATHS
    assert len({one["index"] for one in records}) == 1
    shown = [one for one in records if one["status"] == "ok"]
    assert {one["picture"] for one in shown} == set(result.files)
    assert shown
    for one in shown:
        size = Image.open(BytesIO(result.files[one["picture"]])).size
        assert max(size) == LONGEST
        assert size == (one["width"], one["height"])
    for one in records:
        assert (one["picture"] is None) == bool(one["reason"])
