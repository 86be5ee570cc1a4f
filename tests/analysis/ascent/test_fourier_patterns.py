"""Fourier filter patterns: what the parametrisation can show, what they rise to, each by itself."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from reportgen.analysis.ascent import fourier_patterns as fourier
from reportgen.analysis.ascent.fourier_patterns import Fourier
from reportgen.analysis.ascent.patterns import random_of
from tests.analysis.bench import bench_of, patterns_of
from tests.support.filter_nets import HOPELESS, SIZE, mean_activation, net, one_filter

layers = keras.layers
STAGES = Fourier().schedule.stages


def find(model, layer, channels, *, preprocess="unit", steps=8, size=SIZE, seed=0):
    bench = bench_of(model, {}, preprocess=preprocess)
    return patterns_of(bench, "fourier", layer, channels, steps, size, seed)


def noise(seed, layer, channel, shape, deviation):
    return Fourier().start(random_of(seed, layer, channel), shape, deviation)


def spectrum_of(pixels):
    """The coefficients that make an image (H, W, C), by NumPy alone."""
    share = np.clip(pixels, 1, 254) / 255
    values = np.log(share / (1 - share))
    if pixels.shape[2] == 3:
        values = values @ np.linalg.inv(fourier.COLOURS).T
    waves = np.fft.rfft2(values, axes=(0, 1))
    waves /= fourier.weights(*pixels.shape[:2])[:, :, None]
    return np.stack([waves.real, waves.imag]).astype("float32")


@pytest.mark.parametrize("shape", [(24, 24, 3), (17, 31, 3), (32, 8, 1), (15, 15, 2)])
def test_the_parametrisation_can_show_any_photo(shape):
    photo = np.random.default_rng(0).uniform(1, 254, shape)
    made = np.asarray(fourier.picture(shape)(spectrum_of(photo)[None], fourier.view()))
    np.testing.assert_allclose(made[0], photo, atol=0.1)


def test_the_first_image_has_the_spectrum_of_photos():
    """Power that falls with the square of the frequency: equal in each ring on a log-log plot."""
    shape = (64, 64, 1)
    start = np.stack([noise(0, "conv", k, shape, 0.01) for k in range(32)])
    pixels = np.asarray(fourier.picture(shape)(start, fourier.view()))[..., 0]
    power = (np.abs(np.fft.fft2(pixels - pixels.mean())) ** 2).mean(axis=0)
    radius = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64)[None])
    edges = np.geomspace(2 / 64, 0.5, 9)
    rings = [(radius >= low) & (radius < high) for low, high in pairwise(edges)]
    slope, _ = np.polyfit(
        np.log([radius[ring].mean() for ring in rings]),
        np.log([power[ring].mean() for ring in rings]),
        1,
    )
    assert slope == pytest.approx(-2, abs=0.15)
    assert abs(pixels.mean() - 127.5) < 3


def test_colours_are_decorrelated():
    """Independent coefficients make colours that vary together as those of photos do."""
    start = np.stack([noise(0, "conv", k, (32, 32, 3), 0.05) for k in range(16)])
    pixels = np.asarray(fourier.picture((32, 32, 3))(start, fourier.view())).reshape(-1, 3)
    found = np.corrcoef(pixels, rowvar=False)
    wanted = fourier.COLOURS @ fourier.COLOURS.T
    spread = np.sqrt(np.diag(wanted))
    np.testing.assert_allclose(found, wanted / np.outer(spread, spread), atol=0.05)


def test_a_view_shifts_turns_and_scales():
    shape = (21, 21, 1)
    photo = np.random.default_rng(1).uniform(60, 190, shape)
    see = fourier.picture(shape)
    spectra = spectrum_of(photo)[None]
    shifted = np.asarray(see(spectra, fourier.view(down=2, across=-1)))[0]
    np.testing.assert_allclose(shifted, np.roll(photo, (-2, 1), (0, 1)), atol=0.1)
    turned = np.asarray(see(spectra, fourier.view(turn=90)))[0]
    np.testing.assert_allclose(turned, np.rot90(photo, 1), atol=0.1)
    half = np.asarray(see(spectra, fourier.view(scale=2)))[0]
    np.testing.assert_allclose(half[::2, ::2], photo[5:16, 5:16], atol=0.1)


def test_no_view_sees_beyond_the_repeated_image():
    for shape in ((24, 24, 1), (8, 40, 1), (64, 9, 1)):
        white = np.full((1, 2, shape[0], shape[1] // 2 + 1, 1), 0, "float32")
        see = fourier.picture(shape)
        most = [fourier.MOST_SHIFT * side for side in shape[:2]]
        for turn in (-fourier.MOST_TURN, fourier.MOST_TURN):
            for scale in (1 - fourier.MOST_SCALE, 1 + fourier.MOST_SCALE):
                for sign in (-1, 1):
                    view = fourier.view(turn, scale, sign * most[0], sign * most[1])
                    assert np.asarray(see(white, view)).min() > 127


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activation", "channels", "names"),
    [("relu", 3, ("depthwise", "transposed")), ("tanh", 1, ("conv", "separable"))],
)
def test_every_kind_of_layer_rises(activation, channels, names):
    model = net(activation, channels)
    for layer in names:
        found = find(model, layer, range(4), size=32)
        assert sum(pattern.status == "ok" for pattern in found.values()) >= 2
        for channel, pattern in found.items():
            silent = activation == "relu" and layer == "depthwise" and pattern.status == "silent"
            assert silent or pattern.status == "ok", (layer, channel)
            assert pattern.pixels.shape == (32, 32, channels)
            assert pattern.pixels.min() >= 0 and pattern.pixels.max() <= 255
            wanted = mean_activation(model, layer, pattern.pixels, channel)
            assert pattern.end == pytest.approx(wanted, rel=1e-3, abs=1e-6)


@pytest.mark.slow
def test_a_pattern_does_not_depend_on_its_company():
    model = net("relu")
    together = find(model, "separable", range(5), size=24, steps=4)
    for channel in (0, 4):
        alone = find(model, "separable", [channel], size=24, steps=4)[channel]
        np.testing.assert_array_equal(alone.pixels, together[channel].pixels)
        assert (alone.start, alone.end) == (together[channel].start, together[channel].end)
    other = find(model, "separable", [0], size=24, steps=4, seed=1)[0]
    assert np.any(other.pixels != together[0].pixels)


def test_the_pattern_shows_what_the_filter_answers_to():
    """A filter for upright stripes, one pixel wide: the finest waves across grow."""
    model = one_filter([[1, -2, 1]] * 3)
    pattern = find(model, "conv", [0], steps=16)[0]
    power = np.abs(np.fft.rfft2(pattern.pixels[..., 0] - pattern.pixels.mean())) ** 2
    across = power[:, SIZE // 4 :].sum() / power.sum()
    start = fourier.picture((SIZE, SIZE, 1))(
        noise(0, "conv", 0, (SIZE, SIZE, 1), 0.01)[None], fourier.view()
    )
    first = np.abs(np.fft.rfft2(np.asarray(start)[0, ..., 0] - 127.5)) ** 2
    assert across > 2 * first[:, SIZE // 4 :].sum() / first.sum()


@pytest.mark.slow
def test_opens_relus_that_block_the_way():
    """The first layer answers bright places only, so on gray no gradient comes through it."""
    first = layers.Conv2D(2, 5, activation="relu", name="first")
    second = layers.Conv2D(1, 1, activation="relu", name="second")
    model = keras.Sequential([keras.Input((SIZE, SIZE, 1)), first, second])
    kernel = np.full((5, 5, 1, 2), 1 / 25, "float32")
    first.set_weights([kernel, np.array([-150.0, -150.0], "float32")])
    second.set_weights([np.ones((1, 1, 2, 1), "float32"), np.zeros(1, "float32")])
    pattern = find(model, "second", [0], preprocess="none", steps=20)[0]
    assert pattern.start == 0
    assert (pattern.status, pattern.obtained) == ("ok", "blocked ReLUs opened")


@pytest.mark.slow
@pytest.mark.parametrize(("kernel", "bias", "activation", "status"), HOPELESS)
def test_a_filter_that_cannot_rise_says_so(kernel, bias, activation, status):
    pattern = find(one_filter(kernel, bias, activation), "conv", [0], steps=1)[0]
    assert pattern.status == status
    assert fourier.shown(pattern.pixels).shape == (SIZE, SIZE, 3)


def test_an_image_climbs_by_the_direction_of_its_own_gradient():
    slope = np.random.default_rng(0).normal(size=(3, 2, 4, 3, 1)).astype("float32")
    slope[1] = 0
    slope[2, 0, 0] = np.inf
    adam = fourier.Adam(fourier.picture((4, 4, 1)))
    both = alone = np.zeros_like(slope), adam.begin(np.zeros_like(slope))
    alone = alone[0][:1], adam.begin(alone[0][:1])
    for steps, factor in enumerate((1e-20, 1.0, 1e20), 1):
        both = adam.step(both[0], slope * np.float32(factor), both[1])
        alone = adam.step(alone[0], slope[:1], alone[1])
        climbed = np.asarray(both[0])
        np.testing.assert_allclose(climbed[:1], alone[0], rtol=1e-5)
        assert not climbed[1:].any()
        np.testing.assert_allclose(climbed[0], steps * fourier.STEP * np.sign(slope[0]), rtol=1e-4)


@pytest.mark.parametrize(("side", "half"), [(32, 16), (30, 15), (48, 24)])
def test_a_coarse_image_is_the_large_one_without_its_short_waves(side, half):
    """A wave's coefficient makes the same picture at both sizes, and no other wave changes."""
    shape, small = (side, side, 1), (half, half, 1)
    start = noise(0, "conv", 0, shape, 0.05)[None]
    method = Fourier()
    coarse = method.shrunk(start, small)
    assert coarse.shape == (1, 2, half, half // 2 + 1, 1)
    np.testing.assert_array_equal(method.grown(coarse, start), start)
    waves = np.zeros_like(coarse)
    waves[0, :, 1, 2] = waves[0, :, -2, 1] = 1.0
    seen = np.asarray(fourier.picture(small)(waves, fourier.view()))[0]
    large = np.asarray(fourier.picture(shape)(method.grown(waves, start * 0), fourier.view()))[0]
    np.testing.assert_allclose(large[::2, ::2], seen, atol=0.05)
    changed = method.grown(waves + coarse, start)
    assert (changed != start).sum() == 4


@pytest.mark.slow
def test_channels_first_is_the_same_network():
    last = net("relu")
    first = keras.Sequential(
        [keras.Input((3, 32, 32)), layers.Permute((2, 3, 1)), *last.layers[:2]]
    )
    wanted = find(last, "conv", [1], size=32, steps=2)[1]
    found = find(first, "conv", [1], size=32, steps=2)[1]
    np.testing.assert_allclose(found.pixels, wanted.pixels, atol=0.05)


def coarse(pixels):
    """The share of an image's variation in waves longer than eight pixels."""
    power = np.abs(np.fft.fft2(pixels - pixels.mean((0, 1)), axes=(0, 1))) ** 2
    side = np.abs(np.fft.fftfreq(pixels.shape[0]))
    return float(power[np.hypot(side[:, None], side[None]) < 1 / 8].sum() / power.sum())


@pytest.mark.slow
@pytest.mark.corpus
def test_patterns_of_real_deep_filters_have_shapes(corpus):
    """Classic patterns of deep filters are fine-grained all over, which eyes cannot read."""
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(48, 48, 3))
    model.load_weights(corpus / "models" / "vgg16_edges.weights.h5")
    bench = bench_of(model, {}, preprocess="caffe")
    old = patterns_of(bench, "classic", "block4_conv1", [2, 7], 16, 48)
    new = patterns_of(bench, "fourier", "block4_conv1", [2, 7], 16, 48)
    for channel, pattern in new.items():
        assert pattern.status == "ok"
        assert pattern.end > 0.3 * old[channel].end
        assert coarse(pattern.pixels) > 1.5 * coarse(old[channel].pixels)
