"""Small pictures that the tests of decoding draw, encode and read back."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from reportgen.feeding import Feeding
from reportgen.inputs.photos.decode import Decoded, decode


def colours(height: int = 6, width: int = 9) -> np.ndarray:
    """A small picture in which no two pixels are alike, so that every flip shows."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 40, columns * 28, 255 - rows * 20 - columns * 10], axis=2).astype(
        np.uint8
    )


COLOURS = colours()
GRAY = (np.arange(54, dtype=np.uint8) * 4).reshape(6, 9)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def decode_bytes(
    data: bytes, folder: Path, name: str = "picture.bin", feeding: Feeding | None = None
) -> Decoded:
    path = folder / name
    path.write_bytes(data)
    return decode(path, feeding)
