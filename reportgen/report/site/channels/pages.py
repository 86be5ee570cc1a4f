"""The page of each channel, the list of a layer's channels, and the list of layers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from reportgen.few_images import FEWEST_RANKED
from reportgen.records.filters import Filter
from reportgen.records.image import Activations, Image
from reportgen.records.over_images import Exemplar
from reportgen.report.contexts import Fact, Link
from reportgen.report.figures import activation_legend, plain_picture
from reportgen.report.layer_facts import WORDS, Word, meaning
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.navigation import neighbours as beside
from reportgen.report.outline import Outline, href
from reportgen.report.paging import paged
from reportgen.report.sections.kernels import kernel_places
from reportgen.report.site.channels.contexts import (
    ChannelPage,
    ChannelRow,
    ChannelsIndexPage,
    ChannelsPage,
    FoldedChannels,
    LayerChannels,
    Response,
    Tile,
    TopImage,
)
from reportgen.report.site.channels.gathering import (
    FEW_IMAGES,
    STRONGEST,
    Cut,
    KnownChannel,
    channel_place,
    known_channels,
    response_text,
    taken_images,
    tile_sizes,
)
from reportgen.report.site.channels.inactive import (
    folded_channels,
    images_by_word,
    is_empty,
    span_text,
    word_always,
)
from reportgen.report.site.channels.kernels import kernel_of
from reportgen.report.site.channels.statistics import histogram, neighbours
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.thumbnails import thumbnail
from reportgen.wording import TIMES, count, number

_CHANNELS_A_PAGE = 24
_LAYERS_A_PAGE = 40
_TILES_IN_ROW, _TILES_OF_LAYER = 5, 8
_THUMBNAIL = 224
_LAYER_NODES = 40

Pages = Iterator[tuple[str, str, object]]
"""Path of a page, name of its template, its context."""


def channel_pages(outline: Outline, navigation: Navigation, drawings: Drawings) -> Pages:
    """The pages of all channels, of their layers, and the list of layers; draws their tiles."""
    covers: dict[str, list[Tile]] = {}
    page = outline.channels_index()
    for path in outline.unit_layers:
        found = known_channels(outline, path, drawings)
        covers[path] = [
            tile
            for channel, known in found.items()
            if (tile := _cover(outline, page, path, channel, known)) is not None
        ][:_TILES_OF_LAYER]
        yield from _list_pages(outline, navigation, path, found)
        yield from _own_pages(outline, navigation, drawings, path, found)
    yield from _index_pages(outline, navigation, covers)


def _cover(
    outline: Outline, page: str, path: str, channel: int, known: KnownChannel
) -> Tile | None:
    """What stands for a channel: its last pattern, or else its strongest feature map."""
    place = channel_place(outline, path, channel)
    good = [cut for _, pattern, cut in known.patterns if pattern.status == "ok"]
    cuts = good or [cut for _, _, cut in known.responses]
    return cuts[-1 if good else 0].tile(page, place, f"Channel {channel}") if cuts else None


def _index_pages(
    outline: Outline, navigation: Navigation, covers: Mapping[str, list[Tile]]
) -> Pages:
    layers = outline.unit_layers
    if not layers:
        return
    pages = paged(layers, [_LAYER_NODES] * len(layers), _LAYERS_A_PAGE, outline.most_nodes)
    paths = [outline.channels_index(at) for at in range(1, len(pages) + 1)]
    total = sum(len(outline.unit_channels(path)) for path in layers)
    for at, (page, shown) in enumerate(zip(paths, pages, strict=True), 1):
        yield (
            page,
            "channels_index",
            ChannelsIndexPage(
                frame=navigation.frame(Here(page, "Channels", "Channels")),
                text=f"{count(total, 'channel')} of {count(len(layers), 'layer')}, each with "
                "a pattern that excites it, where it has one, and its response to the images.",
                layers=tuple(
                    LayerChannels(
                        title=path,
                        id=outline.layer_slugs[path],
                        href=href(page, quote(outline.channels_page(path))),
                        text=_of_how_many(outline, path),
                        # Tiles are addressed from the first page, which lies in the same folder.
                        tiles=tuple(covers[path]),
                    )
                    for path in shown
                ),
                pager=pager(page, paths, at, "Pages of layers"),
            ),
        )


def _of_how_many(outline: Outline, path: str) -> str:
    shown = len(outline.unit_channels(path))
    return f"{shown:,} of {count(outline.layers[path].channels or 0, 'channel')}"


def _rule(outline: Outline, path: str) -> str:
    """Which channels of a layer have pages; empty where all have one."""
    if len(outline.unit_channels(path)) == outline.layers[path].channels:
        return ""
    if any(outline.filters_of(gallery) for gallery in outline.galleries.get(path, ())):
        return "Only channels with a filter pattern have pages"
    return "Only the first channels have pages"


def _list_pages(
    outline: Outline, navigation: Navigation, path: str, found: Mapping[int, KnownChannel]
) -> Pages:
    costs = [
        2 if is_empty(known) else 12 + 3 * (_TILES_IN_ROW + len(known.patterns))
        for known in found.values()
    ]
    parts = paged(list(found), costs, _CHANNELS_A_PAGE, outline.most_nodes)
    paths = [outline.channels_page(path, at) for at in range(1, len(parts) + 1)]
    layers = outline.unit_layers
    previous, following = (
        (layer, quote(outline.channels_page(layer))) if layer is not None else None
        for layer in beside(layers, layers.index(path))
    )
    for at, (page, channels) in enumerate(zip(paths, parts, strict=True), 1):
        here = Here(
            page,
            f"Channels of {path}",
            "Channels",
            crumbs=(("Channels", outline.channels_index()),),
            block=outline.layers[path].block,
            layer=path,
            previous=previous,
            next=following,
        )
        yield (
            page,
            "channels",
            ChannelsPage(
                frame=navigation.frame(here),
                layer=Link(path, href(page, outline.layer_place(path))),
                text=". ".join(
                    filter(
                        None,
                        (_of_how_many(outline, path), _rule(outline, path), _why_none(outline)),
                    )
                ),
                rows=tuple(
                    _row(outline, page, path, channel, found[channel])
                    for channel in channels
                    if not is_empty(found[channel])
                ),
                folded=_folded(outline, page, path, {at: found[at] for at in channels}),
                pager=pager(page, paths, at, "Pages of channels"),
            ),
        )


def _why_none(outline: Outline) -> str:
    """Why there are no top images; empty where there are, or where they were not asked for."""
    found = outline.report.exemplars
    if found is None or not outline.has("exemplars") or found.images >= FEWEST_RANKED:
        return ""
    return f"Top images need at least {FEWEST_RANKED} images; there are {found.images}"


def _row(outline: Outline, page: str, path: str, channel: int, known: KnownChannel) -> ChannelRow:
    place = channel_place(outline, path, channel)
    tiles = [cut.tile(page, place) for _, _, cut in known.patterns]
    if known.patches:
        tiles += [cut.tile(page, place) for _, _, cut in known.patches[:_TILES_IN_ROW]]
    elif known.inactive < known.images:
        tiles += [cut.tile(page, place) for _, _, cut in known.responses[:_TILES_IN_ROW]]
    return ChannelRow(
        id=f"channel--{channel}",
        title=f"Channel {channel}",
        href=href(page, place),
        text=span_text(known),
        tiles=tuple(tiles),
        histogram=histogram(known),
    )


def _folded(
    outline: Outline, page: str, path: str, found: Mapping[int, KnownChannel]
) -> tuple[FoldedChannels, ...]:
    by_word: dict[Word, list[int]] = {word: [] for word in WORDS}
    for channel, known in found.items():
        word = word_always(known)
        if word and is_empty(known):
            by_word[word].append(channel)
    images = max(known.images for known in found.values())
    return folded_channels(outline, page, path, by_word, images)


def _own_pages(
    outline: Outline,
    navigation: Navigation,
    drawings: Drawings,
    path: str,
    found: Mapping[int, KnownChannel],
) -> Pages:
    alike, channels = neighbours(found), list(found)
    for at, (channel, known) in enumerate(found.items()):
        page = outline.channel_page(path, channel)
        here = _here(outline, path, channel, beside(channels, at))
        near = [
            (_cover(outline, page, path, other, found[other]), share)
            for other, share in alike.get(channel, [])
        ]
        yield (
            page,
            "channel",
            ChannelPage(
                frame=navigation.frame(here),
                facts=_facts(outline, page, path, channel, known),
                patterns=tuple(
                    cut.tile(page, title=_pattern_title(pattern, cut))
                    for _, pattern, cut in known.patterns
                ),
                kernel=kernel_of(outline, page, path, channel),
                top_images=tuple(_top_image(page, patch) for patch in known.patches),
                top_text=_top_text(outline, known),
                responses=tuple(
                    _response(outline, page, drawings, channel, response)
                    for response in (known.responses if known.inactive < known.images else ())
                ),
                responses_text=_responses_text(outline, path, known),
                legend=activation_legend(outline.report.settings),
                histogram=histogram(known),
                neighbours=tuple(
                    _with_share(tile, share) for tile, share in near if tile is not None
                ),
                neighbours_text="Channels of this layer whose mean activation over the "
                f"{count(known.images, 'image')} correlates most with that of this channel "
                "(Pearson’s r).",
            ),
        )


def _here(outline: Outline, path: str, channel: int, beside: tuple[int | None, int | None]) -> Here:
    """Where the page of a channel stands: below the list of its layer's channels."""
    previous, following = (
        (f"Channel {other}", quote(outline.channel_page(path, other)))
        if other is not None
        else None
        for other in beside
    )
    return Here(
        outline.channel_page(path, channel),
        f"{path}, channel {channel}",
        "Channels",
        crumbs=(
            ("Channels", outline.channels_index()),
            (path, quote(outline.channels_page(path))),
        ),
        block=outline.layers[path].block,
        layer=path,
        previous=previous,
        next=following,
    )


