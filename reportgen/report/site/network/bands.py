"""Pictures of a layer's channels over several images: a channel a row, an image a column.

A page shows a few rows, so that a layer of hundreds of channels stays light.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.evenly_spaced import spread
from reportgen.records.image import Activations, Image
from reportgen.report.image_index import LayerGrids
from reportgen.report.site.sheets import Sheet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_A_BAND = 8
"""Channels in one picture: as many as a window shows."""

MOST_COLUMNS = 8
"""Images beside each other: as many as a page has room for."""

SIDE = 96
"""CSS pixels of a tile's longer side."""

GAP = 4
"""Pixels of the picture between its tiles."""

_PHOTO = 112
"""Pixels of the longer side of a photo above its column."""

_LARGEST = 64
"""Pixels of the maps that a tile holds at most: then a band takes about 150 kB at most."""


@dataclass(frozen=True)
class Band:
    """A picture of some channels of a layer on some images, of `width` × `height` pixels."""

    picture: str
    width: int
    height: int
    channels: range
    tile_height: int
    tile_width: int
    """Of a tile of the picture, in its pixels; tiles stand `GAP` pixels apart."""
    pixelated: bool
    inactive: tuple[int, ...]
    """Tiles of constant channels, counted along the rows."""
    left_out: tuple[int, ...]
    """Tiles that are not drawn, to keep the report small."""


class Bands:
    """Draws the bands of one layer; the grids of its images are read once."""

    def __init__(self, folder: Path, grids: LayerGrids) -> None:
        """`folder` is the report's, where the pictures of the grids lie."""
        self._folder = folder
        self.images = columns_of(grids)
        self._levels: list[NDArray[np.uint8]] = []

    def draw(self, path: str, channels: range) -> Band:
        """Draw some channels (one at least) into a picture at `path`, without an extension."""
        import numpy as np

        from reportgen.pictures.encode import palette_png
        from reportgen.pictures.regrid import clear
        from reportgen.pictures.tiles import GridLayout, grid

        cells = [(channel, about) for channel in channels for _, about in self.images]
        levels = self._tiles(channels)
        inactive = [at for at, (channel, about) in enumerate(cells) if channel in about.inactive]
        left_out = [at for at, (channel, about) in enumerate(cells) if is_missing(channel, about)]
        struck = np.zeros(len(cells), np.bool_)
        struck[inactive] = True
        columns = len(self.images)
        height, width = levels.shape[:2]
        layout = GridLayout.fit(len(cells), height, width, columns, GAP)
        sheet = grid(levels, struck, columns, GAP)
        clear(sheet, layout, left_out)
        target = self._folder / f"{path}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(palette_png(sheet))
        return Band(
            picture=f"{path}.png",
            width=layout.width,
            height=layout.height,
            channels=channels,
            tile_height=height,
            tile_width=width,
            pixelated=self._times > 1,
            inactive=tuple(at for at in inactive if at not in left_out),
            left_out=tuple(left_out),
        )

    def photos(self, path: str) -> Sheet:
        """Draw what the network was given, or else the photos, beside each other at `path`."""
        import numpy as np
        from PIL import Image as Pictures

        from reportgen.pictures.encode import jpeg

        height, width = self._read()[0].shape[:2]
        height, width = (round(_PHOTO * side / max(height, width)) for side in (height, width))
        strip = Pictures.new("RGB", (len(self.images) * width, height))
        for at, (image, _) in enumerate(self.images):
            with Pictures.open(self._folder / (image.network_photo or image.photo)) as photo:
                tile = photo.convert("RGB").resize((width, height), Pictures.Resampling.LANCZOS)
            strip.paste(tile, (at * width, 0))
        (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self._folder / path).write_bytes(jpeg(np.asarray(strip), 90))
        return Sheet(path, len(self.images), *strip.size, width, height)

    @property
    def _times(self) -> int:
        """How many times the pixels of small maps are enlarged, so that gaps stay narrow."""
        longest: int = max(self._read()[0].shape[:2])
        return max(1, SIDE // longest)

    def _read(self) -> "list[NDArray[np.uint8]]":
        """The tiles (height, width, channels) of each image, averaged where they are large."""
        from reportgen.pictures.encode import read_indices
        from reportgen.pictures.regrid import shrunk, tiles_of
        from reportgen.pictures.tiles import GridLayout

        if not self._levels:
            for _, about in self.images:
                height, width = about.size
                layout = GridLayout.fit(about.shown, height, width, about.columns, about.margin)
                tiles = tiles_of(read_indices(self._folder / about.picture), layout)
                self._levels.append(shrunk(tiles, _LARGEST))
        return self._levels

    def _tiles(self, channels: range) -> "NDArray[np.uint8]":
        import numpy as np

        found = self._read()
        empty = np.zeros(found[0].shape[:2], np.uint8)
        tiles = [
            levels[:, :, channel] if channel < levels.shape[2] else empty
            for channel in channels
            for levels in found
        ]
        stacked = np.stack(tiles, axis=2)
        return stacked.repeat(self._times, axis=0).repeat(self._times, axis=1)


def columns_of(grids: LayerGrids) -> list[tuple[Image, Activations]]:
    """The images that are columns, evenly chosen, each with the layer's grid."""
    pairs = [grids[at] for at in spread(range(len(grids)), MOST_COLUMNS)]
    return [(image, grid) for image, grid in pairs if grid.size == pairs[0][1].size]


def is_missing(channel: int, grid: Activations) -> bool:
    """Whether a grid does not draw a channel."""
    return channel >= grid.shown or channel in grid.left_out


def shown_size(band: Band) -> tuple[int, int]:
    """Height and width of a band's tile on the page, in CSS pixels."""
    times = SIDE / max(band.tile_height, band.tile_width)
    if band.pixelated:
        times = 1
    return round(band.tile_height * times), round(band.tile_width * times)
