"""Which pages a report has, what stands on each, and how one page links to another."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from urllib.parse import quote

from reportgen.file_names import slugs
from reportgen.records.filters import Filter, Gallery
from reportgen.records.model import Layer
from reportgen.records.over_images import Mistake
from reportgen.records.report import Report
from reportgen.report.image_index import ImageIndex, LayerGrids
from reportgen.report.paging import Parts, cut, grid_cost, page_of, paged
from reportgen.report.placed_notes import PlacedNotes, notes_of
from reportgen.report.sections.table import Section

MOST_NODES = 760
"""About how many elements of a page may belong to grids or rows; the rest is for navigation."""
_ROW_NODES, _BLOCK_NODES, _DRAWING_NODES = 16, 4, 160
"""Elements of the model's page: a row, a block's heading, and what the drawing takes of it."""
MOST_GRIDS = 20
ROWS_A_PAGE = 16
"""Rows of channels on a page of a layer."""
MOST_ROWS, OTHER_ROWS = 256, 64
"""Channels of a convolution, and of any other layer, that have a row on the layer's pages."""
FIRST_UNITS = 16
"""How many channels of a layer without filter patterns are shown one by one."""


@dataclass(frozen=True)
class LayerBlock:
    """A block and its layers in order of depth; `name` is empty for layers outside any block."""

    name: str
    layers: tuple[Layer, ...]


