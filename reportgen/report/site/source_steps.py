"""Each figure of the texts that this program follows, in their order, found in a report.

Beside each step stand the numbers of its listing and those of this report. A step that this report
cannot show says why.
"""

from collections.abc import Iterator

from reportgen.records.report import Activations, Gallery, GradCam, Image
from reportgen.report.contexts import Link, Picture
from reportgen.report.figures import METHODS, plain_picture, single
from reportgen.report.outline import Outline, href, src
from reportgen.report.site.channels.contexts import Tile
from reportgen.report.site.source_contexts import PAGE, Step
from reportgen.report.site.source_texts import (
    BLOG,
    BOOK,
    DREAMS,
    LECTURE,
    UNITS,
    numbered,
)  # fmt: skip
from reportgen.wording import TIMES, count, listed, number, percent

_SIDE = 460
_PATTERN_SIDE = 320


class Steps:
    """Finds the figure of each step in a report."""

    def __init__(self, outline: Outline) -> None:
        self._outline, self._report = outline, outline.report
        self._image: Image | None = next(iter(outline.report.images), None)
        self._grids = list(self._image.activations) if self._image else []
        self._number = 0

    def all(self) -> Iterator[Step]:
        """All steps, in order."""
        yield from (self._network(), self._photo(), self._single(), self._every_channel())
        yield from (self._sparsity(), self._start(), self._pattern(), self._gallery())
        yield from (self._decoded(), self._heatmap(), self._overlay())
        yield from (self._kernels(), self._top_images(), self._by_block(), self._dream())
        yield self._accuracy()

    def _step(
        self,
        title: str,
        source: str,
        listing: str,
        here: str,
        *,
        pictures: tuple[Picture, ...] = (),
        tiles: tuple[Tile, ...] = (),
        rows: tuple[str, ...] = (),
        more: tuple[str, str] | None = None,
    ) -> Step:
        self._number += 1
        link = Link(more[0], href(PAGE, more[1])) if more and more[1] else None
        return Step(self._number, title, source, listing, here, pictures, tiles, rows, link)

    def _network(self) -> Step:
        model = self._report.model
        size = model.image_input
        convolutions = sum(layer.convolution for layer in model.layers)
        sides = (size.height, size.width, size.channels) if size else ()
        taken = f" {TIMES} ".join(map(str, sides)) or "no image"
        head = model.head
        ends = f"{count(head.units, 'output')} ({head.activation})" if head else "no output"
        return self._step(
            "The network",
            f"{BOOK}, section 5.2",
            f"150 {TIMES} 150 {TIMES} 3, four convolutions, one sigmoid, 3,453,121 parameters",
            f"{taken}, {count(convolutions, 'convolution')}, {ends}, "
            f"{model.parameters:,} parameters",
            rows=tuple(
                f"{layer.path}: {layer.type}, {layer.parameters:,} parameters"
                for layer in model.layers
                if layer.parameters
            )[:40],
            more=("Model summary", "model.html"),
        )

    def _photo(self) -> Step:
        image, settings = self._image, self._report.settings
        listing = f"150 {TIMES} 150 pixels, nearest neighbour, divided by 255"
        if image is None:
            return self._none("The test image", f"{BOOK}, section 5.4.1", listing)
        size = self._report.model.image_input
        given = f"{size.height} {TIMES} {size.width} pixels" if size else ""
        how = settings.get("interpolation", "bilinear")
        mode = self._report.model.preprocessing.mode
        pictures = [
            plain_picture(
                PAGE, image.photo, (image.photo_width, image.photo_height), image.name, _SIDE
            )
        ]
        if image.network_photo and size:
            shape = (size.width, size.height)
            alt = f"{image.name} as the network takes it"
            pictures.append(plain_picture(PAGE, image.network_photo, shape, alt, _SIDE))
        return self._step(
            "The test image",
            f"{BOOK}, section 5.4.1",
            listing,
            f"{given}, {how}, preprocessing “{mode}”",
            pictures=tuple(pictures),
            more=(image.name, self._outline.image_place(image.name)),
        )

    def _single(self) -> Step:
        title, source = "Single channels of the first layer", f"{BOOK}, section 5.4.1"
        listing = f"channels 3 and 30 of 32, maps of 148 {TIMES} 148, minimum to maximum"
        grid = next((one for one in self._grids if one.singles), None)
        if grid is None:
            return self._none(title, source, listing, "--channels names no channel of this model")
        height, width = grid.map_size
        shown = [single(PAGE, grid, one) for one in grid.singles]
        return self._step(
            title,
            source,
            listing,
            f"{grid.layer}: {numbered('channel', [one.channel for one in grid.singles])} of "
            f"{grid.channels}, maps of {height} {TIMES} {width}",
            pictures=tuple(one.picture for one in shown),
            rows=tuple(f"{one.title}: {one.text}" for one in shown),
            more=(grid.layer, self._outline.layer_place(grid.layer)),
        )

    def _every_channel(self) -> Step:
        title, source = "Every channel of every layer", f"{BOOK}, section 5.4.1"
        listing = "8 layers, 16 channels a row, mean 128 and standard deviation 64"
        if not self._grids or self._image is None:
            return self._none(title, source, listing)
        columns, contrast = (self._report.settings.get(key) for key in ("columns", "contrast"))
        return self._step(
            title,
            source,
            listing,
            f"{count(len(self._grids), 'layer')}, {columns} channels a row, contrast {contrast}",
            pictures=tuple(self._grid(grid) for grid in self._grids),
            more=("All layers", self._outline.image_place(self._image.name)),
        )

    def _grid(self, grid: Activations) -> Picture:
        height, width = grid.map_size
        shown = "" if grid.shown == grid.channels else f"{grid.shown} of "
        alt = f"{grid.layer}: {shown}{count(grid.channels, 'channel')} of {height} {TIMES} {width}"
        return plain_picture(PAGE, grid.picture, (grid.width, grid.height), alt, 2 * _SIDE)

    def _sparsity(self) -> Step:
        title, source = "Deeper layers are sparser", f"{BOOK}, section 5.4.1"
        listing = "in deep layers more and more channels are blank"
        chart = self._report.sparsity_chart
        if not self._grids:
            return self._none(title, source, listing)
        first, last = self._grids[0], self._grids[-1]
        return self._step(
            title,
            source,
            listing,
            f"zeros on {self._image.name if self._image else ''}: {percent(first.sparsity)} in "
            f"{first.layer}, {percent(last.sparsity)} in {last.layer}; inactive channels: "
            f"{first.inactive_channels} and {last.inactive_channels}",
            pictures=(Picture(src(PAGE, chart), "Share of zeros by depth", 900, 400),)
            if chart
            else (),
            rows=tuple(f"{grid.layer}: {percent(grid.sparsity)} zeros" for grid in self._grids),
        )

    def _start(self) -> Step:
        title, source = "The image that an ascent starts from", f"{BOOK}, section 5.4.2"
        listing = "gray with uniform noise: levels 128 to 148"
        starts = self._report.start_images
        if not starts:
            return self._none(title, source, listing)
        return self._step(
            title,
            source,
            listing,
            "; ".join(
                f"{METHODS[one.method]}: {one.width} {TIMES} {one.height} pixels, filter "
                f"{one.channel} of {one.layer}" for one in starts
            ),
            pictures=tuple(
                plain_picture(
                    PAGE, one.picture, (one.width, one.height),
                    f"Start of {METHODS[one.method]} ascent", _PATTERN_SIDE,
                )
                for one in starts
            ),
        )  # fmt: skip

    def _pattern(self) -> Step:
        title, source = "The pattern of one filter", f"{BOOK}, section 5.4.2"
        listing = f"block3_conv1, filter 0: 150 {TIMES} 150 pixels, 40 steps of size 1"
        gallery = self._middle()
        if gallery is None:
            return self._none(title, source, listing)
        filters = self._outline.filters_of(gallery)
        at = next((at for at, one in enumerate(filters) if one.status == "ok"), 0)
        one = filters[at]
        return self._step(
            title,
            source,
            listing,
            f"{gallery.layer}, filter {one.channel}: {gallery.size} {TIMES} {gallery.size} pixels, "
            f"{count(one.steps, 'step')}, response {number(one.score_start)} to "
            f"{number(one.score_end)}",
            tiles=(self._tile(gallery, at, one.channel),),
            more=(gallery.layer, self._outline.layer_place(gallery.layer)),
        )

    def _gallery(self) -> Step:
        title, source = "Galleries of filter patterns", f"{BOOK}, section 5.4.2"
        listing = f"8 {TIMES} 8 filters of 64 {TIMES} 64 pixels, margin 5, one layer of each block"
        firsts = [galleries[0] for galleries in self._outline.gallery_blocks.values()]
        if not firsts:
            return self._none(title, source, listing)
        one = firsts[0]
        rows = -(-one.shown // one.columns)
        return self._step(
            title,
            source,
            listing,
            f"{rows} {TIMES} {one.columns} filters of {one.size} {TIMES} {one.size} pixels, margin "
            f"{one.margin}, {count(len(firsts), 'block')}",
            pictures=tuple(
                self._patterns(one, f"{one.layer}: {one.shown} of {count(one.filters, 'filter')}")
                for one in firsts
            ),
            more=("All galleries", "filters/index.html" if self._outline.lists_blocks else ""),
        )

    def _patterns(self, gallery: Gallery, alt: str) -> Picture:
        size = (gallery.width, gallery.height)
        return plain_picture(PAGE, gallery.picture, size, alt, 2 * _SIDE)

    def _tile(self, gallery: Gallery, at: int, channel: int) -> Tile:
        """The pattern of one filter, the tile `at` of its gallery."""
        pace = gallery.size + gallery.margin
        left, top = at % gallery.columns * pace, at // gallery.columns * pace
        return Tile(
            title=f"Filter {channel} of {gallery.layer}",
            href=href(PAGE, self._outline.layer_place(gallery.layer)),
            alt=f"Pattern of filter {channel} of {gallery.layer}",
            src=src(PAGE, gallery.picture),
            width=gallery.width,
            height=gallery.height,
            view=f"{left} {top} {gallery.size} {gallery.size}",
            pixelated=False,
        )

    def _middle(self) -> Gallery | None:
        """A gallery in the middle of the depth, as block3_conv1 is in VGG16."""
        galleries = [one for one in self._report.galleries if self._outline.filters_of(one)]
        return galleries[len(galleries) // 2] if galleries else None

    def _decoded(self) -> Step:
        title, source = "The likeliest classes", f"{BOOK}, section 5.4.3"
        listing = "the top 3: African elephant 92.5 %, tusker 7 %, Indian elephant 0.4 %"
        if self._image is None or not self._image.predictions:
            return self._none(title, source, listing)
        shown = self._image.predictions
        return self._step(
            title,
            source,
            listing,
            f"the top {len(shown)} of {count(len(self._report.model.labels), 'class', 'classes')}",
            rows=tuple(
                f"{one.label}: " + (
                    percent(one.probability) if one.probability is not None else number(one.score)
                )
                for one in shown
            ),
            more=(self._image.name, self._outline.image_place(self._image.name)),
        )  # fmt: skip

    def _cam(self) -> GradCam | None:
        cams = self._image.gradcam if self._image else ()
        return next((one for one in cams if one.method == "gradcam" and one.heatmap), None)

    def _heatmap(self) -> Step:
        title, source = "The heatmap as it is", f"{BOOK}, section 5.4.3"
        listing = f"block5_conv3: 14 {TIMES} 14 cells, cut at zero, divided by its maximum"
        cam = self._cam()
        if cam is None or not cam.cells or not cam.cells_size:
            return self._none(title, source, listing)
        height, width = cam.cells_size
        alt = f"Grad-CAM for {cam.label}, {height} by {width} cells"
        factor = max(1, _PATTERN_SIDE // max(height, width))
        picture = Picture(src(PAGE, cam.cells), alt, width * factor, height * factor, True)
        return self._step(
            title,
            source,
            listing,
            f"{cam.layer}: {height} {TIMES} {width} cells, for {cam.label}",
            pictures=(picture,),
        )

    def _overlay(self) -> Step:
        title, source = "The heatmap on the photo", f"{BOOK}, section 5.4.3"
        listing = "jet, intensity 0.4, saved at the photo’s own size"
        cam, image = self._cam(), self._image
        if cam is None or image is None or not cam.picture:
            return self._none(title, source, listing)
        full = cam.full or cam.picture
        size = f"{image.width} {TIMES} {image.height}" if cam.full else ""
        return self._step(
            title,
            source,
            listing,
            f"{self._report.settings.get('colormap', 'jet')}, photo of {image.width} {TIMES} "
            f"{image.height} pixels",
            pictures=(
                plain_picture(
                    PAGE, cam.picture, (cam.width, cam.height), f"Grad-CAM for {cam.label}", _SIDE
                ),
            ),
            more=(f"Overlay at its full size {size}".strip(), full),
        )

    def _kernels(self) -> Step:
        title, source = "The kernels of the first layer", LECTURE
        listing = f"64 kernels of 3 {TIMES} 3 {TIMES} 3 in colour"
        found = next(iter(self._report.kernels), None)
        if found is None:
            return self._none(title, source, listing)
        height, width = found.size
        return self._step(
            title,
            source,
            listing,
            f"{found.layer}: {found.shown} kernels of {height} {TIMES} {width} {TIMES} "
            f"{found.inputs}{' in colour' if found.kind == 'colour' else ''}",
            pictures=(
                plain_picture(
                    PAGE, found.picture, (found.width, found.height), f"Kernels of {found.layer}",
                    2 * _SIDE,
                ),
            ),
            more=("All kernels", "kernels.html"),
        )  # fmt: skip

    def _top_images(self) -> Step:
        title, source = "The images that activate a channel most", UNITS
        listing = "the top images of a unit, its receptive field marked"
        found = self._report.exemplars
        rows = [one for one in found.channels if one.exemplars] if found else []
        if not rows:
            reason = "it needs several images, or --dataset"
            return self._none(title, source, listing, reason)
        best = rows[len(rows) // 2]
        return self._step(
            title,
            source,
            listing,
            f"{best.layer}, channel {best.channel}: {count(len(best.exemplars), 'image')}",
            pictures=(Picture(src(PAGE, best.picture), f"Top images of {best.layer}", 900, 240),)
            if best.picture
            else (),
            rows=tuple(f"{one.image}: {number(one.value)}" for one in best.exemplars),
            more=("All exemplars", "exemplars/index.html"),
        )

    def _by_block(self) -> Step:
        title, source = "Filters of each layer, by block", BLOG
        listing = f"20 filters of each layer, 128 {TIMES} 128 pixels, 20 steps"
        galleries = self._report.galleries
        if not galleries:
            return self._none(title, source, listing)
        steps = self._report.settings.get("filter-steps")
        shown = {len(self._outline.filters_of(one)) for one in galleries}
        size = galleries[0].size
        return self._step(
            title,
            source,
            listing,
            f"{listed(sorted(shown))} filters of {count(len(galleries), 'layer')}, {size} {TIMES} "
            f"{size} pixels, {steps} steps",
            pictures=tuple(
                self._patterns(one, f"{block or 'other layers'}, {one.layer}")
                for block, found in self._outline.gallery_blocks.items()
                for one in found
            ),
        )

    def _dream(self) -> Step:
        title, source = "A dream from a photo", DREAMS
        listing = "a cat, 100 steps"
        found = next(iter(self._report.dreams), None)
        if found is None:
            return self._none(title, source, listing)
        size = (found.width, found.height)
        return self._step(
            title,
            source,
            listing,
            f"{found.image}, {found.layer}, {count(found.steps, 'step')}, response "
            f"{number(found.response_start)} to {number(found.response_end)}",
            pictures=(
                plain_picture(PAGE, found.original, size, f"Photo {found.image}", _SIDE),
                plain_picture(PAGE, found.picture, size, f"Dream on {found.image}", _SIDE),
            ),
            more=("All dreams", "dreams.html"),
        )

    def _accuracy(self) -> Step:
        title, source = "Accuracy on a test set", f"{BOOK}, section 5.2"
        listing = "2,000 images of two classes"
        found = self._report.evaluation
        if found is None:
            return self._none(title, source, listing, "it needs images in class folders")
        return self._step(
            title,
            source,
            listing,
            f"{count(found.images, 'image')}, {percent(found.accuracy)} correct",
            rows=(f"Accuracy: {percent(found.accuracy)}",),
            more=("Evaluation", "evaluation.html"),
        )

    def _none(self, title: str, source: str, listing: str, reason: str = "") -> Step:
        why = reason or "the section that shows it is not part of this report"
        return self._step(title, source, listing, f"Not shown: {why}.")
