"""Every step of the sources, end to end: `--profile sources` on a network of their architecture.

Each row is asserted by its file and its numbers.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from reportgen.cli.main import cli
from reportgen.report.site.sources.texts import numbered
from tests.report.links import check_site

pytestmark = pytest.mark.slow

layers = keras.layers
SIDE = 150


def drawing(seed: int, label: int) -> Image.Image:
    """A disc (0) or a square (1) somewhere on a ground with noise, 150 × 200 pixels."""
    random = np.random.default_rng([seed, label])
    noise = random.integers(60, 120, (SIDE, 200, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    left, top, size = random.integers(5, 90), random.integers(5, 60), random.integers(40, 80)
    box = (int(left), int(top), int(left + size), int(top + size))
    pen = ImageDraw.Draw(picture)
    (pen.rectangle if label else pen.ellipse)(box, fill=(230, 210, 60 + 100 * label))
    return picture


def network() -> Any:
    """The sources' cats-and-dogs network: four convolutions, one sigmoid, narrower at its end.

    The names are those that Keras gives the first network of a process.
    """
    stack: list[Any] = [keras.Input((SIDE, SIDE, 3))]
    for filters, ending in ((32, ""), (64, "_1"), (128, "_2"), (128, "_3")):
        stack += [
            layers.Conv2D(filters, 3, activation="relu", name=f"conv2d{ending}"),
            layers.MaxPooling2D(name=f"max_pooling2d{ending}"),
        ]
    stack += [layers.Flatten(), layers.Dense(16, activation="relu")]
    return keras.Sequential([*stack, layers.Dense(1, activation="sigmoid")])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report; the network is trained for some seconds on drawings."""
    work = tmp_path_factory.mktemp("sources")
    keras.utils.set_random_seed(0)
    model = network()
    seen = [(drawing(seed, label), label) for seed in range(24) for label in (0, 1)]
    pixels = np.stack([np.asarray(one.resize((SIDE, SIDE))) for one, _ in seen]) / 255
    model.compile("adam", "binary_crossentropy")
    model.fit(pixels, np.array([label for _, label in seen]), epochs=2, batch_size=16, verbose=0)
    model.save(work / "shapes.keras")
    for label, name in enumerate(("disc", "square")):
        folder = work / "photos" / name
        folder.mkdir(parents=True)
        for seed in (100, 101):
            drawing(seed, label).save(folder / f"{name}{seed}.png")
    ran = CliRunner().invoke(cli, [
        "build", str(work / "shapes.keras"), str(work / "photos"), "-o", str(work / "report"),
        "--cache-dir", str(work / "cache"), "--profile", "sources", "--preprocess", "unit",
        "--quiet", "--filters", "1", "--filters", "conv2d_2:0,4,17", "--dream-steps", "4",
        "--filter-steps", "4", "--filter-size", "64", "--block-gallery", "10:64:3",
    ])  # fmt: skip
    assert ran.exit_code == 0, ran.output
    report: Path = work / "report"
    return report


