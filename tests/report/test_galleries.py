"""Filter galleries of two kinds: both stand beside each other wherever patterns are shown."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from reportgen.pictures.tiles import GridLayout
from reportgen.report.explanations import WAYS
from reportgen.report.figures import gallery_grid
from reportgen.report.methods import methods
from reportgen.report.notebook.choices import choose
from reportgen.report.outline import Outline
from reportgen.report.pdf.grids import Tiles, _columns
from reportgen.report.sections import channel_findings
from reportgen.report.sections.findings import findings
from reportgen.report.single.choice import everything, reduced
from reportgen.report.single.page import SINGLE_NAME
from reportgen.report.single.writer import write_single
from reportgen.report.site.writer import write_site
from tests.report.conftest import Site, build_site
from tests.report.links import check_site
from tests.support.svg_tiles import TILE

PLAN = [("conv", "Conv2D", "block", 8, 40), ("pool", "MaxPooling2D", "block", 4, 40)]


def sample(folder: Path, methods: Sequence[str]) -> Site:
    return build_site(folder, plan=PLAN, names=["a.png", "b.png"], methods=methods)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return sample(tmp_path_factory.mktemp("both"), ("classic", "fourier"))


@pytest.mark.slow
def test_every_link_leads_somewhere_and_every_page_keeps_its_limits(both: Site) -> None:
    assert check_site(both.folder) == []


@pytest.mark.parametrize("page", ["filters/block.html", "layers/conv.html"])
def test_a_page_shows_the_classic_gallery_and_then_the_other(both: Site, page: str) -> None:
    text = both.text(page)
    pictures = [one.picture for one in both.report.galleries]
    assert len(set(pictures)) == 2
    assert re.findall(r'<a class="zoom" href="\.\./(pictures/filters/[^"]*)"', text) == pictures
    titles = [text.index("conv (classic)"), text.index("conv (Fourier)")]
    ways = [text.index(WAYS[method]) for method in ("classic", "fourier")]
    assert ways + titles == sorted(ways + titles)


def test_the_numbers_behind_both_galleries_are_in_one_script(both: Site) -> None:
    script = both.text("layers/conv.values.js")
    text = both.text("layers/conv.html")
    for key in re.findall(r'data-kind="filters".*?data-key="([^"]*)"', text):
        assert f'"{key}":{{"channel":[0,1,2' in script
    assert script.count('"status":') == 2


def test_a_channel_shows_both_patterns_beside_each_other(both: Site) -> None:
    page = both.text("channels/conv/4.html")
    (*_, first, classic), (*_, second, fourier), *photos = TILE.findall(page)
    assert (first, second) == ("Pattern of filter 4", "Fourier pattern of filter 4")
    assert [classic, fourier] == [
        "../../pictures/channels/conv--1--classic.jpg",
        "../../pictures/channels/conv--1--fourier.jpg",
    ]
    assert len(photos) == 2
    assert 'href="../../layers/conv.html#filters--gallery:4"' in page
    assert 'href="../../layers/conv.html#filters--fourier:4"' in page
    assert both.text("channels/conv.html").count('<section class="unit"') == 16


def test_counts_are_of_filters_and_of_layers(both: Site) -> None:
    index = both.text("filters/index.html")
    assert "16 filters of 1 layer" in index
    assert [alt for *_, alt, _ in TILE.findall(index)][:2] == [
        "Pattern of filter 0 of conv", "Pattern of filter 1 of conv"
    ]  # fmt: skip
    outline = Outline(both.report)
    found, _ = findings(outline, "index.html")
    silent = [one.title for one in found if one.kind == "silent"]
    assert len(silent) == 1 and silent[0].endswith("filter patterns not found")


def test_the_sentences_are_left_out_with_the_other_explanations(both: Site, tmp_path: Path) -> None:
    shutil.copytree(both.folder / "pictures", tmp_path / "pictures")
    settings = {**both.report.settings, "explanations": False}
    write_site(both.report.model_copy(update={"settings": settings}), tmp_path)
    for page in ("filters/block.html", "layers/conv.html"):
        text = (tmp_path / page).read_text("utf-8")
        assert "conv (Fourier)" in text
        assert not any(way in text for way in WAYS.values())


@pytest.mark.slow
def test_fourier_alone_is_said_so(tmp_path: Path) -> None:
    alone = sample(tmp_path, ("fourier",))
    assert check_site(alone.folder) == []
    text = alone.text("filters/block.html")
    assert "conv (Fourier)" in text and WAYS["fourier"] in text
    assert "conv (classic)" not in text and WAYS["classic"] not in text
    assert "Fourier filter patterns" in {one.title for one in methods(alone.report)}


def test_classic_alone_is_as_ever(tmp_path: Path) -> None:
    alone = sample(tmp_path, ("classic",))
    assert "(classic)" not in alone.text("filters/block.html")
    assert "Fourier filter patterns" not in {one.title for one in methods(alone.report)}


def test_the_single_file_has_both(both: Site, tmp_path: Path) -> None:
    shutil.copytree(both.folder / "pictures", tmp_path / "pictures")
    write_single(both.report, tmp_path)
    text = (tmp_path / SINGLE_NAME).read_text("utf-8")
    keys = re.findall(r'data-kind="filters".*?data-key="([^"]*)"', text)
    assert keys == ["filters/conv", "fourier/conv"]
    assert all(json.dumps(key) in text for key in keys)


def test_what_the_single_file_leaves_out_is_one_gallery(both: Site) -> None:
    whole = everything(both.report, both.folder)
    classic, fourier = both.report.galleries
    fewer = replace(whole, galleries=frozenset({classic.picture}))
    kept = reduced(both.report, fewer)
    assert kept.galleries == [classic]
    assert {one.method for one in kept.filters} == {"classic"}
    assert {one.method for one in reduced(both.report, whole).filters} == {"classic", "fourier"}
    assert fourier.picture in whole.galleries


def test_the_notebook_seeks_each_filter_once(both: Site) -> None:
    (patterns,) = choose(both.report).patterns
    assert patterns.channels == list(dict.fromkeys(patterns.channels))
    assert 5 not in patterns.channels  # silent by every method


@pytest.mark.slow
def test_a_layer_of_very_many_filters_keeps_its_page_small(both: Site, tmp_path: Path) -> None:
    shutil.copytree(both.folder / "pictures", tmp_path / "pictures")
    galleries = []
    for one in both.report.galleries:
        layout = GridLayout.fit(1280, one.size, one.size, one.columns, one.margin)
        Image.new("RGBA", (layout.width, layout.height)).save(tmp_path / one.picture)
        size = {"width": layout.width, "height": layout.height}
        galleries.append(one.model_copy(update={"shown": 1280, **size}))
    filters = [
        one.model_copy(update={"channel": at, "tile": at, "obtained": "a way of so many letters"})
        for one in both.report.filters
        if one.channel == 0
        for at in range(1280)
    ]
    write_site(
        both.report.model_copy(update={"galleries": galleries, "filters": filters}), tmp_path
    )
    shutil.copy(both.folder / "report.json", tmp_path)
    assert check_site(tmp_path) == []
    text = (tmp_path / "layers" / "conv.html").read_text("utf-8")
    assert text.count("and 780 more, in report.json") == 2


@pytest.mark.parametrize("first", [0, 3])
def test_a_single_row_is_labelled_with_its_filters(both: Site, first: int) -> None:
    filters = [
        one.model_copy(update={"channel": one.channel + first}) for one in both.report.filters
    ]
    outline = Outline(both.report.model_copy(update={"filters": filters}))
    gallery = both.report.galleries[0]
    assert gallery.shown <= gallery.columns
    grid = gallery_grid(outline, "filters/block.html", gallery)
    assert grid.columns == tuple(str(one.channel) for one in outline.filters_of(gallery))
    assert grid.rows == (("0",) if first == 0 else ("",))
    tiles = Tiles("a.png", 64, 64, 3, 8, (0, 4, 17), smooth=True)
    assert _columns(tiles, 8, 0.3) == ("0", "4", "17")


def test_inactive_channels_are_named_once_where_they_begin(
    both: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    outline = Outline(both.report.model_copy(update={"health": None}))
    monkeypatch.setattr(channel_findings, "over_images", lambda *_: {"silent": [1, 2]})
    found, _ = findings(outline, "index.html")
    titles = [one.title for one in found]
    assert [title for title in titles if " channels silent in " in title] == [
        "2 of 40 channels silent in conv"
    ]
