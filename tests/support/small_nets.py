"""A network that ends in pooling, and its heatmaps."""

from dataclasses import replace

import keras

from reportgen.analysis.cams.gradcam import GradCams
from tests.analysis.bench import bench_of, picture_file
from tests.support.options import GRADCAM

layers = keras.layers


def net(units, activation):
    """conv (ReLU) → global mean → dense: its Grad-CAM can be written down."""
    keras.utils.set_random_seed(11)
    return keras.Sequential(
        [
            keras.Input((16, 18, 3)),
            layers.Conv2D(7, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(units, activation=activation, name="out"),
        ]
    )


def compute(model, tmp_path, *, size=(40, 60), **options):
    digest, path = picture_file(tmp_path, size)
    unit = GradCams().unit("model", digest, replace(GRADCAM, **options))
    ((_, result),) = GradCams().compute([unit], bench_of(model, {digest: path}))
    return result
