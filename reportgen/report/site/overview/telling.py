"""What the overview picks: images to open with, and of each block the most telling channel."""

from itertools import islice, zip_longest

from reportgen.evenly_spaced import spread
from reportgen.records.filters import Filter, Gallery
from reportgen.records.image import Image
from reportgen.report.outline import Outline, href, src
from reportgen.report.site.channels.contexts import Tile
from reportgen.report.site.channels.gathering import channel_place
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.overview.contexts import StripTile
from reportgen.report.site.sheets import Sheet, activation_sheet, pattern_sheet

MOST_BLOCKS = 12
_IMAGES_READ = 24
"""Images whose activations are compared for the strongest channel."""


def chosen_images(outline: Outline, most: int) -> list[Image]:
    """The images to show first: up to half misclassified ones, then some of every class.

    The most confident mistakes come first; the others in turn from each folder, in the order of
    the report.
    """
    wrong = [mistake.image for mistake in outline.shown_mistakes] or list(outline.mistakes or ())
    first = wrong[: most if len(wrong) == len(outline.images) else max(1, most // 2)]
    groups: dict[str | None, list[str]] = {}
    for image in outline.report.images:
        if image.name not in wrong:
            groups.setdefault(image.group, []).append(image.name)
    others = (name for turn in zip_longest(*groups.values()) for name in turn if name is not None)
    names = [*first, *islice(others, most - len(first))]
    rest = (name for name in wrong if name not in names)
    return [outline.images[name] for name in (*names, *islice(rest, most - len(names)))]


def strip(outline: Outline, page: str, drawings: Drawings) -> tuple[StripTile, ...]:
    """One tile of each block, from input to output; draws it as a small picture."""
    blocks = [
        block.name for block in outline.blocks if any(layer.parameters for layer in block.layers)
    ]
    if len(blocks) > MOST_BLOCKS:
        blocks = _clearest(outline, blocks)
    found = (_of_block(outline, page, drawings, block, at) for at, block in enumerate(blocks, 1))
    tiles = [tile for tile in found if tile is not None]
    return tuple(spread(tiles, MOST_BLOCKS))


def _clearest(outline: Outline, blocks: list[str]) -> list[str]:
    """The blocks with Fourier patterns, where these are enough to stand for all."""
    found = outline.gallery_blocks
    clear = [
        name
        for name in blocks
        if any(gallery.method == "fourier" for gallery in found.get(name, ()))
    ]
    return clear if len(clear) > MOST_BLOCKS // 2 else blocks


def _of_block(
    outline: Outline, page: str, drawings: Drawings, block: str, at: int
) -> StripTile | None:
    picture = f"pictures/overview/block-{at}"
    pattern = _best_pattern(outline, block)
    if pattern is not None:
        gallery, found = pattern
        sheet = pattern_sheet(drawings, picture, [(gallery, found)], 1)
        return _tile(outline, page, block, gallery.layer, found.channel, sheet, "Pattern")
    for path in reversed([layer.path for layer in outline.layers.values() if layer.block == block]):
        channel = _strongest(outline, path, ())
        if channel is None or path not in outline.layer_pages:
            continue
        _, grid = max(outline.activations[path][:_IMAGES_READ],
                      key=lambda seen: seen[1].highs[channel] or 0.0)  # fmt: skip
        sheet = activation_sheet(drawings, picture, [(grid, channel)])
        return _tile(outline, page, block, path, channel, sheet, "Feature map")
    return None


def _best_pattern(outline: Outline, block: str) -> tuple[Gallery, Filter] | None:
    """The pattern of the channel that responds most to the images, in the block's last layer.

    Fourier patterns are preferred, because they are legible in deep layers too.
    """
    galleries = list(reversed(outline.gallery_blocks.get(block, ())))
    galleries.sort(key=_preference)
    for gallery in galleries:
        found = {
            pattern.channel: pattern
            for pattern in outline.filters_of(gallery)
            if pattern.status == "ok"
        }
        if found:
            channel = _strongest(outline, gallery.layer, tuple(found))
            return gallery, found[next(iter(found)) if channel is None else channel]
    return None


def _preference(gallery: Gallery) -> int:
    order = ("fourier", "classic")
    return order.index(gallery.method) if gallery.method in order else len(order)


def _strongest(outline: Outline, path: str, among: tuple[int, ...]) -> int | None:
    """The channel with the highest activation on the first images, of those `among` if any.

    None where no activations are known, or all are zero or less.
    """
    grids = outline.activations.get(path)
    highs: dict[int, float] = {}
    for _, grid in grids[:_IMAGES_READ] if grids else ():
        for channel in among or range(grid.shown):
            high = grid.highs[channel] if channel < grid.shown else None
            if high is not None and channel not in grid.inactive and high > 0:
                highs[channel] = max(high, highs.get(channel, 0.0))
    return max(highs, key=lambda channel: (highs[channel], -channel)) if highs else None


def _tile(
    outline: Outline, page: str, block: str, path: str, channel: int, sheet: Sheet, what: str
) -> StripTile:
    place = channel_place(outline, path, channel) or outline.layer_place(path)
    name = outline.block_titles[block] or "Other layers"
    return StripTile(
        text=f"{path}, channel {channel}",
        tile=Tile(
            title=name,
            href=href(page, place),
            alt=f"{what} of {path}, channel {channel}",
            src=src(page, sheet.path),
            width=sheet.width,
            height=sheet.height,
            view=sheet.view(0),
            pixelated=what == "Feature map",
        ),
    )
