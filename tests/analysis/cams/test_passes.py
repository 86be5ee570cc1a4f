"""Score-CAM and integrated gradients against float64 computations that share no code with them."""

from io import BytesIO

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.cams.formulas import FORMULAS, score_cam
from reportgen.analysis.cams.gradients import score_gradients
from reportgen.analysis.cams.passes import PASSES, in_parts, own_passes
from reportgen.analysis.cams.placing import cells_of
from reportgen.analysis.engine import engine
from reportgen.heatmap_methods import CAMS, STEPS, TOLERANCE
from tests.analysis.bench import bench_of, picture_file
from tests.support.flat_nets import KERNELS, maps_and_slope
from tests.support.flat_nets import net as flat_net
from tests.support.results import stored_data
from tests.support.small_nets import compute, net

layers = keras.layers
SIZE = (9, 10)
PLAIN = [name for name, cam in CAMS.items() if not cam.of_attention]


def scores_of(model, image):
    """The class scores of an image in float64: a convolution and a dense layer, written out."""
    maps, _ = maps_and_slope(model, image, 0)
    kernel, bias = (np.asarray(w, np.float64) for w in model.get_layer("out").get_weights())
    return maps.reshape(-1) @ kernel + bias


def enlarged(values, height, width):
    """Bilinear interpolation between the centres of what a 3 × 3 convolution without padding sees.

    One pixel after the other: cell 0 lies at pixel 1, the next at pixel 2.
    """
    found = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            at = [min(max(y - 1, 0), values.shape[0] - 1),
                  min(max(x - 1, 0), values.shape[1] - 1)]  # fmt: skip
            low = [int(np.floor(one)) for one in at]
            high = [min(one + 1, side - 1) for one, side in zip(low, values.shape, strict=True)]
            down, across = (one - least for one, least in zip(at, low, strict=True))
            upper = values[low[0], low[1]] * (1 - across) + values[low[0], high[1]] * across
            lower = values[high[0], low[1]] * (1 - across) + values[high[0], high[1]] * across
            found[y, x] = upper * (1 - down) + lower * down
    return found


def score_cam_by_hand(model, image, index):
    maps, _ = maps_and_slope(model, image, index)
    scores = []
    for k in range(KERNELS):
        mask = enlarged(maps[:, :, k], *SIZE)
        mask = (mask - mask.min()) / (mask.max() - mask.min())
        scores.append(scores_of(model, image * mask[:, :, None])[index])
    weights = np.exp(np.array(scores) - scores_of(model, 0 * image)[index])
    total = sum(w * maps[:, :, k] for k, w in enumerate(weights / weights.sum()))
    return np.where(total > 0, total, 0.0)


def integrated_by_hand(model, image, index):
    """The gradient of each step by the rule for a convolution behind a ReLU, place by place."""
    kernel, _ = (np.asarray(w, np.float64) for w in model.get_layer("conv").get_weights())
    total = np.zeros(image.shape)
    for step in range(STEPS):
        maps, slope = maps_and_slope(model, image * (step + 0.5) / STEPS, index)
        for y in range(maps.shape[0]):
            for x in range(maps.shape[1]):
                for k in range(KERNELS):
                    if maps[y, x, k] > 0:
                        total[y : y + 3, x : x + 3] += kernel[..., k] * slope[y, x, k]
    found = (image * total / STEPS).sum(axis=2)
    return found


@pytest.fixture(scope="module")
def passed(tmp_path_factory):
    """The model, its image in float64, the likeliest classes first, and the maps of all kinds."""
    digest, path = picture_file(tmp_path_factory.mktemp("photo"), SIZE, seed=4)
    model = flat_net()
    bench = bench_of(model, {digest: path}, batch_size=3)
    image = np.asarray(Image.open(path)).astype(np.float64) / 255
    values = bench.prepare(bench.pixels(digest)[None])
    maps, classes, _ = score_gradients(bench.network, "conv", 3)(values)
    return (
        model,
        image,
        classes[0],
        own_passes(
            bench, PLAIN, digest, maps[0], classes[0].tolist(), cells_of(bench, "conv", maps[0])
        ),
    )


def test_score_cam_equals_its_algorithm(passed):
    model, image, classes, found = passed
    drawn = 0
    for k, index in enumerate(classes):
        wanted = score_cam_by_hand(model, image, index)
        np.testing.assert_allclose(found["scorecam"][k].values, wanted, atol=1e-4 * wanted.max())
        drawn += bool(wanted.max() > 1e-3)
    assert drawn == 3
    assert np.abs(found["scorecam"][0].values - found["scorecam"][1].values).max() > 1e-3


def test_integrated_gradients_equal_their_sum(passed):
    model, image, classes, found = passed
    for k, index in enumerate(classes):
        wanted = integrated_by_hand(model, image, index)
        # completeness: what the pixels add up to is what the score has gained
        gained = scores_of(model, image)[index] - scores_of(model, 0 * image)[index]
        assert wanted.sum() == pytest.approx(gained, abs=0.02 * max(abs(gained), 1))
        largest = np.maximum(wanted, 0).max()
        assert largest > 1e-3
        np.testing.assert_allclose(
            found["integrated-gradients"][k].values, np.maximum(wanted, 0), atol=1e-4 * largest
        )


