"""Copies of photos for others to compute with: every pixel kept, nothing told of the maker."""

import io
import re
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from reportgen.feeding import Feeding
from reportgen.inputs.photos.decode import decode
from reportgen.pictures.encode import gray_png, rgb_png

_ORIENTATION = 0x0112
_START, _END, _SCAN, _COMMENT = b"\xff\xd8", b"\xff\xd9", 0xDA, 0xFE
_ESSENTIAL = (0xE0, 0xEE)
"""The segments of JFIF and of Adobe, which say how colours are coded."""

_MARKER = re.compile(rb"\xff([\x01-\xfe])(..)", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def copy_photo(source: Path, folder: Path, name: str, feeding: Feeding | None = None) -> Path:
    """Write a copy to `folder`, named `name` with .jpg, .png or .npy, and return its path.

    Pillow's `ImageOps.exif_transpose(Image.open(copy)).convert("RGB")` gives the very pixels that
    reportgen fed to the network; gray of more than 8 bits is an array (height, width) of float32.
    A JPEG keeps its compressed data and loses its metadata (place, camera, thumbnail) but for the
    orientation; whatever else it is becomes a PNG. Raises UnreadableImageError when the photo
    cannot be decoded.
    """
    decoded = decode(source, feeding)
    folder.mkdir(parents=True, exist_ok=True)
    if decoded.deep is not None:
        target = folder / f"{name}.npy"
        np.save(target, decoded.deep)
        return target
    plain = _plain_jpeg(source.read_bytes())
    if plain is not None and _shows(plain, decoded.rgb):
        target = folder / f"{name}.jpg"
        target.write_bytes(plain)
        return target
    target = folder / f"{name}.png"
    target.write_bytes(rgb_png(decoded.rgb) if decoded.gray is None else gray_png(decoded.gray))
    return target


def _shows(data: bytes, rgb: npt.NDArray[np.uint8]) -> bool:
    """Whether a plain reader of the copy sees these pixels."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return np.array_equal(np.array(ImageOps.exif_transpose(image).convert("RGB")), rgb)
    except Exception:  # Pillow's decoders raise nearly every built-in exception
        return False


def _plain_jpeg(data: bytes) -> bytes | None:
    """A JPEG without application data and comments; None for what is no well-formed JPEG.

    Of EXIF only the orientation stays.
    """
    if data[:2] != _START:
        return None
    kept = [data[:2], _orientation(data)]
    position = 2
    while match := _MARKER.match(data, position):
        marker, (length,) = match[1][0], struct.unpack(">H", match[2])
        end = position + 2 + length
        if marker == _SCAN:
            after = _AFTER_SCAN.search(data, end)
            if after is None:
                return None
            end = after.start()
        if marker in _ESSENTIAL or not (0xE0 <= marker <= 0xEF or marker == _COMMENT):
            kept.append(data[position:end])
        if data[end : end + 2] == _END:  # what follows is another picture or a stranger's data
            return b"".join([*kept, _END])
        position = end
    return None


def _orientation(data: bytes) -> bytes:
    """An EXIF segment that holds the picture's orientation alone; empty for an upright one."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF raises anything
        return b""
    if orientation not in range(2, 9):
        return b""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    content = exif.tobytes()
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
