"""TIFFs that Pillow does not decode, or decodes wrongly: read by other means, else described."""

import importlib.util
import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin

# Without any handler Python would print its errors; --debug brings handlers of its own.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_SAMPLES, _BITS, _FORMAT, _WIDTH, _HEIGHT = 277, 258, 339, 256, 257
_PHOTOMETRIC, _PLANAR = 262, 284
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_FORMATS = {1: "unsigned", 2: "signed", 3: "float", 5: "complex", 6: "complex"}
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK, _YCBCR = 0, 1, 2, 5, 6
_COLOURS = {3: "of a palette", 5: "CMYK", 6: "YCbCr", 8: "CIELAB", 9: "ICC L*a*b*",
            10: "ITU L*a*b*", 32844: "LogL", 32845: "LogLuv"}  # fmt: skip


class Facts(NamedTuple):
    """The first picture of a TIFF by its tags; `kind` is a sample's type ("64-bit float")."""

    bands: int
    kind: str
    pixels: int
    photometric: int


def has_planes(image: Image.Image) -> bool:
    """Whether the opened picture is a TIFF with a plane for each of several bands."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    return tags.get(_PLANAR) == 2 and int(tags.get(_SAMPLES, 1)) > 1


def why_planes_fail(image: Image.Image) -> str | None:
    """Why Pillow reads such planes wrongly by whatever means; None where it does not.

    Found by files that tifffile wrote, for Pillow 13: gray with transparency has one plane twice,
    CIELAB has its colours shifted.
    """
    if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) in (_RGB, _CMYK, _YCBCR):
        return None
    return (
        f"it is a {image.mode} TIFF with a plane for each band, which Pillow does not decode: save "
        "it with interleaved bands (planar configuration 1)"
    )


def white_is_zero(image: Image.Image) -> bool:
    """Whether the opened picture is a TIFF whose lowest value stands for white.

    Pillow inverts these where they have up to 8 bits, and leaves 16 bits as they are.
    """
    return getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO


@contextmanager
def by_libtiff() -> Iterator[None]:
    """Have Pillow read uncompressed TIFFs by libtiff, as it reads compressed ones.

    Its own decoder takes each plane for one of 8-bit samples. The switch belongs to the process.
    """
    before = TiffImagePlugin.READ_LIBTIFF
    TiffImagePlugin.READ_LIBTIFF = True
    try:
        yield
    finally:
        TiffImagePlugin.READ_LIBTIFF = before


def facts_of(path: Path) -> Facts | None:
    """What the tags say of the first picture; None if they cannot be read."""
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
            kind = f"{bits[0]}-bit {_FORMATS.get(kinds[0], 'unknown')}"
            photometric = int(tags.get(_PHOTOMETRIC, _BLACK_IS_ZERO))
            return Facts(bands, kind, pixels, photometric)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, IndexError, struct.error):
        return None


def _many(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (int(value),)


def why_not(path: Path) -> str | None:
    """Why Pillow does not decode the TIFF, and what helps; None where its tags tell nothing."""
    facts = facts_of(path)
    if facts is None:
        return None
    bands, kind, _, photometric = facts
    if bands not in (1, 3, 4):
        return (
            f"it is a TIFF of {bands} bands, and a picture has one or three: export the bands that "
            "the model takes as an RGB or gray picture"
        )
    if photometric in _COLOURS:
        return (
            f"its colours are {_COLOURS[photometric]}, of {kind} samples, which Pillow does not "
            "decode: export it as RGB"
        )
    what = f"it is a TIFF of {'one band' if bands == 1 else f'{bands} bands'} of {kind} samples"
    if importlib.util.find_spec("tifffile") is None:
        return f"{what}, or compressed in a way, that Pillow does not decode: pip install tifffile"
    return f"{what}, or compressed in a way, that neither Pillow nor tifffile decodes"


def read(path: Path, maximum_pixels: int) -> npt.NDArray[Any] | None:
    """The samples of the first picture, (height, width) or (height, width, 3 or 4).

    None where tifffile is not installed, cannot read them, or they are no gray or RGB picture.
    """
    facts = facts_of(path)
    if (
        importlib.util.find_spec("tifffile") is None
        or facts is None
        or facts.pixels > maximum_pixels
    ):
        return None
    if facts.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB):
        return None
    import tifffile

    try:
        with path.open("rb") as source, tifffile.TiffFile(source) as file:
            values = np.asarray(file.pages[0].asarray())
    except Exception:  # tifffile is pure Python and raises anything on damaged files
        return None
    if values.ndim == 3 and values.shape[0] in (3, 4) and values.shape[2] not in (3, 4):
        values = values.transpose(1, 2, 0)  # one plane for each band
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if facts.photometric == _WHITE_IS_ZERO:
        if values.dtype.kind != "u":
            return None
        values = np.iinfo(values.dtype).max - values
    is_picture = values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))
    return values if is_picture and values.size and values.dtype.kind in "uif" else None
