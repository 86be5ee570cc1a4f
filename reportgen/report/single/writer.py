"""The whole report in one HTML file, for mail, chat and viewers of artifacts: `--format single`.

It holds the pages of the site that need no other: overview, model, images, filter galleries and
about. The pages by layer and by unit show the same pictures again and are the site's alone.
"""

import base64
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from reportgen.errors import OutputError
from reportgen.pictures.shrink import Encoded
from reportgen.records.report import Report
from reportgen.report.contexts import Link
from reportgen.report.navigation import Assets, Navigation
from reportgen.report.outline import Outline
from reportgen.report.single.choice import Choice, everything, fitted, reduced, size
from reportgen.report.single.contexts import Sheet, SheetGroup, SinglePage
from reportgen.report.single.markup import Links, SheetMaker, data_uri, sheet_id
from reportgen.report.site.overview import MOST_CARDS
from reportgen.report.site.script_data import search_index, search_rows
from reportgen.report.site.writer import pages, values_files
from reportgen.report.templates import Templates
from reportgen.wording import size_of

SINGLE_NAME = "report.html"
WARNING_AT = 25_000_000
REFUSED_AT = 100_000_000
_MOST_TRIES = 12
_NOT_HERE = Assets("", "", "", "", "")


@dataclass(frozen=True)
class SingleResult:
    """The file that was written, and sentences on what is not in it as it should be."""

    path: Path
    warnings: tuple[str, ...]


class _WholeOutline(Outline):
    """Every image and block on one page, and no pages by layer."""

    most_nodes = most_grids = most_rows = sys.maxsize
    shown_layers = ()
    lists_blocks = False


def write_single(
    report: Report,
    folder: Path,
    *,
    megabytes: int | None = 10,
    force: bool = False,
    templates: Path | None = None,
) -> SingleResult:
    """Write `report.html`, a file that needs no other.

    Args:
        report: what to show; its pictures lie in `folder`.
        folder: the report's folder.
        megabytes: what the file may take, in units of 1,000,000 bytes; to fit, pictures are shrunk
            first, then activations, galleries and images are left out, which the file states.
            None: everything as it is.
        force: write it even if it is larger than 100 MB.
        templates: a folder of the user's templates.

    Raises:
        OutputError: a template cannot be used, or the file would be larger than 100 MB.

    """
    source = Templates(templates)
    text = _within(report, folder, source, megabytes).encode("utf-8", "replace")
    taken, budget = len(text), _bytes(megabytes)
    if taken > REFUSED_AT and not force:
        raise OutputError(
            f"{SINGLE_NAME} would take {size_of(taken)}, which few programs open; "
            "let --single-size leave out what does not fit, or use --force."
        )
    path = folder / SINGLE_NAME
    path.write_bytes(text)
    warnings = []
    if budget is not None and taken > budget:
        warnings.append(f"{SINGLE_NAME} takes {size_of(taken)}: it cannot be made smaller.")
    elif taken > WARNING_AT:
        warnings.append(f"{SINGLE_NAME} takes {size_of(taken)}; mail and chat may refuse it.")
    return SingleResult(path, tuple(warnings))


def _bytes(megabytes: int | None) -> int | None:
    return None if megabytes is None else megabytes * 1_000_000


def _within(report: Report, folder: Path, source: Templates, megabytes: int | None) -> str:
    """The file's text, with as much of the report as its size allows.

    What is chosen is planned by estimate and then measured; the estimate's error goes off the next
    plan's budget, until the file fits or nothing more can be left out.
    """
    budget = _bytes(megabytes)
    choice = everything(report, folder)
    if budget is None or size(report, choice) <= budget:
        text = _made(report, folder, source, choice, megabytes)
        if budget is None or len(text.encode("utf-8", "replace")) <= budget:
            return text
    choice, room = everything(report, folder, shrinking=True), budget
    if size(report, choice) > budget:
        choice = fitted(report, choice.pictures, room)
    for _ in range(_MOST_TRIES):
        text = _made(report, folder, source, choice, megabytes)
        excess = len(text.encode("utf-8", "replace")) - budget
        if excess <= 0:
            break
        room -= max(excess, budget // 50)
        smaller = fitted(report, choice.pictures, room)
        if smaller == choice:
            break
        choice = smaller
    return text


def _made(
    report: Report, folder: Path, source: Templates, choice: Choice, megabytes: int | None
) -> str:
    shown = reduced(report, choice)
    outline = _WholeOutline(shown)
    navigation = Navigation(outline, _NOT_HERE)
    texts: dict[str, str] = {}
    titles: dict[str, str] = {}
    first: dict[str, str] = {}
    for path, name, context in pages(outline, navigation, folder):
        few = len(shown.images) <= MOST_CARDS
        is_list = path == "images/index.html" and few
        if is_list or path.startswith("images/index--"):
            continue
        texts[path] = source.render(f"{name}.html", context)
        titles[path] = context.frame.title
        part = next((link.text for link in context.frame.menu if link.current), "")
        first.setdefault(part, sheet_id(path))
    links = Links(texts, _aliases(texts))
    maker = SheetMaker(links, choice.pictures.encoded)
    sheets = []
    for path, text in texts.items():
        content = maker.content(path, text)
        if not content:
            raise OutputError(f"The page {path} has nothing in <main> that {SINGLE_NAME} can hold.")
        sheets.append(Sheet(sheet_id(path), titles[path], Markup(content)))  # noqa: S704 - rendered
    rows = [(text, kind, links.inside("index.html", at)) for text, kind, at in search_rows(outline)]
    data = "".join(text for _, text in values_files(outline)) + search_index(rows)
    notes = choice.notes(report, megabytes)
    parts = [text for text, _ in navigation.parts() if text in first]
    menu = tuple(Link(text, f"#{first[text]}") for text in parts)
    return source.render("single.html", _page(report, source, data, sheets, menu, notes))


def _page(
    report: Report,
    source: Templates,
    data: str,
    sheets: list[Sheet],
    menu: tuple[Link, ...],
    notes: tuple[str, ...],
) -> SinglePage:
    style = _inline(source.asset("report.css"), "style")
    theme = _inline(source.asset("theme.js"), "script")
    script = _inline(data.encode() + source.asset("report.js"), "script")
    allowed = f"{_hash(theme)} {_hash(script)}"
    groups = {"Images": "images/", "Filters": "filters/", "Exemplars": "exemplars/"}
    return SinglePage(
        title=report.title,
        author=report.author,
        generator=report.generator,
        created=report.created[:10],
        created_iso=report.created,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {allowed}",
        icon=data_uri(Encoded("image/svg+xml", source.asset("icon.svg"))),
        style=Markup(style),  # noqa: S704 - the package's or the user's own style sheet
        theme_script=Markup(theme),  # noqa: S704
        script=Markup(script),  # noqa: S704
        menu=menu,
        groups=tuple(
            SheetGroup(title, links)
            for title, begin in groups.items()
            if (links := _links(sheets, begin))
        ),
        sheets=tuple(sheets),
        notes=notes,
    )


def _links(sheets: list[Sheet], begin: str) -> tuple[Link, ...]:
    return tuple(
        Link(one.title.removeprefix("Filters of "), f"#{one.id}")
        for one in sheets
        if one.id.startswith(begin)
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
