"""Similarity of layers, end to end, against CKA by its definition and the model's own outputs."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import reportgen
from reportgen.analysis.feature_maps import layer_similarity
from reportgen.analysis.feature_maps.layer_similarity import LayerMeans, repeated
from tests.report.links import check_site

IMAGES = 52


def hsic(one: Any, other: Any) -> float:
    """Song et al. 2012, equation 5, of two layers' features (images, channels)."""
    n = len(one)
    k, l = one @ one.T, other @ other.T  # noqa: E741 - the paper's names
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    ones = np.ones(n)
    sums = (ones @ k @ ones) * (ones @ l @ ones) / ((n - 1) * (n - 2))
    return float((np.trace(k @ l) + sums - 2 / (n - 2) * ones @ k @ l @ ones) / (n * (n - 3)))


def cka(one: Any, other: Any) -> float:
    return hsic(one, other) / float(np.sqrt(hsic(one, one) * hsic(other, other)))


@pytest.fixture(scope="module")
def model() -> Any:
    """Two convolutions, the second of which hands the first's maps on, and a third."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, padding="same", name="first"),
            keras.layers.BatchNormalization(name="normalised"),
            keras.layers.ReLU(name="rectified"),
            keras.layers.Conv2D(4, 1, name="again"),
            keras.layers.Conv2D(5, 3, activation="relu", name="last"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.get_layer("again").set_weights([np.eye(4)[None, None] * 3, np.ones(4)])
    return model


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for at in range(IMAGES):
        random = np.random.default_rng(at)
        pixels = random.integers(0, 60 + 3 * at, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{at}.png")
    return folder


@pytest.mark.slow
def test_cka_is_that_of_the_models_outputs(model: Any, photos: Path, tmp_path: Path) -> None:
    sections = ["activations", "similarity"]
    report = reportgen.build(model, photos, sections=sections, preprocess="unit", progress=False)
    found = report.data.similarity
    assert found is not None
    assert found.layers == ["rectified", "again", "last"]
    assert (found.images, found.sampled) == (IMAGES, False)
    files = sorted(photos.iterdir())
    pixels = np.stack([np.asarray(Image.open(file)) for file in files]).astype(np.float32) / 255
    outputs = [model.get_layer(name).output for name in found.layers]
    maps = keras.Model(model.inputs, outputs).predict(pixels, verbose=0)
    means = [one.mean((1, 2)).astype(np.float64) for one in maps]
    wanted = [[cka(one, other) for other in means] for one in means]
    assert np.array(found.cka, float) == pytest.approx(np.array(wanted), abs=2e-3)
    assert found.cka[0][1] == pytest.approx(1, abs=1e-3)
    assert ["rectified", "again"] in [group[:2] for group in found.repeats]
    report.save(tmp_path / "report")
    check_site(tmp_path / "report")
    page = (tmp_path / "report" / "similarity.html").read_text("utf-8")
    assert "Near-duplicates" in page
    assert "again" in (tmp_path / "report" / "pictures" / "similarity.svg").read_text("utf-8")


@pytest.mark.slow
def test_too_few_images_are_said(model: Any, photos: Path) -> None:
    few = sorted(photos.iterdir())[:5]
    sections = ["activations", "similarity"]
    record = reportgen.build(model, few, sections=sections, progress=False).data
    assert record.similarity is None
    assert [one.reason for one in record.skipped if one.name == "similarity"] == [
        "it needs the section activations and 50 images"
    ]


def test_the_order_of_images_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_similarity, "MOST_IMAGES", 60)
    layers: Any = [
        type("Layer", (), {"path": path, "origin": None, "spatial": True, "passes_through": False})
        for path in ("a", "b")
    ]
    means = np.random.default_rng(0).normal(0, 1, (100, 5)).astype(np.float32)
    digests = [f"{(at * 37) % 100:03}" for at in range(100)]
    whole, parts = LayerMeans(layers), LayerMeans(layers)
    whole.add_group(digests, means, {"a": 2, "b": 3})
    for at in range(99, -1, -1):
        parts.add_group(digests[at : at + 1], means[at : at + 1], {"a": 2, "b": 3})
    found = whole.similarity(100)
    assert found == parts.similarity(100)
    assert found is not None
    assert (found.images, found.sampled) == (60, True)
    order = np.argsort(digests)[:60]
    assert found.cka[0][1] == pytest.approx(cka(means[order, :2], means[order, 2:]), abs=1e-5)


def test_a_run_is_of_layers_that_are_all_alike() -> None:
    values = np.eye(5)
    for one, other in ((0, 1), (1, 2), (2, 3), (3, 4), (2, 4)):
        values[one, other] = values[other, one] = 0.99
    assert repeated(values.tolist()) == [[0, 1], [2, 3, 4]]
    assert repeated([[1.0, None], [None, 1.0]]) == []
