"""Pictures of a report as Pillow images, and in the output of a notebook's cell."""

import base64
import html
import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image as PillowImage

_LONGEST = 224
"""Pixels of a picture's longest side in the output of a cell."""


def read_picture(folder: Path, name: str) -> PillowImage.Image:
    """A picture of the report in `folder`, by its path in there, read whole."""
    with PillowImage.open(folder / name) as picture:
        picture.load()
        return picture


def figure(picture: PillowImage.Image, caption: str) -> str:
    """A small copy of a picture with its caption, as HTML that needs no other file."""
    small = picture.convert("RGB")
    small.thumbnail((_LONGEST, _LONGEST))
    content = io.BytesIO()
    small.save(content, "JPEG", quality=85)
    source = f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
    said = html.escape(caption)
    return (
        f'<figure style="margin:0"><img src="{source}" alt="{said}">'
        f"<figcaption>{said}</figcaption></figure>"
    )


def row(figures: Iterable[str]) -> str:
    """Figures side by side, as HTML."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(figures)}</div>'
