"""TIFFs that Pillow does not decode: read with tifffile where it is installed, else described."""

import importlib.util
import logging
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import TiffImagePlugin

# Without any handler Python would print its errors; --debug brings handlers of its own.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_SAMPLES, _BITS, _FORMAT, _WIDTH, _HEIGHT = 277, 258, 339, 256, 257
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_FORMATS = {1: "unsigned", 2: "signed", 3: "float", 5: "complex", 6: "complex"}


def facts_of(path: Path) -> tuple[int, str, int] | None:
    """Bands, type of a sample ("64-bit float") and pixels of the first picture; None if unreadable.

    Only the tags are read.
    """
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            header = file.read(8)
            if header[2:3] == b"+" or header[3:4] == b"+":
                header += file.read(8)
            tags = TiffImagePlugin.ImageFileDirectory_v2(header)
            file.seek(tags.next)
            tags.load(file)
            bits, kinds = _many(tags.get(_BITS, 1)), _many(tags.get(_FORMAT, 1))
            starts = _many(tags[_STRIPS] if _STRIPS in tags else tags[_TILES])
            sizes = _many(tags[_STRIP_BYTES] if _STRIP_BYTES in tags else tags[_TILE_BYTES])
            end = max(map(sum, zip(starts, sizes, strict=True)))
            if end > path.stat().st_size:
                return None  # cut short
            pixels = int(tags[_WIDTH]) * int(tags[_HEIGHT])
            bands = int(tags.get(_SAMPLES, 1))
            return bands, f"{bits[0]}-bit {_FORMATS.get(kinds[0], 'unknown')}", pixels
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, IndexError, struct.error):
        return None


def _many(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (int(value),)


def why_not(path: Path) -> str | None:
    """Why Pillow does not decode the TIFF, and what helps; None where its tags tell nothing."""
    facts = facts_of(path)
    if facts is None:
        return None
    bands, kind, _ = facts
    if bands not in (1, 3, 4):
        return (
            f"it is a TIFF of {bands} bands, and a picture has one or three: export the bands that "
            "the model takes as an RGB or gray picture"
        )
    what = f"it is a TIFF of {'one band' if bands == 1 else f'{bands} bands'} of {kind} samples"
    if importlib.util.find_spec("tifffile") is None:
        return f"{what}, or compressed in a way, that Pillow does not decode: pip install tifffile"
    return f"{what}, or compressed in a way, that neither Pillow nor tifffile decodes"


def read(path: Path, maximum_pixels: int) -> npt.NDArray[Any] | None:
    """The samples of the first picture, (height, width) or (height, width, 3 or 4).

    None where tifffile is not installed, cannot read them, or they are no picture.
    """
    facts = facts_of(path)
    if importlib.util.find_spec("tifffile") is None or facts is None or facts[2] > maximum_pixels:
        return None
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            values = np.asarray(file.pages[0].asarray())
    except Exception:  # tifffile is pure Python and raises anything on damaged files
        return None
    if values.ndim == 3 and values.shape[0] in (3, 4) and values.shape[2] not in (3, 4):
        values = values.transpose(1, 2, 0)  # one plane for each band
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    is_picture = values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))
    return values if is_picture and values.size and values.dtype.kind in "uif" else None
