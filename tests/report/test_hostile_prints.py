"""Names and texts that mean harm, in the PDF of both engines and in the notebook."""

import ast
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdf
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from reportgen.errors import OutputError
from reportgen.records.report import Report
from reportgen.report.notebook.cells import Cell, Files, make_cells
from reportgen.report.notebook.choices import choose
from reportgen.report.pdf import browser as browser_engine
from reportgen.report.pdf.browser import find_browser, print_with_browser
from reportgen.report.pdf.writer import write_pdf
from tests.report.sample import PAYLOADS, SMALL, write_sample
from tests.support.hostile_reports import hostile_report

pytestmark = pytest.mark.slow

PYTHON = (
    '"); open("ran", "w"); ("',
    "'); open('ran', 'w'); ('",
    '"""\nopen("ran", "w")\n"""',
    "{open('ran', 'w')}",
    "\\\"); open('ran', 'w') #",
    "!touch ran",
    "%run ran",
    "$x$ \\frac",
)
"""Names that would run as Python, or as a command of IPython's."""


@pytest.fixture(scope="module", params=["files", "layers"])
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("prints")
    report = hostile_report(folder, request.param)
    # Links of the user's own are kept; what only looks like one is text.
    notes = f"{report.notes}\n\n[mine](https://example.org/mine) [y](<javascript:alert(1)>)\n"
    return folder, report.model_copy(update={"notes": notes})


def said(text: str) -> str:
    """Text without what does not show: white space, controls, marks of direction."""
    return "".join(
        one for one in text if not one.isspace() and unicodedata.category(one) not in ("Cc", "Cf")
    )


def actions_of(path: Path) -> tuple[set[str], set[str]]:
    """The kinds of action in a PDF, and the addresses that it leads to."""
    kinds, addresses = set[str](), set[str]()
    with pikepdf.open(path) as pdf:
        assert "/OpenAction" not in pdf.Root
        assert "/AA" not in pdf.Root
        assert "/JavaScript" not in pdf.Root.get("/Names", pikepdf.Dictionary())
        for thing in pdf.objects:
            for one in _dictionaries(thing):
                assert "/JS" not in one
                assert "/AA" not in one
                if "/URI" in one:
                    addresses.add(str(one.URI))
                if isinstance(one.get("/S"), pikepdf.Name) and one.get("/Type") == "/Action":
                    kinds.add(str(one.S))
                if isinstance(one.get("/A"), pikepdf.Dictionary):
                    kinds.add(str(one.A.get("/S", "")))
    return kinds - {""}, addresses


def _dictionaries(thing: Any) -> Iterator[Any]:
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        yield thing
        action = thing.get("/A")
        if isinstance(action, pikepdf.Dictionary):
            yield action


