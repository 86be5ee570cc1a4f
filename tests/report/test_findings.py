"""Findings of the overview: one of each kind, whatever the number of images and layers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reportgen.records.image import GradCam, Image
from reportgen.records.over_images import Mistake
from reportgen.records.report import Report, Skipped
from reportgen.report.blocks import plain
from reportgen.report.heatmaps import cam_groups, shown_cam, why_empty
from reportgen.report.layer_facts import amounts, by_word
from reportgen.report.outline import Outline
from reportgen.report.sections import channel_findings
from reportgen.report.sections.evaluation import mistake_card
from reportgen.report.sections.findings import MOST_PLACES, findings
from reportgen.report.site.overview.headlines import headlines
from tests.report.conftest import Site, build_site
from tests.support.grids import grid_of

PLAN = [
    ("conv", "Conv2D", "block", 8, 16),
    ("pool", "MaxPooling2D", "block", 4, 16),
    ("drop", "Dropout", "block", 4, 16),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build_site(tmp_path_factory.mktemp("findings"), plan=PLAN, names=["cat.jpg"])


def with_layers(report: Report, **changes: dict[str, Any]) -> Report:
    """The report with changed records of the named layers."""
    layers = [one.model_copy(update=changes.get(one.path, {})) for one in report.model.layers]
    return report.model_copy(update={"model": report.model.model_copy(update={"layers": layers})})


def empty(image: Image, number: int) -> Image:
    """A copy of an image under a name of its own, whose heatmaps are empty."""
    cams: list[GradCam] = [
        replace(one, status="no positive evidence", picture=None, heatmap=None)
        for one in image.gradcam
    ]
    return replace(image, name=f"photo {number:03}.jpg", gradcam=cams)


def test_120_images_give_at_most_12_findings_and_one_of_empty_heatmaps(small: Site) -> None:
    images = [empty(small.report.images[0], number) for number in range(120)]
    skipped = [Skipped(what="image", name=f"{at}.jpg", reason="it is damaged") for at in range(30)]
    report = small.report.model_copy(update={"images": images, "skipped": skipped})
    found, note = findings(Outline(report), "index.html")
    assert len(found) <= 12 and note == ""
    (cam,) = [one for one in found if "Grad-CAM" in one.title]
    assert cam.title == "Grad-CAM is empty: 240 maps on 120 images"
    assert cam.text.startswith("The map has no positive value for ")
    assert cam.text.count(".") == 1
    assert len(cam.places) == MOST_PLACES and cam.more.startswith("and ")
    (lost,) = [one for one in found if "skipped" in one.title]
    assert lost.title == "30 images skipped"
    assert lost.text == "0.jpg, 1.jpg, 2.jpg and 27 more: It is damaged."


def test_an_empty_heatmap_names_the_kind_that_finds_a_region(small: Site) -> None:
    image = small.report.images[0]
    region = next(cam for cam in image.gradcam if cam.method == "layercam" and cam.picture)
    cams = [
        replace(cam, status="no positive evidence", reason="it is empty", picture=None)
        if cam.method == "gradcam"
        else cam
        for cam in image.gradcam
    ]
    first, second = cam_groups(cams)
    assert shown_cam(first) == region
    assert why_empty(first) == "It is empty. LayerCAM finds a region."
    # The map that is the same for every class says nothing of this one.
    of_image = replace(region, method="eigencam", index=second.main.index)
    assert shown_cam(replace(second, others=(of_image,))) == second.main
    report = small.report.model_copy(update={"images": [replace(image, gradcam=cams)]})
    (found,) = [
        finding
        for finding in findings(Outline(report), "index.html")[0]
        if "Grad-CAM is empty" in finding.title
    ]
    assert found.title == "Grad-CAM is empty: 2 maps on cat.jpg"
    assert found.text.endswith(" LayerCAM finds a region for 1 of them.")


def test_misclassified_images_come_before_channels_and_those_before_notes(small: Site) -> None:
    kinds = [one.kind for one in findings(Outline(small.report), "index.html")[0]]
    order = ["warning", "wrong", "skipped", "dead", "silent", "note"]
    ranks = [order.index(kind) for kind in kinds if kind in ("wrong", "dead", "note")]
    assert ranks == sorted(ranks)


def test_a_failed_result_comes_first_and_a_missing_layer_after_the_mistakes(small: Site) -> None:
    skipped = [
        Skipped(what="layer", name="odd", reason="it has no maps"),
        Skipped(what="filters of", name="conv", reason="memory ran out"),
    ]
    found, _ = findings(Outline(small.report.model_copy(update={"skipped": skipped})), "index.html")
    titles = [one.title for one in found]
    assert titles.index("1 result failed") < titles.index("1 layer not shown")
    (failed,) = [one for one in found if one.title == "1 result failed"]
    assert failed.text == "filters of conv: Memory ran out."


def test_pooling_repeats_no_channel_and_dropout_is_no_finding(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = with_layers(
        small.report, pool={"origin": "conv"}, drop={"passes_through": True, "origin": "conv"}
    )
    dropout = Skipped(what="layer", name="drop", reason="it hands its input on unchanged")
    outline = Outline(report.model_copy(update={"skipped": [dropout], "health": None}))
    monkeypatch.setattr(channel_findings, "over_images", lambda *_: {"silent": [1, 2]})
    found, _ = findings(outline, "index.html")
    assert [one.title for one in found if " channels silent in " in one.title] == [
        "2 of 16 channels silent in conv"
    ]
    assert not [one for one in found if "drop" in one.text or "layer not shown" in one.title]


def test_the_page_lists_the_places_of_a_finding(tmp_path: Path) -> None:
    site = build_site(tmp_path, plan=PLAN, names=[f"{name}.jpg" for name in "abcdef"])
    text = site.text("index.html")
    names = [one.image for one in site.report.evaluation.mistakes] if site.report.evaluation else []
    assert len(names) > 1
    part = text.partition('id="overview--findings"')[2]
    for name in names:
        assert f'<a href="images/{name.removesuffix(".jpg")}.html">' in part


def test_a_card_of_a_mistake_shows_another_kind_where_the_first_is_empty(small: Site) -> None:
    outline = Outline(small.report)
    image = small.report.images[0]
    main, *_ = cam_groups(image.gradcam)[0].others
    first = replace(main, method="gradcam", status="no positive evidence", picture=None)
    changed = replace(image, gradcam=[first, main])
    outline = Outline(small.report.model_copy(update={"images": [changed]}))
    mistake = Mistake(
        image=image.name,
        true=main.index,
        predicted=(main.index + 1) % len(small.report.model.labels),
        probability=0.9,
        true_probability=0.1,
    )
    shown = mistake_card(outline, mistake).figures[-1]
    assert shown.picture is not None and shown.picture.src == main.picture
    assert plain(shown.caption).endswith(" (true), LayerCAM (Grad-CAM is empty)")


def test_findings_and_headlines_count_the_same_silent_channels(small: Site) -> None:
    report = with_layers(small.report, conv={"origin": "conv"}, pool={"origin": "conv"})
    health = report.health
    assert health is not None
    seen = {one.layer: one.model_copy(update={"saturated": []}) for one in health.layers}
    conv = seen["conv"].model_copy(update={"silent": [1, 2], "constant": [5, 6]})
    pool = seen["pool"].model_copy(update={"silent": [1, 2, 5], "constant": [6]})
    health = health.model_copy(update={"layers": [conv, pool], "silent": 3, "constant": 1})
    outline = Outline(
        report.model_copy(update={"health": health, "galleries": [], "regression": None})
    )
    found = {one.title: one for one in findings(outline, "index.html")[0] if one.kind == "dead"}
    assert "3 silent channels in 2 layers" in found
    assert "1 of 16 channels constant in conv" in found
    assert f"all {health.images} images, they have the value zero everywhere" in (
        found["3 silent channels in 2 layers"].text
    )
    (headline,) = (one for one in headlines(outline, "index.html") if "silent" in one.name)
    assert headline.value == "3"


def grid_with(inactive: list[int], lows: list[float | None], highs: list[float | None]) -> Any:
    means = [0.0] * len(lows)
    return grid_of(channels=8, shown=len(lows), inactive=inactive, lows=lows, highs=highs,
                   means=means, inactive_channels=len(inactive))  # fmt: skip


def test_silent_is_zero_constant_is_another_value_and_what_is_not_known_is_inactive() -> None:
    grid = grid_with([0, 1], [0.0, 2.0, 0.0], [0.0, 2.0, 1.0])
    assert by_word(grid) == {"silent": [0], "constant": [1]}
    assert amounts(grid) == "1 silent, 1 constant"
    assert amounts(grid_with([], [0.0], [1.0])) == "0 silent"
    beyond = grid_with([0, 5], [0.0, 2.0], [0.0, 2.0])
    assert by_word(beyond) == {"silent": [0], "inactive": [5]}
    assert amounts(beyond) == "2 inactive"
    assert by_word(grid_with([0], [None], [None])) == {"inactive": [0]}
