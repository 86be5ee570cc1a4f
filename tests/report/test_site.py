"""The site as a whole: links, policy, limits, names that mean harm, sections, same bytes."""

import shutil
from pathlib import Path

import pytest

from reportgen.report.site import write_site
from reportgen.results import Report
from tests.report.links import check_site
from tests.report.sample import write_sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("site")
    report = write_sample(folder)
    write_site(report, folder)
    return folder, report


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.html")
    }


def test_every_link_and_anchor_leads_somewhere(sample: tuple[Path, Report]) -> None:
    assert check_site(sample[0]) == []


def test_two_writes_give_the_same_bytes(sample: tuple[Path, Report], tmp_path: Path) -> None:
    folder, report = sample
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    written = write_site(report, copy)
    assert written == sorted(written)
    for path in written:
        original = folder / path.relative_to(copy)
        assert path.read_bytes() == original.read_bytes()


def test_names_that_mean_harm_stay_text(sample: tuple[Path, Report]) -> None:
    for page, text in texts(sample[0]).items():
        assert "<script>alert" not in text, page
        assert "<b>cat" not in text, page
        assert "<i>broken" not in text, page
        assert "<img src=x" not in text, page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text, page


@pytest.mark.parametrize("left_out", ["activations", "filters", "gradcam"])
def test_a_section_that_is_left_out_has_no_page_and_no_link(tmp_path: Path, left_out: str) -> None:
    sections = [name for name in ("activations", "filters", "gradcam") if name != left_out]
    write_site(write_sample(tmp_path, names=["cat.jpg"], sections=sections), tmp_path)
    assert check_site(tmp_path) == []
    pages = texts(tmp_path)
    signs = {
        "activations": 'data-kind="activations"',
        "filters": 'data-kind="filters"',
        "gradcam": "Grad-CAM",
    }
    for name, sign in signs.items():
        assert any(sign in text for text in pages.values()) == (name != left_out)
    assert (tmp_path / "filters" / "index.html").exists() == (left_out != "filters")
