"""Pictures of a layer's channels over several images: a channel a row, an image a column.

A page shows a few rows, so that a layer of hundreds of channels stays light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.evenly_spaced import spread
from reportgen.records.image import Activations, Image
from reportgen.report.image_index import LayerGrids
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.sheets import Sheet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.pictures.tiles import GridLayout

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
    channels: Sequence[int]
    tile_height: int
    tile_width: int
    """Of a tile of the picture, in its pixels; tiles stand `GAP` pixels apart."""
    pixelated: bool
    inactive: tuple[int, ...]
    """Tiles of constant channels, counted along the rows."""
    left_out: tuple[int, ...]
    """Tiles that are not drawn, to keep the report small."""


class Bands:
    """The bands of one layer, asked for as drawings; the grids of its images are read once."""

    def __init__(self, drawings: Drawings, grids: LayerGrids) -> None:
        self._drawings = drawings
        self.images = columns_of(grids)
        self._levels: list[NDArray[np.uint8]] = []

    def band(self, path: str, channels: Sequence[int]) -> Band:
        """Ask for a picture of some channels (one at least) at `path`, without an extension."""
        cells = [(channel, about) for channel in channels for _, about in self.images]
        inactive = [at for at, (channel, about) in enumerate(cells) if channel in about.inactive]
        left_out = [at for at, (channel, about) in enumerate(cells) if is_missing(channel, about)]
        layout = self._layout(len(cells))
        picture = f"{path}.png"
        self._drawings.add(picture, lambda: self._drawn(channels, layout, inactive, left_out))
        return Band(
            picture=picture,
            width=layout.width,
            height=layout.height,
            channels=channels,
            tile_height=layout.tile_height,
            tile_width=layout.tile_width,
            pixelated=self._times > 1,
            inactive=tuple(at for at in inactive if at not in left_out),
            left_out=tuple(left_out),
        )

    def _layout(self, tiles: int) -> "GridLayout":
        from reportgen.pictures.tiles import GridLayout

        height, width = (side * self._times for side in self._size)
        return GridLayout.fit(tiles, height, width, len(self.images), GAP)

    def _drawn(
        self,
        channels: Sequence[int],
        layout: "GridLayout",
        inactive: Sequence[int],
        left_out: Sequence[int],
    ) -> bytes:
        import numpy as np

        from reportgen.pictures.encode import palette_png
        from reportgen.pictures.regrid import clear
        from reportgen.pictures.tiles import grid

        struck = np.zeros(len(channels) * len(self.images), np.bool_)
        struck[list(inactive)] = True
        sheet = grid(self._tiles(channels), struck, len(self.images), GAP)
        clear(sheet, layout, left_out)
        return palette_png(sheet)

    def photos(self, path: str) -> Sheet:
        """Ask for the network inputs, or else the photos, beside each other at `path`."""
        longest = max(self._size)
        height, width = (round(_PHOTO * side / longest) for side in self._size)
        self._drawings.add(path, lambda: self._photos(height, width))
        count = len(self.images)
        return Sheet(path, count, count * width, height, width, height)

    def _photos(self, height: int, width: int) -> bytes:
        import numpy as np
        from PIL import Image as Pictures

        from reportgen.pictures.encode import jpeg

        strip = Pictures.new("RGB", (len(self.images) * width, height))
        for at, (image, _) in enumerate(self.images):
            picture = image.network_photo or image.photo
            with Pictures.open(self._drawings.folder / picture) as photo:
                tile = photo.convert("RGB").resize((width, height), Pictures.Resampling.LANCZOS)
            strip.paste(tile, (at * width, 0))
        return jpeg(np.asarray(strip), 90)

    @property
    def _size(self) -> tuple[int, int]:
        """Height and width of the maps in a tile, averaged where they are large."""
        from reportgen.pictures.tiles import block_size

        height, width = self.images[0][1].size
        block = block_size(height, width, _LARGEST)
        return -(-height // block), -(-width // block)

    @property
    def _times(self) -> int:
        """How many times the pixels of small maps are enlarged, so that gaps stay narrow."""
        return max(1, SIDE // max(self._size))

    def _read(self) -> "list[NDArray[np.uint8]]":
        """The tiles (height, width, channels) of each image, averaged where they are large."""
        from reportgen.pictures.encode import read_indices
        from reportgen.pictures.regrid import shrunk, tiles_of
        from reportgen.pictures.tiles import GridLayout

        if not self._levels:
            for _, about in self.images:
                height, width = about.size
                layout = GridLayout.fit(about.shown, height, width, about.columns, about.margin)
                tiles = tiles_of(read_indices(self._drawings.folder / about.picture), layout)
                self._levels.append(shrunk(tiles, _LARGEST))
        return self._levels

    def _tiles(self, channels: Sequence[int]) -> "NDArray[np.uint8]":
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
