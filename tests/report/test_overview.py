"""The overview as a poster: headline numbers, pictures, what stands out, downloads."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reportgen.build_steps.report_title import report_title
from reportgen.report.model_facts import summary
from reportgen.report.outline import Outline
from reportgen.report.site.overview.headlines import headlines
from reportgen.report.site.overview.telling import chosen_images
from reportgen.report.site.writer import write_site
from tests.report.conftest import Site, build_site

PLAN = [("conv", "Conv2D", "block", 8, 16), ("conv2", "Conv2D", "block2", 8, 16)]


def _written_anew(site: Site, folder: Path, **changes: Any) -> None:
    """The report of a site with some fields changed, its site written to the folder."""
    shutil.copytree(site.folder / "pictures", folder / "pictures")
    write_site(site.report.model_copy(update=changes), folder)


@pytest.fixture(scope="module")
def poster(tmp_path_factory: pytest.TempPathFactory) -> Site:
    names = [f"{at}.jpg" for at in range(9)]
    return build_site(tmp_path_factory.mktemp("poster"), plan=PLAN, names=names)


@pytest.mark.slow
def test_the_headline_numbers_lead_to_what_they_count(poster: Site) -> None:
    found = headlines(Outline(poster.report), "index.html")
    assert [one.name for one in found[:2]] == ["accuracy", "misclassified"]
    assert len(found) <= 4
    assert all((poster.folder / one.href.partition("#")[0]).is_file() for one in found)


def test_misclassified_images_come_first_then_all_classes(poster: Site) -> None:
    images = [replace(one, group=str(at % 3)) for at, one in enumerate(poster.report.images)]
    outline = Outline(poster.report.model_copy(update={"images": images}))
    chosen = chosen_images(outline, 6)
    assert poster.report.evaluation
    wrong = [one.image for one in poster.report.evaluation.mistakes]
    assert [one.name for one in chosen[:3]] == wrong[:3]
    assert len({one.name for one in chosen}) == 6
    left = {one.group for one in images if one.name not in wrong}
    assert {one.group for one in chosen[3:]} == left


def test_every_block_has_a_tile_that_leads_to_its_layer(poster: Site) -> None:
    part = poster.text("index.html").partition('id="overview--strip"')[2].partition("</section>")[0]
    assert part.count("<svg") == 2
    assert "conv, channel" in part and "conv2, channel" in part
    assert (poster.folder / "pictures" / "overview" / "block-2.jpg").is_file()


def test_every_format_that_was_asked_for_can_be_downloaded(poster: Site, tmp_path: Path) -> None:
    settings = {**poster.report.settings, "format": ["site", "pdf", "notebook", "single"]}
    _written_anew(poster, tmp_path, settings=settings)
    text = (tmp_path / "index.html").read_text("utf-8")
    for file in ("report.pdf", "report.ipynb", "report.html", "report.json"):
        assert f'<a href="{file}" download>' in text
    assert '<a href="report.pdf" download>' not in poster.text("index.html")


def test_one_line_says_what_the_model_is(poster: Site) -> None:
    model = poster.report.model.model_copy(
        update={"description": "Keras model in HDF5, written by Keras 2.4.0 (tensorflow)"}
    )
    assert summary(model).startswith("Image classifier · 3 classes · ")
    assert summary(model).endswith(" parameters · Keras 2.4")


@pytest.mark.parametrize(
    ("name", "title"),
    [("sequential", "cats"), ("model_1", "cats"), ("functional_12", "cats"), ("vgg16", "vgg16"),
     ("my_model", "my_model")],
)  # fmt: skip
def test_a_name_that_keras_made_up_gives_way_to_the_file(
    poster: Site, name: str, title: str
) -> None:
    model = poster.report.model.model_copy(update={"name": name, "file": "cats.keras"})
    assert report_title(model) == title


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("images", [1, 9])
def test_the_first_screen_holds_at_least_four_pictures(
    poster: Site, tmp_path: Path, chromium: Any, images: int
) -> None:
    site = poster if images > 1 else build_site(tmp_path / "one", plan=PLAN, names=["a.jpg"])
    _written_anew(site, tmp_path / "site", gates=None)  # the table of the gates stands first
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((tmp_path / "site" / "index.html").as_uri())
    whole = page.evaluate(
        "[...document.querySelectorAll('main img')].filter((one) => {"
        " const box = one.getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight && box.width > 80; }).length"
    )
    page.close()
    assert whole >= 4
