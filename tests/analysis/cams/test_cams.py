"""Every kind of class activation map against its formula in float64, written out with loops."""

import numpy as np
import pytest

from reportgen.analysis.cams.formulas import FORMULAS
from reportgen.analysis.cams.gradients import score_gradients
from tests.analysis.bench import bench_of
from tests.support.flat_nets import maps_and_slope, net
from tests.support.results import stored_data
from tests.support.small_nets import compute


def weighted(maps, weights):
    total = sum(weight * maps[:, :, k] for k, weight in enumerate(weights))
    return np.where(total > 0, total, 0.0)


def by_hand(name, maps, slope):
    height, width, kernels = maps.shape
    places = [(y, x) for y in range(height) for x in range(width)]
    if name == "gradcam":
        return weighted(maps, [np.mean(slope[:, :, k]) for k in range(kernels)])
    if name == "gradcam++":
        weights = []
        for k in range(kernels):
            total, weight = sum(maps[y, x, k] for y, x in places), 0.0
            for y, x in places:
                g = slope[y, x, k]
                weight += g**2 / (2 * g**2 + total * g**3) * max(g, 0.0)
            weights.append(weight)
        return weighted(maps, weights)
    if name == "xgradcam":
        weights = []
        for k in range(kernels):
            total = sum(maps[y, x, k] for y, x in places)
            weights.append(sum(maps[y, x, k] / total * slope[y, x, k] for y, x in places))
        return weighted(maps, weights)
    if name == "eigencam":
        flat = np.array([maps[y, x] for y, x in places])
        vector = np.linalg.svd(flat)[2][0]
        found = (flat @ (vector if (flat @ vector).sum() > 0 else -vector)).reshape(height, width)
        return np.where(found > 0, found, 0.0)
    found = np.zeros((height, width))
    for y, x in places:
        for k in range(kernels):
            g = slope[y, x, k]
            found[y, x] += maps[y, x, k] * (max(g, 0.0) if name == "layercam" else g)
    return np.where(found > 0, found, 0.0)


@pytest.fixture(scope="module")
def passed():
    model = net()
    images = np.random.default_rng(0).uniform(-1, 1, (2, 9, 10, 3)).astype("float32")
    return model, images, score_gradients(bench_of(model, {}).network, "conv", 3)(images)


@pytest.mark.parametrize("name", FORMULAS)
def test_equals_its_formula(passed, name):
    model, images, (maps, classes, gradients) = passed
    drawn = 0
    for i, image in enumerate(images):
        for k, index in enumerate(classes[i]):
            wanted = by_hand(name, *maps_and_slope(model, image, index))
            found = FORMULAS[name](maps[i], gradients[k, i])
            np.testing.assert_allclose(found, wanted, atol=1e-4 * max(wanted.max(), 1e-3))
            drawn += bool(wanted.max() > 1e-3)
    assert drawn >= 3


def test_hirescam_is_gradcam_behind_a_global_mean():
    """Draelos and Carin, 2020, section 3.3: for such networks the two agree."""
    random = np.random.default_rng(1)
    maps = random.uniform(0, 1, (6, 7, 4))
    gradients = np.broadcast_to(random.normal(size=4), maps.shape)
    hires, plain = FORMULAS["hirescam"](maps, gradients), FORMULAS["gradcam"](maps, gradients)
    np.testing.assert_allclose(hires, plain, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 2, 40), (12, 11, 5)])
def test_eigencam_of_few_positions_and_of_many(shape):
    maps = np.random.default_rng(2).normal(size=shape)
    np.testing.assert_allclose(
        FORMULAS["eigencam"](maps, maps), by_hand("eigencam", maps, maps), atol=1e-10
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_silent_maps_and_gradients_give_nothing(name):
    nothing = np.zeros((4, 5, 3), np.float32)
    assert not FORMULAS[name](nothing, nothing).any()
    assert not FORMULAS[name](nothing, nothing + 1).any()


def test_records_stand_kind_by_kind_and_eigencam_once(tmp_path):
    from tests.support.small_nets import net as by_mean

    result = compute(by_mean(3, "softmax"), tmp_path, cams=["gradcam", "layercam", "eigencam"])
    records = stored_data(result)["gradcam"]
    kinds = [one["method"] for one in records]
    assert kinds == ["gradcam", "gradcam", "layercam", "layercam", "eigencam"]
    assert [one["index"] for one in records[:2]] == [one["index"] for one in records[2:4]]
    pictures = [one["picture"] for one in records if one["picture"]]
    assert len(set(pictures)) == len(pictures)
    assert {name for name in result.files if "overlay" in name} == set(pictures)
