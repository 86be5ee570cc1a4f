"""The pages on channels: everything about one in one place, tiles of several in one picture."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.pictures.encode import read_indices
from reportgen.pictures.kernel_tiles import draw_kernel
from reportgen.pictures.tiles import GridLayout
from reportgen.records.filters import Filter, Gallery
from reportgen.report.outline import Outline
from reportgen.report.site import sheets
from reportgen.report.site.channels import gathering
from reportgen.report.site.channels.gathering import FEW_IMAGES, STRONGEST
from reportgen.report.site.channels.kernels import kernel_of
from reportgen.report.site.drawings import Drawings
from tests.report.conftest import Site, build_site
from tests.report.links import check_site
from tests.support.svg_tiles import TILE


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    plan = [("conv", "Conv2D", "block", 8, 20), ("pool", "MaxPooling2D", "block", 4, 20)]
    return build_site(tmp_path_factory.mktemp("units"), plan=plan, names=["a.png", "b.png"])


SILENT = (3, 10)
"""Channels of the sample that are inactive on every image."""


def test_a_channel_has_its_pattern_and_every_photo(small: Site) -> None:
    for channel in range(16):
        if channel in SILENT:
            continue
        tiles = TILE.findall(channel_of(small, channel))
        assert [alt.partition(",")[0] for *_, alt, _ in tiles] == [
            f"Pattern of filter {channel}",
            f"Channel {channel} on a.png",
            f"Channel {channel} on b.png",
        ]
    assert "16 of 20 channels" in small.text("channels/conv.html")
    assert not (small.folder / "channels" / "pool.html").exists()


def channel_of(site: Site, channel: int) -> str:
    """The page of a channel of `conv`."""
    return site.text(f"channels/conv/{channel}.html")


def tile_of(site: Site, channel: int, at: int) -> np.ndarray:
    left, top, width, height, _, address = TILE.findall(channel_of(site, channel))[at]
    with Image.open((site.folder / "channels" / "conv" / address).resolve()) as picture:
        pixels = np.asarray(picture)
    return pixels[int(top) : int(top) + int(height), int(left) : int(left) + int(width)]


@pytest.mark.parametrize("channel", [at for at in range(16) if at not in SILENT])
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


@pytest.mark.slow
def test_what_a_page_loads_stays_small(tmp_path: Path) -> None:
    names = [f"{at}.png" for at in range(FEW_IMAGES)]
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 90, 32)], names=names)
    assert check_site(tmp_path) == []
    addresses = {address for *_, address in TILE.findall(site.text("channels/conv/1.html"))}
    files = [(tmp_path / "channels" / "conv" / address).resolve() for address in addresses]
    assert len(files) == 3  # patterns, feature maps, top images
    assert sum(file.stat().st_size for file in files) <= 200_000
    assert max(tile_of(site, 5, 3).shape) == 45  # 90 in blocks of two
    assert "averaged to 45 × 45 pixels" in site.text("channels/conv/1.html")
    alone = build_site(tmp_path / "one", plan=[("conv", "Conv2D", "block", 90, 32)], names=["a"])
    assert max(tile_of(alone, 6, 1).shape) == 90


def test_statistics_are_those_of_all_photos(small: Site) -> None:
    text = small.text("channels/conv.html")
    grids = [image.activations[0] for image in small.report.images]
    high = max(grid.highs[0] or 0 for grid in grids)
    part = text.partition('id="channel--0"')[2].partition("</h2>")[0]
    assert f"to {high:.3g} over 2 images" in part
    inactive = text.partition('id="channel--3"')[2].partition("</section>")[0]
    assert "silent on all 2 images" in inactive
    assert "Channel 3 on" not in inactive
    assert "(the value zero everywhere)" in channel_of(small, 3)
    assert "Pattern: response 0.25 → 31.4" in channel_of(small, 0)


@pytest.mark.slow
def test_with_many_photos_the_strongest_are_shown(tmp_path: Path) -> None:
    names = [f"{at}.png" for at in range(FEW_IMAGES + 8)]
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 4, 8)], names=names)
    assert check_site(tmp_path) == []
    part = channel_of(site, 1).partition('id="channel--responses"')[2].partition("</section>")[0]
    shown = re.findall(r"Channel 1 on (\d+\.png)", part)
    highs = {image.name: image.activations[0].highs[1] or 0 for image in site.report.images}
    assert len(shown) == STRONGEST
    assert [highs[name] for name in shown] == sorted(highs.values(), reverse=True)[:STRONGEST]


def test_layers_without_patterns_show_their_first_channels(tmp_path: Path) -> None:
    plan = [("conv", "Conv2D", "block", 4, 40)]
    site = build_site(tmp_path, plan=plan, names=["a.png"], sections=["activations"])
    text = site.text("channels/conv.html")
    assert len(re.findall(r'id="channel--\d+"', text)) == 16
    assert "Filter pattern" not in text
    assert "16 of 40 channels" in text
    rows, _, fold = text.partition('<details class="fold">')
    inactive = [at for at in Outline(site.report).images.inactive("conv") if at < 16]
    assert inactive
    for channel in range(16):
        assert f'id="channel--{channel}"' in (fold if channel in inactive else rows)


def test_only_as_many_large_grids_are_read_as_is_quick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_PIXELS", 5000)
    site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 8, 20)], names=list("abcd"))
    text = site.text("channels/conv/1.html")
    assert "the first 2 of 4 images" in text
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
    drawings = Drawings(tmp_path)
    drawn = sheets.pattern_sheet(drawings, "small", [(gallery, pattern) for pattern in filters])
    assert not (tmp_path / drawn.path).exists()
    drawings.draw()
    assert drawn.tile_width == drawn.tile_height == sheets.SIDES[0]
    with Image.open(tmp_path / drawn.path) as picture:
        assert picture.size == (drawn.width, drawn.height)
        left, right = (np.asarray(picture)[80, at] for at in (80, 240))
    assert left.min() > 250
    assert right[0] < 5
    assert right[1] > 250


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Site:
    names = [f"{at}.png" for at in range(10)]
    plan = [("conv", "Conv2D", "block", 8, 12)]
    return build_site(tmp_path_factory.mktemp("many"), plan=plan, names=names)


def test_top_images_are_figures_of_their_own(many: Site) -> None:
    assert check_site(many.folder) == []
    text = channel_of(many, 0).partition('id="channel--top"')[2].partition("</section>")[0]
    assert "Top images out of 10" in text
    tiles = TILE.findall(text)
    assert [(left, top) for left, top, *_ in tiles] == [
        ("0", "0"), ("0", "100"), ("100", "0"), ("100", "100"), ("200", "0"), ("200", "100")
    ]  # fmt: skip
    assert '<a href="../../images/0.html">0.png</a> <small>1.5 · row 1, column 2</small>' in text
    assert "No image activates this channel." in channel_of(many, 1)


def test_too_few_images_give_no_top_images_and_that_is_said_once(small: Site) -> None:
    assert "Top images need at least 9 images; there are 2" in small.text("channels/conv.html")
    assert "Receptive field on" not in channel_of(small, 0)


def test_similar_channels_are_those_that_correlate_most(many: Site) -> None:
    grids = [image.activations[0] for image in many.report.images]
    means = np.array([[grid.means[channel] for grid in grids] for channel in range(12)], float)
    varying = [at for at in range(12) if np.ptp(means[at]) > 0]
    others = [at for at in varying if at != 0]
    r = {at: np.corrcoef(means[0], means[at])[0, 1] for at in others}
    best = max(others, key=lambda at: r[at])
    text = channel_of(many, 0).partition('id="channel--neighbours"')[2].partition("</section>")[0]
    shown = re.findall(r"Channel (\d+), r\s=\s([\u2212\d.]+)", text)
    assert len(shown) == 5
    assert shown[0] == (str(best), f"{r[best]:.2f}".replace("-", "\u2212"))


def test_the_histogram_counts_every_image(many: Site) -> None:
    text = channel_of(many, 0).partition('id="channel--distribution"')[2]
    heights = [float(height) for height in re.findall(r"v-([\d.]+)h", text)]
    highs = [image.activations[0].highs[0] or 0.0 for image in many.report.images]
    amounts = np.histogram(highs, bins=16, range=(min(0.0, *highs), max(highs)))[0]
    assert heights == pytest.approx([40 * n / amounts.max() for n in amounts if n], rel=1e-3)


def test_classic_tiles_are_stretched_by_their_percentiles_and_flat_ones_are_not() -> None:
    dull = np.random.default_rng(0).normal(128, 10, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    low, high = np.percentile(dull, (1, 99))
    levels = (dull.astype(float) - low) / (high - low) * 255
    drawn = sheets.stretched(dull).astype(float)
    assert np.abs(drawn - levels.clip(0, 255)).max() <= 0.51
    flat = np.full((8, 8, 3), 128, np.uint8)
    assert np.array_equal(sheets.stretched(flat), flat)


@pytest.mark.parametrize(("inputs", "columns"), [(1, 16), (1, 6), (5, None)])
def test_the_kernel_of_a_channel_is_its_part_of_the_picture(
    small: Site, inputs: int, columns: int | None
) -> None:
    """Filter 1 has weights of zero, which are white, and no other has."""
    weights = np.random.default_rng(0).normal(size=(3, 5, inputs, 20))
    weights[..., 1] = 0
    drawn = draw_kernel(weights, columns)
    about = {
        "size": [3, 5],
        "inputs": inputs,
        "filters": 20,
        "kind": drawn.kind,
        "shown": drawn.filters,
        "slices": drawn.slices,
        "width": drawn.picture.shape[1],
        "height": drawn.picture.shape[0],
    }
    kernel = small.report.kernels[0].model_copy(update=about)
    outline = Outline(small.report.model_copy(update={"kernels": [kernel]}))
    for channel in range(drawn.filters):
        found = kernel_of(outline, "channels/a/0.html", kernel.layer, channel)
        assert found is not None
        assert found.slices == (inputs > 1)
        left, top, width, height = map(int, found.tile.view.split())
        shown = drawn.picture[top : top + height, left : left + width, :3]
        assert shown.shape == (height, width, 3)
        tile = height // 3 * 5
        weighty = shown[:, np.arange(width) % (tile + 2) < tile]
        assert (weighty == 255).all() == (channel == 1)
        assert width == (tile + 2) * (inputs if inputs > 1 else 1) - 2
    assert kernel_of(outline, "channels/a/0.html", kernel.layer, drawn.filters) is None
    assert kernel_of(outline, "channels/a/0.html", "other", 0) is None


def test_a_page_of_a_channel_shows_its_kernel(small: Site) -> None:
    assert '<h2 id="channel--kernel">' in small.text("channels/conv/0.html")


def test_top_images_stand_on_the_pages_of_channels_alone(many: Site) -> None:
    layer = many.report.exemplars.channels[0].layer if many.report.exemplars else ""
    slug = Outline(many.report).layer_slugs[layer]
    assert not (many.folder / f"exemplars/{slug}.html").exists()
    assert f'href="../channels/{slug}.html"' in many.text("exemplars/index.html")
    assert "receptive field" in many.text(f"channels/{slug}/0.html")


def test_few_images_have_a_page_for_each_layer(small: Site) -> None:
    assert (small.folder / "exemplars/conv.html").is_file()
