"""Occlusion sensitivity and SmoothGrad by their algorithms, and when the report has them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import reportgen
from reportgen.analysis.cams.gradients import score_gradients
from reportgen.analysis.cams.passes import PASSES, own_passes
from reportgen.analysis.cams.pixels import NOISE, occluders
from reportgen.analysis.cams.placing import cells_of
from reportgen.assembly.checked_maps import KEPT, UNCHECKED
from reportgen.heatmap_methods import CAMS, NOISY
from tests.analysis.bench import bench_of, picture_file
from tests.support.flat_nets import maps_and_slope
from tests.support.flat_nets import net as flat_net

SIZE = (9, 10)
KINDS = ["smoothgrad", "occlusion"]


def scores_of(model: Any, image: Any) -> Any:
    """The class scores of an image in float64: a convolution and a dense layer, written out."""
    maps, _ = maps_and_slope(model, image, 0)
    kernel, bias = (np.asarray(w, np.float64) for w in model.get_layer("out").get_weights())
    return maps.reshape(-1) @ kernel + bias


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    digest, path = picture_file(tmp_path_factory.mktemp("photo"), SIZE, seed=4)
    model = flat_net()
    bench = bench_of(model, {digest: path}, batch_size=3)
    values = bench.prepare(bench.pixels(digest)[None])
    maps, classes, _ = score_gradients(bench.network, "conv", 2)(values)
    cells = cells_of(bench, "conv", maps[0])
    found = own_passes(bench, KINDS, digest, maps[0], classes[0].tolist(), cells)
    return model, np.asarray(Image.open(path)).astype(np.float64) / 255, classes[0], found


def test_occlusion_is_the_mean_fall_of_the_score(passed: Any) -> None:
    model, image, classes, found = passed
    whole = scores_of(model, image)
    total, counts = np.zeros((2, *image.shape[:2])), np.zeros(image.shape[:2])
    for top, bottom, left, right in occluders(*image.shape[:2]):
        covered = image.copy()
        covered[top:bottom, left:right] = image.mean((0, 1))
        fall = whole - scores_of(model, covered)
        total[:, top:bottom, left:right] += fall[classes][:, None, None]
        counts[top:bottom, left:right] += 1
    assert counts.min() >= 1
    for k in range(2):
        wanted = np.maximum(total[k] / counts, 0)
        assert found["occlusion"][k].values == pytest.approx(wanted, abs=1e-4 * wanted.max())


@pytest.mark.slow
def test_smoothgrad_is_the_mean_gradient_of_noisy_copies(passed: Any) -> None:
    """The slope along a direction, by finite differences of Keras's own scores."""
    model, image, classes, found = passed
    noise = np.random.default_rng(0).standard_normal((NOISY, *image.shape)) * NOISE * np.ptp(image)
    step, index = 1e-3, classes[0]
    for y, x in ((0, 0), (5, 4), (8, 9)):
        slopes = []
        for colour in range(image.shape[2]):
            change = np.zeros(image.shape)
            change[y, x, colour] = step
            ups = [scores_of(model, image + one + change)[index] for one in noise]
            downs = [scores_of(model, image + one - change)[index] for one in noise]
            slopes.append((np.mean(ups) - np.mean(downs)) / (2 * step))
        values = found["smoothgrad"][0].values
        wanted = np.abs(slopes).max()
        assert values[y, x] == pytest.approx(wanted, abs=0.03 * values.max())


@pytest.mark.parametrize("size", [(1, 1), (2, 30), (28, 28), (224, 300)])
def test_squares_cover_the_image(size: tuple[int, int]) -> None:
    covered = np.zeros(size, int)
    squares = occluders(*size)
    for top, bottom, left, right in squares:
        covered[top:bottom, left:right] += 1
    assert covered.min() >= 1
    assert len(squares) < 400


@pytest.fixture(scope="module")
def model() -> Any:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            keras.layers.Conv2D(6, 3, activation="relu"),
            keras.layers.Conv2D(6, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    for at in range(4):
        pixels = np.random.default_rng(at).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{at}.png")
    return sorted(folder.iterdir())


def made(model: Any, photos: Any) -> Any:
    sections, cams = ["gradcam"], ["gradcam", "occlusion"]
    known = {"sections": sections, "cam": cams, "no_cache": True, "progress": False}
    return reportgen.build(model, photos, **known).data


def shown(report: Any) -> set[str]:
    return {cam.method for image in report.images for cam in image.gradcam}


def reasons(report: Any) -> list[str]:
    name = f"gradcam: {CAMS['occlusion'].title}"
    return [one.reason for one in report.skipped if one.name == name]


@pytest.mark.slow
def test_maps_that_depend_on_the_weights_are_shown(model: Any, photos: Any) -> None:
    report = made(model, photos)
    assert shown(report) == {"gradcam", "occlusion"}
    assert reasons(report) == []
    assert report.trust is None
    assert "trust" not in report.sections


@pytest.mark.slow
def test_maps_that_do_not_are_left_out(
    model: Any, photos: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def brightness(_: Any, pixels: Any, __: Any, classes: Any, ___: Any) -> Any:
        return [pixels.mean(axis=2, dtype=float) for _ in classes]

    monkeypatch.setitem(PASSES, "occlusion", brightness)
    report = made(model, photos)
    assert shown(report) == {"gradcam"}
    assert reasons(report) == [KEPT]


@pytest.mark.slow
def test_too_few_images_to_check_are_said(model: Any, photos: Any) -> None:
    report = made(model, photos[:2])
    assert shown(report) == {"gradcam"}
    assert reasons(report) == [UNCHECKED]
