"""Pictures on their way from reports into a comparison's folder."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from reportgen.comparison.reading import Decoded, Source
from reportgen.pictures.encode import jpeg
from reportgen.pictures.tiles import GridLayout
from reportgen.records.filters import Filter, Gallery
from reportgen.records.image import Activations

_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}


@dataclass(frozen=True)
class Copied:
    """A picture in the comparison: its path there, and its size in pixels."""

    path: str
    width: int
    height: int


class Album:
    """Writes pictures below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sheets: dict[tuple[str, str], PillowImage.Image | None] = {}

    def write(self, content: bytes, path: str) -> str:
        """Write a file; its path."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)
        return path

    def jpeg(self, pixels: npt.NDArray[np.uint8], stem: str) -> str:
        """Write an RGB picture (height, width, 3); its path."""
        return self.write(jpeg(pixels), f"{stem}.jpg")

    def copy(self, picture: Decoded | None, stem: str) -> Copied | None:
        """Write a picture of a report as it is; None for none."""
        if picture is None:
            return None
        path = self.write(picture.content, f"{stem}{_SUFFIXES[picture.format]}")
        return Copied(path, picture.pixels.width, picture.pixels.height)

    def png(self, picture: PillowImage.Image, stem: str) -> str:
        """Write a picture as PNG; its path."""
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        return self.write(buffer.getvalue(), f"{stem}.png")

    def pattern(self, source: Source, found: Filter) -> PillowImage.Image | None:
        """The pattern of a filter, cut out of its gallery; None where that cannot be read."""
        galleries = source.report.galleries
        gallery = next(
            (candidate for candidate in galleries if candidate.picture == found.picture), None
        )
        if gallery is None:
            return None
        return self._tile(source, found.picture, _gallery_layout(gallery), found.tile)

    def feature_map(
        self, source: Source, grid: Activations, channel: int
    ) -> PillowImage.Image | None:
        """The feature map of a channel, cut out of its grid; None where that cannot be read."""
        if channel >= grid.shown or channel in grid.left_out:
            return None
        height, width = grid.size
        layout = GridLayout.fit(grid.shown, height, width, grid.columns, grid.margin)
        return self._tile(source, grid.picture, layout, channel)

    def _tile(
        self, source: Source, path: str, layout: GridLayout, at: int
    ) -> PillowImage.Image | None:
        key = (source.name, path)
        if key not in self._sheets:
            found = source.picture(path)
            self._sheets[key] = found.pixels if found else None
        picture = self._sheets[key]
        if picture is None or at >= layout.channels:
            return None
        box = layout.box(at)
        if box[2] > picture.width or box[3] > picture.height:
            return None
        return picture.crop(box)


def _gallery_layout(gallery: Gallery) -> GridLayout:
    return GridLayout.fit(
        gallery.shown, gallery.size, gallery.size, gallery.columns, gallery.margin
    )
