"""Concepts, end to end, against Keras, scikit-learn and the weights of the last layer."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import NMF

import reportgen
from reportgen.analysis.concepts.concepts import found_in, score_parts
from reportgen.analysis.concepts.drawing import COLOURS, PATCH, coloured, patch
from tests.report.links import check_site

IMAGES = 24


@pytest.fixture(scope="module")
def model() -> Any:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(9, 3, strides=2, activation="relu", name="maps"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for at in range(IMAGES):
        pixels = np.random.default_rng(at).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"<i>{at:02}.png")
    return folder


def made(model: Any, photos: Any, **options: Any) -> Any:
    known = {"sections": ["concepts"], "preprocess": "unit", "progress": False}
    return reportgen.build(model, photos, **{**known, **options})


@pytest.fixture(scope="module")
def report(model: Any, photos: Path) -> Any:
    return made(model, photos)


@pytest.mark.slow
def test_parts_of_scores_are_those_of_the_last_layers_weights(
    report: Any, model: Any, photos: Path
) -> None:
    found = report.data.concepts
    files = sorted(photos.iterdir())
    pixels = np.stack([np.asarray(Image.open(file)) for file in files]).astype(np.float32) / 255
    outputs = [model.get_layer("maps").output, model.layers[-1].output]
    maps, shares = keras.Model(model.inputs, outputs).predict(pixels, verbose=0)
    weights = model.layers[-1].get_weights()[0]
    predicted = shares.argmax(1)
    assert [one.concepts for one in found.stability] == [6, 7, 8]
    assert all(0 <= one.agreement <= 1 for one in found.stability)
    assert 6 <= len(found.concepts) <= 8
    assert sum(one.images for one in found.classes) == IMAGES
    for one in found.classes:
        own = maps[predicted == one.index].mean((1, 2)) @ weights[:, one.index]
        assert one.images == (predicted == one.index).sum()
        assert one.score == pytest.approx(own.mean(), rel=1e-3)
        # What the factorisation leaves out is small against the score.
        assert sum(one.parts) == pytest.approx(one.score, abs=0.15 * float(abs(own).mean()))
    rows = maps.reshape(-1, 9).astype(float)
    k = len(found.concepts)
    theirs = NMF(k, init="nndsvda", max_iter=2000, tol=1e-6, random_state=0).fit(rows)
    assert found.error <= 1.01 * theirs.reconstruction_err_ / np.linalg.norm(rows)


def test_pages_and_pictures(report: Any, tmp_path: Path) -> None:
    found = report.data.concepts
    assert all((report.path / one.picture).is_file() for one in found.concepts if one.picture)
    assert len(found.shown) == IMAGES
    report.save(tmp_path / "report")
    check_site(tmp_path / "report")
    page = (tmp_path / "report" / "concepts.html").read_text("utf-8")
    assert "Agreement of three seeds" in page
    assert "<i>0" not in page


def test_the_same_inputs_give_the_same_concepts(report: Any, model: Any, photos: Path) -> None:
    again = made(model, photos)
    assert again.data.concepts == report.data.concepts
    picture = report.data.concepts.shown[0].picture
    assert (again.path / picture).read_bytes() == (report.path / picture).read_bytes()


@pytest.mark.slow
def test_too_few_images_are_said(model: Any, photos: Path) -> None:
    few = made(model, sorted(photos.iterdir())[:19], sections=["gradcam"], concepts=True).data
    assert few.concepts is None
    reasons = [one.reason for one in few.skipped if one.name == "concepts"]
    assert reasons == ["it takes 20 images, and there are 19"]


def test_what_lies_below_zero_counts_as_zero() -> None:
    maps = [np.random.default_rng(at).normal(0, 1, (3, 4, 9)) for at in range(20)]
    chosen, active = found_in(maps, 0)
    assert active[0].shape == (3, 4, len(chosen.factors.parts))
    assert min(one.min() for one in active) >= 0
    parts = chosen.factors.parts
    slopes = np.random.default_rng(1).normal(0, 1, (3, 4, 9))
    wanted = [
        sum(
            active[0][y, x, k] * (slopes[y, x] * parts[k]).sum() for y in range(3) for x in range(4)
        )
        for k in range(len(parts))
    ]
    assert score_parts(active[0], slopes, parts) == pytest.approx(np.array(wanted))


def test_a_place_has_the_colour_of_its_concept() -> None:
    photo = np.full((40, 60, 3), 200, np.uint8)
    maps = np.zeros((40, 60, 2))
    maps[:10, :20, 1] = 0.4
    found = coloured(photo, maps)
    assert (found[20:] == 200).all()
    toward = np.array(COLOURS[1]) - 200
    assert np.sign(found[5, 5].astype(int) - 200).tolist() == np.sign(toward).tolist()
    assert patch(photo, maps[..., 1]).shape == (PATCH, PATCH, 3)
