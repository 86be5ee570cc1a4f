"""The pages about one layer: its numbers, its channels over the images, its filter patterns."""

from collections.abc import Iterator
from urllib.parse import quote

from reportgen.records.filters import Filter
from reportgen.records.model import Layer
from reportgen.report.contexts import Fact, Link, Pager
from reportgen.report.explanations import ways
from reportgen.report.figures import activation_legend, gallery_grid
from reportgen.report.layer_facts import (
    kernel_text,
    memory_text,
    multiply_adds_text,
    over_images,
    receptive_field_text,
    stride_text,
)
from reportgen.report.navigation import Here, Navigation, neighbours
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href, row_anchor
from reportgen.report.sections.kernels import kernel_places
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.network.layer_contexts import FilterRow, LayerGallery, LayerPage
from reportgen.report.site.network.layer_rows import LayerRows
from reportgen.wording import count, number, numbers, percent, shape

_MOST_ROWS = 32
_MOST_LINES = 500
"""Lines of scores of each gallery where a layer has several: a page must not grow without end."""
_MOST_LINKS = 8
_PADDINGS = {"same": "same (zeros)", "valid": "none", "causal": "causal"}


def layer_pages(
    outline: Outline, navigation: Navigation, drawings: Drawings
) -> Iterator[tuple[str, LayerPage]]:
    """Paths and contexts of the pages of all layers that have something to show.

    Asks for drawings of their channels.
    """
    for at, path in enumerate(outline.shown_layers):
        yield from _pages(outline, navigation, drawings, path, neighbours(outline.shown_layers, at))


def _pages(
    outline: Outline,
    navigation: Navigation,
    drawings: Drawings,
    path: str,
    beside: tuple[str | None, str | None],
) -> Iterator[tuple[str, LayerPage]]:
    layer, parts = outline.layers[path], outline.layer_pages[path]
    rows = LayerRows(outline, drawings, path) if outline.layer_rows(path) else None
    previous, following = (
        (neighbour, outline.layer_place(neighbour)) if neighbour else None for neighbour in beside
    )
    for at, channels in enumerate(parts, 1):
        page = outline.layer_page(path, at)
        first = at == 1
        crumbs = [("Model", "model.html"), (layer.block, outline.block_place(layer.block))]
        if not first:
            crumbs.append((path, quote(outline.layer_page(path))))
        here = Here(
            page,
            path,
            "Model",
            crumbs=tuple(crumb for crumb in crumbs if crumb[0]),
            block=layer.block,
            layer=path,
            previous=previous,
            next=following,
        )
        yield (
            page,
            LayerPage(
                frame=navigation.frame(here),
                first=first,
                facts=_facts(outline, page, layer) if first else (),
                notes=page_notes(outline, page, f"layer {path}") if first else (),
                links=_links_of(outline, page, path) if first else (),
                ways=ways(outline.report, outline.galleries.get(path, ())) if first else (),
                galleries=_galleries(outline, page, path) if first else (),
                bands=rows.bands(page, channels) if rows else (),
                folded=rows.folded(page, channels) if rows else (),
                columns=rows.columns(page) if rows else (),
                rows_text=rows.text if rows else "",
                legend=activation_legend(outline.report.settings),
                pager=_picker(outline, page, path, at),
                channels=tuple(
                    Link(str(channel), f"#{row_anchor(channel)}")
                    for channel in channels
                    if channel not in outline.images.inactive(path)
                ),
            ),
        )


def _picker(outline: Outline, page: str, path: str, number_of_page: int) -> Pager:
    """Links to the pages of a layer, named by their channels; none for only one."""
    parts = outline.layer_pages[path]
    if len(parts) == 1:
        return Pager((), "")
    links = tuple(
        Link(
            f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]),
            href(page, quote(outline.layer_page(path, at))),
            at == number_of_page,
        )
        for at, part in enumerate(parts, 1)
    )
    return Pager(links, "Channels")


