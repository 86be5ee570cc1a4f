"""The search for patterns: coarse to fine, until the response levels off, down as well as up."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from reportgen.analysis.ascent import ascents, pattern_search
from reportgen.analysis.ascent import patterns as shared
from reportgen.analysis.ascent.filters import METHODS, Filters
from reportgen.analysis.ascent.pattern_search import Wish, patterns
from tests.analysis.bench import bench_of, patterns_of
from tests.support.filter_nets import SIZE, mean_activation, net, one_filter
from tests.support.options import FILTER
from tests.support.results import stored_data

BOTH = pytest.mark.parametrize("method", ["classic", "fourier"])
layers = keras.layers


def facets_of(model, method, layer, facets, *, steps=12, size=32):
    bench = bench_of(model, {}, preprocess="unit")
    wish = Wish(layer, steps, size, 0, facets=facets)
    (found,) = dict(patterns(bench, METHODS[method][0], wish, [1])).values()
    return np.stack([pattern.pixels for pattern in found])


@pytest.mark.slow
@BOTH
def test_an_ascent_ends_where_the_response_levels_off(method):
    """Where nothing changes the response, two windows of steps show it; a linear one rises on."""
    flat = one_filter(np.zeros(9), 1.0, None)
    (pattern,) = patterns_of(bench_of(flat, {}), method, "conv", [0], 200, SIZE).values()
    assert pattern.steps == 2 * ascents.WINDOW
    rising = one_filter(np.arange(9) - 4, 0.0, None)
    (pattern,) = patterns_of(bench_of(rising, {}), method, "conv", [0], 40, SIZE).values()
    each = METHODS[method][0].schedule.steps_each
    assert pattern.steps == round(40 * each)


@pytest.mark.slow
def test_each_image_levels_off_by_itself():
    """One that stands still keeps its pixels while the other goes on, for as long as it needs."""
    model = keras.Sequential([keras.Input((SIZE, SIZE, 1)), layers.Conv2D(2, 3, name="conv")])
    kernel = np.stack([np.zeros(9), np.arange(9.0) - 4], -1).reshape(3, 3, 1, 2)
    model.layers[-1].set_weights([kernel, np.ones(2)])
    found = patterns_of(bench_of(model, {}), "classic", "conv", [0, 1], 60, SIZE)
    assert [found[0].steps, found[1].steps] == [2 * ascents.WINDOW, 60]
    alone = patterns_of(bench_of(model, {}), "classic", "conv", [0], 60, SIZE)[0]
    np.testing.assert_array_equal(alone.pixels, found[0].pixels)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("activation", ["relu", None])
def test_a_negative_pattern_lowers_the_mean_before_the_activation(method, activation):
    model = net(activation)
    bench = bench_of(model, {}, preprocess="unit")
    wish = Wish("conv", 10, 32, 0, negative=True)
    linear = net(None)
    for channel, (pattern,) in patterns(bench, METHODS[method][0], wish, [0, 3]):
        assert pattern.status == "ok"
        assert pattern.end < min(pattern.start, 0)
        wanted = mean_activation(linear, "conv", pattern.pixels, channel)
        assert pattern.end == pytest.approx(wanted, rel=1e-3)


@pytest.mark.slow
@BOTH
def test_facets_differ_more_than_chance_makes_them(method, monkeypatch):
    """Measured on what the term drives apart: Gram matrices of the layer, by NumPy alone."""

    def likeness(pixels):
        maps = np.asarray(keras.Sequential(model.layers[:3])(np.float32(pixels / 255)), np.float64)
        maps -= maps.mean((1, 2), keepdims=True)
        grams = np.einsum("nhwc,nhwd->ncd", maps, maps).reshape(len(maps), -1)
        grams /= np.linalg.norm(grams, axis=1, keepdims=True)
        return (grams @ grams.T)[np.triu_indices(len(maps), 1)].mean()

    model = net(None)
    apart = likeness(facets_of(model, method, "separable", 3))
    monkeypatch.setattr(ascents, "SIMILARITY", 0.0)
    by_chance = likeness(facets_of(model, method, "separable", 3))
    assert apart < by_chance - 0.01


def test_likeness_is_the_mean_cosine_of_gram_matrices():
    maps = np.random.default_rng(0).normal(3, 1, size=(4, 5, 6, 3)).astype("float32")
    centred = maps - maps.mean((1, 2), keepdims=True)
    grams = np.einsum("nhwc,nhwd->ncd", centred, centred).reshape(4, -1)
    grams /= np.linalg.norm(grams, axis=1, keepdims=True)
    first, second = grams[0] @ grams[1], grams[2] @ grams[3]
    found = np.asarray(ascents._alike(maps, 2))
    np.testing.assert_allclose(found, [first, first, second, second], rtol=1e-4)
    assert np.asarray(ascents._alike(maps[[0, 0]], 2)) == pytest.approx([1, 1])


@pytest.mark.slow
@BOTH
def test_coarse_images_first_where_maps_are_large(method, monkeypatch):
    """The score is that of the finished image at its full size, whatever was climbed before."""
    model = net("relu")
    sizes = []
    climb = ascents.Ascent.climb

    def noted(self, parameters, channels, views):
        sizes.append((np.asarray(parameters).shape[1:4], len(views)))
        return climb(self, parameters, channels, views)

    monkeypatch.setattr(ascents.Ascent, "climb", noted)
    whole = patterns_of(bench_of(model, {}), method, "conv", [1], 20, 48)[1]
    assert len({size for size, _ in sizes}) == 1
    sizes.clear()
    monkeypatch.setattr(shared, "SMALL_MAPS", 0)
    found = patterns_of(bench_of(model, {}), method, "conv", [1], 20, 48)[1]
    assert len({size for size, _ in sizes}) == 2
    assert sum(steps for _, steps in sizes) == found.steps == whole.steps
    assert found.start == pytest.approx(whole.start, rel=1e-6)
    wanted = mean_activation(model, "conv", found.pixels, 1)
    assert found.end == pytest.approx(wanted, rel=1e-4)


def test_the_coarse_part_of_pixels_comes_back():
    classic = METHODS["classic"][0]
    start = classic.start(np.random.default_rng(0), (31, 48, 3), 10.0)[None]
    coarse = classic.shrunk(start, (15, 24, 3))
    assert coarse.shape == (1, 15, 24, 3)
    np.testing.assert_allclose(classic.grown(coarse, start), start, atol=1e-3)
    lighter = classic.grown(coarse + 20, start)
    np.testing.assert_allclose(lighter, start + 20, atol=1e-3)


@pytest.mark.slow
def test_deep_layers_get_more_steps():
    """A column of 1×1 convolutions that hand their input on."""
    depth = pattern_search.DEEP * 2
    column = [layers.Conv2D(1, 1, kernel_initializer="ones") for _ in range(depth)]
    model = keras.Sequential([keras.Input((SIZE, SIZE, 1)), *column])
    bench = bench_of(model, {})
    steps = {
        (method, at): patterns_of(bench, method, column[at].name, [0], 8, SIZE)[0].steps
        for method in METHODS
        for at in (0, depth - 1)
    }
    assert steps["classic", 0] == steps["classic", depth - 1] == 8
    assert steps["fourier", depth - 1] == 2 * steps["fourier", 0]


@pytest.mark.slow
def test_units_of_both_directions_and_of_facets_are_work_of_their_own():
    analysis, bench = Filters(), bench_of(net("relu"), {})
    up = analysis.unit("digest", FILTER)
    down = analysis.unit("digest", replace(FILTER, negative=True))
    facets = [analysis.unit("digest", replace(FILTER, facet=at, facets=2)) for at in range(2)]
    assert len({unit.key for unit in (up, down, *facets)}) == 4
    assert len({unit.group for unit in (up, down, *facets)}) == 3
    (_, lowered), *_ = analysis.compute([down], bench)
    assert stored_data(lowered)["score_end"] < stored_data(lowered)["score_start"]
    both = {unit.key: result.files for unit, result in analysis.compute(facets, bench)}
    ((_, one),) = analysis.compute(facets[1:], bench)
    assert one.files == both[facets[1].key] != both[facets[0].key]
