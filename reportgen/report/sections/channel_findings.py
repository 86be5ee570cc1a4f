"""Findings on channels, filters and weights: one for each kind, over all layers.

A channel that a layer, such as a pooling, only hands on is named where it begins.
"""

from collections.abc import Iterator, Mapping, Sequence

from reportgen.records.filters import Gallery
from reportgen.records.over_images import LayerHealth
from reportgen.report.contexts import Finding, Link
from reportgen.report.figures import METHODS
from reportgen.report.layer_facts import WORDS, Word, meaning, over_images
from reportgen.report.outline import Outline, href
from reportgen.report.sections.health import health_place
from reportgen.report.sections.kernels import kernel_places
from reportgen.wording import count, listed, numbers

_NAMED = 3
_NUMBERS = 8

_WITHOUT_PATTERN = {"silent": "no response", "not risen": "not found", "failed": "failed"}


def broken_weights(outline: Outline, page: str) -> Iterator[Finding]:
    """Layers whose weights are NaN or infinite."""
    broken = outline.report.model.not_finite
    if not broken:
        return
    layers = list(dict.fromkeys(weight.layer for weight in broken))
    amount, total = sum(weight.count for weight in broken), sum(weight.size for weight in broken)
    yield Finding(
        "warning",
        f"Weights that are not numbers in {_where(layers)}",
        f"{amount:,} of {count(total, 'number')} are NaN or infinite: training has diverged, or "
        "the file is damaged.",
        href(page, "model.html"),
        tuple(
            Link(weight.layer, href(page, outline.row_place(weight.layer)),
                 note=f"{weight.weight}: {weight.count:,} of {weight.size:,}")
            for weight in broken
        ),
    )  # fmt: skip


def non_finite_layers(outline: Outline, page: str) -> Iterator[Finding]:
    """Channels with NaN or infinite activations."""
    found = {layer.layer: layer.non_finite for layer in _health(outline)}
    yield from _by_layer(
        outline, page, found, "warning", "with NaN or infinite values",
        "The values are not finite on at least one image.",
    )  # fmt: skip


def saturated_layers(outline: Outline, page: str) -> Iterator[Finding]:
    """Channels at a bound of their activation function on every image."""
    found = {layer.layer: layer.saturated for layer in _health(outline)}
    yield from _by_layer(
        outline, page, found, "dead", "saturated",
        "They are at a bound of the activation function on every image.",
    )  # fmt: skip


def inactive_channels(outline: Outline, page: str) -> Iterator[Finding]:
    """Channels that have one value everywhere on every image: one finding for each word."""
    for word, (channels, images) in _inactive(outline).items():
        if not channels:
            continue
        total = {path: outline.layers[path].channels or 0 for path in channels}
        ordered = sorted(channels, key=lambda path: -len(channels[path]) / max(1, total[path]))
        amount = count(sum(map(len, channels.values())), f"{word} channel")
        title = f"{amount} in {count(len(channels), 'layer')}"
        if len(channels) == 1:
            many = count(total[ordered[0]], "channel")
            title = f"{len(channels[ordered[0]]):,} of {many} {word} in {ordered[0]}"
        yield Finding(
            "dead",
            title,
            f"On {images}, they have {meaning(word)}. {_most(channels)}",
            href(page, outline.layer_place(ordered[0])),
            tuple(
                Link(
                    path,
                    href(page, outline.layer_place(path)),
                    note=f"{len(channels[path]):,} of {total[path]:,}: "
                    f"{numbers(channels[path], _NUMBERS)}",
                )
                for path in ordered
            ),
        )


def _inactive(outline: Outline) -> dict[Word, tuple[dict[str, list[int]], str]]:
    """By word: the channels of each layer, and on which images.

    The health section counts the channels of layers with filters: the findings have the same ones.
    """
    health = outline.report.health if outline.has("health") else None
    if health is not None:
        images = f"all {count(health.images, 'image')}"
        images += f" of {health.dataset}" if health.dataset else ""
        known = [layer for layer in health.layers if _origin(outline, layer.layer)]
        silent = {layer.layer: layer.silent for layer in known}
        others = {layer.layer: [*layer.silent, *layer.saturated] for layer in known}
        constant = {layer.layer: layer.constant for layer in known}
        return {
            "silent": (_where_first(outline, silent), images),
            "constant": (_where_first(outline, constant, others), images),
        }
    words = {path: over_images(outline, path) for path in outline.activations}
    amount = max((seen.images for seen in outline.images.totals.values()), default=0)
    images = "the image" if amount == 1 else f"all {count(amount, 'image')}"
    return {
        word: (
            _where_first(outline, {path: found.get(word, []) for path, found in words.items()}),
            images,
        )
        for word in WORDS
    }


def dead_filters(outline: Outline, page: str) -> Iterator[Finding]:
    """Filters whose weights are practically zero."""
    dead = (
        [kernel for kernel in outline.report.kernels if kernel.dead]
        if outline.has("kernels")
        else []
    )
    if dead:
        places = kernel_places(outline)
        yield Finding(
            "dead",
            f"{count(sum(len(kernel.dead) for kernel in dead), 'dead filter')} in "
            f"{_where([kernel.layer for kernel in dead])}",
            "Their weights are practically zero.",
            href(page, places[dead[0].layer]),
            tuple(
                Link(
                    kernel.layer,
                    href(page, places[kernel.layer]),
                    note=numbers(kernel.dead, _NUMBERS),
                )
                for kernel in dead
            ),
        )


