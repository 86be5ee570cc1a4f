"""What is known of each channel of a layer, from one reading of the images; draws its tiles.

A channel is shown where its layer convolves: the channels that have a filter pattern, or the first
ones where there is none. The tiles of a few channels lie in one picture, their patterns in others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from reportgen.few_images import FEWEST_RANKED
from reportgen.records.filters import Filter, Gallery
from reportgen.records.image import Activations, Image
from reportgen.records.over_images import Exemplar, ExemplarsOf
from reportgen.report.figures import METHODS, gallery_anchor
from reportgen.report.image_index import Span
from reportgen.report.layer_facts import by_word
from reportgen.report.outline import Outline, href, src
from reportgen.report.site.channels.contexts import Tile
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.sheets import Sheet, activation_sheet, pattern_sheet
from reportgen.wording import TIMES, number

CHANNELS_A_SHEET = 8
FEW_IMAGES = 12
"""Images up to which a channel is shown on all; of more, on those with the largest responses."""
STRONGEST = 6
MOST_PIXELS = 8_000_000
"""Pixels of all the grids that the tiles of a sheet are looked for in: they are read whole."""

ImageGrids = Sequence[tuple[Image, Activations]]


@dataclass(frozen=True)
class Cut:
    """A tile of a picture, and what it shows; paths are those from the report's folder."""

    title: str
    place: str
    alt: str
    picture: str
    width: int
    height: int
    view: str
    pixelated: bool
    silent: bool = False

    def tile(self, page: str, place: str | None = None, title: str | None = None) -> Tile:
        """The tile as seen from a page; it leads to its own place, or to another."""
        return Tile(
            title=self.title if title is None else title,
            href=href(page, self.place if place is None else place),
            alt=self.alt,
            src=src(page, self.picture),
            width=self.width,
            height=self.height,
            view=self.view,
            pixelated=self.pixelated,
            cross=crossed(self.view) if self.silent else "",
        )


@dataclass
class KnownChannel:
    """One channel over all images that show it."""

    images: int = 0
    inactive: int = 0
    silent: int = 0
    constant: int = 0
    """On how many images it has one value everywhere, that is zero, that is another."""
    span: Span = field(default_factory=Span)
    highs: list[float | None] = field(default_factory=list)
    means: list[float | None] = field(default_factory=list)
    """Its highest and its mean value on each image, in order; None where it is not finite."""
    patterns: list[tuple[Gallery, Filter, Cut]] = field(default_factory=list)
    responses: list[tuple[Image, Activations, Cut]] = field(default_factory=list)
    patches: list[tuple[Exemplar, Cut, Cut]] = field(default_factory=list)
    """Its top images, each with the image and the patch that is its receptive field."""


def known_channels(outline: Outline, path: str, drawings: Drawings) -> dict[int, KnownChannel]:
    """All channels of a layer that have pages, by number."""
    seen = outline.activations.get(path)
    channels = outline.unit_channels(path)
    found = _read(seen or (), channels)
    for at in range(0, len(channels), CHANNELS_A_SHEET):
        some = {channel: found[channel] for channel in channels[at : at + CHANNELS_A_SHEET]}
        sheet = f"pictures/channels/{outline.layer_slugs[path]}--{at // CHANNELS_A_SHEET + 1}"
        _draw_patterns(outline, path, drawings, sheet, some)
        _draw_responses(outline, drawings, sheet, taken_images(outline, path), some)
    for strip in top_images(outline, path):
        if strip.channel in found:
            found[strip.channel].patches = list(_patches(outline, strip))
    return found