def _with_share(tile: Tile, share: float) -> Tile:
    # No-break spaces keep "r = 0.81" on one line.
    return replace(tile, title=f"{tile.title}, r\u00a0=\u00a0{share:.2f}".replace("-", "\u2212"))


def _facts(
    outline: Outline, page: str, path: str, channel: int, known: KnownChannel
) -> tuple[Fact, ...]:
    layer = Link(path, href(page, outline.layer_place(path)))
    facts = [Fact("Layer", "", outline.layers[path].type, (layer,))]
    if known.images:
        text = f"over {count(known.images, 'image')}"
        span = f"{number(known.span.low)} to {number(known.span.high)}"
        facts.append(Fact("Activation", span, text))
        images = count(known.images, "image")
        amounts = dict(images_by_word(known)) or {"silent": 0}
        facts += [
            Fact(word.capitalize(), f"{many:,} of {images}") for word, many in amounts.items()
        ]
    cells = outline.layers[path].cells
    if cells is not None:
        size = f" {TIMES} ".join(f"{side:g}" for side in cells.size)
        least = "" if cells.exact else "at most "
        facts.append(Fact("Receptive field", f"{least}{size} px"))
    kernel = next(
        (candidate for candidate in outline.report.kernels if candidate.layer == path), None
    )
    if kernel is not None and outline.has("kernels") and channel < len(kernel.norms):
        place = href(page, kernel_places(outline)[path])
        facts.append(
            Fact("Kernel norm", number(kernel.norms[channel]), "", (Link("kernels", place),))
        )
    return tuple(facts)