def check_pdf(path: Path, report: Report) -> None:
    kinds, addresses = actions_of(path)
    assert kinds <= {"/URI", "/GoTo"}
    assert addresses == {"https://example.org/mine"}
    text = said("".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
    for name in (*PAYLOADS, report.title, report.author):
        # A browser turns what follows the mark around; Typst gets another sign in its place.
        plain, turned, rest = name.partition("\u202e")
        shown = (said(name), said(plain + "□" + rest), said(plain + rest[::-1]))
        assert any(one in text for one in (shown if turned or "\ufeff" in name else shown[:1])), (
            name
        )


def test_typst_prints_them_as_text(hostile: tuple[Path, Report]) -> None:
    folder, report = hostile
    result = write_pdf(report, folder)
    assert [one for one in result.warnings if "left out" in one] == []
    check_pdf(result.path, report)


class Markup(HTMLParser):
    """The tags of a page, and what of it could act."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.acting: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.acting += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        wanted = ("href", "src", "action", "srcdoc", "xlink:href")
        self.links += [value or "" for name, value in attrs if name in wanted]


def test_the_page_that_a_browser_prints_has_nothing_that_acts(
    hostile: tuple[Path, Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, report = hostile
    pages: list[str] = []

    def noting(program: Path, page: Path, scratch: Path) -> bytes:
        pages.append(page.read_text(encoding="utf-8"))
        return _empty_pdf()

    monkeypatch.setattr(browser_engine, "find_browser", lambda given: given)
    monkeypatch.setattr(browser_engine, "_printed", noting)
    print_with_browser(report, folder, browser=Path("none"))
    markup = Markup(pages[0])
    assert not markup.tags & {"script", "iframe", "base", "object", "embed"}
    assert markup.acting == []
    outside = {link for link in markup.links if not link.startswith(("#", "data:image/"))}
    assert outside == {"https://example.org/mine"}


def _empty_pdf() -> bytes:
    from io import BytesIO

    made, buffer = pikepdf.new(), BytesIO()
    made.add_blank_page()
    made.save(buffer)
    return buffer.getvalue()


def test_a_browser_prints_them_as_text(hostile: tuple[Path, Report]) -> None:
    try:
        browser = find_browser(None)
    except OutputError:
        pytest.skip("this machine has no browser")
    folder, report = hostile
    check_pdf(print_with_browser(report, folder, browser=browser).path, report)


def cells_of(report: Report) -> list[Cell]:
    settings = {**report.settings, "resize": "stretch", "filter-steps": 4, "dream-steps": 4}
    report = report.model_copy(update={"settings": settings})
    choices = choose(report)
    found = choices.sections.evaluation
    evaluated = ["photos/a.png"] * len(found.photos) if found else []
    photos = ["photos/a.png"] * len(choices.photos)
    return make_cells(report, choices, Files("m.keras", photos, {}, False, evaluated))


def names_in(cells: list[Cell]) -> set[str]:
    """Every name and attribute that the code uses."""
    code = "\n".join(cell.source for cell in cells if cell.is_code)
    nodes = list(ast.walk(ast.parse(re.sub(r"(?m)^%.*$", "", code))))
    return {one.id for one in nodes if isinstance(one, ast.Name)} | {
        one.attr for one in nodes if isinstance(one, ast.Attribute)
    }


def strings_in(cells: list[Cell]) -> set[str]:
    code = "\n".join(cell.source for cell in cells if cell.is_code)
    return {
        one.value
        for one in ast.walk(ast.parse(re.sub(r"(?m)^%.*$", "", code)))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def test_the_notebooks_code_has_them_as_strings_only(
    hostile: tuple[Path, Report], tmp_path: Path
) -> None:
    cells = cells_of(hostile[1])
    for cell in cells:
        if cell.is_code:
            ast.parse(re.sub(r"(?m)^%.*$", "", cell.source))
            # A name with a line break of its own must not begin a command of IPython's.
            assert not re.search(r"(?m)^\s*[!?]", cell.source)
    names = [f"{at}.png" for at in range(9)]  # enough for each kind of cell
    harmless = cells_of(write_sample(tmp_path, plan=SMALL[:3], names=names))
    assert names_in(cells) <= names_in(harmless) | {"layer_at"}
    shown = {one.path for one in choose(hostile[1]).layers}
    assert shown <= strings_in(cells)


def test_the_notebooks_text_has_no_html_and_no_scripts(hostile: tuple[Path, Report]) -> None:
    """Rendered as a notebook's viewer does: raw HTML passes, and so does every link."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    html = "\n".join(
        parser.render(cell.source) for cell in cells_of(hostile[1]) if not cell.is_code
    )
    markup = Markup(html)
    usual = {
        "h1",
        "h2",
        "h3",
        "p",
        "em",
        "strong",
        "code",
        "pre",
        "a",
        "ul",
        "ol",
        "li",
        "hr",
        "br",
    }
    assert markup.tags <= {*usual, "blockquote", "img", "table"}
    assert markup.acting == []
    assert [
        one for one in markup.links if re.match(r"(?i)\s*(javascript|data|file|vbscript)", one)
    ] == []
    words = said(html)
    for name in (hostile[1].title, hostile[1].author):
        assert said(name).replace("<", "&lt;").replace(">", "&gt;") in words


def test_names_that_are_python_do_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As labels, as names of photos and folders, as title and author: the cells are executed."""
    keras = pytest.importorskip("keras")
    pytest.importorskip("nbformat")
    from tests.support.notebooks import run_here, unrun

    photos = tmp_path / "photos"
    for at in range(9):  # fewer have no top images
        folder = photos / re.sub(r"[/\0]", "", PYTHON[at % 4])
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(at).integers(0, 256, (9, 9, 3), np.uint8)
        Image.fromarray(pixels.repeat(3, 0)).save(
            folder / f"{re.sub(r'[/]', '', PYTHON[-at % len(PYTHON)])}{at}.png"
        )
    labels = tmp_path / "labels.json"
    import json

    labels.write_text(json.dumps([re.sub(r"[/\0]", "", name) for name in PYTHON[:4]]))
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((12, 12, 3)), keras.layers.Conv2D(4, 3, activation="relu", name="x{look}"),
         keras.layers.Flatten(), keras.layers.Dense(4, activation="softmax", name="open('ran')")]
    )  # fmt: skip
    model.save(tmp_path / "model.keras")
    place = tmp_path / "notebook"
    report, notebook = unrun(
        str(tmp_path / "model.keras"), photos, place, labels=str(labels), title=PYTHON[2],
        author=PYTHON[0], dream=["x_look_"], dream_steps=2,
    )  # fmt: skip
    names = run_here(notebook, place, monkeypatch)
    assert list(place.rglob("ran")) == []
    assert {"predicted", "zeros", "strongest", "norms", "photo"} <= set(names)
    assert {one.label for one in report.images[0].predictions} & set(names["LABELS"].values())
