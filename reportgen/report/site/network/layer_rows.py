"""The channels of a layer as rows, the images as columns: their pictures, links and numbers."""

from collections.abc import Sequence
from functools import cached_property

from reportgen.records.image import Image
from reportgen.report.contexts import Picture
from reportgen.report.figures import channel_pages, cross_marks
from reportgen.report.layer_facts import over_images
from reportgen.report.outline import Outline, href, row_anchor, src
from reportgen.report.site.channels.contexts import ChannelLabel, FoldedChannels, Tile
from reportgen.report.site.channels.gathering import channel_place
from reportgen.report.site.channels.inactive import folded_channels
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.network.bands import GAP, ROWS_A_BAND, Bands, shown_size
from reportgen.report.site.network.layer_contexts import ChannelBand
from reportgen.report.site.sheets import Sheet
from reportgen.wording import count, numbers


def row_bands(outline: Outline, path: str) -> list[tuple[int, ...]]:
    """The channels of a layer that have rows, some in each picture; none runs over two pages."""
    inactive = outline.images.inactive(path)
    pages = (
        [channel for channel in part if channel not in inactive]
        for part in outline.layer_pages[path]
    )
    return [
        tuple(rows[at : at + ROWS_A_BAND])
        for rows in pages
        for at in range(0, len(rows), ROWS_A_BAND)
    ]


class LayerRows:
    """What the pages of one layer show of its channels; asks for the pictures."""

    def __init__(self, outline: Outline, drawings: Drawings, path: str) -> None:
        self._outline, self._path = outline, path
        self._slug = outline.layer_slugs[path]
        self._bands = Bands(drawings, outline.activations[path])
        self._images = self._bands.images

    @property
    def text(self) -> str:
        """What is shown of the images and channels, as a sentence or two."""
        outline, path = self._outline, self._path
        images, channels = len(outline.activations[path]), outline.images.totals[path].channels
        rows, shown = outline.layer_rows(path), len(self._images)
        said = "Each row is a channel, each column an image."
        if shown < images:
            said += f" {shown} of {count(images, 'image')}, evenly chosen."
        if rows < channels:
            said += f" The first {rows} of {channels:,} channels; the page of an image has more."
        return said

    def columns(self, page: str) -> tuple[Tile, ...]:
        """The photos above the columns, each with a link to the layer on the image's page."""
        sheet = self._photos
        return tuple(
            Tile(
                title=image.name,
                href=href(page, self._place(image)),
                alt=f"Photo {image.name}",
                src=src(page, sheet.path),
                width=sheet.width,
                height=sheet.height,
                view=sheet.view(at),
                pixelated=False,
            )
            for at, (image, _) in enumerate(self._images)
        )

    def bands(self, page: str, channels: range) -> tuple[ChannelBand, ...]:
        """The channels of a page that have rows, some in each picture."""
        return tuple(
            self._band(page, number, rows)
            for number, rows in enumerate(row_bands(self._outline, self._path), 1)
            if rows[0] in channels
        )

    def folded(self, page: str, channels: range) -> tuple[FoldedChannels, ...]:
        """The channels of a page that have no rows: those with one value on every image."""
        outline, path = self._outline, self._path
        by_word = {
            word: [channel for channel in found if channel in channels]
            for word, found in over_images(outline, path).items()
        }
        return folded_channels(outline, page, path, by_word, len(outline.activations[path]))

    def _band(self, page: str, number: int, channels: Sequence[int]) -> ChannelBand:
        outline, path = self._outline, self._path
        drawn = self._bands.band(f"pictures/layers/{self._slug}--{number}", channels)
        height, width = shown_size(drawn)
        columns = len(self._images)
        gap = round(GAP * height / drawn.tile_height)
        size = (columns * (width + gap) - gap, len(channels) * (height + gap) - gap)
        first, last = channels[0], channels[-1]
        span = f"channel {first}" if first == last else f"channels {numbers(channels)}"
        geometry = (columns, drawn.tile_height, drawn.tile_width, GAP, columns * len(channels))
        return ChannelBand(
            picture=Picture(
                src(page, drawn.picture),
                f"{path}, {span} on {count(columns, 'image')}",
                *size,
                pixelated=drawn.pixelated,
            ),
            rows=tuple(self._label(page, channel) for channel in channels),
            geometry=" ".join(map(str, geometry)),
            marks=cross_marks(drawn.inactive, (height, width), gap, columns),
            values=src(page, outline.row_values_file(path)),
            key=f"rows/{self._slug}/{number}",
            channels=channel_pages(outline, page, path),
        )

    def _label(self, page: str, channel: int) -> ChannelLabel:
        place = channel_place(self._outline, self._path, channel)
        return ChannelLabel(
            id=row_anchor(channel),
            text=str(channel),
            href=href(page, place),
        )

    @cached_property
    def _photos(self) -> Sheet:
        return self._bands.photos(f"pictures/layers/{self._slug}--photos.jpg")

    def _place(self, image: Image) -> str:
        return self._outline.grid_place(image.name, self._path)
