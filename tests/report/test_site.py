"""The site as a whole: links, policy, limits, names that mean harm, sections, same bytes."""

import re
import shutil
from pathlib import Path

import pytest

from reportgen.config import SECTIONS
from reportgen.errors import OutputError
from reportgen.report import templates
from reportgen.report.site import write_site
from tests.report.conftest import Site, build_site
from tests.report.links import check_site
from tests.report.sample import HOSTILE


def test_every_link_leads_somewhere_and_every_page_keeps_its_limits(site: Site) -> None:
    assert check_site(site.folder) == []


def test_every_file_is_reached_from_the_overview(site: Site) -> None:
    reached, waiting = set(), ["index.html"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        folder = (site.folder / page).parent
        for address in re.findall(r'<a[^>]* href="([^"#]+\.html)', site.text(page)):
            waiting.append((folder / address).resolve().relative_to(site.folder).as_posix())
    assert reached == set(site.texts())


def test_two_writes_give_the_same_bytes(site: Site, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(site.folder, copy)
    written = write_site(site.report, copy)
    assert written == sorted(set(written))
    for path in written:
        assert path.read_bytes() == (site.folder / path.relative_to(copy)).read_bytes()


def test_names_that_mean_harm_stay_text(site: Site) -> None:
    for page, text in site.texts().items():
        for tag in ("<script>alert", "<b>cat", "<i>broken", "<img src=x", "\"onerror='x'"):
            assert tag not in text, page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text, page
    assert "{{ 7 * 7 }}" in site.text("images/index.html")
    scripts = [path.read_text("utf-8") for path in site.folder.rglob("*.js")]
    assert not any("<script" in text for text in scripts)


def test_every_name_stands_on_the_page_about_it(site: Site) -> None:
    headings = [re.search(r"<h1>(.*?)</h1>", text) for text in site.texts().values()]
    assert len([found for found in headings if found]) == len(headings)
    assert any("x" * 300 in found[1] for found in headings if found)
    assert len(list((site.folder / "images").glob("*.html"))) == len(site.report.images) + 1
    assert len(HOSTILE) + 1 == len(site.report.images)


@pytest.mark.parametrize("left_out", SECTIONS)
def test_a_section_that_is_left_out_has_no_page_and_no_link(tmp_path: Path, left_out: str) -> None:
    sections = [name for name in SECTIONS if name != left_out]
    site = build_site(tmp_path, names=["cat.jpg"], sections=sections)
    assert check_site(tmp_path) == []
    signs = {
        "activations": 'data-kind="activations"',
        "filters": 'data-kind="filters"',
        "gradcam": "Grad-CAM",
        "evaluation": "evaluation.html",
        "health": "health.html",
        "exemplars": "exemplars/",
    }
    for name, sign in signs.items():
        assert any(sign in text for text in site.texts().values()) == (name != left_out)
    assert (tmp_path / "filters" / "index.html").exists() == (left_out != "filters")


def test_a_network_of_hundreds_of_layers_keeps_its_pages_light(tmp_path: Path) -> None:
    plan = [
        (f"conv{at // 40}_block{at // 5}_{at}", "Conv2D", f"conv{at // 40}_block{at // 5}", 2, 32)
        for at in range(300)
    ]
    site = build_site(tmp_path, plan=plan, names=["a.png", "b.png"])
    assert check_site(tmp_path) == []
    assert {"model--2.html", "images/a--2.html", "layers/conv7_block59_299.html"} <= set(
        site.texts()
    )


def test_many_images_are_paged(tmp_path: Path) -> None:
    plan = [("conv", "Conv2D", "block", 4, 8)]
    site = build_site(tmp_path, plan=plan, names=[f"photo {at}.png" for at in range(60)])
    assert check_site(tmp_path) == []
    assert {"images/index--3.html", "layers/conv--3.html"} <= set(site.texts())
    assert "All 60 images" in site.text("index.html")


def test_pages_say_everything_without_scripts(site: Site) -> None:
    image = next(one for one in site.report.images if one.name == "cat.jpg")
    text = site.text("images/cat.html")
    for grid in image.activations:
        assert f"{grid.inactive_channels} inactive" in text
    assert text.count("<img") >= 3 + 3 + len(image.activations)
    assert "No place in the image speaks for this class." in text
    first = image.activations[0]
    assert f'alt="{first.layer}, 24 channels, {first.inactive_channels} inactive"' in text
    assert "first of 6 frames" in text
    hidden = re.findall(r"<(\w+)[^>]* hidden>", text)
    assert hidden == ["form", "button"]


def test_assets_stay_small(site: Site) -> None:
    limits = {"css": 20_000, "js": 30_000}
    for path in (site.folder / "assets").glob("*.*"):
        if not path.name.startswith("search-index"):
            assert path.stat().st_size <= limits.get(path.suffix[1:], 2_000), path.name


def test_a_folder_of_own_templates_is_used_and_cannot_reach_python(
    site: Site, tmp_path: Path
) -> None:
    own = tmp_path / "templates"
    shutil.copytree(templates.find_templates(), own)
    about = own / "about.html"
    about.write_text("Mine: {{ page.frame.title.__class__.__mro__ }}", "utf-8")
    with pytest.raises(OutputError, match=r"template about\.html.*__class__"):
        write_site(site.report, tmp_path / "out", templates=own)
    about.write_text("Mine: {{ page.frame.report_title }}", "utf-8")
    write_site(site.report, tmp_path / "out", templates=own)
    assert "Mine: Sample of &lt;script" in (tmp_path / "out" / "about.html").read_text("utf-8")


def test_missing_templates_are_an_error_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "__file__", "/nowhere/reportgen/report/templates.py")
    with pytest.raises(OutputError, match="templates are missing"):
        templates.find_templates()
