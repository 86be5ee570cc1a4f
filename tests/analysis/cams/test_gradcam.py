"""Grad-CAM against a float64 computation that shares no code with it."""

from io import BytesIO

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.cams import gradcam
from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradients import score_gradients
from tests.analysis.bench import bench_of
from tests.support.results import stored_data
from tests.support.small_nets import compute, layers, net


def by_hand(model, image, index, one_unit):
    """Grad-CAM in float64 NumPy: convolution, mean and dense layer written out."""
    kernel, bias = (np.asarray(w, np.float64) for w in model.get_layer("conv").get_weights())
    dense, _ = (np.asarray(w, np.float64) for w in model.get_layer("out").get_weights())
    image = image.astype(np.float64)
    height, width = image.shape[0] - 2, image.shape[1] - 2
    maps = np.zeros((height, width, 7)) + bias
    for dy in range(3):
        for dx in range(3):
            maps += image[dy : dy + height, dx : dx + width] @ kernel[dy, dx]
    maps = np.maximum(maps, 0)
    # d score / d map is the dense weight over the number of positions, everywhere
    column = dense[:, 0] * (1 if index == 1 else -1) if one_unit else dense[:, index]
    return np.maximum(maps @ (column / (height * width)), 0)


@pytest.mark.parametrize(
    ("units", "activation"), [(4, "softmax"), (4, None), (1, "sigmoid"), (4, "sigmoid")]
)
def test_equals_float64_by_hand(units, activation):
    model = net(units, activation)
    network = bench_of(model, {}, heads=() if activation else ["classes"]).network
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 18, 3)).astype("float32")
    top = 2 if units == 1 else 3
    maps, classes, gradients = score_gradients(network, "conv", top)(images)
    assert classes.shape == (3, top)
    for i in range(3):
        for k in range(top):
            found = grad_cam(maps[i], gradients[k, i])
            wanted = by_hand(model, images[i], classes[i, k], units == 1)
            np.testing.assert_allclose(found, wanted, atol=1e-4 * max(wanted.max(), 1e-3))


