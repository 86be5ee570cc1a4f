"""What the channels that a convolution sees are made of: red, green and blue of the image, or maps.

Between the image and a first convolution stand the preprocessing, which may exchange red and blue
(VGG, ResNet), and layers that treat each position alike. What they make of a small change of one
colour tells how a kernel looks in the colours of the image.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.ascent.patterns import GRAY
from reportgen.analysis.workbench import Workbench

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

_STEP = 1.0
"""Pixel levels by which a colour is changed."""

_CHANNELWISE = {"Normalization", "BatchNormalization"}
"""Layers with weights that do not mix positions."""


def input_colours(bench: Workbench, layer: str) -> npt.NDArray[np.float64] | None:
    """How much red, green and blue count in each channel that a convolution sees, around gray.

    Shape (3, 3), channels of its input × colours; None where the convolution sees maps of other
    layers, or anything but three channels.
    """
    network, target = bench.network, bench.network.image_input
    if target is None or target.channels != 3 or not _sees_the_image(network, layer):
        return None
    pixels = np.full((4, target.height, target.width, 3), GRAY, np.float32)
    for colour in range(3):
        pixels[1 + colour, :, :, colour] += _STEP
    seen = _fed(network, layer, bench.prepare(pixels))
    if seen is None:
        return None
    if seen.ndim != 4 or seen.shape[3] != 3:
        return None
    middle = seen[:, seen.shape[1] // 2, seen.shape[2] // 2].astype(np.float64)
    colours = (middle[1:] - middle[:1]).T / _STEP
    return colours if np.isfinite(colours).all() and colours.any() else None


def _sees_the_image(network: "Network", layer: str) -> bool:
    before = [step for step in network.trace.needed([layer]) if step.path != layer]
    return all(
        not getattr(step.layer, "weights", None) or type(step.layer).__name__ in _CHANNELWISE
        for step in before
    )


def _fed(network: "Network", layer: str, values: Any) -> npt.NDArray[np.float32] | None:
    """The maps (N, H, W, C) that a layer is fed with."""
    step = next(candidate for candidate in network.trace.steps if candidate.path == layer)
    makers = {
        id(tensor): candidate.path
        for candidate in network.trace.steps
        for tensor in candidate.outputs
    }
    (symbol,) = step.inputs if len(step.inputs) == 1 else (None,)
    if symbol is None:
        return None
    if id(symbol) in makers:
        path = makers[id(symbol)]
        (found,), _ = network.run(values, [path])
        maps = network.maps(found, path)
    else:
        maps = values
    return np.asarray(maps, np.float32)
