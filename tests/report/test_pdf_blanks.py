"""No third of a page of a PDF stays blank, but at its end: pages are drawn and their rows read."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.records.report import Report
from reportgen.report.pdf.writer import write_pdf
from reportgen.report.templates import find_templates
from tests.report.sample import write_sample
from tests.support.many_images import with_images

PDFTOPPM = shutil.which("pdftoppm") or ""

pytestmark = pytest.mark.skipif(not PDFTOPPM, reason="poppler draws the pages; it is not installed")


def blank(pdf: Path, folder: Path) -> dict[int, float]:
    """The pages, from 1 on, with a blank band of a third of their height, and its share.

    The last page may end early.
    """
    folder.mkdir()
    pages = str(folder / "page")
    subprocess.run([PDFTOPPM, "-r", "30", "-gray", "-png", str(pdf), pages], check=True)
    found = {}
    for number, file in enumerate(sorted(folder.iterdir())[:-1], 1):
        with Image.open(file) as page:
            inked = np.flatnonzero((np.asarray(page.convert("L")) < 245).any(axis=1))
            gaps = np.diff(np.concatenate([[0], inked, [page.height]]))
            if gaps.max() > page.height / 3:
                found[number] = round(float(gaps.max() / page.height), 2)
    return found


def test_a_blank_band_is_found(tmp_path: Path) -> None:
    import typst

    source = b'#set page("a4")\nText #pagebreak() #lorem(500) #pagebreak() End'
    pdf = tmp_path / "blank.pdf"
    pdf.write_bytes(typst.compile(source, format="pdf"))
    assert list(blank(pdf, tmp_path / "pages")) == [1]


@pytest.mark.slow
def test_no_third_of_a_page_of_twelve_images_is_blank(tmp_path: Path) -> None:
    report: Report = write_sample(tmp_path)
    made = write_pdf(with_images(report, 12, range(5)), tmp_path)
    assert blank(made.path, tmp_path / "pages") == {}


@pytest.mark.slow
def test_a_figure_stands_below_the_heading_of_its_section(tmp_path: Path) -> None:
    """A figure on the page of its section's heading comes after it."""
    pdf = write_pdf(with_images(write_sample(tmp_path), 12, range(5)), tmp_path).path
    text = subprocess.run(
        [PDFTOPPM.replace("pdftoppm", "pdftotext"), "-layout", str(pdf), "-"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout
    places = [text.index(words) for words in ("\nMap of images\n", "\nSuspected label errors\n")]
    figures = [found.start() for found in re.finditer(r"^ *Figure \d+\.", text, re.MULTILINE)]
    assert any(places[0] < figure < places[1] for figure in figures)
    numbers = [int(found) for found in re.findall(r"^ *Figure (\d+)\.", text, re.MULTILINE)]
    assert numbers == sorted(numbers)


@pytest.mark.slow
def test_no_third_of_a_page_of_the_demos_is_blank(reports: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(reports["demo"], folder)
    text = (folder / "report.json").read_text(encoding="utf-8")
    made = write_pdf(Report.model_validate_json(text), folder)
    assert blank(made.path, tmp_path / "pages") == {}


def test_no_figure_floats() -> None:
    """Where a float moves depends on the page: it can stand above the heading of its section."""
    template = (find_templates() / "report.typ").read_text(encoding="utf-8")
    assert "float: true" not in template