def duplicates(outline: Outline, page: str) -> Iterator[Finding]:
    """Pairs of filters with almost the same weights."""
    kernels = outline.report.kernels if outline.has("kernels") else []
    doubled = [kernel for kernel in kernels if kernel.near_duplicates]
    if doubled:
        places = kernel_places(outline)
        pairs = sum(kernel.near_duplicates for kernel in doubled)
        yield Finding(
            "note",
            f"{count(pairs, 'pair')} of near-duplicate filters in "
            f"{_where([kernel.layer for kernel in doubled])}",
            "Their weights point in almost the same direction.",
            href(page, places[max(doubled, key=lambda kernel: kernel.near_duplicates).layer]),
            tuple(
                Link(kernel.layer, href(page, places[kernel.layer]),
                     note=count(kernel.near_duplicates, "pair"))
                for kernel in doubled
            ),
        )  # fmt: skip


def missing_patterns(outline: Outline, page: str) -> Iterator[Finding]:
    """Filters without a pattern, one finding for all ways to find patterns."""
    missing: list[tuple[Gallery, str]] = []
    shown = without = 0
    for galleries in outline.gallery_blocks.values():
        for gallery in galleries:
            filters = outline.filters_of(gallery)
            shown += len(filters)
            texts = []
            for status, word in _WITHOUT_PATTERN.items():
                ids = sorted({pattern.channel for pattern in filters if pattern.status == status})
                without += sum(pattern.status == status for pattern in filters)
                texts += [f"{word}: {numbers(ids, _NUMBERS)}"] if ids else []
            if texts:
                missing.append((gallery, "; ".join(texts)))
    if missing:
        layers = list(dict.fromkeys(gallery.layer for gallery, _ in missing))
        where = listed(layers) if len(layers) <= _NAMED else count(len(layers), "layer")
        which = f" ({missing[0][1]})" if len(missing) == 1 else ""
        yield Finding(
            "silent",
            f"{without:,} of {count(shown, 'filter pattern')} not found",
            f"Gradient ascent finds no image that excites these filters of {where}{which}.",
            href(page, outline.layer_place(layers[0])),
            tuple(
                Link(
                    gallery.layer
                    if gallery.method == "classic"
                    else f"{gallery.layer} ({METHODS[gallery.method]})",
                    href(page, outline.layer_place(gallery.layer)),
                    note=text,
                )
                for gallery, text in missing
            ),
        )


def _health(outline: Outline) -> Sequence[LayerHealth]:
    """The health of each layer; none without that section."""
    found = outline.report.health if outline.has("health") else None
    return found.layers if found else ()


def _by_layer(
    outline: Outline, page: str, found: dict[str, list[int]], kind: str, what: str, text: str
) -> Iterator[Finding]:
    """One finding on channels by layer, which links to the layers' rows in the table of health."""
    channels = _where_first(outline, found)
    if channels:
        places = {path: href(page, health_place(outline, path)) for path in channels}
        yield Finding(
            kind,
            f"{_amount(channels)} {what}",
            f"{text} {_most(channels)}",
            places[_largest(channels)],
            tuple(
                Link(path, places[path], note=numbers(ids, _NUMBERS))
                for path, ids in channels.items()
            ),
        )


def _where_first(
    outline: Outline,
    found: Mapping[str, Sequence[int]],
    others: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, list[int]]:
    """Channels by the layer where they are found first, without those that it hands on.

    What is among the `others` anywhere on its way does not count.
    """
    named: dict[str, set[int]] = {}
    for path, ids in (others or {}).items():
        named.setdefault(_origin(outline, path) or path, set()).update(ids)
    kept = {}
    for path, ids in found.items():
        known = named.setdefault(_origin(outline, path) or path, set())
        new = [number for number in ids if number not in known]
        known.update(new)
        layer = outline.layers.get(path)
        if new and not (layer and layer.passes_through):
            kept[path] = new
    return kept


def _origin(outline: Outline, path: str) -> str | None:
    """The layer with filters whose channels a layer has; None where there is none."""
    layer = outline.layers.get(path)
    return layer.origin if layer else None


def _largest(channels: dict[str, list[int]]) -> str:
    return max(channels, key=lambda path: len(channels[path]))


def _amount(channels: dict[str, list[int]]) -> str:
    """How many channels: "13 channels of conv2d_2", "40 channels of 3 layers"."""
    return f"{count(sum(map(len, channels.values())), 'channel')} of {_where(list(channels))}"


def _where(layers: Sequence[str]) -> str:
    return layers[0] if len(layers) == 1 else count(len(layers), "layer")


def _most(channels: dict[str, list[int]]) -> str:
    """Which channels of the one layer, or in which layer most of them are."""
    path = _largest(channels)
    if len(channels) == 1:
        return f"Channels: {numbers(channels[path], _NUMBERS)}."
    return f"Most are in {path} ({len(channels[path]):,})."
