"""Which layers a notebook can reach by their path, and how their values stand."""

from collections.abc import Mapping

from reportgen.records.model import Layer
from reportgen.records.report import Report

_FLOATS = ("float16", "bfloat16", "float32", "float64")


def image_dtype(report: Report) -> str:
    """The type of number of the input that takes the picture."""
    target = report.model.image_input
    return next(
        (tensor.dtype for tensor in report.model.inputs if target and tensor.name == target.name),
        "",
    )


def takes_floats(report: Report) -> bool:
    """Whether a gradient reaches the picture: whole numbers let none through."""
    return image_dtype(report) in _FLOATS


def is_channels_first(layer: Layer) -> bool:
    """Whether a layer's maps stand behind their channel axis."""
    shape = layer.output_shape
    return len(shape) == 4 and shape[1] == layer.channels != shape[3]


def is_reachable(layer: Layer) -> bool:
    """Whether a layer can be found by its path, and has its maps as they stand.

    In a path, "#2" stands for a layer's second call.
    """
    shape = layer.output_shape
    plain = layer.map_size is None or layer.map_size in (shape[-3:-1], shape[-2:])
    return "#" not in layer.name and bool(layer.inputs) and plain and layer.wrapper is None


def is_shared(path: str, by_path: Mapping[str, Layer]) -> bool:
    """Whether the model uses a layer several times."""
    return "#" in path or f"{path}#2" in by_path
