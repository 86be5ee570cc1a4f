"""A workbench over a model made in a test, and photos drawn for it."""

import hashlib

import numpy as np
from PIL import Image

from reportgen.analysis.ascent.filters import METHODS
from reportgen.analysis.ascent.pattern_search import Wish, patterns
from reportgen.analysis.workbench import Opened, Workbench
from reportgen.feeding import Feeding
from reportgen.inputs.network import Network


def bench_of(model, photos, *, preprocess="unit", resize="stretch", batch_size=None, heads=()):
    network = Network(model, heads=heads)
    return Workbench(
        open=lambda: Opened(network, (), (), "CPU"),
        photos=photos,
        image_input=network.image_input,
        preprocess=preprocess,
        feeding=Feeding(resize),
        batch_size=batch_size,
    )


def picture_file(folder, size, seed=0):
    """A photo of noise, (height, width); returns its digest and path."""
    values = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    path = folder / f"{seed}.png"
    Image.fromarray(values).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest(), path


def patterns_of(bench, method, layer, channels, steps, size, seed=0):
    """The first pattern of each channel, by one of the two methods."""
    found = patterns(bench, METHODS[method][0], Wish(layer, steps, size, seed), list(channels))
    return {channel: facets[0] for channel, facets in found}
