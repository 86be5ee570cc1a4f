"""The single file: complete, self-contained, within its size, and honest about what it lacks."""

import base64
import hashlib
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reportgen.errors import OutputError
from reportgen.report.single import choice
from reportgen.report.single import writer as single_file
from reportgen.report.single.page import SINGLE_NAME
from reportgen.report.single.writer import write_single
from tests.report.conftest import Site
from tests.report.links import Page
from tests.report.sample import write_sample

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def single(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as one file, alone in its folder."""
    folder = tmp_path_factory.mktemp("single")
    shutil.copytree(site.folder / "pictures", folder / "pictures")
    assert write_single(site.report, folder).warnings == ()
    shutil.rmtree(folder / "pictures")
    return folder / SINGLE_NAME


def test_every_link_leads_inside_and_every_picture_is_in_the_file(single: Path) -> None:
    page = Page(single)
    assert [name for name, times in page.ids.items() if times > 1] == []
    ours = [problem for problem in page.problems if not problem.startswith("inline")]
    assert ours == []
    for tag, name, address in page.links:
        if tag == "a":
            inside = address.startswith("#") and _unquoted(address) in page.ids
            assert inside or address.startswith(("http", "mailto:")), address
        elif name in ("src", "data-photo"):
            assert address.startswith("data:image/") or _unquoted(address) in page.ids
    assert "reportgenSearch=" in single.read_text("utf-8")


def _unquoted(address: str) -> str:
    from urllib.parse import unquote

    return re.sub(r":\d+$", "", unquote(address.removeprefix("#")))


def test_scripts_and_styles_are_allowed_by_their_hashes_alone(single: Path) -> None:
    text = single.read_text("utf-8")
    policy = Page(single).policy
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    inline = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, re.DOTALL)
    assert len(inline) == 3
    for content in inline:
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_everything_that_a_page_says_is_in_the_file(site: Site, single: Path) -> None:
    text = single.read_text("utf-8")
    for image in site.report.images:
        for grid in image.activations:
            assert f"{grid.inactive_channels:,} silent on this image" in text
    assert text.count('data-kind="activations"') == sum(
        len(image.activations) for image in site.report.images
    )
    assert text.count('data-kind="filters"') == len(site.report.galleries)
    notes = (
        "Layers, units, decisions, confusions explained, the map of images, kernels, trust in"
        " heatmaps, robustness, concepts and dreams have pages in the full report only."
    )
    assert notes in text
    assert "To keep this file under" not in text


def test_two_writes_give_the_same_bytes(site: Site, single: Path, tmp_path: Path) -> None:
    shutil.copytree(site.folder / "pictures", tmp_path / "pictures")
    assert write_single(site.report, tmp_path).path.read_bytes() == single.read_bytes()


def test_what_does_not_fit_is_shrunk_then_left_out_and_said(site: Site, tmp_path: Path) -> None:
    shutil.copytree(site.folder / "pictures", tmp_path / "pictures")
    random = io.BytesIO()
    noise = Image.effect_noise((1500, 1000), 90).convert("RGB")
    noise.save(random, "JPEG", quality=92)
    images = list(site.report.images)
    for image in images:
        (tmp_path / image.photo).write_bytes(random.getvalue())
    # Nine photos of 1 MB each do not fit into 2 MB; shrunk to what the page shows they do.
    report = site.report.model_copy(update={"images": images})
    result = write_single(report, tmp_path, megabytes=2)
    assert result.path.stat().st_size <= 2_000_000
    text = result.path.read_text("utf-8")
    assert "Pictures are reduced to the size at which this page shows them." in text
    said = re.search(r"under 2 MB it shows (\d+) of (\d+) images", text)
    shown = len(re.findall(r'<article class="sheet" id="images/(?!index)', text))
    assert shown
    assert (shown, len(images)) == ((int(said[1]), int(said[2])) if said else (shown, shown))


def test_a_large_file_is_warned_of_and_a_huge_one_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(site.folder / "pictures", tmp_path / "pictures")
    monkeypatch.setattr(single_file, "WARNING_AT", 100_000)
    (warning,) = write_single(site.report, tmp_path, megabytes=None).warnings
    assert "mail and chat may refuse it" in warning
    (tmp_path / SINGLE_NAME).unlink()
    monkeypatch.setattr(single_file, "REFUSED_AT", 100_000)
    with pytest.raises(OutputError, match=r"--single-size .* or use --force"):
        write_single(site.report, tmp_path, megabytes=None)
    assert not (tmp_path / SINGLE_NAME).exists()
    assert write_single(site.report, tmp_path, megabytes=None, force=True).path.exists()


@pytest.mark.browser
def test_in_a_browser_it_is_quiet_searches_and_shows_a_channel(single: Path, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.goto(f"{single.as_uri()}#images/cat~block1_conv1:12")
    page.locator("dialog").wait_for(state="visible")
    assert page.locator("dialog h2").text_content() == "block1_conv1, channel 12"
    assert "to" in page.locator(".viewer-text").text_content()
    assert page.locator(".viewer-strip button").count() > 2
    page.keyboard.press("Escape")
    page.locator(".search input").fill("block2 conv")
    page.locator(".found a").first.click()
    assert page.evaluate("location.hash").startswith("#model~")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("[...document.images].every((one) => one.src.startsWith('data:'))")
    slider = page.locator(".mix input").first
    slider.fill("0")
    context.close()
    assert noise == []


def test_images_that_are_left_out_may_be_mistakes(tmp_path: Path) -> None:
    report = write_sample(tmp_path, names=[f"{at:02}.jpg" for at in range(30)])
    assert report.evaluation is not None
    write_single(report, tmp_path, megabytes=0)
    text = (tmp_path / SINGLE_NAME).read_text("utf-8")
    many, images = len(report.evaluation.mistakes), report.evaluation.images
    assert f"{many} of {images} images are misclassified" in text
    first, *others = dict.fromkeys(one.image for one in report.evaluation.mistakes)
    assert f" on {first}" in text
    assert not any(f" on {name}" in text for name in others)


def noise(path: Path, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((width, height), 90).convert("RGB").save(path, "JPEG", quality=90)


def test_top_images_of_channels_are_left_out_where_they_do_not_fit(tmp_path: Path) -> None:
    report = write_sample(tmp_path)
    assert report.exemplars is not None
    one = next(found for found in report.exemplars.channels if found.picture)
    channels = []
    for channel in range(120):
        picture = f"pictures/exemplars/many/{channel}.jpg"
        noise(tmp_path / picture, 900, 200)
        channels.append(one.model_copy(update={"channel": channel, "picture": picture}))
    exemplars = report.exemplars.model_copy(update={"channels": channels})
    report = report.model_copy(update={"exemplars": exemplars})
    result = write_single(report, tmp_path, megabytes=2)
    assert result.warnings == ()
    assert result.path.stat().st_size <= 2_000_000
    text = result.path.read_text("utf-8")
    assert re.search(r"under 2 MB it shows .* top images of \d+ channels", text)
    assert 0 < text.count("images that activate it most") <= choice.EXEMPLAR_ROWS


def test_every_class_is_shown_and_misclassified_images_come_first(tmp_path: Path) -> None:
    names = [f"{group}/{at:02}.jpg" for group in "abc" for at in range(40)]
    report = write_sample(tmp_path, names=names)
    images = [replace(image, group=image.name[0]) for image in report.images if "/" in image.name]
    report = report.model_copy(update={"images": images})
    assert report.evaluation is not None
    order = choice.image_order(report)
    mistakes = list(dict.fromkeys(one.image for one in report.evaluation.mistakes))
    assert order[: choice.CLASS_IMAGES] == mistakes[: choice.CLASS_IMAGES]
    others = order[choice.CLASS_IMAGES :]
    for group in "abc":
        assert sum(name.startswith(group) for name in order) >= choice.CLASS_IMAGES
        first = next(at for at, name in enumerate(others) if name.startswith(group))
        assert first < 3


def test_the_menu_has_every_section_that_the_file_has(site: Site, single: Path) -> None:
    text = single.read_text("utf-8")
    menu = text.partition('<nav class="menu"')[2].partition("</nav>")[0]
    titles = re.findall(r'<a href="[^"]+">([^<]+)</a>', menu)
    assert titles == ["Overview", "Model", "Images", "Filters", "Evaluation", "Regression",
                      "Health", "Similarity", "Exemplars", "About"]  # fmt: skip
    for anchor in re.findall(r'href="#([^"]+)"', menu):
        assert f'id="{anchor}"' in text
