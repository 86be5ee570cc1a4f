"""Models are built first and then compared; the numbers are those of Keras alone."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from reportgen.cli.main import cli
from reportgen.records.comparison import Comparison

pytestmark = pytest.mark.slow

SIDE, IMAGES = 12, 12


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Two models of one architecture, and images in class folders."""
    folder = tmp_path_factory.mktemp("inputs")
    random = np.random.default_rng(4)
    for at in range(IMAGES):
        place = folder / "photos" / "ab"[at % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(place / f"{at}.png")
    for seed, name in ((1, "old"), (2, "new")):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                keras.Input((SIDE, SIDE, 3)),
                keras.layers.Conv2D(6, 3, activation="relu", name="conv"),
                keras.layers.GlobalAveragePooling2D(name="pool"),
                keras.layers.Dense(2, activation="softmax", name="out"),
            ],
            name=name,
        )
        model.layers[-1].set_weights([random.normal(size=(6, 2)) * 20, np.zeros(2)])
        model.save(folder / f"{name}.keras")
    return folder


@pytest.fixture(scope="module")
def compared(inputs, tmp_path_factory):
    target = tmp_path_factory.mktemp("compared")
    words = [
        "compare", inputs / "old.keras", inputs / "new.keras", "--images", inputs / "photos",
        "-o", target / "made", "--cache-dir", target / "cache", "--preprocess", "unit",
        "--sections", "activations,gradcam,evaluation,health",
    ]  # fmt: skip
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert result.exit_code == 0, result.output
    text = (target / "made" / "compare.json").read_text(encoding="utf-8")
    return Comparison.model_validate_json(text)


def by_keras(inputs: Path, name: str) -> tuple[np.ndarray, np.ndarray, keras.Model]:
    """Predicted classes and the convolution's maps, in the order of the file names."""
    model = keras.models.load_model(inputs / f"{name}.keras")
    paths = sorted((inputs / "photos").rglob("*.png"))
    pixels = np.stack([np.asarray(Image.open(path)) for path in paths]) / np.float32(255)
    maps = keras.Model(model.inputs[0], model.get_layer("conv").output)
    return model.predict(pixels, verbose=0).argmax(1), np.asarray(maps(pixels)), model


def test_flips_and_accuracies_are_those_of_keras(inputs, compared):
    before, after = (by_keras(inputs, name)[0] for name in ("old", "new"))
    paths = sorted((inputs / "photos").rglob("*.png"))
    true = np.array([path.parent.name == "b" for path in paths], int)
    assert (before != after).any()
    names = {path.name for path, changed in zip(paths, before != after, strict=True) if changed}
    assert {Path(flip.image).name for flip in compared.flips} == names
    accuracy = next(one for one in compared.numbers if one.key == "accuracy")
    assert accuracy.a.value == pytest.approx((before == true).mean())
    assert accuracy.b.value == pytest.approx((after == true).mean())
    assert compared.mcnemar.only_a == ((before == true) & (after != true)).sum()
    assert compared.mcnemar.only_b == ((before != true) & (after == true)).sum()
    assert [side.name for side in compared.sides] == ["old", "new"]


def test_layers_are_those_of_keras(inputs, compared):
    old, new = by_keras(inputs, "old"), by_keras(inputs, "new")
    layer = next(one for one in compared.layers if one.b.path == "conv")
    assert layer.a.zeros == pytest.approx((old[1] == 0).mean(), abs=1e-5)
    silent = [np.flatnonzero((maps == 0).all((0, 1, 2))).tolist() for maps in (old[1], new[1])]
    assert [layer.a.silent, layer.b.silent] == silent
    weights = [
        np.concatenate([one.ravel() for one in model.get_layer("conv").get_weights()])
        for model in (old[2], new[2])
    ]
    change = np.linalg.norm(weights[0] - weights[1]) / max(map(np.linalg.norm, weights))
    assert layer.weights == pytest.approx(change, rel=0.2)
    dense = next(one for one in compared.layers if one.b.path == "out")
    assert dense.weights > 0
    assert dense.cka is None


def test_cka_of_the_means_is_that_of_keras(inputs, compared):
    kernels = []
    for name in ("old", "new"):
        means = by_keras(inputs, name)[1].astype(np.float64).mean(axis=(1, 2))
        kernel = means @ means.T
        np.fill_diagonal(kernel, 0)
        kernels.append(kernel)

    def hsic(one, other):
        n, ones = len(one), np.ones(len(one))
        sums = (ones @ one @ ones) * (ones @ other @ ones) / ((n - 1) * (n - 2))
        return np.trace(one @ other) + sums - 2 / (n - 2) * (ones @ one @ other @ ones)

    old, new = kernels
    expected = hsic(old, new) / np.sqrt(hsic(old, old) * hsic(new, new))
    layer = next(one for one in compared.layers if one.b.path == "conv")
    assert layer.cka == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
@pytest.mark.corpus
def test_the_potato_models_differ_as_keras_alone_finds(corpus, tmp_path):
    words = [
        "compare", corpus / "models" / "potatoes_akash.h5",
        corpus / "models" / "potatoes_jeevan.keras", "--images", corpus / "datasets/potato_leaves",
        "-o", tmp_path / "made", "--cache-dir", tmp_path / "cache", "--top", 1,
        "--sections", "activations,evaluation,health",
    ]  # fmt: skip
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "made" / "compare.json").read_text(encoding="utf-8"))
    accuracy = next(one for one in found["numbers"] if one["key"] == "accuracy")
    assert accuracy["a"]["value"] == pytest.approx(119 / 120)
    assert accuracy["b"]["value"] == pytest.approx(40 / 120)
    kinds = [flip["kind"] for flip in found["flips"]]
    assert (kinds.count("right to wrong"), kinds.count("wrong to right")) == (80, 1)
    assert len(kinds) == 81