def _links_of(outline: Outline, page: str, path: str) -> tuple[Link, ...]:
    """What else the report shows of a layer."""
    found = []
    if path in outline.unit_layers:
        found.append(Link("Channels one by one", quote(outline.channels_page(path))))
    if outline.galleries.get(path):
        found.append(Link("Filter patterns", f"{quote(page)}#layer--filters"))
    if outline.has("kernels") and path in (places := kernel_places(outline)):
        found.append(Link("Kernels", places[path]))
    return tuple(Link(link.text, href(page, link.href)) for link in found)


def _galleries(outline: Outline, page: str, path: str) -> tuple[LayerGallery, ...]:
    found = outline.galleries.get(path, ())
    many = sum(len(outline.filters_of(gallery)) for gallery in found) > _MOST_ROWS
    most = _MOST_LINES if len(found) > 1 else None
    return tuple(
        LayerGallery(
            grid=gallery_grid(outline, page, gallery),
            filters=() if many else tuple(_row(pattern) for pattern in outline.filters_of(gallery)),
            filters_text=_text(outline.filters_of(gallery), most) if many else "",
        )
        for gallery in found
    )


def _facts(outline: Outline, page: str, layer: Layer) -> tuple[Fact, ...]:
    return tuple(
        fact
        for fact in (
            *_own_facts(layer),
            _links("Input from", outline, page, layer.inputs),
            _links("Output to", outline, page, outline.feeds.get(layer.path, [])),
            *_activation_facts(outline, layer.path),
        )
        if fact.value or fact.links
    )


def _own_facts(layer: Layer) -> Iterator[Fact]:
    """What the layer computes, and what it costs."""
    yield Fact("Type", layer.type)
    yield Fact("Kernel" if layer.convolution else "Window", kernel_text(layer))
    yield Fact("Stride", stride_text(layer))
    yield Fact("Padding", _PADDINGS.get(layer.window.padding, "") if layer.window else "")
    no_activation = "none" if layer.convolution and layer.window else ""
    yield Fact("Activation", layer.activation or no_activation)
    beyond = layer.cells is not None and layer.cells.beyond
    note = "and, by a pooled or normalised value, the whole image" if beyond else ""
    yield Fact("Receptive field", receptive_field_text(layer), note)
    yield Fact("Output", shape(layer.output_shape))
    yield Fact("Parameters", f"{layer.parameters:,}", _trained(layer))
    yield Fact("Multiply-adds", multiply_adds_text(layer), "for one image")
    yield Fact("Memory", memory_text(layer), "of the output for one image")


def _activation_facts(outline: Outline, path: str) -> Iterator[Fact]:
    """What the layer does on the images."""
    if path not in outline.activations:
        return
    seen = outline.images.totals[path]
    images = count(seen.images, "image")
    yield Fact("Range", f"{number(seen.span.low)} to {number(seen.span.high)}", f"over {images}")
    yield Fact("Zeros", percent(seen.sparsity), "share of all values")
    found = over_images(outline, path)
    if not found:
        yield Fact("Silent channels", "none")
    for word, ids in found.items():
        name = f"{word.capitalize()} channels"
        yield Fact(name, f"{len(ids):,}", f"{numbers(ids, 16)} on all images")


def _links(name: str, outline: Outline, page: str, paths: list[str]) -> Fact:
    links = tuple(Link(path, href(page, outline.layer_place(path))) for path in paths[:_MOST_LINKS])
    left = len(paths) - _MOST_LINKS
    return Fact(name, "" if links else "none", f"and {left} more" if left > 0 else "", links)


def _trained(layer: Layer) -> str:
    if not layer.parameters:
        return ""
    return f"{layer.trainable_parameters:,} trainable" if layer.trainable_parameters else "frozen"


def _row(pattern: Filter) -> FilterRow:
    return FilterRow(
        pattern.channel,
        pattern.status,
        number(pattern.score_start),
        number(pattern.score_end),
        pattern.obtained,
    )


def _text(filters: list[Filter], most: int | None) -> str:
    """Lines of aligned columns, for `most` filters; None for all."""
    rows = [("filter", "start", "end", "result", "objective")] + [
        (str(o.channel), number(o.score_start), number(o.score_end), o.status, o.obtained)
        for o in filters[:most]
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
    left = len(filters) - (len(rows) - 1)
    return "\n".join([*lines, *([f"and {left:,} more, in report.json"] if left else [])])
