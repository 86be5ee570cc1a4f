"""Kinds of map that are the same are shown once; a head that flattens has HiResCAM beside."""

import keras
import numpy as np
import pytest

from reportgen.inputs.network import Network
from reportgen.records.flattening import flattens
from reportgen.records.image import GradCam
from reportgen.report.heatmaps import cam_groups, same_maps
from tests.support.results import stored_data
from tests.support.small_nets import compute, net

layers = keras.layers
KINDS = ["gradcam", "hirescam", "xgradcam", "gradcam++", "eigencam"]


def flat():
    keras.utils.set_random_seed(3)
    head = [layers.Flatten(), layers.Dropout(0.5), layers.Dense(9, "relu"), layers.Dense(3)]
    return keras.Sequential([keras.Input((16, 18, 3)), layers.Conv2D(4, 3, name="conv"), *head])


def kinds(model, tmp_path):
    """For the first class: the kinds that were drawn, and those that are the same as another."""
    records = stored_data(compute(model, tmp_path, cams=KINDS))["gradcam"]
    first = [one for one in records if one["index"] == records[0]["index"]]
    same = {one["method"]: one["same_as"] for one in first if one["same_as"]}
    assert all(one["picture"] is None for one in first if one["same_as"])
    return [one["method"] for one in first if one["picture"]], same


def test_before_an_average_and_one_dense_layer_three_kinds_are_one(tmp_path):
    drawn, same = kinds(net(3, "softmax"), tmp_path)
    assert same == {"hirescam": "gradcam", "xgradcam": "gradcam"}
    assert drawn[0] == "gradcam"


def test_behind_a_flatten_they_differ(tmp_path):
    drawn, same = kinds(flat(), tmp_path)
    assert not same
    assert {"gradcam", "hirescam"} <= set(drawn)


def test_the_same_kinds_are_named_on_the_page():
    known = {"layer": "conv", "index": 0, "label": "a", "probability": 1.0, "status": "ok",
             "reason": "", "picture": None, "heatmap": None, "width": 1, "height": 1}  # fmt: skip
    cams = [
        GradCam(method=method, same_as=same, **known)
        for method, same in (("gradcam", None), ("hirescam", "gradcam"), ("xgradcam", "gradcam"))
    ]
    (group,) = cam_groups(cams)
    assert not group.others
    assert same_maps(group) == "HiResCAM and XGrad-CAM give the same map here"


@pytest.mark.parametrize(
    ("head", "flat"),
    [
        ([layers.Flatten(), layers.Dense(2)], True),
        ([layers.MaxPooling2D(2), layers.Dropout(0.1), layers.Flatten(), layers.Dense(2)], True),
        ([layers.Reshape((-1,)), layers.Dense(2)], True),
        ([layers.Conv2D(2, 6), layers.Flatten()], True),
        ([layers.DepthwiseConv2D(6), layers.Conv2D(2, 1), layers.GlobalMaxPooling2D()], True),
        ([layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()], False),
        ([layers.AveragePooling2D(6), layers.Conv2D(2, 1), layers.Flatten()], False),
        ([layers.GlobalAveragePooling2D(), layers.Dense(2)], False),
        ([layers.GlobalMaxPooling2D(keepdims=True), layers.Flatten(), layers.Dense(2)], False),
    ],
)
def test_a_network_flattens_its_maps_or_averages_them(head, flat):
    start = keras.Input((8, 8, 3))
    value = layers.Conv2D(2, 3, name="conv")(start)
    for part in head:
        value = part(value)
    assert flattens(Network(keras.Model(start, value)), "conv") == flat
    assert np.prod(value.shape[1:]) == 2
