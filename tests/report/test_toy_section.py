"""A section that is added in four steps stands in every place that knows sections."""

import re
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from tests.support.toy_section import TOY, TOYS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report with the section, as a program that added it has written it."""
    made = tmp_path_factory.mktemp("toys")
    command = [sys.executable, "-m", "tests.support.toy_section", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


def test_it_is_in_the_menu_of_every_page(folder: Path) -> None:
    for page in folder.rglob("*.html"):
        menu = page.read_text("utf-8").partition('<nav class="menu"')[2].partition("</nav>")[0]
        assert f">{TOY.menu}</a>" in menu, page.name


def test_it_is_on_the_overview_and_in_the_search(folder: Path) -> None:
    content = (folder / "index.html").read_text("utf-8").partition("<main")[2]
    assert f'href="{TOY.page}"' in content
    (index,) = folder.glob("assets/search-index*.js")
    for words in (TOY.menu, TOY.title, *TOY.search):
        assert f'["{words}","section","{TOY.page}"]' in index.read_text("utf-8")


def test_its_page_has_introduction_results_and_the_notes_that_name_it(folder: Path) -> None:
    page = (folder / TOY.page).read_text("utf-8").partition("<main")[2]
    assert f"<h1>{TOY.title}</h1>" in page
    assert "What the network plays with." in page
    assert all(name in page for name in TOYS)
    assert "A note on toys." in page
    assert "A note on toys." not in (folder / "index.html").read_text("utf-8")
    assert "A note on toys." not in (folder / "health.html").read_text("utf-8")


def test_it_is_in_the_single_file(folder: Path) -> None:
    text = (folder / "report.html").read_text("utf-8")
    sheet = re.search(r'<article class="sheet" id="toys".*?</article>', text, re.DOTALL)
    assert sheet is not None
    assert TOYS[0] in sheet[0]
    assert f'<a href="#toys">{TOY.menu}</a>' in text


def test_it_is_a_chapter_and_in_the_contents_of_the_pdf(folder: Path) -> None:
    reader = pypdf.PdfReader(folder / "report.pdf")
    assert TOY.title in [one.title for one in reader.outline if not isinstance(one, list)]
    texts = [page.extract_text().replace("\u200b", "") for page in reader.pages]
    (contents,) = [
        text for text in texts if text.count("Methods and settings") and "Contents" in text
    ]
    assert TOY.title in contents
    assert any(TOYS[0] in text for text in texts)
    assert any("A note on toys." in text for text in texts)
