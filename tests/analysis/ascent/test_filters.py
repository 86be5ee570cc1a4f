"""Filter patterns: what they rise to, that each stands alone, that noise never passes for one."""

import io
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.ascent.ascents import Ascent
from reportgen.analysis.ascent.classic_patterns import STEP, Classic, shown
from reportgen.analysis.ascent.filters import Filters
from reportgen.analysis.ascent.pattern_search import Wish, patterns
from reportgen.analysis.ascent.patterns import random_of
from reportgen.errors import SettingsError
from tests.analysis.bench import bench_of, patterns_of
from tests.support.filter_nets import HOPELESS, SIZE, layers, mean_activation, net, one_filter
from tests.support.options import FILTER
from tests.support.results import stored_data

STAGES = Classic().schedule.stages


def find(model, layer, channels, *, preprocess="unit", steps=20, size=SIZE, seed=0):
    bench = bench_of(model, {}, preprocess=preprocess)
    return patterns_of(bench, "classic", layer, channels, steps, size, seed)


def noise(seed, layer, channel, shape, deviation):
    return Classic().start(random_of(seed, layer, channel), shape, deviation)


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "channels"), [("relu", 3), ("tanh", 1), (None, 3)])
def test_every_kind_of_layer_rises(activation, channels):
    model = net(activation, channels)
    for layer in ("conv", "depthwise", "separable", "transposed"):
        found = find(model, layer, range(4), size=16)
        for channel, pattern in found.items():
            # The input of a depthwise filter may be a channel that nothing wakes.
            silent = activation == "relu" and layer == "depthwise" and pattern.status == "silent"
            assert silent or pattern.status == "ok", (layer, channel)
            assert pattern.pixels.shape == (16, 16, channels)
            assert pattern.pixels.min() >= 0 and pattern.pixels.max() <= 255
        assert sum(pattern.status == "ok" for pattern in found.values()) >= 2


def test_scores_are_kerass_mean_activations():
    model = net("relu")
    for channel, pattern in find(model, "separable", range(5), size=32).items():
        wanted = mean_activation(model, "separable", pattern.pixels, channel)
        assert pattern.end == pytest.approx(wanted, rel=1e-4)
        stage = next((one for one in STAGES if one.obtained == pattern.obtained), STAGES[0])
        start = noise(0, "separable", channel, (32, 32, 3), stage.noise)
        wanted = mean_activation(model, "separable", start, channel)
        assert pattern.start == pytest.approx(wanted, rel=1e-4)


def test_a_step_is_the_gradient_over_its_root_mean_square():
    """A linear filter's gradient is the same everywhere: the steps can be written down."""
    kernel = np.arange(9.0).reshape(3, 3) - 2
    bench = bench_of(one_filter(kernel, activation=None), {}, preprocess="none")
    start = noise(0, "conv", 0, (SIZE, SIZE, 1), 10.0)
    slope = np.zeros((SIZE, SIZE))
    for dy in range(3):
        for dx in range(3):
            slope[dy : dy + SIZE - 2, dx : dx + SIZE - 2] += kernel[dy, dx]
    step = STEP * slope / np.sqrt(np.mean(slope**2))
    ascent = Ascent(bench.network, bench.prepare, "conv", Classic().way(start.shape))
    channel, plain = np.zeros(1, np.int32), Classic().plain()
    (before,), _ = ascent.measure(start[None], channel, plain)
    for steps in (0, 1, 5):
        climbed, made = ascent.climb(start[None], channel, np.zeros((steps, 0)))
        assert made.tolist() == [steps]
        np.testing.assert_allclose(climbed[0, :, :, 0], start[:, :, 0] + steps * step, atol=1e-3)
        (after,), pixels = ascent.measure(climbed, channel, plain)
        np.testing.assert_array_equal(pixels, climbed)
        rise = steps * np.sum(step * slope) / (SIZE - 2) ** 2
        assert after - before == pytest.approx(rise, rel=1e-3, abs=1e-4)


@pytest.mark.slow
def test_a_pattern_is_the_same_through_any_preprocessing():
    """A network fed 0..1 and one fed 0..255 with weights to match draw the same picture."""
    small, large = net("relu"), net("relu")
    kernel, bias = small.get_layer("conv").get_weights()
    large.get_layer("conv").set_weights([kernel / 255, bias])
    fed_small = find(small, "separable", [0], preprocess="unit", size=32)[0]
    fed_large = find(large, "separable", [0], preprocess="none", size=32)[0]
    np.testing.assert_allclose(fed_small.pixels, fed_large.pixels, atol=0.05)


@pytest.mark.slow
def test_a_pattern_does_not_depend_on_its_company():
    model = net("relu")
    together = find(model, "depthwise", range(6), size=32)
    for channel in (0, 5):
        alone = find(model, "depthwise", [channel], size=32)[channel]
        np.testing.assert_array_equal(alone.pixels, together[channel].pixels)
        assert (alone.start, alone.end, alone.obtained) == (
            together[channel].start,
            together[channel].end,
            together[channel].obtained,
        )
    again = find(model, "depthwise", [0], size=32)[0]
    np.testing.assert_array_equal(again.pixels, together[0].pixels)
    other = find(model, "depthwise", [0], size=32, seed=1)[0]
    assert np.any(other.pixels != together[0].pixels)


EDGE = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]


