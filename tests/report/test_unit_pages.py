"""The pages by unit: each channel with its pattern and photos, a page's tiles in one picture."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.pictures.encode import read_indices
from reportgen.pictures.tiles import GridLayout
from reportgen.records.report import Filter, Gallery
from reportgen.report.site import sheets
from reportgen.report.site import units as unit_pages
from reportgen.report.site.units import FEW_IMAGES, STRONGEST, UNITS_A_PAGE
from tests.report.conftest import Site, build_site
from tests.report.links import check_site
from tests.support.unit_pages import TILE


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    plan = [("conv", "Conv2D", "block", 8, 20), ("pool", "MaxPooling2D", "block", 4, 20)]
    return build_site(tmp_path_factory.mktemp("units"), plan=plan, names=["a.png", "b.png"])


def test_a_unit_has_its_pattern_and_every_photo(small: Site) -> None:
    for channel in range(16):
        tiles = TILE.findall(unit_of(small, channel))
        assert [alt.partition(",")[0] for *_, alt, _ in tiles] == [
            f"Pattern of filter {channel}",
            f"Channel {channel} on a.png",
            f"Channel {channel} on b.png",
        ]
    assert "16 of 20 channels" in small.text("units/conv.html")
    assert not (small.folder / "units" / "pool.html").exists()


def unit_of(site: Site, channel: int) -> str:
    """The part of the page of a channel of `conv` that shows it."""
    page = "units/conv.html" if channel < UNITS_A_PAGE else "units/conv--2.html"
    return site.text(page).partition(f'id="channel--{channel}"')[2].partition("</section>")[0]


def tile_of(site: Site, channel: int, at: int) -> np.ndarray:
    left, top, width, height, _, address = TILE.findall(unit_of(site, channel))[at]
    with Image.open((site.folder / "units" / address).resolve()) as picture:
        pixels = np.asarray(picture)
    return pixels[int(top) : int(top) + int(height), int(left) : int(left) + int(width)]


@pytest.mark.parametrize("channel", range(16))
def test_a_tile_is_the_very_part_of_the_grid(small: Site, channel: int) -> None:
    for at, image in enumerate(small.report.images):
        (about,) = (one for one in image.activations if one.layer == "conv")
        layout = GridLayout.fit(about.shown, *about.size, about.columns, about.margin)
        left, top, right, bottom = layout.box(channel)
        whole = read_indices(small.folder / about.picture)
        tile = tile_of(small, channel, 1 + at)
        assert np.array_equal(tile, whole[top:bottom, left:right])
    pattern = tile_of(small, channel, 0)
    (gallery,) = (one for one in small.report.galleries if one.layer == "conv")
    assert pattern.shape[:2] == (gallery.size, gallery.size)


def test_what_a_page_loads_stays_small(tmp_path: Path) -> None:
    names = [f"{at}.png" for at in range(FEW_IMAGES)]
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 90, 32)], names=names)
    assert check_site(tmp_path) == []
    addresses = {address for *_, address in TILE.findall(site.text("units/conv.html"))}
    files = [(tmp_path / "units" / address).resolve() for address in addresses]
    assert len(files) == 2
    assert sum(file.stat().st_size for file in files) <= 200_000
    assert max(tile_of(site, 5, 3).shape) == 45  # 90 in blocks of two
    assert "averaged to 45 × 45 pixels" in site.text("units/conv.html")
    alone = build_site(tmp_path / "one", plan=[("conv", "Conv2D", "block", 90, 32)], names=["a"])
    assert max(tile_of(alone, 5, 1).shape) == 90


def test_statistics_are_those_of_all_photos(small: Site) -> None:
    text = small.text("units/conv.html")
    grids = [image.activations[0] for image in small.report.images]
    high = max(grid.highs[0] or 0 for grid in grids)
    part = text.partition('id="channel--0"')[2].partition("</h2>")[0]
    assert f"to {high:.3g} over 2 images" in part
    inactive = text.partition('id="channel--3"')[2].partition("</h2>")[0]
    assert "inactive on 2" in inactive
    assert "score 0.25 → 31.4" in part


def test_with_many_photos_the_strongest_are_shown(tmp_path: Path) -> None:
    names = [f"{at}.png" for at in range(FEW_IMAGES + 8)]
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 4, 8)], names=names)
    assert check_site(tmp_path) == []
    part = site.text("units/conv.html").partition('id="channel--1"')[2].partition("</section>")[0]
    shown = re.findall(r"Channel 1 on (\d+\.png)", part)
    highs = {image.name: image.activations[0].highs[1] or 0 for image in site.report.images}
    assert len(shown) == STRONGEST
    assert [highs[name] for name in shown] == sorted(highs.values(), reverse=True)[:STRONGEST]


def test_layers_without_patterns_show_their_first_channels(tmp_path: Path) -> None:
    plan = [("conv", "Conv2D", "block", 4, 40)]
    site = build_site(tmp_path, plan=plan, names=["a.png"], sections=["activations"])
    text = site.text("units/conv.html")
    both = text + site.text("units/conv--2.html")
    assert len(re.findall(r'id="channel--\d+"', both)) == 16
    assert "Filter pattern" not in text
    assert "16 of 40 channels" in text


def test_only_as_many_large_grids_are_read_as_is_quick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_pages, "MOST_PIXELS", 5000)
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 8, 20)], names=list("abcd"))
    text = site.text("units/conv.html")
    assert "on the first 2 of 4 images" in text
    assert "over 4 images" in text
    assert not re.search("Channel 1 on [cd]", text)


def test_large_patterns_are_averaged(tmp_path: Path) -> None:
    pixels = np.full((600, 1200, 4), 255, np.uint8)
    pixels[:, 600:, 0] = 0
    Image.fromarray(pixels).save(tmp_path / "gallery.png")
    gallery = Gallery(
        layer="conv", block="", picture="gallery.png", width=1200, height=600, size=600,
        columns=2, margin=0, shown=2, filters=2, method="classic",
    )  # fmt: skip
    filters = [
        Filter(layer="conv", block="", channel=at, tile=at, status="ok", obtained="",
               method="classic", picture="gallery.png", score_start=0.0, score_end=1.0, steps=40)
        for at in range(2)
    ]  # fmt: skip
    drawn = sheets.pattern_sheet(tmp_path, "small", [(gallery, one) for one in filters])
    assert drawn.tile_width == drawn.tile_height == sheets.SIDES[0]
    with Image.open(tmp_path / drawn.path) as picture:
        assert picture.size == (drawn.width, drawn.height)
        left, right = (np.asarray(picture)[80, at] for at in (80, 240))
    assert left.min() > 250
    assert right[0] < 5
    assert right[1] > 250
