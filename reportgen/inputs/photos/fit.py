"""A photo brought to the network's input size, and what the network saw put back on the photo."""

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
import numpy.typing as npt
from PIL import Image

from reportgen.feeding import Interpolation, ResizeMode
from reportgen.inputs.geometry.cells import CellAxis, CellGrid, even_grid
from reportgen.inputs.photos.resample import Floats, bilinear, resample
from reportgen.pictures.box import Box

Photo = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Placement:
    """Which part of the photo (`source`) fills which part of the network's input (`target`)."""

    source: Box
    target: Box


def placement(
    width: int, height: int, target_width: int, target_height: int, mode: ResizeMode
) -> Placement:
    """Where a photo of width × height pixels comes to lie in an input of the target's size.

    The three modes are those of `keras.utils.image_dataset_from_directory`, pixel for pixel, since
    that is how most networks were trained: "stretch" is its default, "crop" its
    `crop_to_aspect_ratio` (the largest centred part of the target's aspect), "pad" its
    `pad_to_aspect_ratio` (the whole photo, centred between black bars).
    """
    whole = Box(0, 0, height, width)
    everything = Box(0, 0, target_height, target_width)
    if mode == "stretch":
        return Placement(whole, everything)
    if mode == "crop":
        crop_height = max(1, min(height, width * target_height // target_width))
        crop_width = max(1, min(width, height * target_width // target_height))
        top, left = (height - crop_height) // 2, (width - crop_width) // 2
        return Placement(Box(top, left, crop_height, crop_width), everything)
    if mode == "pad":
        return Placement(whole, _padded(width, height, target_width, target_height))
    assert_never(mode)


def _padded(width: int, height: int, target_width: int, target_height: int) -> Box:
    # As tf.image.resize_with_pad, which halves the bars before it rounds anything, but in integers:
    # its floating point division sometimes loses a row.
    if width * target_height >= height * target_width:
        inner_height = max(1, height * target_width // width)
        bar = (target_height * width - height * target_width) // (2 * width)
        return Box(min(bar, target_height - inner_height), 0, inner_height, target_width)
    inner_width = max(1, width * target_height // height)
    bar = (target_width * height - width * target_height) // (2 * height)
    return Box(0, min(bar, target_width - inner_width), target_height, inner_width)


def fit(
    photo: Photo | Floats,
    height: int,
    width: int,
    channels: Literal[1, 3],
    mode: ResizeMode,
    interpolation: Interpolation = "bilinear",
) -> Floats:
    """The photo as the network's input, before any preprocessing.

    By default interpolation is bilinear with half-pixel centres and *without* antialiasing, as
    `tf.image.resize` does it in `keras.utils.image_dataset_from_directory`: a network trained on
    pictures with that slight aliasing should be fed the same. `load_img`, and with it the older
    `ImageDataGenerator`, takes the nearest pixel by default.

    Args:
        photo: (photo height, photo width, 3), uint8; or 1 channel, float32, any range.
        height: of the network's input, in pixels.
        width: of the network's input, in pixels.
        channels: 3 for RGB, 1 for gray: ITU-R BT.601 luma, rounded as Pillow's `convert("L")`.
        mode: see `placement`. Padding is black (0), as in Keras.
        interpolation: see `resample`.

    Returns:
        (height, width, channels), float32, 0..255 (the range of `photo` where it is float32).

    """
    if channels == 1 and photo.shape[2] == 3:
        photo = np.asarray(Image.fromarray(photo).convert("L"))[:, :, np.newaxis]
    place = placement(photo.shape[1], photo.shape[0], width, height, mode)
    source, target = place.source, place.target
    seen = photo[source.top : source.top + source.height, source.left : source.left + source.width]
    result = np.zeros((height, width, channels), np.float32)
    result[target.top : target.top + target.height, target.left : target.left + target.width] = (
        resample(seen, target.height, target.width, interpolation)
    )
    return result


def project(
    heatmap: Floats,
    photo_height: int,
    photo_width: int,
    mode: ResizeMode,
    input_height: int,
    input_width: int,
    grid: CellGrid | None = None,
) -> Floats:
    """A map over the network's input, laid on the original photo: the inverse of `fit`.

    Bilinear between the centres of the cells. Around the outermost centres their value holds for
    half a cell, then it falls to 0 within another: a network without padding leaves a margin that
    has no cells of its own.

    Args:
        heatmap: (any height, any width), float32.
        photo_height: in pixels.
        photo_width: in pixels.
        mode: how the photo was fitted.
        input_height: of the network's input, in pixels.
        input_width: of the network's input, in pixels.
        grid: where the map's cells lie on the input; None where they divide it evenly.

    Returns:
        (photo_height, photo_width), float32, within the map's own range and 0; 0 where a crop left
        the photo unseen. What lies over padding is not on the photo and is gone.

    """
    place = placement(photo_width, photo_height, input_width, input_height, mode)
    source, target = place.source, place.target
    if grid is None:
        grid = even_grid((heatmap.shape[0], heatmap.shape[1]), (input_height, input_width))
    rows = _positions(source.height, target.top, target.height, grid.rows)
    columns = _positions(source.width, target.left, target.width, grid.columns)
    result = np.zeros((photo_height, photo_width), np.float32)
    result[source.top : source.top + source.height, source.left : source.left + source.width] = (
        bilinear(heatmap[:, :, np.newaxis], rows, columns)[:, :, 0]
        * grid.rows.inside(rows, heatmap.shape[0])[:, np.newaxis]
        * grid.columns.inside(columns, heatmap.shape[1])
    )
    return result


def spread_over(heatmap: Floats, height: int, width: int, grid: CellGrid) -> Floats:
    """A map over the whole input (height, width), as `project` lays it on a photo of that size."""
    return project(heatmap, height, width, "stretch", height, width, grid)


def _positions(pixels: int, start: int, extent: int, cells: CellAxis) -> npt.NDArray[np.float64]:
    """The map index of each photo pixel's centre, by way of the network's input."""
    return cells.cells_at(start + (np.arange(pixels, dtype=np.float64) + 0.5) * (extent / pixels))
