"""Confusions explained, end to end; a planted shortcut is found, and none where there is none."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import reportgen
from reportgen.records.confusions import Confusions, MeanHeat
from tests.report.links import check_site
from tests.support.stripes import saved, stripes, trained

pytestmark = pytest.mark.slow

IMAGES = 60
LABELS = [at % 2 for at in range(IMAGES)]
RED = (230, 30, 30)


def with_corner(photos: np.ndarray, at: list[int]) -> np.ndarray:
    """The photos, those named with a red upper right corner."""
    changed = photos.copy()
    changed[at, :5, -5:] = RED
    return changed


def built(model: Any, images: Any, **options: Any) -> reportgen.Report:
    known = {"sections": ["gradcam", "evaluation", "confusions"], "progress": False}
    return reportgen.build(model, images, **{**known, **options})


def explained(report: reportgen.Report) -> Confusions:
    assert report.data.confusions is not None
    return report.data.confusions


def with_heat(report: reportgen.Report, names: list[str]) -> list[str]:
    """Those of the images whose predicted class has a heatmap that is not empty."""
    return [
        image.name
        for image in report.data.images
        if image.name in names
        and any(
            cam.index == image.predictions[0].index and cam.status == "ok" for cam in image.gradcam
        )
    ]


def heat_of(heat: MeanHeat | None) -> int:
    return heat.images if heat else 0


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> reportgen.Report:
    """A network that knows the second class by its corner; directions of stripes are chance."""
    chance = np.random.default_rng(3).integers(0, 2, IMAGES).tolist()
    second = [at for at, label in enumerate(LABELS) if label == 1]
    photos = with_corner(stripes(chance, 5), second)
    folder = saved(tmp_path_factory.mktemp("corner"), photos, LABELS)
    return built(trained(photos, LABELS, epochs=20), folder)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> reportgen.Report:
    """A network that knows stripes by their direction; four images lie in the wrong folder."""
    labels = [1 - label if at < 4 else label for at, label in enumerate(LABELS)]
    folder = saved(tmp_path_factory.mktemp("stripes"), stripes(LABELS), labels)
    return built(trained(stripes(LABELS, 1), LABELS), folder)


def test_a_planted_corner_is_told_on_the_overview(planted: reportgen.Report) -> None:
    found = explained(planted)
    (corner,) = [one for one in found.shortcuts if one.index == 1]
    assert corner.place == "top right corner"
    assert corner.heat > 0.5 and corner.hot > 0.9 and corner.likeness > 0.95
    overview = (planted.path / "index.html").read_text(encoding="utf-8")
    assert "Possible shortcut for" in overview and "lies in the top right corner" in overview
    assert "Possible shortcut." in (planted.path / "confusions.html").read_text(encoding="utf-8")
    check_site(planted.path)


def test_a_network_without_a_shortcut_is_not_accused(honest: reportgen.Report) -> None:
    found = explained(honest)
    assert found.examined >= 1 and not found.shortcuts
    assert "Possible shortcut" not in (honest.path / "index.html").read_text(encoding="utf-8")


def test_confusions_are_those_of_the_predictions(honest: reportgen.Report) -> None:
    found = explained(honest)
    wrong: dict[tuple[int, int], list[str]] = {}
    for image in honest.data.images:
        pair = (image.true_class, image.predictions[0].index)
        if pair[0] != pair[1]:
            wrong.setdefault(pair, []).append(image.name)
    assert wrong and found.pairs == len(wrong)
    for one in found.confusions:
        names = wrong[one.true, one.predicted]
        assert one.images == len(names) and {m.image for m in one.mistakes} <= set(names)
        confidences = [mistake.probability for mistake in one.mistakes]
        assert confidences == sorted(confidences, reverse=True)
        assert heat_of(one.mistaken_heat) == len(with_heat(honest, names))


def test_channel_means_are_those_of_the_images(tmp_path: Path) -> None:
    labels = [1 - label if at < 4 else label for at, label in enumerate(LABELS)]
    photos = stripes(LABELS)
    model = trained(stripes(LABELS, 1), LABELS)
    found = explained(built(model, saved(tmp_path / "photos", photos, labels)))
    means = keras.Model(model.inputs, model.get_layer("means").output)
    features = np.asarray(means(photos.astype(np.float32)), np.float64)
    scores = np.asarray(model(photos.astype(np.float32)))
    one = found.confusions[0]
    own = np.array(labels)
    for channel in one.channels:
        values = features[:, channel.channel]
        first, second = values[own == one.true], values[own == one.predicted]
        wrong = values[(own == one.true) & (scores.argmax(axis=1) == one.predicted)]
        assert channel.true_mean == pytest.approx(first.mean(), abs=1e-4)
        assert channel.predicted_mean == pytest.approx(second.mean(), abs=1e-4)
        assert channel.mistaken_mean == pytest.approx(wrong.mean(), abs=1e-4)
        order = (first[:, None] > second).mean()
        assert channel.order == pytest.approx(order, abs=2e-3)


def test_without_labels_only_the_heat_of_predicted_classes_is_shown() -> None:
    report = built(trained(stripes(LABELS, 1), LABELS), stripes(LABELS))
    found = explained(report)
    assert not found.confusions and not found.labelled
    names = [image.name for image in report.data.images]
    assert sum(heat_of(one.heat) for one in found.classes) == len(with_heat(report, names)) > 8
    page = (report.path / "confusions.html").read_text(encoding="utf-8")
    assert "No true class is known" in page


def test_few_images_without_a_mistake_have_no_such_page() -> None:
    report = built(trained(stripes(LABELS, 1), LABELS, epochs=1), stripes(LABELS[:3]))
    assert report.data.confusions is None
    (reason,) = [one.reason for one in report.data.skipped if one.name == "confusions"]
    assert reason == "no image is misclassified, and no class has 8 heatmaps"


def test_without_heatmaps_confusions_have_mistakes_and_channels(tmp_path: Path) -> None:
    labels = [1 - label if at < 4 else label for at, label in enumerate(LABELS)]
    folder = saved(tmp_path / "photos", stripes(LABELS), labels)
    model = trained(stripes(LABELS, 1), LABELS)
    found = explained(built(model, folder, sections=["evaluation", "confusions"]))
    assert found.confusions and not found.classes and not found.method
    assert found.confusions[0].channels and found.confusions[0].mistaken_heat is None


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("model", "images", "preprocess"),
    [
        ("potatoes_akash.h5", "potato_leaves", "auto"),
        ("cats_vs_dogs_jeanxl.h5", "cats_dogs", "unit"),
    ],
)
def test_real_networks_are_not_accused(
    model: str, images: str, preprocess: str, corpus: Path
) -> None:
    report = built(
        corpus / "models" / model, corpus / "datasets" / images, preprocess=preprocess, top=1
    )
    found = explained(report)
    assert found.examined >= 2 and not found.shortcuts
