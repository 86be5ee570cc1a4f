"""What the inputs of a model are fed: images in the layout that they take, and other values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from reportgen.errors import ModelError
from reportgen.records.model import ImageInput


def laid_out(values: Any, image: ImageInput, symbol: Any) -> Any:
    """Images (N, H, W, C), or clips (N, T, H, W, C), as the input takes them."""
    return ops.cast(_in_layout(values, image, symbol), symbol.dtype)


def _in_layout(values: Any, image: ImageInput, symbol: Any) -> Any:
    if image.layout == "HW":
        return values[..., 0]
    if image.layout == "CHW":
        return ops.transpose(values, (0, 3, 1, 2))
    if image.layout == "THWC" and len(values.shape) == 4:
        frames = int(symbol.shape[1] or 1)
        return ops.repeat(values[:, None], frames, axis=1)
    return values


def other_value(values: Any, symbol: Any, given: Any = None) -> Any:
    """What an input that is not the image gets beside images `values` (N, ...).

    That is the value `given` for it, without a batch axis; zeros where there is none.
    """
    count = ops.shape(values)[0]
    if given is not None:
        value = ops.cast(given, symbol.dtype)
        return ops.broadcast_to(value[None], (count, *value.shape))
    return ops.zeros((count, *(size or 1 for size in symbol.shape[1:])), symbol.dtype)


def random_images(target: ImageInput) -> npt.NDArray[np.float32]:
    """Four images of noise (4, H, W, C), each in another range that a network may be made for."""
    size = (4, target.height, target.width, target.channels)
    drawn = np.random.default_rng(0).uniform(size=size)
    scaled = drawn * np.array([1.0, 2.0, 255.0, 255.0])[:, None, None, None]
    scaled -= np.array([0.0, 1.0, 0.0, 127.0])[:, None, None, None]
    return np.asarray(scaled, np.float32)


def check_others(
    given: Mapping[str, Any], shapes: Mapping[str, Sequence[int | None]], image: ImageInput | None
) -> None:
    """Raises ModelError for a value of an input that is not there, takes the image or differs.

    `shapes` are those of all inputs by name, batch axis first.
    """
    for name, value in given.items():
        if name not in shapes:
            raise ModelError(f"The model has no input “{name}”; it has {listed(shapes)}.")
        if image and name == image.name:
            raise ModelError(f"The input “{name}” takes the image; no other value can be fed.")
        wanted = tuple(shapes[name][1:])
        if tuple(value.shape) != wanted:
            raise ModelError(
                f"The input “{name}” takes values of the shape {wanted}, without a batch "
                f"axis; the file's are {tuple(value.shape)}."
            )


def listed(names: Iterable[str]) -> str:
    """Names in quotation marks, one after the other."""
    return ", ".join(f"“{name}”" for name in names)