def taken_images(outline: Outline, path: str) -> ImageGrids:
    """The first images, of which the layer's grids are not too much to read."""
    seen = outline.activations.get(path)
    return seen[: max(2, MOST_PIXELS // seen.most_pixels)] if seen else ()


def top_images(outline: Outline, path: str) -> Iterator[ExemplarsOf]:
    """The top images of the layer's channels; none of too few images."""
    found = outline.report.exemplars
    if found is not None and outline.has("exemplars") and found.images >= FEWEST_RANKED:
        yield from (strip for strip in found.channels if strip.layer == path and strip.picture)


def _read(seen: ImageGrids, channels: Sequence[int]) -> dict[int, KnownChannel]:
    found = {channel: KnownChannel() for channel in channels}
    for _, grid in seen:
        lows, highs, means = list(grid.lows), list(grid.highs), list(grid.means)
        words = {channel: word for word, ids in by_word(grid).items() for channel in ids}
        for channel, known in found.items():
            shown = channel < grid.shown
            known.highs.append(highs[channel] if shown else None)
            known.means.append(means[channel] if shown else None)
            if shown:
                known.images += 1
                known.inactive += channel in words
                known.silent += words.get(channel) == "silent"
                known.constant += words.get(channel) == "constant"
                known.span.include(lows[channel], highs[channel])
    return found


def _draw_patterns(
    outline: Outline, path: str, drawings: Drawings, sheet: str, some: dict[int, KnownChannel]
) -> None:
    for gallery in outline.galleries.get(path, ()):
        cells = [
            (gallery, pattern) for pattern in outline.filters_of(gallery) if pattern.channel in some
        ]
        if cells:
            drawn = pattern_sheet(drawings, f"{sheet}--{gallery.method}", cells)
            for at, (_, pattern) in enumerate(cells):
                some[pattern.channel].patterns.append(
                    (gallery, pattern, _pattern(outline, gallery, pattern, drawn, at))
                )


def _pattern(outline: Outline, gallery: Gallery, pattern: Filter, sheet: Sheet, at: int) -> Cut:
    kind = "Pattern" if gallery.method == "classic" else f"{METHODS[gallery.method]} pattern"
    place = f"{outline.layer_place(gallery.layer)}#{gallery_anchor(gallery)}:{pattern.channel}"
    result = "" if pattern.status == "ok" else f", {pattern.status}"
    alt = f"{kind} of filter {pattern.channel}{result}"
    return _cut(kind, place, alt, sheet, at, pixelated=False, silent=pattern.status == "silent")


def _draw_responses(
    outline: Outline,
    drawings: Drawings,
    sheet: str,
    taken: ImageGrids,
    some: dict[int, KnownChannel],
) -> None:
    shown = [
        (image, grid, channel)
        for channel, known in some.items()
        for image, grid in _strongest(taken, channel, known)
    ]
    if not shown:
        return
    drawn = activation_sheet(drawings, sheet, [(grid, channel) for _, grid, channel in shown])
    for at, (image, grid, channel) in enumerate(shown):
        place = outline.grid_place(image.name, grid.layer)
        text = response_text(grid, channel)
        cut = _cut(
            image.name,
            f"{place}:{channel}" if place else "",
            f"Channel {channel} on {image.name}, {text}",
            drawn,
            at,
            pixelated=True,
            silent=channel in grid.inactive,
        )
        some[channel].responses.append((image, grid, cut))


def response_text(grid: Activations, channel: int) -> str:
    """The range of a channel on an image."""
    if channel in grid.inactive:
        return next(word for word, channels in by_word(grid).items() if channel in channels)
    text = f"{number(grid.lows[channel])} to {number(grid.highs[channel])}"
    return text + (", not drawn to limit the size" if channel in grid.left_out else "")


def _strongest(taken: ImageGrids, channel: int, known: KnownChannel) -> ImageGrids:
    """The images that a channel is shown on: all of a few, else those that it responds to most."""
    with_it = [(at, seen) for at, seen in enumerate(taken) if channel < seen[1].shown]
    if len(with_it) > FEW_IMAGES:
        lowest = float("-inf")
        highs = [lowest if (high := known.highs[at]) is None else high for at, _ in with_it]
        order = sorted(range(len(with_it)), key=lambda at: (-highs[at], at))
        with_it = [with_it[at] for at in order[:STRONGEST]]
    return [seen for _, seen in with_it]


def _patches(outline: Outline, strip: ExemplarsOf) -> Iterator[tuple[Exemplar, Cut, Cut]]:
    """The tiles of a strip: the images stand above their patches, tiles a margin apart."""
    margin = strip.height - 2 * strip.tile
    for at, exemplar in enumerate(strip.exemplars):
        place = outline.image_place(exemplar.image) if exemplar.image in outline.images else ""
        left = at * (strip.tile + margin)
        cuts = [
            Cut(
                exemplar.image,
                place,
                f"{what} {exemplar.image}, channel {strip.channel}",
                strip.picture or "",
                strip.width,
                strip.height,
                f"{left} {top} {strip.tile} {strip.tile}",
                pixelated=False,
            )
            for what, top in (("Receptive field on", 0), ("Patch of", strip.tile + margin))
        ]
        yield exemplar, cuts[0], cuts[1]


def _cut(
    title: str,
    place: str,
    alt: str,
    sheet: Sheet,
    at: int,
    *,
    pixelated: bool,
    silent: bool = False,
) -> Cut:
    size, view = (sheet.width, sheet.height), sheet.view(at)
    return Cut(title, place, alt, sheet.path, *size, view, pixelated, silent)


def crossed(view: str) -> str:
    """SVG path data of the diagonals of a tile: "left top width height" is its view."""
    left, top, width, height = view.split()
    return f"M{left} {top}l{width} {height}m0 -{height}l-{width} {height}"


def tile_sizes(known: KnownChannel) -> str:
    """How large the tiles of feature maps are, where they are smaller than in the grids."""
    for _, grid, cut in known.responses[:1]:
        _, _, width, height = cut.view.split()
        if (int(height), int(width)) != tuple(grid.size):
            return f"averaged to {height} {TIMES} {width} pixels"
    return ""


def channel_place(outline: Outline, path: str, channel: int) -> str:
    """The page of a channel, percent-encoded; empty where it has none."""
    if channel not in outline.unit_channels(path):
        return ""
    return quote(outline.channel_page(path, channel))
