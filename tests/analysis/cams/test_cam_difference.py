"""The difference of two classes against a float64 computation, and the colours of its signs."""

from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from reportgen.analysis.cams.difference import CamDifferences, difference_cam
from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradients import score_gradients
from tests.analysis.bench import bench_of, picture_file
from tests.support.flat_nets import maps_and_slope
from tests.support.flat_nets import net as flat_net
from tests.support.options import DIFFERENCE
from tests.support.results import stored_data
from tests.support.small_nets import net


def test_equals_float64_of_the_difference_of_scores():
    model = flat_net()
    gradients_of = score_gradients(bench_of(model, {}).network, "conv", None)
    images = np.random.default_rng(5).uniform(-1, 1, (2, 9, 10, 3)).astype("float32")
    maps, classes, gradients = gradients_of(images, (2, 0))
    assert classes.tolist() == [[2, 0], [2, 0]]
    for at, image in enumerate(images):
        true, first = maps_and_slope(model, image, 2)
        _, second = maps_and_slope(model, image, 0)
        wanted = np.zeros(true.shape[:2])
        for k in range(true.shape[2]):
            wanted += np.mean(first[:, :, k] - second[:, :, k]) * true[:, :, k]
        found = difference_cam(maps[at], gradients[0, at], gradients[1, at])
        assert wanted.min() < 0 < wanted.max() or np.ptp(wanted) > 1e-3
        np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())


def test_turned_round_it_has_the_other_sign_and_against_nothing_it_is_grad_cam():
    random = np.random.default_rng(0)
    maps = random.uniform(0, 1, (5, 6, 4))
    first, second = random.normal(size=(2, 5, 6, 4))
    one = difference_cam(maps, first, second)
    np.testing.assert_allclose(one, -difference_cam(maps, second, first))
    alone = difference_cam(maps, first, np.zeros_like(first))
    np.testing.assert_allclose(np.maximum(alone, 0), grad_cam(maps, first))


def compute(model, tmp_path, pairs):
    digest, path = picture_file(tmp_path, (40, 60))
    unit = CamDifferences().unit("m", digest, replace(DIFFERENCE, pairs=pairs))
    bench = bench_of(model, {digest: path})
    ((_, result),) = CamDifferences().compute([unit], bench)
    scores = model.predict(bench.prepare(bench.pixels(digest)[None]), verbose=0)[0]
    return result, np.argsort(-scores).tolist()


def test_pairs_by_name_and_the_two_likeliest(tmp_path):
    result, order = compute(net(4, "softmax"), tmp_path, [[3, 1], None, [0, 3], [3, 1]])
    records = stored_data(result)["differences"]
    found = [(one["first"], one["second"]) for one in records]
    assert found == list(dict.fromkeys([(3, 1), (order[0], order[1]), (0, 3)]))
    for one in records:
        heat = np.asarray(Image.open(BytesIO(result.files[one["heatmap"]])).convert("RGB"))
        assert heat.shape == (40, 60, 3)
        assert result.files[one["picture"]].startswith(b"\xff\xd8")


def test_colours_tell_the_signs(tmp_path):
    """Where every map speaks for one class, its colour alone is seen."""
    model = net(2, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    kernel[:, 0], kernel[:, 1] = 1.0, -1.0
    model.get_layer("out").set_weights([kernel, bias])
    result, _ = compute(model, tmp_path, [[0, 1], [1, 0]])
    red, blue = (
        np.asarray(Image.open(BytesIO(result.files[one["heatmap"]])).convert("RGB")).astype(int)
        for one in stored_data(result)["differences"]
    )
    assert (red[..., 0] >= red[..., 2]).all()
    assert (blue[..., 0] <= blue[..., 2]).all()
    assert (red[..., 0] - red[..., 2]).max() > 100


def test_classes_that_are_alike_have_no_difference(tmp_path):
    model = net(2, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    kernel[:, 1] = kernel[:, 0]
    model.get_layer("out").set_weights([kernel, bias])
    result, _ = compute(model, tmp_path, [[0, 1]])
    (record,) = stored_data(result)["differences"]
    assert (record["status"], record["picture"]) == ("no difference", None)
    assert not result.files
    model.get_layer("out").set_weights([kernel * np.nan, bias])
    (record,) = stored_data(compute(model, tmp_path, [[0, 1]])[0])["differences"]
    assert record["status"] == "failed"
    assert "finite" in record["reason"]
