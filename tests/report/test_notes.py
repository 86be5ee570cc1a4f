"""The user's notes on the pages of the site: each in its place, none of it can do harm."""

from pathlib import Path

import pytest
from PIL import Image

from reportgen.records.report import NotePicture
from reportgen.report.notes.html import render_notes
from reportgen.report.site.writer import write_site
from tests.report.conftest import Site
from tests.report.links import check_site
from tests.report.sample import HOSTILE, write_sample


def test_markdown_is_rendered() -> None:
    made = render_notes("# A\n\nSome *words*.\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n", "index.html")
    assert "<h3>A</h3>" in made
    assert "<em>words</em>" in made
    assert "<table>" in made
    assert "style=" not in made


def test_headings_go_down_one_step_at_a_time() -> None:
    made = render_notes("## B\n\n##### E\n\n## C\n\n# A\n", "index.html")
    assert "<h3>B</h3>\n<h4>E</h4>\n<h3>C</h3>\n<h3>A</h3>" in made


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "x <img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://example.org/x.png)",
        "![x](x.png)",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text: str) -> None:
    made = render_notes(text, "index.html")
    assert "<script" not in made
    assert "<img" not in made
    assert "<a " not in made


def test_empty_notes_are_empty() -> None:
    assert not render_notes("", "index.html")


PICTURE = NotePicture(file="pictures/notes/my plot.png", width=30, height=20)


def test_a_picture_of_the_report_is_shown() -> None:
    made = render_notes("![a <b>](pictures/notes/my%20plot.png)", "layers/a.html", [PICTURE])
    assert (
        '<img src="../pictures/notes/my%20plot.png" alt="a &lt;b&gt;" width="30" height="20"'
    ) in made
    assert "<img" not in render_notes("![a](pictures/notes/other.png)", "a.html", [PICTURE])


def with_notes(folder: Path, notes: str, **changes: object) -> Site:
    report = write_sample(folder, names=("cat.jpg", *HOSTILE[:2]))
    report = report.model_copy(update={"notes": notes, **changes})
    write_site(report, folder)
    return Site(folder, report)


PLACES = {
    "Introduction": "index.html",
    "Overview": "index.html",
    "Model": "model.html",
    "input": "model.html",
    "Images": "images/index.html",
    "Activations": "images/index.html",
    "grad-cam": "images/index.html",
    "Filter patterns": "filters/index.html",
    "Evaluation": "evaluation.html",
    "Health": "health.html",
    "Exemplars": "exemplars/index.html",
    "Kernels": "kernels.html",
    "Trust": "trust.html",
    "Dreams": "dreams.html",
    "About": "about.html",
    "cat": "images/cat.html",
    "block1_conv1": "layers/block1_conv1.html",
    "block2_conv1": "layers/base_1.00.block2_conv1.html",
}


@pytest.mark.slow
def test_notes_stand_on_the_page_of_what_they_are_about(tmp_path: Path) -> None:
    notes = "".join(f"# {title}\n\nword{at}.\n\n" for at, title in enumerate(PLACES))
    site = with_notes(tmp_path, notes)
    for at, (title, page) in enumerate(PLACES.items()):
        shown = {path for path, text in site.texts().items() if f"<p>word{at}.</p>" in text}
        assert shown == {page}, title
    assert not check_site(tmp_path)


def test_where_a_section_is_not_there_its_notes_come_first(tmp_path: Path) -> None:
    notes = "# Filters\n\nword.\n\n# Grad-CAM\n\nother.\n\n# Kernels\n\nthird.\n"
    changes = {"sections": [], "galleries": [], "filters": [], "images": []}
    site = with_notes(tmp_path, notes, **changes)
    front = site.text("index.html")
    assert "<h3>Filters</h3>\n<p>word.</p>" in front
    assert "<h3>Grad-CAM</h3>\n<p>other.</p>" in front
    assert "<h3>Kernels</h3>\n<p>third.</p>" in front


@pytest.mark.slow
def test_a_heading_that_means_harm_is_text(tmp_path: Path) -> None:
    """It names an image whose name is a script."""
    site = with_notes(tmp_path, f"# Grad-CAM\n\nx\n\n# {HOSTILE[0]}\n\n<b>word</b>.\n")
    (page,) = [text for text in site.texts().values() if "word" in text]
    assert HOSTILE[0] not in page
    assert "&lt;b&gt;word&lt;/b&gt;" in page
    assert not check_site(tmp_path)


@pytest.mark.slow
def test_a_sites_notes_show_their_pictures(tmp_path: Path) -> None:
    (tmp_path / "pictures" / "notes").mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(tmp_path / PICTURE.file)
    text = "![a](pictures/notes/my%20plot.png)"
    notes = f"{text}\n\n# cat.jpg\n\n{text}\n"
    site = with_notes(tmp_path, notes, note_pictures=[PICTURE])
    assert 'src="pictures/notes/my%20plot.png"' in site.text("index.html")
    assert 'src="../pictures/notes/my%20plot.png"' in site.text("images/cat.html")
    assert not check_site(tmp_path)
