"""The pages about one layer: its filter patterns and its activations over all images."""

from collections.abc import Iterator
from urllib.parse import quote

from reportgen.records.filters import Filter
from reportgen.records.model import Layer
from reportgen.report.contexts import Fact, Link
from reportgen.report.explanations import ways
from reportgen.report.figures import activation_grid, activation_legend, gallery_grid
from reportgen.report.navigation import Here, Navigation, neighbours, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.site.layer_contexts import FilterRow, LayerGallery, LayerPage
from reportgen.wording import TIMES, count, number, numbers, percent, shape

_MOST_ROWS = 32
_MOST_LINES = 500
"""Lines of scores of each gallery where a layer has several: a page must not grow without end."""
_MOST_LINKS = 8


def layer_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, LayerPage]]:
    """Paths and contexts of the pages of all layers that have something to show."""
    for at, path in enumerate(outline.shown_layers):
        yield from _pages(outline, navigation, path, neighbours(outline.shown_layers, at))


def _pages(
    outline: Outline,
    navigation: Navigation,
    path: str,
    beside: tuple[str | None, str | None],
) -> Iterator[tuple[str, LayerPage]]:
    layer = outline.layers[path]
    parts, seen = outline.layer_pages[path], outline.activations.get(path)
    paths = [outline.layer_page(path, at) for at in range(1, len(parts) + 1)]
    previous, following = ((one, outline.layer_place(one)) if one else None for one in beside)
    for at, (page, part) in enumerate(zip(paths, parts, strict=True), 1):
        grids = seen[part.start : part.stop] if seen else []
        crumbs = [("Model", "model.html"), (layer.block, outline.block_place(layer.block))]
        if at > 1:
            crumbs.append((path, quote(paths[0])))
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
                first=at == 1,
                facts=_facts(outline, page, layer) if at == 1 else (),
                notes=page_notes(outline, page, f"layer {path}") if at == 1 else (),
                units=Link("Browse single channels", href(page, quote(outline.channels_page(path))))
                if path in outline.unit_layers
                else None,
                ways=ways(outline.report, outline.galleries.get(path, ())) if at == 1 else (),
                galleries=_galleries(outline, page, path) if at == 1 else (),
                grids=tuple(
                    activation_grid(outline, page, image, grid, of_layer=True)
                    for image, grid in grids
                ),
                legend=activation_legend(outline.report.settings),
                show_activations=bool(grids),
                pager=pager(page, paths, at, "Pages of images"),
            ),
        )


def _galleries(outline: Outline, page: str, path: str) -> tuple[LayerGallery, ...]:
    found = outline.galleries.get(path, ())
    many = sum(len(outline.filters_of(one)) for one in found) > _MOST_ROWS
    most = _MOST_LINES if len(found) > 1 else None
    return tuple(
        LayerGallery(
            grid=gallery_grid(outline, page, gallery),
            filters=() if many else tuple(_row(one) for one in outline.filters_of(gallery)),
            filters_text=_text(outline.filters_of(gallery), most) if many else "",
        )
        for gallery in found
    )


def _facts(outline: Outline, page: str, layer: Layer) -> tuple[Fact, ...]:
    facts = [
        Fact("Type", layer.type),
        Fact("Output", shape(layer.output_shape)),
        Fact("Parameters", f"{layer.parameters:,}", _trained(layer)),
        _links("Input from", outline, page, layer.inputs),
        _links("Output to", outline, page, outline.feeds.get(layer.path, [])),
    ]
    if layer.path in outline.activations:
        seen = outline.images.totals[layer.path]
        height, width = seen.map_size
        dead = seen.inactive
        facts += [
            Fact("Maps", f"{height} {TIMES} {width}", count(seen.channels, "channel")),
            Fact(
                "Activations",
                f"{number(seen.span.low)} to {number(seen.span.high)}",
                f"over {count(seen.images, 'image')}",
            ),
            Fact("Zeros", percent(seen.sparsity), "share of all values"),
            Fact(
                "Inactive on every image",
                count(len(dead), "channel") if dead else "none",
                numbers(dead, 16),
            ),
        ]
    return tuple(facts)


def _links(name: str, outline: Outline, page: str, paths: list[str]) -> Fact:
    links = tuple(Link(path, href(page, outline.layer_place(path))) for path in paths[:_MOST_LINKS])
    left = len(paths) - _MOST_LINKS
    return Fact(name, "" if links else "nothing", f"and {left} more" if left > 0 else "", links)


def _trained(layer: Layer) -> str:
    if not layer.parameters:
        return ""
    return f"{layer.trainable_parameters:,} trainable" if layer.trainable_parameters else "frozen"


def _row(one: Filter) -> FilterRow:
    return FilterRow(
        one.channel, one.status, number(one.score_start), number(one.score_end), one.obtained
    )


def _text(filters: list[Filter], most: int | None) -> str:
    """Lines of aligned columns, for `most` filters; None for all."""
    rows = [("filter", "start", "end", "status", "obtained by")] + [
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
