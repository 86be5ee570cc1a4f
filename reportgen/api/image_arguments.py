"""The images that a program gives, as the files and the table of classes that a build takes."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from reportgen.errors import ImageError
from reportgen.file_names import picture_names

MOST = 10_000
"""Images that one call takes from memory; more belong into a folder."""

_LEVELS = (("unit", 0.0, 1.0), ("signed", -1.0, 1.0), ("none", 0.0, 255.0))
"""What floats between two bounds are to a network that is fed them as they are."""


@dataclass(frozen=True)
class ImageArguments:
    """Paths for the build; `classes` is a table of file and class, where labels were given.

    `preprocess` feeds the network the very floats that were given; None for pictures.
    """

    paths: list[str]
    classes: Path | None = None
    preprocess: str | None = None


@dataclass
class _GivenImages:
    """What was given, in order: files, and pictures in memory with their names and classes."""

    files: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    pictures: list[npt.NDArray[Any] | PillowImage.Image] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)

    def add(self, picture: Any, label: str | None, name: str | None = None) -> None:
        if len(self.pictures) == MOST:
            raise ImageError(
                f"More than {MOST:,} images are given: take fewer, as with dataset.take(n), or "
                "give a folder."
            )
        self.names.append(name or f"image_{len(self.pictures) + 1:04d}.png")
        self.pictures.append(picture)
        self.labels.append(label)


def gather(images: Any, folder: Path, class_names: Sequence[str] | None = None) -> ImageArguments:
    """Turn what a program has into files; those in memory are written to `folder` as PNG.

    `images` is a path, an array (H, W), (H, W, C) or (N, H, W, C), a Pillow image, a mapping from
    names to these, or something to iterate over that yields them, alone or in pairs with labels:
    a list, a `tf.data.Dataset`, a `keras.utils.PyDataset`. Labels are names, indices or one-hot
    vectors; `class_names` name the indices. Integers are pixel values 0..255 of a picture. Floats
    are fed as they are: 0..1, -1..1 or 0..255, rounded to 256 levels. Raises ImageError.
    """
    found = _GivenImages()
    names = class_names or getattr(images, "class_names", None)
    _collect(images, found, list(names) if names is not None else None)
    if not found.files and not found.pictures:
        raise ImageError("No image is given: name a folder, or pass arrays.")
    mode, pictures = _as_bytes(found.pictures)
    file_names = picture_names(found.names)
    for name, picture in zip(file_names, pictures, strict=True):
        picture.save(folder / name, format="PNG")
    table = None
    if any(label is not None for label in found.labels):
        table = folder / "classes.csv"
        with table.open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(("file", "class"))
            rows.writerows(zip(file_names, found.labels, strict=True))
    in_memory = [str(folder / name) for name in file_names]
    return ImageArguments([*found.files, *in_memory], table, mode)


def _collect(images: Any, found: _GivenImages, class_names: list[str] | None) -> None:
    if isinstance(images, str | Path):
        found.files.append(str(images))
    elif isinstance(images, Mapping):
        for name, picture in images.items():
            if isinstance(picture, str | Path):
                raise ImageError(f"“{name}”: a mapping names images in memory, not files.")
            found.add(_single(picture), None, str(name))
    elif _is_picture(images):
        _add(images, None, found, class_names)
    elif isinstance(images, tuple) and len(images) == 2 and _is_picture(images[0]):
        _add(images[0], images[1], found, class_names)
    else:
        for element in _elements(images):
            _collect(element, found, class_names)


def _elements(images: Any) -> Iterator[Any]:
    if isinstance(images, Iterable):
        yield from images
    elif hasattr(images, "__getitem__") and hasattr(images, "__len__"):  # keras.utils.PyDataset
        yield from (images[at] for at in range(len(images)))
    else:
        raise ImageError(
            f"Images cannot be read from {type(images).__name__}: give paths, arrays, Pillow "
            "images or a dataset."
        )


def _is_picture(value: Any) -> bool:
    return isinstance(value, PillowImage.Image | np.ndarray) or hasattr(value, "__array__")


def _single(value: Any) -> Any:
    """A picture of its own; refuses batches."""
    if isinstance(value, PillowImage.Image):
        return value
    array = np.asarray(value)
    if array.ndim not in (2, 3):
        raise ImageError(f"An image has the axes (H, W) or (H, W, C), not the shape {array.shape}.")
    return array


def _add(value: Any, labels: Any, found: _GivenImages, class_names: list[str] | None) -> None:
    """Add a picture, or each of a batch, with its label."""
    array = None if isinstance(value, PillowImage.Image) else np.asarray(value)
    if array is None or array.ndim != 4:
        picture = _single(value)
        found.add(picture, None if labels is None else _label(labels, class_names))
        return
    each = [None] * len(array) if labels is None else list(np.asarray(labels))
    if len(each) != len(array):
        raise ImageError(f"There are {len(array)} images, but {len(each)} labels.")
    for picture, label in zip(array, each, strict=True):
        found.add(picture, None if label is None else _label(label, class_names))


def _label(label: Any, class_names: list[str] | None) -> str:
    """The name of a class that is given by name, index or one-hot vector."""
    if isinstance(label, str | bytes):
        return label.decode() if isinstance(label, bytes) else label
    values = np.asarray(label)
    if values.dtype.kind in "US":
        return str(values)
    index = int(values.argmax()) if values.size > 1 else round(float(values.reshape(())))
    if class_names is not None and 0 <= index < len(class_names):
        return class_names[index]
    return str(index)


def _as_bytes(pictures: Sequence[Any]) -> tuple[str | None, list[PillowImage.Image]]:
    """Pillow images, and the preprocessing that turns them into the floats that were given."""
    floats = [
        picture
        for picture in pictures
        if isinstance(picture, np.ndarray) and picture.dtype.kind == "f"
    ]
    mode, scale, offset = None, 1.0, 0.0
    if floats:
        mode, low, high = _level(floats)
        scale, offset = 255.0 / (high - low), -low
    made = []
    for picture in pictures:
        if isinstance(picture, PillowImage.Image):
            made.append(picture)
            continue
        array = picture
        if array.dtype.kind == "f":
            array = np.rint((array.astype(np.float64) + offset) * scale)
        made.append(_pillow(array))
    if floats and len(floats) < len(pictures):
        raise ImageError(
            "Some images are floats and some are pixel values: give all in one of the two forms."
        )
    return mode, made


def _level(floats: Sequence[npt.NDArray[Any]]) -> tuple[str, float, float]:
    """The preprocessing whose results lie where these floats do, with its bounds."""
    low = min(float(array.min()) for array in floats if array.size)
    high = max(float(array.max()) for array in floats if array.size)
    for mode, least, most in _LEVELS:
        if least <= low and high <= most:
            return mode, least, most
    raise ImageError(
        f"The images hold values from {low:g} to {high:g}: give pixel values 0..255 as integers, "
        "and the scaling as preprocess=…, or floats in 0..1, -1..1 or 0..255."
    )


def _pillow(array: npt.NDArray[Any]) -> PillowImage.Image:
    if array.dtype.kind not in "buif" or array.size == 0:
        raise ImageError(f"An image of the type {array.dtype} and shape {array.shape} is no image.")
    if array.dtype.kind != "b" and not (array.min() >= 0 and array.max() <= 255):
        raise ImageError(
            f"The images hold values from {array.min()} to {array.max()}; pixel values are 0..255."
        )
    pixels = (array * 255 if array.dtype.kind == "b" else array).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim == 3 and pixels.shape[2] not in (3, 4):
        raise ImageError(f"An image has 1, 3 or 4 channels, not {pixels.shape[2]}.")
    return PillowImage.fromarray(pixels)
