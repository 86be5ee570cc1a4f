"""A report's pages as the text of one page that needs no other file."""

import base64
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from reportgen.errors import OutputError
from reportgen.pictures.shrink import Encoded, as_it_is
from reportgen.records.report import Report
from reportgen.report.contexts import Link
from reportgen.report.navigation import Assets, Navigation, in_bar
from reportgen.report.outline import Outline
from reportgen.report.single.contexts import Sheet, SheetGroup, SinglePage
from reportgen.report.single.markup import Inline, Links, SheetMaker, data_uri, sheet_id
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.overview.page import MOST_CARDS
from reportgen.report.site.script_data import search_index, search_rows
from reportgen.report.site.writer import pages, values_files
from reportgen.report.templates import Templates

TEMPLATE = "single.html"
SINGLE_NAME = "report.html"
NOT_HERE = Assets("", "", "", "", "")
"""The assets of a page whose content goes into a single file."""


class _WholeOutline(Outline):
    """Every image and block on one page, and no pages by layer."""

    most_nodes = most_grids = most_rows = sys.maxsize
    shown_layers = ()
    lists_blocks = False


def single_page(
    report: Report, folder: Path, source: Templates, inline: Inline, notes: tuple[str, ...]
) -> str:
    """The text of `report.html`.

    `inline` gives the pictures of `folder` as the page carries them; `notes` are sentences on what
    the page leaves out. Raises OutputError when a template cannot be used.
    """
    outline = _WholeOutline(report)
    sheets = _Sheets(outline, folder, source, inline)
    data = _values(outline) + search_index(sheets.search_rows())
    return scripted_page(_masthead(report), sheets.content(notes), source, data)


@dataclass(frozen=True)
class Masthead:
    """What a single file says of itself; `created` is an ISO 8601 date and time."""

    title: str
    author: str
    generator: str
    created: str


@dataclass(frozen=True)
class Content:
    """The parts of a single file, how to reach them, and sentences on what is left out."""

    sheets: tuple[Sheet, ...]
    menu: tuple[Link, ...]
    groups: tuple[SheetGroup, ...] = ()
    notes: tuple[str, ...] = ()


def scripted_page(masthead: Masthead, content: Content, source: Templates, data: str) -> str:
    """The text of a page that carries its style and scripts; `data` is script that these need."""
    style = _inline(source.asset("report.css"), "style")
    theme = _inline(source.asset("theme.js"), "script")
    script = _inline(data.encode() + source.asset("report.js"), "script")
    page = _page(masthead, content, source, style)
    page = replace(
        page,
        policy=f"{page.policy}; script-src {_hash(theme)} {_hash(script)}",
        theme_script=Markup(theme),  # noqa: S704 - the package's or the user's own script
        script=Markup(script),  # noqa: S704
    )
    return source.render(TEMPLATE, page)


def printed_page(report: Report, folder: Path, source: Templates, paper: str) -> str:
    """The text of a page that a browser prints on `paper`, "a4" or "letter".

    It has every section, each picture as it lies in `folder`, and no script. Raises OutputError
    when a template cannot be used.
    """
    sheets = _Sheets(_WholeOutline(report), folder, source, lambda path, _: as_it_is(folder / path))
    style = _inline(source.asset("report.css") + f"@page {{ size: {paper}; }}".encode(), "style")
    page = _page(_masthead(report), sheets.content(()), source, style)
    return source.render(TEMPLATE, page)


def _values(outline: Outline) -> str:
    return "".join(text for _, text in values_files(outline))


class _Sheets:
    """The pages of the site as parts of one page."""

    def __init__(self, outline: Outline, folder: Path, source: Templates, inline: Inline) -> None:
        self.outline = outline
        self._navigation = Navigation(outline, NOT_HERE)
        self._first: dict[str, str] = {}
        """The first sheet of each part of the report."""
        titles: dict[str, str] = {}
        texts: dict[str, str] = {}
        drawings = Drawings(folder)
        for path, name, context in pages(outline, self._navigation, drawings):
            drawings.draw()
            few = len(outline.report.images) <= MOST_CARDS
            is_list = path == "images/index.html" and few
            if is_list or path.startswith("images/index--"):
                continue
            texts[path] = source.render(f"{name}.html", context)
            titles[path] = context.frame.title
            part = next((link.text for link in context.frame.menu if link.current), "")
            self._first.setdefault(part, sheet_id(path))
        self._links = Links(texts, _aliases(texts))
        maker = SheetMaker(self._links, inline)
        self.sheets = tuple(
            Sheet(sheet_id(path), titles[path], _content(maker, path, text))
            for path, text in texts.items()
        )

    def search_rows(self) -> list[tuple[str, str, str]]:
        """What the search of the page finds, and where: text, kind, anchor."""
        return [
            (text, kind, self._links.inside("index.html", place))
            for text, kind, place in search_rows(self.outline)
        ]

    def content(self, notes: tuple[str, ...]) -> Content:
        """The sheets, and how to reach them."""
        return Content(self.sheets, self._menu(), self._groups(), notes)

    def _menu(self) -> tuple[Link, ...]:
        """The parts of the report that the page has."""
        parts = [text for text, _ in self._navigation.parts() if text in self._first]
        return tuple(Link(text, f"#{self._first[text]}") for text in parts)

    def _groups(self) -> tuple[SheetGroup, ...]:
        """The lists of links in the side bar."""
        begins = {"Images": "images/", "Filters": "filters/", "Exemplars": "exemplars/"}
        groups = [SheetGroup(title, self._starting(begin)) for title, begin in begins.items()]
        return tuple(group for group in groups if group.links)

    def _starting(self, begin: str) -> tuple[Link, ...]:
        return tuple(
            Link(sheet.title.removeprefix("Filters of "), f"#{sheet.id}")
            for sheet in self.sheets
            if sheet.id.startswith(begin)
        )


def _content(maker: SheetMaker, path: str, text: str) -> Markup:
    content = maker.content(path, text)
    if not content:
        raise OutputError(f"The page {path} has nothing in <main> that {SINGLE_NAME} can hold.")
    return Markup(content)  # noqa: S704 - rendered


def _masthead(report: Report) -> Masthead:
    return Masthead(report.title, report.author, report.generator, report.created)


def _page(masthead: Masthead, content: Content, source: Templates, style: str) -> SinglePage:
    """The page without scripts."""
    return SinglePage(
        title=masthead.title,
        author=masthead.author,
        generator=masthead.generator,
        created=masthead.created[:10],
        created_iso=masthead.created,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}",
        icon=data_uri(Encoded("image/svg+xml", source.asset("icon.svg"))),
        style=Markup(style),  # noqa: S704 - the package's or the user's own style sheet
        theme_script=Markup(),
        script=Markup(),
        menu=content.menu,
        in_bar=in_bar(len(content.menu)),
        groups=content.groups,
        sheets=content.sheets,
        notes=content.notes,
    )


def _aliases(texts: Mapping[str, str]) -> dict[str, str]:
    """Where links to the pages lead that are left out."""
    filters = next((path for path in texts if path.startswith("filters/")), "index.html")
    aliases = {"filters/index.html": filters, "images/index.html": "index.html#overview--images"}
    aliases["images/index--mistakes.html"] = aliases["images/index.html"]
    return {path: place for path, place in aliases.items() if path not in texts}


def _inline(content: bytes, element: str) -> str:
    """A style sheet or script as the text of its element, which it must not end."""
    text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace(f"</{element}", f"<\\/{element}").replace("<!--", "<\\!--")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