@pytest.fixture(scope="module")
def report(built: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((built / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def steps(built: Path) -> dict[str, str]:
    """The text of each step on the page, by its title."""
    page = (built / "sources.html").read_text(encoding="utf-8")
    parts = re.findall(r'<section class="source-step".*?</section>', page, re.DOTALL)
    found = {}
    for part in parts:
        title = re.search(r"<h2>\d+\. (.*?)</h2>", part)
        assert title is not None
        found[title[1]] = html.unescape(part)
    return found


def shown(built: Path, part: str) -> list[Image.Image]:
    return [Image.open(built / name) for name in re.findall(r'<img src="([^"]+)"', part)]


def test_all_steps_are_shown_in_their_order(built: Path, steps: dict[str, str]) -> None:
    assert list(steps) == [
        "The network",
        "The test image",
        "Single channels of the first layer",
        "Every channel of every layer",
        "Deeper layers are sparser",
        "The image that an ascent starts from",
        "The pattern of one filter",
        "Galleries of filter patterns",
        "The top classes",
        "The heatmap as it is",
        "The heatmap on the photo",
        "The kernels of the first layer",
        "The images that activate a channel most",
        "Filters of each layer, by block",
        "A dream from a photo",
        "Accuracy on a test set",
    ]
    assert "Not shown" not in "".join(steps.values())
    assert "16 of 16 steps shown" in (built / "sources.html").read_text(encoding="utf-8")
    assert check_site(built) == []


def test_the_network_and_its_image(built: Path, steps: dict[str, str]) -> None:
    parameters = network().count_params()
    assert "150 × 150 × 3, 4 convolutions" in steps["The network"]
    assert f"{parameters:,} parameters" in steps["The network"]
    image = steps["The test image"]
    assert "150 × 150 pixels, nearest, preprocessing “unit”" in image
    fed = shown(built, image)[1].convert("RGB")
    source = Image.open(built.parent / "photos" / "disc" / "disc100.png").convert("RGB")
    wanted = source.resize((SIDE, SIDE), Image.Resampling.NEAREST)
    np.testing.assert_array_equal(np.asarray(fed), np.asarray(wanted))


def test_channels_3_and_30_are_those_of_keras(built: Path, report: Any, steps: Any) -> None:
    part = steps["Single channels of the first layer"]
    assert "conv2d: channels 3 and 30 of 32, maps of 148 × 148" in part
    assert len(shown(built, part)) == 2
    model = keras.models.load_model(built.parent / "shapes.keras")
    pixels = np.asarray(shown(built, steps["The test image"])[1].convert("RGB"), np.float32) / 255
    maps = np.asarray(model.layers[0](pixels[None]))[0]
    (grid,) = [one for one in report["images"][0]["activations"] if one["layer"] == "conv2d"]
    for one in grid["singles"]:
        channel = maps[..., one["channel"]]
        assert one["low"] == pytest.approx(channel.min(), abs=1e-4)
        assert one["high"] == pytest.approx(channel.max(), abs=1e-4)


def test_every_layer_sixteen_a_row(built: Path, report: Any, steps: dict[str, str]) -> None:
    part = steps["Every channel of every layer"]
    assert len(shown(built, part)) == len(report["images"][0]["activations"]) == 8
    assert "8 layers, 16 channels a row, contrast 128:64" in part
    assert "max_pooling2d_3: 128 channels of 7 × 7" in part


def test_patterns_of_chosen_filters(built: Path, report: Any, steps: dict[str, str]) -> None:
    by_layer: dict[str, list[int]] = {}
    for one in report["filters"]:
        if one["method"] == "classic":
            by_layer.setdefault(one["layer"], []).append(one["channel"])
            assert 1 <= one["steps"] <= 4 + 60
    assert by_layer == {"conv2d": [0], "conv2d_1": [0], "conv2d_2": [0, 4, 17], "conv2d_3": [0]}
    (gallery,) = [
        one
        for one in report["galleries"]
        if (one["layer"], one["method"]) == ("conv2d_2", "classic")
    ]
    assert (gallery["margin"], gallery["size"], gallery["width"]) == (5, 64, 3 * 64 + 2 * 5)
    assert Image.open(built / gallery["picture"]).size == (202, 64)
    blocks = [one for one in report["galleries"] if one["method"] == "classic-block"]
    assert [one["layer"] for one in blocks] == ["conv2d", "conv2d_1", "conv2d_2", "conv2d_3"]
    for one in blocks:
        assert (one["shown"], one["columns"], one["size"], one["margin"]) == (10, 4, 64, 5)
        assert Image.open(built / one["picture"]).size == (4 * 64 + 3 * 5, 3 * 64 + 2 * 5)
    part = steps["Galleries of filter patterns"]
    assert "3 × 4 filters of 64 × 64 pixels, margin 5, 4 blocks" in part
    assert len(shown(built, part)) == 4
    one = steps["The pattern of one filter"]
    assert re.search(r'viewBox="0 0 64 64".*<image href="pictures/filters/conv2d_2.png"', one)
    assert len(shown(built, one)) == 0
    by_block = steps["Filters of each layer, by block"]
    assert len(shown(built, by_block)) == 4
    assert "block 4, conv2d_3" in by_block
    start = shown(built, steps["The image that an ascent starts from"])[0].convert("RGB")
    levels = np.asarray(start)
    assert levels.shape == (64, 64, 3)
    assert 118 <= levels.min() < 120 < 136 < levels.max() <= 138


def test_classes_heatmap_and_overlay(built: Path, report: Any, steps: dict[str, str]) -> None:
    first = report["images"][0]
    for one in first["predictions"]:
        assert f"{one['label']}: " in steps["The top classes"]
    cam = next(one for one in first["gradcam"] if one["method"] == "gradcam" and one["heatmap"])
    height, width = cam["cells_size"]
    assert f"{height} × {width} cells" in steps["The heatmap as it is"]
    (cells,) = shown(built, steps["The heatmap as it is"])
    assert cells.size == (width, height)
    assert "photo of 200 × 150 pixels" in steps["The heatmap on the photo"]


def test_kernels_exemplars_dream_and_accuracy(built: Path, report: Any, steps: Any) -> None:
    assert "32 kernels of 3 × 3 × 3 in colour" in steps["The kernels of the first layer"]
    assert "channel" in steps["The images that activate a channel most"]
    dream = report["dreams"][0]
    assert (dream["layer"], dream["steps"]) == ("conv2d_3", 4)
    assert "conv2d_3, 4 steps" in steps["A dream from a photo"]
    assert len(shown(built, steps["A dream from a photo"])) == 2
    assert "4 images" in steps["Accuracy on a test set"]


@pytest.mark.long
@pytest.mark.corpus
def test_the_same_on_vgg16(corpus: Path, tmp_path: Path) -> None:
    """Without its head, as the weights come: rows that need classes say why they are empty."""
    for label in (0, 1):
        drawing(7, label).save(tmp_path / f"{label}.png")
    ran = CliRunner().invoke(cli, [
        "build", "vgg16", "--weights", str(corpus / "models" / "vgg16_edges.weights.h5"),
        "--no-top", *(str(tmp_path / f"{label}.png") for label in (0, 1)),
        "-o", str(tmp_path / "report"), "--cache-dir", str(tmp_path / "cache"), "--quiet",
        "--profile", "sources", "--layers", "8:14", "--layers", "block1_conv1",
        "--layers", "block3_conv1", "--filters", "block3_conv1:0,4,17", "--filters", "1",
        "--filter-steps", "4", "--filter-size", "32", "--dream-steps", "2", "--columns", "all",
        "--block-gallery", "64:64:1",
        "--skip-section", "trust",
    ])  # fmt: skip
    assert ran.exit_code == 0, ran.output
    found = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    model = keras.applications.VGG16(weights=None, include_top=False)
    wanted = [layer.name for layer in model.layers[8:14]]
    layers_shown = [one["layer"] for one in found["images"][0]["activations"]]
    assert layers_shown == ["block1_conv1", "block3_conv1", *wanted]
    grid = found["images"][0]["activations"][-1]
    assert (grid["columns"], grid["channels"]) == (512, 512)
    by_layer: dict[str, list[int]] = {}
    for one in found["filters"]:
        if one["method"] == "classic":
            by_layer.setdefault(one["layer"], []).append(one["channel"])
    assert by_layer["block3_conv1"] == [0, 4, 17]
    (square,) = [one for one in found["galleries"] if one["method"] == "classic-block"
                 and one["layer"] == "block3_conv1"]  # fmt: skip
    assert (square["shown"], square["columns"], square["width"]) == (64, 8, 8 * 64 + 7 * 5)
    page = html.unescape((tmp_path / "report" / "sources.html").read_text(encoding="utf-8"))
    assert "block1_conv1: 64 kernels of 3 × 3 × 3 in colour" in page
    assert "block1_conv1: channels 3 and 30 of 64, maps of 224 × 224" in page
    assert "margin 5" in page
    assert found["kernels"][0]["colours"] == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert check_site(tmp_path / "report") == []


def test_a_single_number_is_no_plural() -> None:
    assert numbered("channel", [3]) == "channel 3"
    assert numbered("channel", [3, 30]) == "channels 3 and 30"
