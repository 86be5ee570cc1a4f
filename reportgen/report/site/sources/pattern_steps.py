"""Patterns, kernels and dreams, as steps of the sources."""

from reportgen.records.filters import Gallery
from reportgen.report.contexts import Picture
from reportgen.report.figures import METHODS, plain_picture
from reportgen.report.outline import href, src
from reportgen.report.site.channels.contexts import Tile
from reportgen.report.site.sources.contexts import PAGE, Step
from reportgen.report.site.sources.found import StepMaterial, absent, step
from reportgen.report.site.sources.texts import BLOG, BOOK, DREAMS, LECTURE  # fmt: skip
from reportgen.wording import TIMES, count, listed, number

_SIDE = 460
_PATTERN_SIDE = 320
_PLAIN = ("classic", "fourier")
"""Kinds of gallery of what raises each filter, one pattern of each."""


def start(given: StepMaterial) -> Step:
    """The image from which gradient ascent starts."""
    title, source = "The image that an ascent starts from", f"{BOOK}, section 5.4.2"
    listing = "gray with uniform noise: levels 128 to 148"
    starts = given.report.start_images
    if not starts:
        return absent(title, source, listing)
    return step(
        title,
        source,
        listing,
        "; ".join(
            f"{METHODS[image.method]}: {image.width} {TIMES} {image.height} pixels, filter "
            f"{image.channel} of {image.layer}" for image in starts
        ),
        pictures=tuple(
            plain_picture(
                PAGE, image.picture, (image.width, image.height),
                f"Start of {METHODS[image.method]} ascent", _PATTERN_SIDE,
            )
            for image in starts
        ),
    )  # fmt: skip


def pattern(given: StepMaterial) -> Step:
    """The pattern of one filter."""
    title, source = "The pattern of one filter", f"{BOOK}, section 5.4.2"
    listing = f"block3_conv1, filter 0: 150 {TIMES} 150 pixels, 40 steps of size 1"
    gallery = _middle(given)
    if gallery is None:
        return absent(title, source, listing)
    filters = given.outline.filters_of(gallery)
    at = next((at for at, candidate in enumerate(filters) if candidate.status == "ok"), 0)
    shown = filters[at]
    return step(
        title,
        source,
        listing,
        f"{gallery.layer}, filter {shown.channel}: {gallery.size} {TIMES} {gallery.size} pixels, "
        f"{count(shown.steps, 'step')}, response {number(shown.score_start)} to "
        f"{number(shown.score_end)}",
        tiles=(_tile(given, gallery, at, shown.channel),),
        more=(gallery.layer, given.outline.layer_place(gallery.layer)),
    )


def gallery(given: StepMaterial) -> Step:
    """A gallery of each block."""
    title, source = "Galleries of filter patterns", f"{BOOK}, section 5.4.2"
    listing = f"8 {TIMES} 8 filters of 64 {TIMES} 64 pixels, margin 5, one layer of each block"
    blocks = given.outline.gallery_blocks.values()
    own = [
        of_block
        for galleries in blocks
        for of_block in galleries
        if of_block.method == "classic-block"
    ]
    firsts = own or [galleries[0] for galleries in blocks]
    if not firsts:
        return absent(title, source, listing)
    shown = firsts[0]
    rows = -(-shown.shown // shown.columns)
    return step(
        title,
        source,
        listing,
        f"{rows} {TIMES} {shown.columns} filters of {shown.size} {TIMES} {shown.size} pixels, "
        f"margin {shown.margin}, {count(len(firsts), 'block')}",
        pictures=tuple(
            _patterns(
                of_block,
                f"{of_block.layer}: {of_block.shown} of {count(of_block.filters, 'filter')}",
            )
            for of_block in firsts
        ),
        more=("All galleries", "filters/index.html" if given.outline.lists_blocks else ""),
    )


def _patterns(gallery: Gallery, alt: str) -> Picture:
    size = (gallery.width, gallery.height)
    return plain_picture(PAGE, gallery.picture, size, alt, 2 * _SIDE)


def _tile(given: StepMaterial, gallery: Gallery, at: int, channel: int) -> Tile:
    """The pattern of one filter, the tile `at` of its gallery."""
    pace = gallery.size + gallery.margin
    left, top = at % gallery.columns * pace, at // gallery.columns * pace
    return Tile(
        title=f"Filter {channel} of {gallery.layer}",
        href=href(PAGE, given.outline.layer_place(gallery.layer)),
        alt=f"Pattern of filter {channel} of {gallery.layer}",
        src=src(PAGE, gallery.picture),
        width=gallery.width,
        height=gallery.height,
        view=f"{left} {top} {gallery.size} {gallery.size}",
        pixelated=False,
    )


def _plain(given: StepMaterial) -> list[Gallery]:
    """The galleries of these kinds that have patterns, in the order of the layers."""
    return [
        candidate
        for candidate in given.report.galleries
        if candidate.method in _PLAIN and given.outline.filters_of(candidate)
    ]


def _middle(given: StepMaterial) -> Gallery | None:
    """A gallery in the middle of the depth, as block3_conv1 is in VGG16."""
    galleries = _plain(given)
    return galleries[len(galleries) // 2] if galleries else None


def kernels(given: StepMaterial) -> Step:
    """The weights of the first convolution."""
    title, source = "The kernels of the first layer", LECTURE
    listing = f"64 kernels of 3 {TIMES} 3 {TIMES} 3 in colour"
    found = next(iter(given.report.kernels), None)
    if found is None:
        return absent(title, source, listing)
    height, width = found.size
    return step(
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


def by_block(given: StepMaterial) -> Step:
    """Every gallery, by block."""
    title, source = "Filters of each layer, by block", BLOG
    listing = f"20 filters of each layer, 128 {TIMES} 128 pixels, 20 steps"
    galleries = _plain(given)
    if not galleries:
        return absent(title, source, listing)
    steps = given.report.settings.get("filter-steps")
    shown = {len(given.outline.filters_of(candidate)) for candidate in galleries}
    layers = {candidate.layer for candidate in galleries}
    size = galleries[0].size
    return step(
        title,
        source,
        listing,
        f"{listed(sorted(shown))} filters of {count(len(layers), 'layer')}, {size} {TIMES} "
        f"{size} pixels, {steps} steps",
        pictures=tuple(
            _patterns(candidate, f"{block or 'other layers'}, {candidate.layer}")
            for block, found in given.outline.gallery_blocks.items()
            for candidate in found
            if candidate in galleries
        ),
    )


def dream(given: StepMaterial) -> Step:
    """The first dream."""
    title, source = "A dream from a photo", DREAMS
    listing = "a cat, 100 steps"
    found = next(iter(given.report.dreams), None)
    if found is None:
        return absent(title, source, listing)
    size = (found.width, found.height)
    return step(
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
