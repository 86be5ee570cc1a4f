"""Findings on channels, filters and weights: one for each kind, over all layers.

A channel that a layer, such as a pooling, only hands on is named where it begins.
"""

from collections.abc import Iterator, Sequence

from reportgen.records.filters import Gallery
from reportgen.records.over_images import LayerHealth
from reportgen.report.contexts import Finding, Link
from reportgen.report.figures import METHODS
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
    """Channels that have one value everywhere on every image."""
    totals = {path: outline.images.totals[path] for path in outline.activations}
    channels = _once(outline, {path: list(seen.inactive) for path, seen in totals.items()})
    if not channels:
        return
    first = totals[next(iter(channels))]
    many = "the image" if first.images == 1 else f"all {count(first.images, 'image')}"
    ordered = sorted(channels, key=lambda path: -len(channels[path]) / totals[path].channels)
    amount = count(sum(map(len, channels.values())), "inactive channel")
    title = f"{amount} in {count(len(channels), 'layer')}"
    if len(channels) == 1:
        total = totals[ordered[0]].channels
        title = f"{len(channels[ordered[0]]):,} of {count(total, 'channel')} inactive in"
        title += f" {ordered[0]}"
    yield Finding(
        "dead",
        title,
        f"They have the same value everywhere on {many}. {_most(channels)}",
        href(page, outline.layer_place(ordered[0])),
        tuple(
            Link(
                path,
                href(page, outline.layer_place(path)),
                note=f"{len(channels[path]):,} of {totals[path].channels:,}: "
                f"{numbers(channels[path], _NUMBERS)}",
            )
            for path in ordered
        ),
    )


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
    channels = _once(outline, found)
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


def _once(outline: Outline, found: dict[str, list[int]]) -> dict[str, list[int]]:
    """Channels by layer without those that a layer, such as a pooling, only hands on."""
    named: dict[str, set[int]] = {}
    kept = {}
    for path, ids in found.items():
        layer = outline.layers.get(path)
        known = named.setdefault((layer.origin if layer else None) or path, set())
        new = [number for number in ids if number not in known]
        known.update(new)
        if new and not (layer and layer.passes_through):
            kept[path] = ids
    return kept


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
