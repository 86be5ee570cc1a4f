"""Pictures for a page that carries them in itself: no more pixels than it shows, few bytes each."""

from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

_QUALITY = 80
_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}


class Encoded(NamedTuple):
    """The bytes of a picture file and their media type."""

    media_type: str
    content: bytes


def as_it_is(path: Path) -> Encoded:
    """A picture file unchanged; its type by its extension (SVG, PNG, JPEG, WebP)."""
    return Encoded(_TYPES[path.suffix.lower()], path.read_bytes())


def shrunk(path: Path, width: int) -> Encoded:
    """A picture file with at most `width` pixels across, as WebP where that is smaller.

    A palette picture that needs no shrinking is kept: its pixels are data. SVG stays as it is.
    """
    original = as_it_is(path)
    if path.suffix.lower() == ".svg":
        return original
    with Image.open(path) as image:
        smaller = image.width > width
        if image.mode == "P" and not smaller:
            return original
        opaque = "transparency" not in image.info and image.mode not in ("RGBA", "LA")
        picture = image.convert("RGB" if opaque else "RGBA")
    if smaller:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=_QUALITY, method=2)
    made = Encoded("image/webp", buffer.getvalue())
    return made if len(made.content) < len(original.content) else original
