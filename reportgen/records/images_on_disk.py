"""The records of images in a file: ten thousand take no more memory than ten.

An image's activation grids are read one by one, their numbers only where they are shown.
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TypeVar

from pydantic import TypeAdapter

from reportgen.records.image import Activations, Image
from reportgen.records.on_disk import Kept, KeptFile, Series, keep

T = TypeVar("T")

_IMAGES_AT_HAND = 64
_GRIDS = struct.Struct("<QQ")
_SERIES = struct.Struct("<8Q")


def keep_images(images: Iterable[Image], file: KeptFile) -> Kept[Image]:
    """Put the images into the file, one after the other, as they come."""
    place = keep(images, file, partial(_pack_image, file))
    return Kept(file, place, partial(_unpack_image, file), _IMAGES_AT_HAND)


def _pack_image(file: KeptFile, image: Image) -> bytes:
    place = keep(image.activations, file, partial(_pack_grid, file))
    return _GRIDS.pack(*place) + _text(_IMAGE, replace(image, activations=()))


def _unpack_image(file: KeptFile, packed: bytes) -> Image:
    place = _GRIDS.unpack_from(packed)
    image = _IMAGE.validate_json(packed[_GRIDS.size :])
    # The grids of an image that were read stay in memory as long as the image does.
    grids = Kept(file, place, partial(_unpack_grid, file), place[1])
    return replace(image, activations=grids)


def _pack_grid(file: KeptFile, grid: Activations) -> bytes:
    kept = (grid.means, grid.lows, grid.highs, grid.deviations)
    places = [Series.of(numbers, file).place for numbers in kept]
    bare = replace(grid, means=(), lows=(), highs=(), deviations=())
    return _SERIES.pack(*chain.from_iterable(places)) + _text(_GRID, bare)


def _unpack_grid(file: KeptFile, packed: bytes) -> Activations:
    numbers = _SERIES.unpack_from(packed)
    series = (Series(file, numbers[at : at + 2]) for at in range(0, len(numbers), 2))
    means, lows, highs, deviations = series
    grid = _GRID.validate_json(packed[_SERIES.size :])
    return replace(grid, means=means, lows=lows, highs=highs, deviations=deviations)


_IMAGE, _GRID = TypeAdapter(Image), TypeAdapter(Activations)


def _text(adapter: TypeAdapter[T], record: T) -> bytes:
    """JSON in which what is not finite is written as Python does, so that it comes back."""
    return json.dumps(adapter.dump_python(record), separators=(",", ":")).encode()