class Outline:
    """The pages of one report. Paths are relative to the report's folder."""

    most_nodes = MOST_NODES
    most_grids = MOST_GRIDS
    most_rows = 60
    lists_blocks = True
    """Whether the blocks that have filter galleries have a list, where there are several pages."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.layers = {layer.path: layer for layer in report.model.layers}
        self.images = ImageIndex(report.images)
        named = list(self.layers)
        named += [g.layer for g in report.galleries if g.layer not in self.layers]
        named += self.images.totals
        self.layer_slugs = slugs(named)
        self.image_slugs = slugs(self.images)
        self.block_slugs = slugs(block.name for block in self.blocks)

    # What there is

    @property
    def has_sources(self) -> bool:
        """Whether there is a page with the figures of the sources: the profile asks for it."""
        return self.report.settings.get("profile") == "sources"

    def has(self, section: str) -> bool:
        """Whether a section ("activations", "filters", "gradcam") is part of this report."""
        return section in self.report.sections

    def shows(self, section: Section) -> bool:
        """Whether a section with pages of its own is part of this report, and has results."""
        return self.has(section.key) and bool(getattr(self.report, section.record))

    @cached_property
    def notes(self) -> PlacedNotes:
        """The user's notes by what they are about."""
        return notes_of(self.report)

    @cached_property
    def blocks(self) -> tuple[LayerBlock, ...]:
        """All layers by block, blocks in order of depth."""
        grouped: dict[str, list[Layer]] = {}
        for layer in self.report.model.layers:
            grouped.setdefault(layer.block, []).append(layer)
        return tuple(LayerBlock(name, tuple(layers)) for name, layers in grouped.items())

    @cached_property
    def block_titles(self) -> dict[str, str]:
        """What a block is called where there is little room: its path's end, where that tells."""
        ends = Counter(block.name.rpartition("/")[2] for block in self.blocks)
        return {
            block.name: end if (end := block.name.rpartition("/")[2]) and ends[end] == 1
            else block.name
            for block in self.blocks
        }  # fmt: skip

    @cached_property
    def mistakes(self) -> tuple[str, ...] | None:
        """Names of the images whose predicted class is not their true class.

        None where no class is known.
        """
        known = [image for image in self.report.images if image.true_class is not None]
        if not known:
            return None
        return tuple(
            image.name
            for image in known
            if image.predictions and image.predictions[0].index != image.true_class
        )

    @cached_property
    def mistaken(self) -> frozenset[str]:
        """Names of the images among the mistakes."""
        return frozenset(self.mistakes or ())

    @cached_property
    def near(self) -> dict[str, list[str]]:
        """Names of the images nearest to each, the nearest first; empty without a map."""
        found = self.report.image_map if self.has("map") else None
        return {point.image: point.neighbours for point in found.points} if found else {}

    @cached_property
    def feeds(self) -> dict[str, list[str]]:
        """The layers that each layer feeds."""
        found: dict[str, list[str]] = {}
        for layer in self.report.model.layers:
            for path in layer.inputs:
                found.setdefault(path, []).append(layer.path)
        return found

    @cached_property
    def activations(self) -> dict[str, LayerGrids]:
        """The activation grids of each layer over all images."""
        return self.images.grids() if self.has("activations") else {}

    @cached_property
    def galleries(self) -> dict[str, tuple[Gallery, ...]]:
        """The galleries of each layer, classic ones first; empty without the section."""
        found: dict[str, tuple[Gallery, ...]] = {}
        for gallery in self.report.galleries if self.has("filters") else []:
            found[gallery.layer] = (*found.get(gallery.layer, ()), gallery)
        return found

    @cached_property
    def _filters(self) -> dict[str, list[Filter]]:
        found: dict[str, list[Filter]] = {}
        for pattern in sorted(self.report.filters, key=lambda item: item.tile):
            found.setdefault(pattern.picture, []).append(pattern)
        return found

    def filters_of(self, gallery: Gallery) -> list[Filter]:
        """The filter patterns of a gallery, in the order of their tiles."""
        return self._filters.get(gallery.picture, [])

    @cached_property
    def shown_layers(self) -> tuple[str, ...]:
        """Paths of the layers that have a page, in order of depth."""
        shown = {*self.activations, *self.galleries}
        return tuple(path for path in self.layers if path in shown)

    @cached_property
    def unit_layers(self) -> tuple[str, ...]:
        """Paths of the layers whose channels are shown one by one, in order of depth."""
        return tuple(path for path in self.shown_layers if self.unit_channels(path))

    def unit_channels(self, path: str) -> tuple[int, ...]:
        """The channels of a layer that have a pattern, or else the first ones of a convolution."""
        patterns = [
            pattern
            for gallery in self.galleries.get(path, ())
            for pattern in self.filters_of(gallery)
        ]
        if patterns:
            return tuple(sorted({pattern.channel for pattern in patterns}))
        if not self.layers[path].convolution:
            return ()
        shown = self.activations[path].most_shown if path in self.activations else 0
        return tuple(range(min(shown, FIRST_UNITS)))

    @cached_property
    def gallery_blocks(self) -> dict[str, tuple[Gallery, ...]]:
        """The galleries of each block, in order of depth; empty without the section."""
        if not self.has("filters"):
            return {}
        order = {path: at for at, path in enumerate(self.layers)}
        found: dict[str, list[Gallery]] = {block.name: [] for block in self.blocks}
        for gallery in sorted(self.report.galleries, key=lambda g: order.get(g.layer, len(order))):
            found.setdefault(gallery.block, []).append(gallery)
        return {name: tuple(galleries) for name, galleries in found.items() if galleries}

    # What stands on which page

    def image_parts(self, name: str) -> Parts:
        """Which of an image's activation grids stand on each of its pages."""
        return self._layout_parts[self.images.layout(name)]

    @cached_property
    def _layout_parts(self) -> list[Parts]:
        shown = self.has("activations")
        return [
            cut(layout.costs if shown else (), self.most_grids, self.most_nodes)
            for layout in self.images.layouts
        ]

    def layer_rows(self, path: str) -> int:
        """How many channels of a layer (the first ones) have a row on its pages."""
        shown = self.activations[path].most_shown if path in self.activations else 0
        return min(shown, MOST_ROWS if self.layers[path].convolution else OTHER_ROWS)

    @cached_property
    def layer_pages(self) -> dict[str, Parts]:
        """The channels of a layer on each of its pages; those without a row take no room."""
        pages: dict[str, Parts] = {}
        for path in self.shown_layers:
            rows, inactive = self.layer_rows(path), self.images.inactive(path)
            costs = [int(channel not in inactive) for channel in range(rows)]
            pages[path] = cut(costs, max(1, rows), ROWS_A_PAGE)
        return pages

    @cached_property
    def filter_pages(self) -> dict[str, list[tuple[Gallery, ...]]]:
        """The galleries on each page of each block."""
        return {
            name: paged(
                galleries,
                [grid_cost(g.shown, g.columns) for g in galleries],
                self.most_grids,
                self.most_nodes,
            )
            for name, galleries in self.gallery_blocks.items()
        }

    @cached_property
    def model_pages(self) -> list[tuple[LayerBlock, ...]]:
        """The layers on each page of the model's table; a long block is cut."""
        rows = [(block.name, layer) for block in self.blocks for layer in block.layers]
        own = [_ROW_NODES + min(len(layer.inputs), 4) for _, layer in rows]
        heads = [_BLOCK_NODES // len(block.layers) for block in self.blocks for _ in block.layers]
        costs = [row + head for row, head in zip(own, heads, strict=True)]
        return [
            tuple(
                LayerBlock(name, tuple(layer for _, layer in part))
                for name, part in groupby(page, key=lambda row: row[0])
            )
            for page in paged(rows, costs, self.most_rows, self.most_nodes - _DRAWING_NODES)
        ]

    @cached_property
    def shown_mistakes(self) -> list[Mistake]:
        """The mistakes of the evaluation whose images are here.

        A report that was kept small, or a single file, may leave images out.
        """
        found = self.report.evaluation
        return (
            [mistake for mistake in found.mistakes if mistake.image in self.images] if found else []
        )

    # Where pages are

    def image_page(self, name: str, page: int = 1) -> str:
        """The path of a page of an image."""
        return _numbered(f"images/{self.image_slugs[name]}", page)

    def layer_page(self, path: str, page: int = 1) -> str:
        """The path of a page of a layer that is among `shown_layers`."""
        return _numbered(f"layers/{self.layer_slugs[path]}", page)

    def filter_page(self, block: str, page: int = 1) -> str:
        """The path of a page of a block's filter galleries."""
        return _numbered(f"filters/{self.block_slugs.get(block, 'other')}", page)

    def channels_page(self, path: str, page: int = 1) -> str:
        """The path of a page of a layer's channels, where it is among `unit_layers`."""
        return numbered(f"channels/{self.layer_slugs[path]}.html", page)

    def channel_page(self, path: str, channel: int) -> str:
        """The path of the page of a channel among `unit_channels`."""
        return f"channels/{self.layer_slugs[path]}/{channel}.html"

    def channels_index(self, page: int = 1) -> str:
        """The path of a page of the list of layers with channels."""
        return numbered("channels/index.html", page)

    def model_page(self, page: int = 1) -> str:
        """The path of a page of the model's table."""
        return _numbered("model", page)

    def images_page(self, page: int = 1) -> str:
        """The path of a page of the list of images."""
        return _numbered("images/index", page)

    def mistakes_page(self, page: int = 1) -> str:
        """The path of a page of the list of mistakes; no image's page is named like it."""
        return _numbered("images/index--mistakes", page)

    def values_file(self, image: str) -> str:
        """The path of the script file with the numbers behind an image's grids."""
        return f"images/{self.image_slugs[image]}.values.js"

    def filter_values_file(self, layer: str) -> str:
        """The path of the script file with the numbers behind a layer's gallery."""
        return f"layers/{self.layer_slugs[layer]}.values.js"

    def row_values_file(self, layer: str) -> str:
        """The path of the script file with the numbers behind the channels of a layer."""
        return f"layers/{self.layer_slugs[layer]}.rows.js"

    # Where things are: a path and an anchor

    def layer_place(self, path: str) -> str:
        """A layer's own page, or its row in the model's table."""
        if path in self.layer_pages:
            return quote(self.layer_page(path))
        return self.row_place(path)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {
            layer.path: number
            for number, page in enumerate(self.model_pages, 1)
            for block in page
            for layer in block.layers
        }

    def row_place(self, path: str) -> str:
        """A layer's row in the model's table; empty for a layer that the model does not have."""
        if path not in self._rows:
            return ""
        return f"{quote(self.model_page(self._rows[path]))}#{quote(self.layer_slugs[path])}"

    def block_place(self, block: str) -> str:
        """A block's heading in the model's table."""
        first = next((item.layers[0].path for item in self.blocks if item.name == block), None)
        if first is None:
            return ""
        return f"{quote(self.model_page(self._rows[first]))}#{self.block_anchor(block)}"

    def block_anchor(self, block: str) -> str:
        """Anchor of a block; no layer's slug holds two hyphens, so it meets none."""
        return f"block--{self.block_slugs[block]}"

    def image_place(self, name: str) -> str:
        """An image's first page."""
        return quote(self.image_page(name))

    def channel_row_place(self, path: str, channel: int) -> str:
        """The row of a channel on its layer's pages; empty where it has none."""
        if path not in self.layer_pages or channel >= self.layer_rows(path):
            return ""
        page = self.layer_page(path, page_of(self.layer_pages[path], channel))
        return f"{quote(page)}#{row_anchor(channel)}"

    def grid_place(self, image: str, layer: str) -> str:
        """The activation grid of a layer on an image's page."""
        at = self.images.layouts[self.images.layout(image)].places.get(layer)
        if at is None or not self.has("activations"):
            return ""
        page = page_of(self.image_parts(image), at)
        return f"{quote(self.image_page(image, page))}#{quote(self.layer_slugs[layer])}"


def row_anchor(channel: int) -> str:
    """The anchor of a channel's row on its layer's pages."""
    return f"channel--{channel}"


def href(page: str, place: str) -> str:
    """The link from the page at the path ``page`` to a place, both seen from the folder.

    ``place`` is percent-encoded and may carry an anchor; an empty one stays empty.
    """
    if not place:
        return ""
    path, hash_sign, anchor = place.partition("#")
    if path == quote(page):
        return f"#{anchor}" if anchor else quote(page.rpartition("/")[2])
    folder = quote(page.rpartition("/")[0])
    if folder and path.startswith(f"{folder}/"):
        path = path[len(folder) + 1 :]
    elif folder:
        path = "../" * (folder.count("/") + 1) + path
    return path + hash_sign + anchor


def src(page: str, picture: str) -> str:
    """The address of a picture, script or style sheet, seen from a page."""
    return href(page, quote(picture))


def numbered(path: str, page: int) -> str:
    """The path of a page, or of one on which it goes on, counted from 1."""
    return path if page == 1 else f"{path.removesuffix('.html')}--{page}.html"


def _numbered(stem: str, page: int) -> str:
    return numbered(f"{stem}.html", page)