def curved(sharpness, **options):
    """A network whose score leaps at some brightness: few steps are far off."""
    start = keras.Input((9, 10, 3))
    mean = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3, name="conv")(start))
    model = keras.Model(start, layers.Dense(2, name="out")(layers.Activation("tanh")(mean)))
    kernel = np.zeros((3, 3, 3, 2))
    kernel[1, 1, 1] = sharpness
    model.get_layer("conv").set_weights([kernel, np.full(2, -0.29 * sharpness)])
    model.get_layer("out").set_weights([np.array([[1.0, -1.0], [0.0, 0.5]]), np.zeros(2)])
    return model


@pytest.mark.parametrize(("sharpness", "steps"), [(1, 32), (150, 64), (100_000, 256)])
def test_steps_are_doubled_until_the_attributions_sum_to_the_gain(sharpness, steps, tmp_path):
    digest, path = picture_file(tmp_path, SIZE, seed=4)
    model = curved(sharpness)
    bench = bench_of(model, {digest: path})
    image = np.asarray(Image.open(path)).astype(np.float64) / 255
    maps = np.zeros((7, 8, 2), np.float32)
    asked = own_passes(
        bench, ["integrated-gradients"], digest, maps, [0], cells_of(bench, "conv", maps)
    )
    (found,) = asked["integrated-gradients"]
    # by hand: the score is tanh of the mean over the inner pixels' green
    green, kernel, out = image[1:-1, 1:-1, 1], sharpness, np.array([1.0, 0.0])
    ends = [np.tanh(kernel * share * green.mean() - 0.29 * kernel) for share in (0, 1)]
    middles = (np.arange(found.steps) + 0.5) / found.steps
    slope = (1 - np.tanh(kernel * middles * green.mean() - 0.29 * kernel) ** 2).mean() * kernel
    total = slope * green.mean()
    assert found.steps == steps
    assert found.residual == pytest.approx(abs(total / (ends[1] - ends[0]) - 1), abs=1e-3)
    assert (found.residual <= TOLERANCE) == (sharpness < 1000)
    assert out.sum() == 1


def test_every_kind_has_a_function():
    assert FORMULAS.keys() | PASSES.keys() == CAMS.keys()
    assert not FORMULAS.keys() & PASSES.keys()
    assert {name for name, cam in CAMS.items() if cam.passes or cam.of_attention} == PASSES.keys()


def test_a_map_that_masks_nothing_has_no_weight():
    maps = np.random.default_rng(0).uniform(0, 1, (4, 5, 3))
    scores = np.array([1.0, 2.0, 3.0])
    dead = maps.copy()
    dead[..., 2] = 7.0
    two = score_cam(maps[..., :2], scores[:2])
    np.testing.assert_allclose(score_cam(dead, scores), two, atol=1e-12)
    assert not score_cam(np.ones((4, 5, 3)), scores).any()


def test_maps_are_masked_in_parts_of_one_size(monkeypatch):
    bench = bench_of(net(2, "softmax"), {}, batch_size=4)
    sizes = []

    def twice(wanted):
        sizes.append(len(wanted))
        if len(sizes) == 2:
            raise RuntimeError("CUDA_ERROR: out of memory")
        return 2.0 * wanted

    found = [(one.tolist(), two.tolist()) for one, two in in_parts(bench, 9, twice)]
    assert sizes == [4, 4, 2, 2, 2]
    assert [one for part, _ in found for one in part] == list(range(9))
    assert [one for _, part in found for one in part] == [2.0 * at for at in range(9)]
    assert "batches of 2" in bench.notes[0]
    assert not list(in_parts(bench, 0, twice))
    monkeypatch.setattr(engine(), "out_of_memory", lambda _: False)
    with pytest.raises(RuntimeError, match="out of memory"):
        sizes[:] = [0]
        list(in_parts(bench, 9, twice))


def test_records_say_what_a_map_is_of(tmp_path):
    kinds = ["gradcam", "scorecam", "integrated-gradients"]
    model = net(2, "softmax")
    result = compute(model, tmp_path, cams=kinds)
    records = stored_data(result)["gradcam"]
    assert [one["method"] for one in records] == [kind for kind in kinds for _ in range(2)]
    assert [one["index"] for one in records[:2]] == [one["index"] for one in records[4:]]
    assert {one["layer"] for one in records[:4]} == {"conv"}
    assert {one["layer"] for one in records[4:]} == {model.inputs[0].name}
    pictures = [one["picture"] for one in records if one["picture"]]
    assert len(pictures) == len(set(pictures)) >= 3


def test_pixels_that_stick_out_do_not_hide_the_others(tmp_path, monkeypatch):
    """One pixel is a hundred times as strong as the others: they are drawn in full colour."""
    values = np.where(np.indices((16, 18)).sum(axis=0) % 2, 1.0, 0.0)
    values[3, 3] = 100.0
    monkeypatch.setitem(PASSES, "integrated-gradients", lambda *_: [values, values])
    result = compute(net(2, "softmax"), tmp_path, cams=["integrated-gradients"], colormap="gray")
    heat = Image.open(BytesIO(result.files["0-integrated-gradients-heat.png"])).convert("L")
    assert np.percentile(np.asarray(heat), 90) > 150


def test_numbers_that_are_not_finite_fail_with_a_reason(tmp_path):
    model = net(2, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([kernel * np.nan, bias])
    for cam in stored_data(compute(model, tmp_path, cams=["scorecam", "integrated-gradients"]))[
        "gradcam"
    ]:
        assert (cam["status"], cam["picture"]) == ("failed", None)
        assert "finite" in cam["reason"]
