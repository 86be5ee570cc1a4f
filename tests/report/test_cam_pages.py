"""What stands beside Grad-CAM on an image's page: kinds, the strip, differences, within limits."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.heatmap_methods import CAMS
from reportgen.records.heatmaps import CamDifference
from reportgen.records.image import GradCam
from reportgen.records.report import Report
from reportgen.report.heatmaps import completeness
from reportgen.report.site.writer import write_site
from tests.report.links import check_site
from tests.report.sample import LABELS, write_sample

SECTIONS = ("activations", "gradcam", "health")
LABEL = "&lt;b&gt;cat&lt;/b&gt;"


def write(folder: Path, report: Report) -> str:
    """Write the site; the text of the only image's first page."""
    write_site(report, folder)
    assert check_site(folder) == []
    return (folder / "images" / "photo.html").read_text(encoding="utf-8")


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return write_sample(tmp_path, names=["photo.jpg"], sections=SECTIONS)


def test_the_strip_has_a_picture_or_a_reason_for_each_layer(report: Report, tmp_path: Path) -> None:
    text = write(tmp_path, report)
    strip = text.partition('class="strip"')[2].partition("</section>")[0]
    assert strip.count("<figure>") == len(report.images[0].through_depth) == 4
    assert strip.count('class="reason"') == 1
    assert strip.count("<img ") == 3
    assert 'alt="Grad-CAM of' in strip
    assert "at layer base_1.00/block2_conv1" in strip


def test_a_difference_names_both_classes_at_its_legend(report: Report, tmp_path: Path) -> None:
    first, missing = report.images[0].differences
    text = write(tmp_path, report)
    one = text.partition('id="difference--1"')[2].partition("</article>")[0]
    two = text.partition('id="difference--2"')[2].partition("</article>")[0]
    legend = re.search(r'class="legend"><span>(.*?)</span>.*?<span>(.*?)</span>', one)
    assert legend is not None
    names = [first.second_label, first.first_label]
    assert [part.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            for part in legend.groups()] == [f"for {name}" for name in names]  # fmt: skip
    assert 'fill="#2166ac"' in one
    assert 'fill="#b2182b"' in one
    assert one.count("<img ") == 2
    assert "<img" not in two
    assert missing.reason[1:] in two


def test_names_of_classes_stay_text(report: Report, tmp_path: Path) -> None:
    image = report.images[0]
    one = replace(image.differences[0], first_label=LABELS[0], second_label=LABELS[0])
    text = write(
        tmp_path,
        report.model_copy(update={"images": [replace(image, differences=[one])]}),
    )
    assert f"{LABEL} against {LABEL}" in text
    assert f"for {LABEL}" in text
    assert LABELS[0] not in text


@pytest.mark.slow
def test_explanations_are_of_what_is_there_and_can_be_left_out(
    report: Report, tmp_path: Path
) -> None:
    image = report.images[0]
    kinds = [replace(image.gradcam[0], method=kind) for kind in ("scorecam", "gradcam")]
    only = replace(image, gradcam=kinds, through_depth=[])
    text = write(tmp_path, report.model_copy(update={"images": [only]}))
    assert "Score-CAM needs no gradients" in text
    assert "Integrated gradients attribute" not in text
    assert "at several layers" not in text
    assert "evidence that both share cancels out" in text
    silent = {**report.settings, "explanations": False}
    text = write(tmp_path, report.model_copy(update={"images": [only], "settings": silent}))
    assert "Score-CAM needs no gradients" not in text
    assert "evidence that both share cancels out" not in text


@pytest.mark.slow
def test_everything_at_once_keeps_the_limits_of_a_page(tmp_path: Path) -> None:
    plan = [(f"layer_{at}", "Conv2D", f"block {at}", 4, 192) for at in range(60)]
    report = write_sample(tmp_path, plan=plan, names=["photo.jpg"], sections=SECTIONS)
    image = report.images[0]
    shown = image.gradcam[0]
    differences: list[CamDifference] = [image.differences[0]] * 4
    full = replace(
        image,
        gradcam=[
            replace(shown, method=kind, index=index, label=f"class {index}")
            for kind in CAMS
            for index in range(5)
        ],
        through_depth=[replace(shown, layer=f"layer_{3 * at}") for at in range(16)],
        differences=differences,
    )
    text = write(tmp_path, report.model_copy(update={"images": [full]}))
    assert text.count('class="gradcam"') == 5 + 4
    health = sorted((tmp_path).glob("health*.html"))
    charts = [
        one for page in health for one in re.findall("pictures/health/layer_", page.read_text())
    ]
    assert len(charts) == 2 * 60


def test_integrated_gradients_print_what_they_are_off_by() -> None:
    known = GradCam(
        method="integrated-gradients", layer="input", index=0, label="cat", probability=0.5,
        status="ok", reason="", picture=None, heatmap=None, width=1, height=1,
    )  # fmt: skip
    assert completeness(known) == ""
    within = completeness(replace(known, steps=64, residual=0.032))
    assert within == "64 steps; the attributions sum to the gain of the score within 3.2 %."
    assert "with caution" in completeness(replace(known, steps=256, residual=0.5))
    assert "cannot be judged" in completeness(replace(known, steps=256))