def test_wakes_a_filter_that_the_mean_would_flatten():
    """An edge's kernel sums to zero: the mean before the ReLU hardly depends on the image."""
    model = one_filter(EDGE, bias=-70.0)
    pattern = find(model, "conv", [0], preprocess="none", steps=40)[0]
    assert pattern.start == 0
    assert pattern.end > 1
    assert (pattern.status, pattern.obtained) == ("ok", "strongest positions")
    # Woken in most neighbourhoods, not in one spot.
    image = pattern.pixels[:, :, 0]
    response = sum(image[dy : dy + 18, 2:] - image[dy : dy + 18, :-2] for dy in range(3)) - 70
    squares = response[:16, :16].reshape(4, 4, 4, 4).max(axis=(1, 3))
    assert np.mean(squares > 0) > 0.5


@pytest.mark.slow
def test_opens_relus_that_block_the_way():
    """The first layer answers bright places only, so on gray no gradient comes through it."""
    first = layers.Conv2D(2, 5, activation="relu", name="first")
    second = layers.Conv2D(1, 1, activation="relu", name="second")
    model = keras.Sequential([keras.Input((SIZE, SIZE, 1)), first, second])
    kernel = np.full((5, 5, 1, 2), 1 / 25, "float32")
    first.set_weights([kernel, np.array([-150.0, -150.0], "float32")])
    second.set_weights([np.ones((1, 1, 2, 1), "float32"), np.zeros(1, "float32")])
    pattern = find(model, "second", [0], preprocess="none", steps=40)[0]
    assert (pattern.status, pattern.obtained) == ("ok", "blocked ReLUs opened")


@pytest.mark.slow
@pytest.mark.parametrize(("kernel", "bias", "activation", "status"), HOPELESS)
def test_a_filter_that_cannot_rise_says_so(kernel, bias, activation, status):
    pattern = find(one_filter(kernel, bias, activation), "conv", [0], steps=3)[0]
    assert pattern.status == status


@pytest.mark.parametrize("method", ["classic", "fourier"])
def test_units_hold_scores_and_an_rgb_picture(method):
    model = net("relu", channels=1)
    analysis = Filters()
    options = replace(FILTER, method=method, steps=3)
    units = [analysis.unit("digest", replace(options, channel=channel)) for channel in range(5)]
    assert len({unit.group for unit in units}) == 1
    other = {"classic": "fourier", "fourier": "classic"}[method]
    unlike = analysis.unit("digest", replace(options, method=other))
    assert unlike.group != units[0].group and unlike.key != units[0].key
    results = list(analysis.compute(units, bench_of(model, {})))
    assert {unit.key for unit, _ in results} == {unit.key for unit in units}
    for _, result in results:
        picture = Image.open(io.BytesIO(result.files["pattern.png"]))
        assert (picture.mode, picture.size) == ("RGB", (24, 24))
        assert stored_data(result)["score_end"] > stored_data(result)["score_start"]
        assert stored_data(result)["status"] == "ok"


def test_a_layer_that_cannot_take_the_size_keeps_the_networks_own():
    model = keras.Sequential(
        [
            keras.Input((40, 40, 3)),
            layers.Conv2D(3, 11, strides=3, activation="relu"),
            layers.Conv2D(2, 7, name="deep"),
        ]
    )
    assert find(model, "deep", [0], size=16, steps=2)[0].pixels.shape == (40, 40, 3)


def test_preprocessing_without_gradient_is_an_error(monkeypatch):
    bench = bench_of(net("relu"), {})
    bench.preprocess = "mine:prepare"
    bench.__dict__["prepare"] = lambda pixels: np.asarray(pixels) / 255
    with pytest.raises(SettingsError, match="mine:prepare"):
        list(patterns(bench, Classic(), Wish("conv", 1, SIZE, 0), [0]))


def test_noise_belongs_to_seed_layer_and_channel():
    shape = (30, 30, 3)
    first = noise(0, "a", 1, shape, 10.0)
    np.testing.assert_array_equal(first, noise(0, "a", 1, shape, 10.0))
    for other in (noise(1, "a", 1, shape, 10.0), noise(0, "b", 1, shape, 10.0)):
        assert np.any(other != first)
    assert 118 <= first.min() < 119 and 137 < first.max() <= 138


def test_shown_has_standard_deviation_a_tenth_around_a_half():
    picture = shown(np.random.default_rng(0).normal(90, 3, (32, 32, 1)).astype("float32"))
    assert picture.shape == (32, 32, 3)
    assert picture.mean() == pytest.approx(127.5, abs=0.5)
    assert picture.std() == pytest.approx(25.5, abs=0.5)
    flat = shown(np.full((4, 4, 3), 7.0, np.float32))
    assert np.all(flat == 128)


@pytest.mark.slow
@pytest.mark.corpus
def test_real_filters_wake(corpus):
    """Half of these filters give exactly zero on noise."""
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))
    model.load_weights(corpus / "models" / "vgg16_edges.weights.h5")
    found = find(model, "block2_conv2", range(16), preprocess="caffe", steps=40, size=32)
    assert sum(pattern.start == 0 for pattern in found.values()) >= 6
    assert sum(pattern.status == "ok" for pattern in found.values()) >= 15
    assert STAGES[0].obtained in {pattern.obtained for pattern in found.values()}
