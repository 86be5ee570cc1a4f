"""The map of images, end to end: planted label errors, and inputs that have no map."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import reportgen
from reportgen.records.image_map import ImageMap
from reportgen.records.report import Report
from tests.report.links import check_site
from tests.support.stripes import saved, stripes, trained

pytestmark = pytest.mark.slow

IMAGES, ERRORS = 120, 10
PHOTOS = np.random.default_rng(2).integers(0, 256, (12, 16, 16, 3), np.uint8)


def built(model: Any, images: Any, **options: Any) -> reportgen.Report:
    known = {"sections": ["map", "evaluation"], "progress": False}
    return reportgen.build(model, images, **{**known, **options})


def mapped(model: Any, images: Any, **options: Any) -> ImageMap:
    found = built(model, images, **options).data.image_map
    assert found is not None
    return found


def reasons(report: Report) -> list[str]:
    return [one.reason for one in report.skipped if (one.what, one.name) == ("section", "map")]


def network(*layers: Any, classes: int = 3) -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [keras.Input((16, 16, 3)), *layers, keras.layers.Dense(classes, activation="softmax")]
    )


def small() -> keras.Model:
    return network(
        keras.layers.Conv2D(5, 3, activation="relu", name="conv"),
        keras.layers.GlobalAveragePooling2D(name="means"),
    )


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[reportgen.Report, set[str]]:
    """A report on 120 images, ten of which lie in the folder of the other class.

    The network is trained on other photos.
    """
    true = [at % 2 for at in range(IMAGES)]
    photos = stripes(true)
    moved = set(np.random.default_rng(8).choice(IMAGES, ERRORS, replace=False).tolist())
    labels = [1 - label if at in moved else label for at, label in enumerate(true)]
    folder = saved(tmp_path_factory.mktemp("planted"), photos, labels)
    report = built(trained(stripes(true, 1), true), folder, fail_if=["suspected_labels > 100"])
    return report, {f"{at:03}.png" for at in moved}


def test_planted_label_errors_are_the_most_suspect(
    planted: tuple[reportgen.Report, set[str]],
) -> None:
    report, moved = planted
    found = report.data.image_map
    assert found is not None and found.labelled == IMAGES
    first = {Path(one.image).name for one in found.suspected[:12]}
    assert len(first & moved) >= 8
    page = (report.path / "map.html").read_text(encoding="utf-8")
    assert f"{found.suspicions} of 120 images of known class" in page
    overview = (report.path / "index.html").read_text(encoding="utf-8")
    assert f"{found.suspicions} suspected label errors in 120 images" in overview
    check_site(report.path)


def test_the_gate_counts_suspected_labels(planted: tuple[reportgen.Report, set[str]]) -> None:
    data = planted[0].data
    assert data.gates is not None and data.image_map is not None
    (gate,) = data.gates.gates
    assert (gate.value, gate.status) == (data.image_map.suspicions, "passed")


def test_features_are_the_outputs_of_the_penultimate_layer(tmp_path: Path) -> None:
    model = small()
    found = mapped(model, PHOTOS)
    assert (found.layer, found.channels) == ("means", 5)
    means = keras.Model(model.inputs, model.get_layer("means").output)
    features = np.asarray(means(PHOTOS.astype(np.float32)), np.float64)
    centred = features - features.mean(axis=0)
    expected = np.linalg.svd(centred, full_matrices=False)[1][:2] ** 2 / (centred**2).sum()
    assert found.variance == pytest.approx(expected.tolist(), abs=1e-4)
    distances = ((features[:, None] - features) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    names = [point.image for point in found.points]
    for at, point in enumerate(found.points):
        assert names.index(point.neighbours[0]) == distances[at].argmin()
        assert len(point.neighbours) == 8


def test_flattened_maps_are_averaged_and_dropout_is_passed_over() -> None:
    model = network(
        keras.layers.Conv2D(6, 3, name="conv"),
        keras.layers.ReLU(name="relu"),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.4),
    )
    assert (mapped(model, PHOTOS).layer, mapped(model, PHOTOS).channels) == ("relu", 6)


def test_without_folders_colours_are_those_of_predictions_and_labels_are_not_examined() -> None:
    found = mapped(small(), PHOTOS)
    assert found.coloured_by == "predicted class"
    assert found.no_suspicion == "no image is in a class folder" and not found.suspected


def test_images_of_one_class_have_a_map_without_suspicions(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for name in ("a", "b", "c"):
        (folder / name).mkdir(parents=True)
    for at, photo in enumerate(PHOTOS):
        Image.fromarray(photo).save(folder / "a" / f"{at}.png")
    found = mapped(small(), folder)
    assert found.no_suspicion == "a single class has 3 images or more"
    assert [group.label for group in found.groups] == ["a"]


def test_two_images_have_no_map_and_only_who_asked_is_told() -> None:
    report = built(small(), PHOTOS[:2])
    assert report.data.image_map is None
    assert reasons(report.data) == ["it needs 3 images with finite features, and has 2"]
    unasked = built(small(), PHOTOS[:2], sections=[], skip_section=["filters", "kernels"])
    assert reasons(unasked.data) == [] and not (unasked.path / "map.html").exists()


def test_equal_features_are_told_as_such() -> None:
    report = built(small(), np.repeat(PHOTOS[:1], 5, axis=0) // 2 * 0 + 7)
    assert report.data.image_map is None
    assert reasons(report.data) == [
        "the channel means of the layer means are the same on all images"
    ]


def test_images_whose_features_are_not_finite_are_left_out() -> None:
    model = network(
        keras.layers.Conv2D(4, 1, use_bias=False, name="conv"),
        keras.layers.GlobalAveragePooling2D(name="means"),
    )
    kernel = np.full((1, 1, 3, 4), 1e36, np.float32)
    model.get_layer("conv").set_weights([kernel])
    photos = PHOTOS.copy()
    photos[:5] //= 40
    found = mapped(model, photos)
    assert len(found.left_out) == 7 and len(found.points) == 5


def test_a_network_without_a_layer_of_features_has_no_map() -> None:
    model = network(keras.layers.Flatten())
    report = built(model, PHOTOS)
    (reason,) = reasons(report.data)
    assert reason.startswith("the class scores are computed from the pixels")


def test_tsne_prints_perplexity_and_trustworthiness_and_few_images_get_components() -> None:
    pytest.importorskip("sklearn")
    found = mapped(small(), PHOTOS, map="tsne")
    assert (found.method, found.variance) == ("tsne", [])
    assert found.perplexity == pytest.approx(11 / 3) and 0 < found.trustworthiness <= 1
    assert mapped(small(), PHOTOS[:9], map="tsne").method == "pca"


def test_a_map_of_many_images_stays_light() -> None:
    photos = np.random.default_rng(6).integers(0, 256, (300, 16, 16, 3), np.uint8)
    report = built(small(), photos, sections=["map"])
    found = report.data.image_map
    assert found is not None and len(found.points) == 300 and len(found.tiles) == 160
    page = report.path / "map.html"
    assert page.stat().st_size < 100_000
    assert (report.path / found.picture).stat().st_size < 600_000
