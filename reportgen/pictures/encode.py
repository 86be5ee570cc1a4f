"""Arrays → the bytes of PNG and JPEG files: the same array, the same bytes, no metadata."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reportgen.pictures.colormaps import BACKGROUND, palette, table
from reportgen.pictures.indexed import indexed_png
from reportgen.pictures.overlays import levels_of

# Level 9 saves another 0 to 7 % for two to eight times the time.
_COMPRESS_LEVEL = 6

QUALITIES = (88, 80, 70, 60)
"""Of a JPEG, from no visible difference to one that shows only at a close look."""


def palette_png(indices: NDArray[np.uint8], colormap: str = "viridis") -> bytes:
    """A PNG whose pixels are the given palette indices.

    Args:
        indices: (height, width), as ``tiles.grid`` gives them: 0..253 levels, 254 the transparent
            background, 255 inactive.
        colormap: see ``colormaps.NAMES``.

    Raises:
        SettingsError: the colour map is unknown.

    """
    _check(indices, None)
    return indexed_png(indices, palette(colormap), transparent=BACKGROUND)


def heat_png(values: NDArray[np.floating], colormap: str = "jet") -> bytes:
    """A PNG of a map (height, width) in 0..1 in colours: its pixels are the 256 levels.

    Raises:
        ValueError: a value is not finite and so has no colour.
        SettingsError: the colour map is unknown.

    """
    image = Image.fromarray(levels_of(values))
    image.putpalette(table(colormap).tobytes())
    return _png(image)


def gray_png(picture: NDArray[np.uint8]) -> bytes:
    """A PNG of a gray picture (height, width)."""
    _check(picture, None)
    return _png(Image.fromarray(np.ascontiguousarray(picture)))


def rgb_png(picture: NDArray[np.uint8]) -> bytes:
    """A PNG of an RGB picture (height, width, 3)."""
    _check(picture, 3)
    return _png(Image.fromarray(np.ascontiguousarray(picture)))


def rgba_png(picture: NDArray[np.uint8]) -> bytes:
    """A PNG of a picture (height, width, 4) with transparency, 0 transparent to 255 opaque."""
    _check(picture, 4)
    return _png(Image.fromarray(np.ascontiguousarray(picture)))


def jpeg(picture: NDArray[np.uint8], quality: int = 88) -> bytes:
    """A progressive JPEG of an RGB picture (height, width, 3), without EXIF.

    Args:
        picture: each side at most 65500 pixels, JPEG's limit.
        quality: 1 to 95.

    """
    _check(picture, 3)
    buffer = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()


def jpeg_within(picture: NDArray[np.uint8], most_bytes: int) -> bytes:
    """The same, of the best quality with which it takes so few bytes, or of the least that is good.

    Args:
        picture: as of `jpeg`.
        most_bytes: what few pictures need more of even at the least quality.

    """
    for quality in QUALITIES:
        encoded = jpeg(picture, quality)
        if len(encoded) <= most_bytes:
            break
    return encoded


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=_COMPRESS_LEVEL)
    return buffer.getvalue()


def _check(picture: NDArray[np.uint8], depth: int | None) -> None:
    """Refuse what Pillow would quietly read as another kind of picture."""
    wanted = picture.shape[2:] == (() if depth is None else (depth,))
    if picture.dtype != np.uint8 or picture.ndim < 2 or not wanted or picture.size == 0:
        form = "(height, width)" if depth is None else f"(height, width, {depth})"
        raise ValueError(f"expected uint8 {form}, got {picture.dtype} {picture.shape}")


def read_indices(path: Path) -> NDArray[np.uint8]:
    """Palette indices (height, width) of a PNG that ``palette_png`` made."""
    with Image.open(path) as image:
        return np.array(image)


def read_rgb(picture: Path | bytes) -> NDArray[np.uint8]:
    """Pixels (height, width, 3) of a picture that was written here: its file or its bytes."""
    with Image.open(BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
        return np.asarray(image.convert("RGB"))
