"""The pages by unit: each channel with its pattern and photos, cut from pictures that are there."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.report import unit_pages
from reportgen.report.unit_pages import FEW_IMAGES, STRONGEST
from tests.report.conftest import Site, build_site
from tests.report.links import check_site

TILE = re.compile(
    r'<svg viewBox="(\d+) (\d+) (\d+) (\d+)" role="img" aria-label="([^"]*)"[^>]*>'
    r'<image href="([^"]*)"'
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    plan = [("conv", "Conv2D", "block", 8, 20), ("pool", "MaxPooling2D", "block", 4, 20)]
    return build_site(tmp_path_factory.mktemp("units"), plan=plan, names=["a.png", "b.png"])


def test_a_unit_has_its_pattern_and_every_photo(small: Site) -> None:
    text = small.text("units/conv.html")
    for channel in range(16):
        part = text.partition(f'id="channel--{channel}"')[2].partition("</section>")[0]
        tiles = TILE.findall(part)
        assert [alt.partition(",")[0] for *_, alt, _ in tiles] == [
            f"Pattern of filter {channel}",
            f"Channel {channel} on a.png",
            f"Channel {channel} on b.png",
        ]
    assert "16 of 20 channels" in text
    assert not (small.folder / "units" / "pool.html").exists()


def test_a_tile_is_the_very_part_of_the_grid(small: Site) -> None:
    text = small.text("units/conv.html")
    part = text.partition('id="channel--3"')[2].partition("</section>")[0]
    left, top, width, height, alt, address = TILE.findall(part)[1]
    assert (width, height) == ("8", "8")
    assert "inactive" in alt  # every seventh channel from 3 on is
    with Image.open((small.folder / "units" / address).resolve()) as picture:
        indices = np.asarray(picture)
    tile = indices[int(top) : int(top) + 8, int(left) : int(left) + 8]
    assert set(tile.ravel()) <= {254, 255}  # what inactive tiles are drawn with
    assert 255 in tile


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
    assert len(re.findall(r'id="channel--\d+"', text)) == 16
    assert "Filter pattern" not in text
    assert "16 of 40 channels" in text


def test_a_page_loads_only_as_many_large_grids_as_a_browser_bears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_pages, "MOST_PIXELS", 5000)
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 8, 20)], names=list("abcd"))
    text = site.text("units/conv.html")
    assert "on the first 2 of 4 images" in text
    assert "over 4 images" in text
    assert len(set(re.findall(r'<image href="([^"]*)"', text))) == 3
