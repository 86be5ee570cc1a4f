"""Headings find their place however people write the name."""

from pathlib import Path
from typing import Any

import pytest

from reportgen.records.report import Report
from reportgen.report.note_places import NotePlaces
from tests.report.sample import write_sample

LAYERS = ("conv2d_9", "base/block_1_conv", "base/last", "top/last", "shared", "shared#2", "Model")
IMAGES = ("ladybird.png", "cats/one.jpg", "dogs/one.jpg", "cats/two.jpg", "猫 und Hünd 🐱.jpg")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> NotePlaces:
    report = write_sample(tmp_path_factory.mktemp("places"), names=IMAGES)
    return NotePlaces(named(report))


def named(report: Report) -> Report:
    def layer(path: str) -> Any:
        changes = {"path": path, "name": path.rpartition("/")[2].partition("#")[0]}
        return report.model.layers[0].model_copy(update=changes)

    model = report.model.model_copy(update={"layers": [layer(path) for path in LAYERS]})
    return report.model_copy(update={"model": model})


@pytest.mark.parametrize(
    ("heading", "place"),
    [
        ("conv2d_9", "layer conv2d_9"),
        ("Conv2D 9", "layer conv2d_9"),
        ("conv2d-9", "layer conv2d_9"),
        ("Layer conv2d_9", "layer conv2d_9"),
        ("the layer: conv2d_9", "layer conv2d_9"),
        ("base/block_1_conv", "layer base/block_1_conv"),
        ("block_1_conv", "layer base/block_1_conv"),
        ("BLOCK 1 conv", "layer base/block_1_conv"),
        ("base / last", "layer base/last"),
        ("shared#2", "layer shared#2"),
        ("Model", "layer Model"),
        ("model", "model"),
        ("ladybird.png", "image ladybird.png"),
        ("Ladybird", "image ladybird.png"),
        ("Photo ladybird.png", "image ladybird.png"),
        ("cats/one.jpg", "image cats/one.jpg"),
        ("two.jpg", "image cats/two.jpg"),
        ("two", "image cats/two.jpg"),
        ("猫 und Hünd 🐱.jpg", "image 猫 und Hünd 🐱.jpg"),
        ("Grad-CAM", "gradcam"),
        ("grad_cam", "gradcam"),
        ("Feature maps", "activations"),
        ("Activations", "activations"),
        ("Filter patterns", "filters"),
        ("FILTERS", "filters"),
        ("Images", "images"),
        ("Methods and settings", "about"),
        ("About this report", "about"),
        ("Overview", "front"),
        ("Evaluation", "evaluation"),
        ("Confusion matrix", "evaluation"),
        ("HEALTH", "health"),
        ("Exemplars", "exemplars"),
        ("Kernels", "kernels"),
        ("Trust", "trust"),
        ("Can the heatmaps be trusted?", "trust"),
        ("Dreams", "dreams"),
    ],
)
def test_a_heading_finds_its_place(places: NotePlaces, heading: str, place: str) -> None:
    assert places.find(heading) == place


@pytest.mark.parametrize(
    "heading", ["", "last", "one.jpg", "one", "conv2d_99", "Introduction", "Layer", "🐱", "..", "#"]
)
def test_what_is_unknown_or_could_be_two_things_has_no_place(
    places: NotePlaces, heading: str
) -> None:
    assert places.find(heading) is None


def test_every_title_of_a_site_is_known(tmp_path: Path) -> None:
    """What the menu of the site and the chapters of the PDF call their parts."""
    places = NotePlaces(write_sample(tmp_path, names=("cat.jpg",)))
    for title in ("Overview", "Model", "Images", "Filters", "About", "Activations", "Grad-CAM"):
        assert places.find(title), title
    for title in ("Filter patterns", "Methods and settings", "activations", "gradcam", "filters"):
        assert places.find(title), title
