"""Find the input that takes the picture, and the concrete shapes of all inputs."""

from collections.abc import Sequence
from typing import Literal

from reportgen.errors import ModelError
from reportgen.records.model import ImageInput
from reportgen.records.outputs import TensorInfo

DEFAULT_SIZE = 224
"""Pixels a side for a model whose input size is open, when none is given."""

Shape = tuple[int | None, ...]


def find_image_input(
    inputs: Sequence[TensorInfo], size: tuple[int, int] | None
) -> tuple[ImageInput | None, list[Shape]]:
    """The image input (None where no input takes a picture) and a concrete shape for each input.

    The first input that looks like a picture is taken. Batch axes become open, open heights and
    widths become `size`, else `DEFAULT_SIZE`; other open axes become 1. Raises ModelError when
    `size` contradicts the model.
    """
    image: ImageInput | None = None
    shapes: list[Shape] = []
    for tensor in inputs:
        shape: Shape = tuple(tensor.shape)
        layout = None if tensor.dtype == "string" else _layout(shape)
        if layout is None:
            shapes.append((None, *(n or 1 for n in shape[1:])))
            continue
        shape = _sized(shape, layout, size)
        shapes.append(shape)
        if image is None:
            image = _described(tensor.name, shape, layout)
    return image, shapes


def _layout(shape: Shape) -> Literal["HWC", "CHW", "HW", "THWC"] | None:
    """How a picture would lie in an input of this shape; None where none would."""
    if len(shape) == 4:
        if shape[3] in (1, 3) or (shape[3] is None and shape[1] not in (1, 3)):
            return "HWC"
        return "CHW" if shape[1] in (1, 3) else None
    if len(shape) == 5 and shape[4] in (1, 3):
        return "THWC"
    if len(shape) == 3 and all(n is not None and n >= 8 for n in shape[1:]):
        return "HW"
    return None


_AXES = {"HWC": (1, 2), "CHW": (2, 3), "HW": (1, 2), "THWC": (2, 3)}


def sides_of(shape: Sequence[int | None], layout: str) -> tuple[int | None, int | None]:
    """Height and width of an image input of this shape; None where it is open."""
    rows, columns = _AXES[layout]
    return shape[rows], shape[columns]


def resized(shape: Shape, layout: str, height: int, width: int) -> Shape:
    """The shape of an image input for images of another size."""
    full = list(shape)
    for axis, size in zip(_AXES[layout], (height, width), strict=True):
        full[axis] = size
    return tuple(full)


def _sized(shape: Shape, layout: str, size: tuple[int, int] | None) -> Shape:
    full = [None, *shape[1:]]
    for axis, wanted in zip(_AXES[layout], size or (None, None), strict=True):
        if full[axis] is not None and wanted is not None and full[axis] != wanted:
            height, width = (shape[i] for i in _AXES[layout])
            raise ModelError(
                f"The model takes images of {height or 'any'} × {width or 'any'} pixels; "
                "--input-size is for models whose size is open."
            )
        full[axis] = full[axis] or wanted or DEFAULT_SIZE
    channel_axis = {"HWC": 3, "CHW": 1, "THWC": 4}.get(layout)
    for axis in range(1, len(full)):
        full[axis] = full[axis] or (3 if axis == channel_axis else 1)
    return tuple(full)


def _described(name: str, shape: Shape, layout: Literal["HWC", "CHW", "HW", "THWC"]) -> ImageInput:
    height, width = (int(shape[i] or 0) for i in _AXES[layout])
    channel_axis = {"HWC": 3, "CHW": 1, "THWC": 4}.get(layout)
    channels = int(shape[channel_axis] or 3) if channel_axis is not None else 1
    frames = int(shape[1] or 1) if layout == "THWC" else 1
    return ImageInput(
        name=name, height=height, width=width, channels=channels, layout=layout, frames=frames
    )
