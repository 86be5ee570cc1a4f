"""Rows on the pass of a scan: its rate against the bare forward pass of the same images."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.measure import Row, alternate
from tests.benchmarks.models import bench_over, small_network, vgg16
from tests.support.options import SCAN

LEAST = 0.85
"""Of the bare rate, that is wanted."""


def scan(runs: int) -> list[Row]:
    """Networks of several kinds, with all that a scan measures: zeros, channels, top images."""
    import keras

    networks: list[tuple[str, Callable[[], Any], int]] = [
        ("VGG16, 224 px", lambda: vgg16(224), 4),
        ("MobileNetV2, 224 px", lambda: keras.applications.MobileNetV2(weights=None), 8),
        ("three convolutions, 32 px", small_network, 64),
    ]
    return [_of(name, model(), batch, runs) for name, model, batch in networks]


def _of(name: str, model: Any, batch: int, runs: int) -> Row:
    from dataclasses import replace

    import keras
    import tensorflow as tf

    from reportgen.analysis.top_images.scan_pass import Forward

    bench = bench_over(model, [], "unit")
    maps = [layer for layer in bench.network.layers if layer.spatial and not layer.passes_through]
    searched = [layer.path for layer in maps if layer.convolution]
    measured = [layer.path for layer in maps]
    options = replace(SCAN, layers=searched, measured=measured, answers=True, k=9)
    own = Forward(bench, options)
    bare = tf.function(lambda values: model(values, training=False))
    side = keras.ops.shape(model.inputs[0])[1]
    pixels = np.random.default_rng(0).uniform(0, 255, (batch, side, side, 3)).astype(np.float32)
    passes = max(1, 256 // side)
    found = alternate(
        lambda: [own(pixels) for _ in range(passes)],
        lambda: [bare(tf.constant(pixels / 255)).numpy() for _ in range(passes)],
        runs,
    )
    note = f"{len(measured)} layers measured, {len(searched)} searched for top images"
    return found.row(f"pass of a scan, {name}", "bare forward pass", LEAST, note)
