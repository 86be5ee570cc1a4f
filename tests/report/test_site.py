"""The site as a whole: links, policy, limits, names that mean harm, sections, same bytes."""

import re
import shutil
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from reportgen.config import SECTIONS
from reportgen.report.navigation import pager
from reportgen.report.site.writer import write_site
from tests.report.conftest import Site, build_site
from tests.report.links import check_site
from tests.report.sample import HOSTILE, LABELS, write_sample


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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("left_out", SECTIONS)
def test_a_section_that_is_left_out_has_no_page_and_no_link(tmp_path: Path, left_out: str) -> None:
    sections = [name for name in SECTIONS if name != left_out]
    site = build_site(tmp_path, names=["cat.jpg"], sections=sections)
    assert check_site(tmp_path) == []
    signs = {
        "activations": 'data-kind="activations"',
        "filters": 'data-kind="filters"',
        "gradcam": "Overlay on the photo",
        "evaluation": "evaluation.html",
        "health": "health.html",
        "exemplars": "exemplars/",
    }
    for name, sign in signs.items():
        assert any(sign in text for text in site.texts().values()) == (name != left_out)
    assert (tmp_path / "filters" / "index.html").exists() == (left_out != "filters")


@pytest.mark.slow
def test_a_network_of_hundreds_of_layers_keeps_its_pages_light(tmp_path: Path) -> None:
    plan = [
        (f"conv{at // 40}_block{at // 5}_{at}", "Conv2D", f"conv{at // 40}_block{at // 5}", 2, 8)
        for at in range(300)
    ]
    site = build_site(tmp_path, plan=plan, names=["a.png", "b.png"], sections=("activations",))
    assert check_site(tmp_path) == []
    assert {"model--2.html", "images/a--2.html", "layers/conv7_block59_299.html"} <= set(
        site.texts()
    )


@pytest.mark.slow
def test_many_images_are_paged(tmp_path: Path) -> None:
    plan = [("conv", "Conv2D", "block", 4, 8)]
    site = build_site(tmp_path, plan=plan, names=[f"photo {at}.png" for at in range(60)])
    assert check_site(tmp_path) == []
    assert {"images/index--3.html"} <= set(site.texts())
    assert "All 60 images" in site.text("index.html")


def test_pages_say_everything_without_scripts(site: Site) -> None:
    image = next(one for one in site.report.images if one.name == "cat.jpg")
    text = site.text("images/cat.html")
    for grid in image.activations:
        assert f"{grid.inactive_channels} silent on this image" in text
    assert text.count("<img") >= 3 + 3 + len(image.activations)
    assert "Grad-CAM is empty: its weighted sum has no positive value." in text
    first = image.activations[0]
    assert f'alt="{first.layer}, 24 channels, {first.inactive_channels} silent"' in text
    assert "first of 6 frames" in text
    hidden = re.findall(r"<(\w+)[^>]* hidden>", text)
    assert hidden == ["form", "button"]


def test_assets_stay_small(site: Site) -> None:
    limits = {"css": 37_000, "js": 34_000}
    for path in (site.folder / "assets").glob("*.*"):
        if not path.name.startswith("search-index"):
            assert path.stat().st_size <= limits.get(path.suffix[1:], 2_000), path.name


def test_pictures_keep_the_ratio_that_width_and_height_give(site: Site) -> None:
    """With `aspect-ratio: auto` a picture that is not loaded yet has no height."""
    (style,) = (site.folder / "assets").glob("report-*.css")
    assert not re.search(r"aspect-ratio:\s*auto", style.read_text("utf-8"))


@pytest.mark.slow
def test_folders_that_name_classes_give_a_list_of_mistakes(tmp_path: Path) -> None:
    report = write_sample(tmp_path, plan=[("conv", "Conv2D", "block", 4, 8)],
                          names=[f"{at}.png" for at in range(40)],
                          sections=("activations", "filters", "gradcam"))  # fmt: skip
    images = [
        replace(image, group=LABELS[at % 3], true_class=at % 3)
        for at, image in enumerate(report.images)
    ]
    write_site(report.model_copy(update={"images": images}), tmp_path)
    wrong = [one.name for one in images if one.predictions[0].label != one.group]
    assert 0 < len(wrong) < 40
    assert check_site(tmp_path) == []
    pages = sorted((tmp_path / "images").glob("index--mistakes*.html"), key=lambda p: len(p.name))
    texts = "".join(page.read_text("utf-8") for page in pages)
    assert re.findall(r'<h3><a href="[^"]*">([^<]+)</a></h3>', texts) == wrong
    assert texts.count('class="mistake"') == len(wrong)
    overview = (tmp_path / "index.html").read_text("utf-8")
    assert f"{len(wrong)} of 40 images misclassified" in overview
    assert 'href="images/index--mistakes.html"' in overview


def test_without_mistakes_there_is_no_such_list(site: Site) -> None:
    assert not list((site.folder / "images").glob("index--mistakes*"))
    assert "istake" not in site.text("images/index.html")


def test_a_pager_of_very_many_pages_shows_the_near_ones() -> None:
    paths = [f"images/{at}.html" for at in range(1000)]
    shown = [link.text for link in pager(paths[500], paths, 501, "Pages").pages]
    assert len(shown) <= 62
    assert {"1", "500", "501", "502", "1000"} <= set(shown)


@pytest.mark.slow
def test_a_network_known_by_its_name_has_no_file(tmp_path: Path) -> None:
    report = write_sample(tmp_path)
    named = report.model.model_copy(update={"size": 0, "file": "vgg16"})
    write_site(report.model_copy(update={"model": named}), tmp_path)
    pages = [(tmp_path / name).read_text("utf-8") for name in ("index.html", "about.html")]
    assert not any("0 bytes" in text for text in pages)
    assert "vgg16" in pages[1]


CROSSES = r'<svg class="marks" viewBox="0 0 (\d+) (\d+)".*?<path class="cross" d="([^"]*)"'


def test_silent_tiles_are_crossed_out_at_every_size(site: Site) -> None:
    image = next(one for one in site.report.images if one.name == "cat.jpg")
    figures = site.text("images/cat.html").split('<figure class="tiles"')
    for grid in image.activations:
        figure = next(one for one in figures if f'alt="{escape(grid.layer)}, ' in one)
        width, height = map(int, re.findall(r'<img [^>]*width="(\d+)" height="(\d+)"', figure)[0])
        path = re.search(CROSSES, figure)
        silent = [channel for channel in grid.inactive if channel < grid.shown]
        assert bool(path) == bool(silent)
        if path:
            assert (int(path[1]), int(path[2])) == (width, height)
            starts = re.findall(r"M(\d+) (\d+)", path[3])
            assert len(starts) == len(silent)
            factor = width // grid.width
            side = (grid.size[1] + grid.margin) * factor, (grid.size[0] + grid.margin) * factor
            assert [
                int(y) // side[1] * grid.columns + int(x) // side[0] for x, y in starts
            ] == silent
