"""The static site: a report's records and pictures → pages that open from disk.

The address of a tile, such as `images/cat.html#block1_conv1:12`, is the anchor of its figure, a
colon, and the channel's number; scripts open it, without them it leads to the page.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from reportgen.records.report import Report
from reportgen.report.navigation import Navigation
from reportgen.report.outline import Outline
from reportgen.report.site.about import about_page
from reportgen.report.site.assets import write_assets
from reportgen.report.site.channels.pages import channel_pages
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.filters import filter_pages, filters_index
from reportgen.report.site.image_list import images_pages
from reportgen.report.site.images import image_pages
from reportgen.report.site.network.layers import layer_pages
from reportgen.report.site.network.model import model_pages
from reportgen.report.site.overview.page import index_page
from reportgen.report.site.script_data import (
    activation_values,
    filter_values,
    row_values,
    search_index,
    search_rows,
)
from reportgen.report.site.sections import section_pages
from reportgen.report.site.sources.page import sources_pages
from reportgen.report.templates import Templates

Pages = Iterator[tuple[str, str, Any]]
"""Path of a page, name of its template, its context."""


def write_site(report: Report, folder: Path, *, templates: Path | None = None) -> list[Path]:
    """Write all pages, assets and values files of a report below ``folder``.

    Args:
        report: what to show; its pictures already lie in ``folder``.
        folder: the report's folder, which exists.
        templates: a folder of the user's templates and assets, used before the package's own.

    Returns:
        The files written, sorted.

    Raises:
        OutputError: the templates cannot be found, or one of them cannot be used; the sentence
            names its file and line.

    """
    source = Templates(templates)
    outline = Outline(report)
    assets = write_assets(source, folder, search_index(search_rows(outline)))
    navigation = Navigation(outline, assets)
    written = [folder / path for path in vars(assets).values()]
    drawings = Drawings(folder)
    for path, name, context in pages(outline, navigation, drawings):
        written.append(_write(folder / path, source.render(f"{name}.html", context)))
        drawings.draw()
    for path, text in values_files(outline):
        written.append(_write(folder / path, text))
    return sorted(written)


def pages(outline: Outline, navigation: Navigation, drawings: Drawings) -> Pages:
    """All pages of a report, in the order in which one would read them; asks for their pictures."""
    yield "index.html", "index", index_page(outline, navigation, drawings)
    several: tuple[tuple[str, Callable[[Outline, Navigation], Iterator[tuple[str, Any]]]], ...] = (
        ("model", model_pages),
        ("images", partial(images_pages, drawings=drawings)),
        ("image", partial(image_pages, drawings=drawings)),
        ("layer", partial(layer_pages, drawings=drawings)),
        ("filters", filter_pages),
    )
    for template, make in several:
        for path, context in make(outline, navigation):
            yield path, template, context
    yield from channel_pages(outline, navigation, drawings)
    if outline.gallery_blocks and outline.lists_blocks:
        yield "filters/index.html", "filters_index", filters_index(outline, navigation, drawings)
    for path, section in section_pages(outline, navigation, drawings.folder):
        yield path, "section", section
    for path, sources in sources_pages(outline, navigation):
        yield path, "sources", sources
    yield "about.html", "about", about_page(outline, navigation)


def values_files(outline: Outline) -> Iterator[tuple[str, str]]:
    """Path and text of the script files with the numbers behind tiles."""
    if outline.has("activations"):
        for image in outline.report.images:
            if image.activations:
                text = activation_values(outline, image.name, image.activations)
                yield outline.values_file(image.name), text
    for path in outline.shown_layers:
        if outline.layer_rows(path):
            yield outline.row_values_file(path), row_values(outline, path)
    for layer, galleries in outline.galleries.items():
        yield outline.filter_values_file(layer), filter_values(outline, galleries)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n", errors="replace")
    return path