def test_a_saturated_softmax_does_not_matter():
    model = net(3, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([kernel * 1000, bias])
    network = bench_of(model, {}).network
    image = np.random.default_rng(1).uniform(-1, 1, (1, 16, 18, 3)).astype("float32")
    assert float(np.max(model(image))) == 1.0
    maps, classes, gradients = score_gradients(network, "conv", 1)(image)
    found = grad_cam(maps[0], gradients[0, 0])
    wanted = by_hand(model, image[0], classes[0, 0], one_unit=False)
    np.testing.assert_allclose(found, wanted, atol=1e-4 * wanted.max())


def test_nested_layers_and_a_chosen_class():
    keras.utils.set_random_seed(5)
    inner = net(4, None)
    entry = keras.Input((16, 18, 3))
    outer = keras.Model(entry, layers.Softmax(name="p")(inner(entry)))
    network = bench_of(outer, {}).network
    path = f"{inner.name}/conv"
    assert network.last_spatial_layer == path
    image = np.random.default_rng(2).uniform(-1, 1, (1, 16, 18, 3)).astype("float32")
    maps, classes, gradients = score_gradients(network, path, None)(image, 2)
    assert classes.tolist() == [[2]]
    found = grad_cam(maps[0], gradients[0, 0])
    np.testing.assert_allclose(found, by_hand(inner, image[0], 2, one_unit=False), atol=1e-5)


def test_pictures_have_the_photos_size(tmp_path):
    result = compute(net(1, "sigmoid"), tmp_path)
    cams = stored_data(result)["gradcam"]
    assert sorted(cam["index"] for cam in cams) == [0, 1]
    shown = [cam for cam in cams if cam["status"] == "ok"]
    assert shown
    for cam in shown:
        for name in (cam["picture"], cam["heatmap"]):
            assert Image.open(BytesIO(result.files[name])).size == (60, 40)


def test_the_map_is_there_cell_by_cell(tmp_path):
    result = compute(net(3, "softmax"), tmp_path)
    first = stored_data(result)["gradcam"][0]
    with Image.open(BytesIO(result.files[first["cells"]])) as picture:
        levels = np.asarray(picture)
    assert [14, 16] == first["cells_size"] == list(levels.shape)
    assert levels.max() == 255


@pytest.mark.slow
def test_an_overlay_has_the_photos_size_where_it_is_asked_for_or_small(tmp_path, monkeypatch):
    model, size = net(3, "softmax"), (650, 700)
    assert (
        stored_data(compute(model, tmp_path))["gradcam"][0]["full"] is None
    )  # the picture is as large
    for limits, asked, made in [
        ({}, False, True),
        ({"FULL_BYTES": 9}, False, False),
        ({"FULL_PIXELS": 9}, False, False),
        ({"FULL_BYTES": 9, "FULL_PIXELS": 9}, True, True),
    ]:
        with monkeypatch.context() as patch:
            for name, limit in limits.items():
                patch.setattr(gradcam, name, limit)
            result = compute(model, tmp_path, size=size, full_size=asked)
        for one in stored_data(result)["gradcam"]:
            assert (one["full"] in result.files) == made
        if made:
            with Image.open(
                BytesIO(result.files[stored_data(result)["gradcam"][0]["full"]])
            ) as picture:
                assert picture.size == (700, 650)


@pytest.mark.parametrize("asked", [True, False])
def test_full_size_holds_for_every_kind_of_map_where_it_is_asked_for(tmp_path, asked):
    result = compute(
        net(3, "softmax"), tmp_path, size=(650, 700), cams=("gradcam", "gradcam++"), full_size=asked
    )
    drawn = [cam for cam in stored_data(result)["gradcam"] if cam["picture"]]
    assert {cam["method"] for cam in drawn} == {"gradcam", "gradcam++"}
    for cam in drawn:
        assert (cam["full"] in result.files) == (asked or cam["method"] == "gradcam")


def test_no_positive_evidence_draws_nothing(tmp_path):
    model = net(2, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([-np.abs(kernel), bias])
    result = compute(model, tmp_path)
    assert {cam["status"] for cam in stored_data(result)["gradcam"]} == {"no positive evidence"}
    assert all(cam["picture"] is None for cam in stored_data(result)["gradcam"])
    assert not result.files
    assert stored_data(result)["gradcam"][0]["reason"] == (
        "Grad-CAM is empty: its weighted sum has no positive value"
    )


def test_the_reason_of_an_empty_map_names_its_kind():
    negative, gradient = -np.ones((2, 2)), np.ones((2, 2, 3))
    assert gradcam.judge(negative, gradient, "hirescam")[1] == (
        "HiResCAM is empty: it has no positive value"
    )
    assert gradcam.judge(negative, gradient, "xgradcam")[1] == (
        "XGrad-CAM is empty: its weighted sum has no positive value"
    )
    assert gradcam.judge(negative, 0 * gradient, "occlusion")[1] == (
        "Occlusion sensitivity is empty: the score does not depend on this image here"
    )


def test_a_layer_that_the_score_ignores_is_no_evidence(tmp_path):
    entry = keras.Input((16, 18, 3))
    ignored = layers.Conv2D(2, 3, name="conv")(entry)
    joined = layers.Concatenate()(
        [layers.GlobalAveragePooling2D()(ignored) * 0.0, layers.GlobalAveragePooling2D()(entry)]
    )
    model = keras.Model(entry, layers.Dense(2, activation="softmax")(joined))
    result = compute(model, tmp_path)
    assert {cam["status"] for cam in stored_data(result)["gradcam"]} == {"no positive evidence"}


def test_numbers_that_are_not_finite_fail_with_a_reason(tmp_path):
    model = net(2, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([kernel * np.nan, bias])
    for cam in stored_data(compute(model, tmp_path))["gradcam"]:
        assert (cam["status"], cam["picture"]) == ("failed", None)
        assert "finite" in cam["reason"]
