"""Data that pages' scripts need, as script files: from disk, a page may load nothing else."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reportgen.heatmap_methods import CAMS
from reportgen.records.filters import Gallery
from reportgen.records.image import Activations
from reportgen.report.figures import gallery_key
from reportgen.report.outline import Outline, href, src
from reportgen.report.sections.table import WITH_PAGES
from reportgen.report.site.network.bands import columns_of, is_missing
from reportgen.report.site.network.layer_rows import row_bands

_NOT_FINITE = ("nan", "inf", "-inf")


def activation_values(outline: Outline, image: str, grids: Sequence[Activations]) -> str:
    """Range and mean of each tile of each grid of one image, and which are inactive."""
    slug = outline.image_slugs[image]
    return _register(
        {
            f"{slug}/{outline.layer_slugs[grid.layer]}": {
                "low": _rounded(grid.lows),
                "high": _rounded(grid.highs),
                "mean": _rounded(grid.means),
                "sd": _rounded(grid.deviations),
                "inactive": _json(grid.inactive),
                **({"leftOut": _json(grid.left_out)} if grid.left_out else {}),
            }
            for grid in grids
        }
    )


def row_values(outline: Outline, path: str) -> str:
    """The numbers of each tile of a layer's channels over the images, and what the columns are.

    `place` leads to the layer on the page of a column's image, seen from the layer's pages.
    """
    page, slug = outline.layer_page(path), outline.layer_slugs[path]
    pairs = columns_of(outline.activations[path])
    columns = {
        "image": _json([image.name for image, _ in pairs]),
        "photo": _json([src(page, image.photo) for image, _ in pairs]),
        "place": _json([href(page, outline.grid_place(image.name, path)) for image, _ in pairs]),
    }
    found = {}
    for at, channels in enumerate(row_bands(outline, path), 1):
        cells = [(channel, grid) for channel in channels for _, grid in pairs]
        found[f"rows/{slug}/{at}"] = {
            "channel": _json([channel for channel, _ in cells]),
            **columns,
            "low": _rounded([_value(grid.lows, channel) for channel, grid in cells]),
            "high": _rounded([_value(grid.highs, channel) for channel, grid in cells]),
            "mean": _rounded([_value(grid.means, channel) for channel, grid in cells]),
            "sd": _rounded([_value(grid.deviations, channel) for channel, grid in cells]),
            "inactive": _json(
                [at for at, (channel, grid) in enumerate(cells) if channel in grid.inactive]
            ),
            "leftOut": _json([at for at, cell in enumerate(cells) if is_missing(*cell)]),
        }
    return _register(found)


def _value(values: Sequence[float | None], at: int) -> float | None:
    return values[at] if at < len(values) else None


def filter_values(outline: Outline, galleries: Sequence[Gallery]) -> str:
    """Channel, scores and status of each tile of a layer's galleries."""
    return _register(
        {
            gallery_key(outline, gallery): {
                "channel": _json([pattern.channel for pattern in outline.filters_of(gallery)]),
                "start": _rounded([pattern.score_start for pattern in outline.filters_of(gallery)]),
                "end": _rounded([pattern.score_end for pattern in outline.filters_of(gallery)]),
                "status": _json([pattern.status for pattern in outline.filters_of(gallery)]),
            }
            for gallery in galleries
        }
    )


def search_index(rows: Iterable[tuple[str, str, str]]) -> str:
    """A script with the rows that a search looks through."""
    return f"globalThis.reportgenSearch=[{','.join(map(_json, rows))}];\n"


def search_rows(outline: Outline) -> Iterator[tuple[str, str, str]]:
    """Sections, layers, images and labels: text, kind, and link from the report's folder."""
    for section in WITH_PAGES:
        if outline.shows(section):
            for words in dict.fromkeys((section.menu, section.title, *section.search)):
                yield words, "section", section.page
    pages = [("Overview", "index.html"), ("Model", "model.html"), ("About", "about.html")]
    for text, place in (
        *pages,
        ("Methods", "about.html"),
        ("Settings", "about.html#about--settings"),
    ):
        yield text, "page", place
    if outline.images:
        yield "Images", "page", outline.images_page()
    if outline.unit_layers:
        yield "Channels", "page", outline.channels_index()
    yield from _method_rows(outline)
    for path, layer in outline.layers.items():
        yield path, layer.type, href("", outline.layer_place(path))
    for block in outline.gallery_blocks:
        yield block, "filters", href("", quote(outline.filter_page(block)))
    for image in outline.report.images:
        place = outline.image_place(image.name)
        yield image.name, "image", place
        for prediction in image.predictions[:1]:
            yield prediction.label, f"on {image.name}", place


_PAGES = (
    ("Overview", "index.html"),
    ("Model", "model.html"),
    ("About", "about.html"),
    ("Methods", "about.html"),
    ("Settings", "about.html#about--settings"),
)


def _method_rows(outline: Outline) -> Iterator[tuple[str, str, str]]:
    """Heatmap methods and words of the pages of images, which lead to the first image."""
    for image in outline.report.images[:1]:
        place = outline.image_place(image.name)
        if outline.has("gradcam") and image.gradcam:
            for method in dict.fromkeys(cam.method for cam in image.gradcam):
                yield CAMS[method].title, "method", f"{place}#image--gradcam"
            yield "Heatmaps", "section", f"{place}#image--gradcam"
        if outline.has("activations") and image.activations:
            for words in ("Activations", "Feature maps"):
                yield words, "section", f"{place}#image--activations"


def _register(values: Mapping[str, Mapping[str, str]]) -> str:
    """A script that adds to the values of the page; the inner values are JSON already."""
    entries = (
        f"{_json(key)}:{{{','.join(f'{_json(name)}:{text}' for name, text in entry.items())}}}"
        for key, entry in values.items()
    )
    return f"Object.assign(globalThis.reportgenValues??={{}},{{{','.join(entries)}}});\n"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # A name may hold "</script>", and the single-file report puts scripts into the page.
    return text.replace("<", "\\u003c")


def _rounded(values: Sequence[float | None]) -> str:
    """Three significant digits each, null where a value is not finite."""
    # Millions of numbers pass here for a large network: formatting them is all that is done.
    texts = ["null" if value is None else f"{value:.3g}" for value in values]
    return f"[{','.join('null' if text in _NOT_FINITE else text for text in texts)}]"
