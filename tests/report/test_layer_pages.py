"""The pages of layers: numbers first, then channels as rows and images as columns."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from reportgen.evenly_spaced import spread
from reportgen.pictures.colormaps import INACTIVE
from reportgen.pictures.encode import read_indices
from reportgen.records.windows import Window
from reportgen.report.layer_facts import kernel_text, multiply_adds_text, stride_text
from reportgen.report.outline import Outline
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.network.bands import GAP, Bands, columns_of
from reportgen.report.site.network.layer_rows import row_bands
from reportgen.report.site.writer import write_site
from reportgen.wording import numbers
from tests.report.conftest import Site, build_site
from tests.report.links import check_site
from tests.report.sample import write_sample

PATH = "block1_conv1"


def test_a_tile_of_a_band_is_the_channel_of_the_image(site: Site, tmp_path: Path) -> None:
    """Pixel by pixel, against the tile in the grid of the image."""
    report, outline = site.report, Outline(site.report)
    images = spread([image.name for image in report.images], 8)
    drawn = read_indices(site.folder / "pictures/layers/block1_conv1--2.png")
    for column, name in enumerate(images):
        about = outline.images[name].activations[0]
        grid = read_indices(site.folder / about.picture)
        for row, channel in enumerate(row_bands(outline, PATH)[1]):
            top, left = (channel // 16) * 33, (channel % 16) * 33
            tile = grid[top : top + 32, left : left + 32].repeat(3, axis=0).repeat(3, axis=1)
            y, x = row * (96 + GAP), column * (96 + GAP)
            shown = drawn[y : y + 96, x : x + 96]
            if channel in about.inactive:
                assert (shown == INACTIVE).all()
            else:
                np.testing.assert_array_equal(shown, tile)


def test_the_numbers_behind_a_band_are_those_of_its_tiles(site: Site) -> None:
    text = site.text("layers/block1_conv1.rows.js")
    bands = json.loads(text[text.index(",{") + 1 : text.rindex(")")])
    assert list(bands) == [f"rows/block1_conv1/{at}" for at in (1, 2, 3)]
    about = bands["rows/block1_conv1/2"]
    outline = Outline(site.report)
    pairs, channels = columns_of(outline.activations[PATH]), row_bands(outline, PATH)[1]
    assert about["image"] == [image.name for image, _ in pairs]
    assert about["channel"] == [channel for channel in channels for _ in pairs]
    for at, (channel, (_, grid)) in enumerate((c, pair) for c in channels for pair in pairs):
        assert about["high"][at] == pytest.approx(grid.highs[channel], rel=1e-2)
        assert about["sd"][at] == pytest.approx(grid.deviations[channel], rel=1e-2)
        assert (at in about["inactive"]) == (channel in grid.inactive)


def test_numbers_come_first_and_say_what_the_layer_does(site: Site) -> None:
    text = site.text("layers/block1_conv1.html")
    assert (
        text.index('class="facts"')
        < text.index("Feature maps</h2>")
        < text.index("Filter patterns</h2>")
    )
    assert "Each row is a channel, each column an image. 8 of 9 images, evenly chosen." in text


def test_every_channel_has_a_row_that_leads_to_its_page(site: Site) -> None:
    texts = site.text("layers/block1_conv1.html") + site.text("layers/block1_conv1--2.html")
    found = re.findall(
        r'<a id="channel--(\d+)"(?: href="../channels/block1_conv1/(\d+).html")?', texts
    )
    pages = Outline(site.report).unit_channels(PATH)
    assert sorted(found, key=lambda row: int(row[0])) == [
        (str(at), str(at) if at in pages else "") for at in range(24)
    ]
    assert texts.count('aria-label="Channels"') == texts.count('"Channels, below"') == 2
    assert "block1_conv1--3.html" not in texts


def test_channels_with_one_value_on_every_image_are_folded(site: Site) -> None:
    outline = Outline(site.report)
    inactive = sorted(outline.images.inactive(PATH))
    texts = site.text("layers/block1_conv1.html") + site.text("layers/block1_conv1--2.html")
    rows = "".join(re.findall(r'<div class="band-rows">(.*?)</div>', texts, re.DOTALL))
    folds = re.findall(
        r'<details class="fold">\s*<summary>(.*?)</summary>(.*?)</details>', texts, re.DOTALL
    )
    assert inactive
    assert sorted(map(int, re.findall(r'id="channel--(\d+)"', rows))) == [
        channel for channel in range(24) if channel not in inactive
    ]
    for title, fold in folds:
        amount, listed = re.fullmatch(r"(\d+) \w+ channels?: (.*)", title).groups()
        links = re.findall(r'<a id="channel--(\d+)"[^>]*>\1</a>', fold)
        assert int(amount) == len(links)
        assert listed == numbers([int(channel) for channel in links])
    folded = re.findall(r'<a id="channel--(\d+)"', "".join(fold for _, fold in folds))
    assert sorted(map(int, folded)) == inactive


def test_folded_channels_take_no_room_of_a_page(tmp_path: Path) -> None:
    plan = [("conv", "Conv2D", "block", 4, 40)]
    site = build_site(tmp_path, plan=plan, names=["a.png"], sections=("activations",))
    outline = Outline(site.report)
    inactive = outline.images.inactive("conv")
    for part in outline.layer_pages["conv"][:-1]:
        assert len([channel for channel in part if channel not in inactive]) == 16
    starts = ",".join(str(part.start) for part in outline.layer_pages["conv"])
    assert f'data-beside="../layers/conv.html {starts} 40"' in site.text("images/a.html")
    for channel in range(40):
        page, _, anchor = outline.channel_row_place("conv", channel).partition("#")
        assert f'id="{anchor}"' in site.text(page)


def test_a_layer_that_is_silent_everywhere_has_its_channels_folded_alone(tmp_path: Path) -> None:
    report = write_sample(tmp_path, names=["a.png"], sections=("activations",),
                          plan=[("conv", "Conv2D", "block", 4, 5)])  # fmt: skip
    zeros, grid = [0.0] * 5, report.images[0].activations[0]
    silent = replace(grid, inactive=list(range(5)), inactive_channels=5, lows=zeros, highs=zeros)
    images = [replace(report.images[0], activations=[silent])]
    write_site(report.model_copy(update={"images": images, "health": None}), tmp_path)
    text = (tmp_path / "layers/conv.html").read_text("utf-8")
    assert "<summary>5 silent channels: 0–4</summary>" in text
    assert "band-rows" not in text
    assert check_site(tmp_path) == []


@pytest.mark.slow
def test_hundreds_of_channels_stand_on_light_pages(tmp_path: Path) -> None:
    plan = [("conv", "Conv2D", "block", 32, 300), ("pool", "MaxPooling2D", "block", 16, 300)]
    names = [f"{at}.png" for at in range(3)]
    site = build_site(tmp_path, plan=plan, names=names, sections=("activations",))
    assert check_site(tmp_path) == []
    for path, rows in (("conv", 256), ("pool", 64)):
        inactive = Outline(site.report).images.inactive(path)
        with_rows = sum(channel not in inactive for channel in range(rows))
        assert len(list((tmp_path / "layers").glob(f"{path}*.html"))) == -(-with_rows // 16)
    assert "The first 256 of 300 channels" in site.text("layers/conv.html")
    for page in (tmp_path / "layers").glob("*.html"):
        assert page.stat().st_size < 40_000
    for picture in (tmp_path / "pictures" / "layers").iterdir():
        assert picture.stat().st_size < 200_000


def test_large_maps_are_averaged(tmp_path: Path) -> None:
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 160, 3)], names=["a.png"])
    drawings = Drawings(tmp_path)
    band = Bands(drawings, Outline(site.report).activations["conv"]).band("band", range(3))
    drawings.draw()
    assert (band.tile_height, band.tile_width) == (80, 80)  # blocks of 4, enlarged twice
    width, height = re.findall(
        r'class="band".*?<a class="zoom".*?width="(\d+)" height="(\d+)"',
        site.text("layers/conv.html"),
        re.DOTALL,
    )[0]
    assert (int(width), int(height)) == (80, 2 * 80 + GAP)  # channel 0 is folded
    with Pictures.open(tmp_path / "pictures/layers/conv--photos.jpg") as photos:
        assert photos.size == (112, 112)


def test_facts_of_a_layer_with_a_window(tmp_path: Path) -> None:
    report = write_sample(tmp_path, names=["a.png"])
    window = Window(size=[3, 5], strides=[2, 1], dilation=[2, 2], padding="same", groups=4)
    change = {"window": window, "activation": "relu", "multiply_adds": 1_849_688_064}
    layers = [
        layer.model_copy(update=change) if layer.path == PATH else layer
        for layer in report.model.layers
    ]
    model = report.model.model_copy(update={"layers": layers})
    write_site(report.model_copy(update={"model": model}), tmp_path)
    facts = dict(
        re.findall(r"<dt>(.*?)</dt><dd>(.*?)[ <]", (tmp_path / f"layers/{PATH}.html").read_text())
    )
    assert facts["Kernel"] == "3"
    assert facts["Activation"] == "relu"
    assert facts["Multiply-adds"] == "1.85"
    text = (tmp_path / f"layers/{PATH}.html").read_text()
    assert "<dd>3 × 5, dilation 2, 4 groups</dd>" in text
    assert "<dd>2 × 1</dd>" in text


def test_what_is_not_known_is_said(site: Site) -> None:
    layer = Outline(site.report).layers[PATH]
    assert multiply_adds_text(layer) == "unknown"
    assert kernel_text(layer) == stride_text(layer) == ""
    assert "<dt>Multiply-adds</dt><dd>unknown" in site.text("layers/block1_conv1.html")