def _pattern_title(pattern: Filter, cut: Cut) -> str:
    """What the ascent reached: "Pattern: response 0 → 4.64"."""
    if pattern.status != "ok":
        return f"{cut.title}: not found ({pattern.status})"
    return f"{cut.title}: response {number(pattern.score_start)} → {number(pattern.score_end)}"


def _top_image(page: str, top_image: tuple[Exemplar, Cut, Cut]) -> TopImage:
    exemplar, image, patch = top_image
    return TopImage(
        image=image.tile(page, title=""),
        patch=patch.tile(page, title=""),
        link=Link(exemplar.image, href(page, image.place)),
        text=f"{number(exemplar.value)} · row {exemplar.row}, column {exemplar.column}",
    )


def _top_text(outline: Outline, known: KnownChannel) -> str:
    found = outline.report.exemplars
    if found is None or not outline.has("exemplars"):
        return ""
    if not known.patches:
        why = _why_none(outline)
        return f"{why}." if why else "No image activates this channel."
    where = f" in {found.dataset}" if found.dataset else ""
    return (
        f"Top images out of {found.images:,}{where}: the receptive field outlined, and that patch "
        "enlarged."
    )


def _response(
    outline: Outline,
    page: str,
    drawings: Drawings,
    channel: int,
    response: tuple[Image, Activations, Cut],
) -> Response:
    image, grid, cut = response
    small = thumbnail(drawings, image.photo, (image.photo_width, image.photo_height))
    return Response(
        photo=plain_picture(page, *small, f"Photo {image.name}", _THUMBNAIL),
        map=cut.tile(page, title=""),
        link=Link(image.name, href(page, outline.image_place(image.name))),
        text=response_text(grid, channel),
    )


def _responses_text(outline: Outline, path: str, known: KnownChannel) -> str:
    if word := word_always(known):
        return f"This channel is {span_text(known)} ({meaning(word)})."
    seen, taken = outline.activations.get(path) or (), taken_images(outline, path)
    texts = [tile_sizes(known)]
    if len(taken) > FEW_IMAGES:
        images = count(len(taken), "image")
        texts.insert(0, f"the {STRONGEST} of {images} with the strongest response")
    elif len(taken) < len(seen):
        texts.insert(0, f"the first {len(taken)} of {count(len(seen), 'image')}")
    return ", ".join(filter(None, texts))
