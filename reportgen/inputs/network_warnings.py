"""Sentences on what was assumed about a model and may be wrong."""

from collections.abc import Mapping
from typing import Any

from reportgen.inputs.geometry.places import Places
from reportgen.inputs.image_input import sides_of
from reportgen.records.model import ImageInput
from reportgen.records.outputs import TensorInfo


def place_warnings(places: Places, layers: Mapping[str, Any]) -> list[str]:
    """Layers, by path, whose maps do not lie on the photo as those of the others."""
    found = [
        f"The layer “{path}” is set to {layers[path].data_format}, against the rest "
        "of the network: its maps are shown as the network lays them out, and it mixes "
        "channels with rows or columns."
        for path in places.disagreeing
    ]
    found += [
        f"The layer “{path}” ({type(layers[path]).__name__}) mirrors, rotates or "
        "shifts the picture: maps and heatmaps of the layers behind it lie as the network sees "
        "them, not as on the photo."
        for path in places.turning
    ]
    return found


def size_warnings(image: ImageInput, declared: TensorInfo, *, size_given: bool) -> list[str]:
    """Frames and sizes that the model leaves open; `declared` is the input as the model has it."""
    found = []
    if image.layout == "THWC" and declared.shape[1] is None:
        found.append(
            "The model takes any number of frames: each image is fed as a clip of one frame."
        )
    if None in sides_of(declared.shape, image.layout) and not size_given:
        found.append(
            f"The model's input size is open: {image.height} × {image.width} pixels are assumed; "
            "--input-size chooses another."
        )
    return found
