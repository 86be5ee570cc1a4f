"""A comparison as a static site, in the house of the reports: the same templates and blocks."""

from collections.abc import Iterator
from pathlib import Path

from reportgen.comparison.pages import PAGES
from reportgen.comparison.pages.layers import layer_name
from reportgen.comparison.table import ComparisonSection, sections_of
from reportgen.records.comparison import Comparison
from reportgen.report.contexts import Explanation, Frame, Link
from reportgen.report.navigation import Assets, in_bar, pager
from reportgen.report.outline import href, numbered, src
from reportgen.report.site.assets import write_assets
from reportgen.report.site.script_data import search_index
from reportgen.report.site.sections import SectionPage, cut, on_page
from reportgen.report.templates import Templates


def write_site(
    comparison: Comparison, folder: Path, source: Templates, *, explained: bool = True
) -> None:
    """Write all pages and assets below `folder`, where the pictures already lie.

    `explained` says whether sections open with their introduction. Raises OutputError when a
    template cannot be used.
    """
    assets = write_assets(source, folder, search_index(search_rows(comparison)))
    for path, page in pages(comparison, assets, folder, explained=explained):
        text = source.render("section.html", page)
        (folder / path).write_text(text, encoding="utf-8", newline="\n", errors="replace")


def pages(
    comparison: Comparison,
    assets: Assets,
    folder: Path,
    *,
    explained: bool = True,
    whole: bool = False,
) -> Iterator[tuple[str, SectionPage]]:
    """Paths and contexts of all pages; of `whole` sections each is one page, however long."""
    for section in sections_of(comparison):
        blocks = tuple(PAGES[section.key](comparison))
        sheets = [blocks] if whole else cut(blocks)
        paths = [numbered(section.page, at) for at in range(1, len(sheets) + 1)]
        for at, (path, sheet) in enumerate(zip(paths, sheets, strict=True), 1):
            opening = Explanation(section.introduction, section.sources)
            yield (
                path,
                SectionPage(
                    frame=_frame(comparison, assets, section, path),
                    explanation=opening if explained and at == 1 else None,
                    notes=(),
                    blocks=on_page(sheet, path, folder),
                    pager=pager(path, paths, at, f"Pages of {section.title}"),
                ),
            )


def _frame(comparison: Comparison, assets: Assets, section: ComparisonSection, path: str) -> Frame:
    menu = tuple(
        Link(other.menu, href(path, other.page), other is section)
        for other in sections_of(comparison)
    )
    first = "index.html"
    above = [("Verdict", first), *([(section.title, section.page)] if path != section.page else [])]
    return Frame(
        title=section.title,
        report_title=comparison.title,
        generator=comparison.generator,
        author=comparison.author,
        created=comparison.created[:10],
        created_iso=comparison.created,
        home=href(path, first),
        root="",
        stylesheet=src(path, assets.stylesheet),
        script=src(path, assets.script),
        theme_script=src(path, assets.theme_script),
        icon=src(path, assets.icon),
        search_index=src(path, assets.search_index),
        menu=menu,
        in_bar=in_bar(len(menu)),
        breadcrumbs=()
        if path == first
        else tuple(Link(text, href(path, place)) for text, place in above),
        sidebar=(),
        previous=None,
        next=None,
    )


def search_rows(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    """Sections, layers and images with another prediction: text, kind, and page."""
    keys = set()
    for section in sections_of(comparison):
        keys.add(section.key)
        for words in dict.fromkeys((section.menu, section.title)):
            yield words, "section", section.page
    if "layers" in keys:
        for layer in comparison.layers:
            yield layer_name(layer), layer.type, "layers.html"
    if "flips" in keys:
        for flip in comparison.flips:
            yield flip.image, flip.kind, "flips.html"
