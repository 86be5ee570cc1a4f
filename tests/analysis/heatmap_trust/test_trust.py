"""The sanity check fails a map that ignores the model, and passes Grad-CAM."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.cams.formulas import grad_cam
from reportgen.analysis.cams.gradients import class_gradients, score_gradients
from reportgen.analysis.cams.passes import own_passes
from reportgen.analysis.heatmap_trust import trust
from reportgen.analysis.heatmap_trust.faithfulness import STEPS, area
from reportgen.analysis.heatmap_trust.randomisation import cascade, learnt_layers
from reportgen.analysis.heatmap_trust.sanity_checks import FEW_IMAGES, SEEDS, Sanity, other_classes
from reportgen.analysis.heatmap_trust.trust import DRAWS, MOST_IMAGES, Trust
from reportgen.demo import demo_images, demo_model
from reportgen.evenly_spaced import spread
from reportgen.heatmap_methods import CAMS
from reportgen.inputs.network import Network
from tests.analysis.bench import bench_of, picture_file
from tests.support.options import TRUST
from tests.support.results import stored_data
from tests.support.small_nets import net

layers = keras.layers


@pytest.fixture(scope="module")
def demo():
    """The demo's network, its images (24, 96, 96, 3) in 0..1, and their classes."""
    network = Network(keras.models.load_model(demo_model(), compile=False))
    files = sorted(demo_images().rglob("*.webp"))
    images = [np.asarray(Image.open(one).convert("RGB").resize((96, 96))) for one in files]
    values = np.stack(images).astype(np.float32) / 255
    classes = network.model.predict(values, verbose=0).argmax(axis=1).astype(np.int32)
    return network, values, classes


@pytest.mark.slow
def test_an_edge_detector_fails_and_grad_cam_passes(demo):
    network, values, classes = demo
    gradients = class_gradients(network, network.last_spatial_layer)
    gray = values.mean(axis=3)
    edges = np.abs(np.diff(gray, axis=1, prepend=0)) + np.abs(np.diff(gray, axis=2, prepend=0))

    def explain(kinds):
        passed = zip(*gradients(values, classes), strict=True)
        found = {"gradcam": np.stack([grad_cam(*one) for one in passed]), "edges": edges}
        return {kind: found[kind] for kind in kinds}

    before = network.model.get_weights()
    kinds, seeds = ["gradcam", "edges"], range(3)
    stages = cascade(network, explain, kinds, seeds, slow=["edges"])
    assert [one.layers for one in stages["gradcam"]] == [1, 2, 3, 4, 6]
    assert stages["gradcam"][0].layer == "dense_1"
    assert stages["gradcam"][-1].layer == "conv2d"
    assert stages["edges"][-1].correlations == pytest.approx([1] * 3)
    assert stages["edges"][-1].similarities == pytest.approx([1] * 3)
    assert [len(one.correlations) for one in stages["edges"]] == [1, 1, 1, 1, 3]
    assert [len(one.correlations) for one in stages["gradcam"]] == [3] * 5
    assert len(set(stages["gradcam"][-1].correlations)) == 3
    assert max(stages["gradcam"][-1].correlations) < 0.5
    assert max(stages["gradcam"][0].correlations) < 0.9
    for kept, now in zip(before, network.model.get_weights(), strict=True):
        assert np.array_equal(kept, now)
    again = cascade(network, explain, kinds, seeds, slow=["edges"])
    assert again == stages


def test_images_without_a_map_do_not_count(demo):
    network, _, _ = demo
    some = np.zeros((3, 4, 4))
    some[1] = np.arange(16).reshape(4, 4)
    maps = {"none": np.zeros((3, 4, 4)), "some": some}
    found = cascade(network, lambda kinds: {kind: maps[kind] for kind in kinds}, list(maps))
    assert found["none"] == []
    assert found["some"][-1].correlations == pytest.approx([1])


def test_the_weights_come_back_after_an_error(demo):
    network, _, _ = demo
    before = network.model.get_weights()
    calls = []

    def fails(_):
        calls.append(1)
        if len(calls) == 3:
            raise ValueError("no more")
        return {"map": np.arange(4.0).reshape(1, 2, 2)}

    with pytest.raises(ValueError, match="no more"):
        cascade(network, fails, ["map"])
    assert all(
        np.array_equal(a, b) for a, b in zip(before, network.model.get_weights(), strict=True)
    )


def test_what_has_not_learnt_is_not_forgotten():
    normalise = layers.Normalization(name="n", mean=[1.0, 2.0, 3.0], variance=[1.0, 1.0, 2.0])
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    entry = keras.Input((8, 8, 3))
    hidden = layers.BatchNormalization(name="b")(shared(shared(normalise(entry))))
    out = layers.Dense(2, activation="softmax", name="d")(layers.Flatten()(hidden))
    network = Network(keras.Model(entry, layers.Dropout(0.5)(out)))
    found = learnt_layers(network)
    assert [path.partition("#")[0] for path, _ in found] == ["shared", "b", "d"]


def test_each_image_has_its_own_class():
    network = bench_of(net(4, "softmax"), {}).network
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 18, 3)).astype("float32")
    maps, classes, gradients = score_gradients(network, "conv", 2)(images)
    chosen = np.array([classes[0, 1], classes[1, 0], classes[2, 1]], np.int32)
    found, slopes = class_gradients(network, "conv")(images, chosen)
    np.testing.assert_allclose(found, maps, atol=1e-6)
    wanted = [gradients[1, 0], gradients[0, 1], gradients[1, 2]]
    np.testing.assert_allclose(slopes, wanted, atol=1e-7)


def test_a_unit_measures_each_kind_of_map_and_chance(tmp_path):
    digest, path = picture_file(tmp_path, (16, 18))
    model = net(3, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([kernel * 30, bias])
    bench = bench_of(model, {digest: path})
    ((_, result),) = Trust().compute([Trust().unit("model", digest, TRUST)], bench)
    data = stored_data(result)
    pixels = np.asarray(Image.open(path), np.float32)
    share = model(pixels[None] / 255).numpy()[0]
    assert data["index"] == share.argmax()
    assert [one["method"] for one in data["measured"]] == ["gradcam", "eigencam", "chance"]
    chance = data["measured"][-1]
    assert {len(areas) for areas in chance["draws"].values()} == {DRAWS}
    assert len(set(chance["draws"]["deletion_area"])) > 1
    mean = np.mean(chance["draws"]["deletion_area"])
    assert chance["measures"]["deletion_area"] == pytest.approx(mean, rel=2e-3)
    gray = model(np.broadcast_to(pixels.mean(axis=(0, 1)) / 255, (1, 16, 18, 3))).numpy()[0]
    for one in data["measured"]:
        measures = one["measures"]
        assert len(measures["deletion"]) == len(measures["insertion"]) == STEPS + 1
        assert measures["deletion"][0] == pytest.approx(share.max(), rel=1e-3)
        assert measures["insertion"][-1] == pytest.approx(share.max(), rel=1e-3)
        assert measures["deletion"][-1] == pytest.approx(gray[share.argmax()], rel=1e-3)
        assert measures["deletion_area"] == pytest.approx(area(measures["deletion"]), rel=2e-3)


def test_a_map_without_evidence_is_not_measured(tmp_path):
    digest, path = picture_file(tmp_path, (16, 18))
    model = net(2, "softmax")
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([-np.abs(kernel), bias])
    unit = Trust().unit("model", digest, TRUST)
    ((_, result),) = Trust().compute([unit], bench_of(model, {digest: path}))
    measured = {one["method"]: one["measures"] for one in stored_data(result)["measured"]}
    assert measured["gradcam"] is None
    assert measured["chance"] is not None


def test_the_checks_of_a_model(tmp_path):
    files = dict(picture_file(tmp_path, (16, 18), seed) for seed in (1, 2))
    unit = Sanity().unit("model", list(files), TRUST)
    ((_, result),) = Sanity().compute([unit], bench_of(net(3, "softmax"), files))
    gradcam, eigencam = stored_data(result)["checks"]
    assert [stage["layer"] for stage in gradcam["stages"]] == ["out", "conv"]
    assert eigencam["stages"][0]["correlations"] == pytest.approx([1] * SEEDS)
    assert max(gradcam["stages"][0]["correlations"]) < 0.99
    assert gradcam["between_images"]["images"] == 2
    assert len(gradcam["between_images"]["correlations"]) == 1
    assert eigencam["other_class"] is None
    assert -1 <= gradcam["other_class"] < 0.99


@pytest.mark.slow
def test_kinds_with_passes_of_their_own_are_measured_and_checked_on_few(tmp_path, monkeypatch):
    files = dict(picture_file(tmp_path, (16, 18), seed) for seed in (1, 2, 3))
    kinds = ["gradcam", "scorecam", "integrated-gradients"]
    options = replace(TRUST, cams=kinds)
    bench = bench_of(net(3, "softmax"), files)
    asked = []

    def count(bench, cams, digest, *rest):
        asked.append((digest, tuple(cams)))
        return own_passes(bench, cams, digest, *rest)

    monkeypatch.setattr(trust, "own_passes", count)
    ((_, result),) = Sanity().compute([Sanity().unit("model", list(files), options)], bench)
    first, second, third = files
    few = [cams for digest, cams in asked if digest != third]
    assert set(few) == {tuple(kinds), ("gradcam",)}
    # the maps as they are, both stages of the first seed, the last of the others, another class
    assert few.count(tuple(kinds)) == FEW_IMAGES * (1 + 2 + (SEEDS - 1) + 2)
    assert {cams for digest, cams in asked if digest == third} == {("gradcam",)}
    assert len({first, second}) == FEW_IMAGES
    checks = {check["method"]: check for check in stored_data(result)["checks"]}
    assert list(checks) == kinds
    for check in checks.values():
        assert [stage["layer"] for stage in check["stages"]] == ["out", "conv"]
        slow = bool(CAMS[check["method"]].passes)
        assert [len(one["correlations"]) for one in check["stages"]] == [
            1 if slow else SEEDS,
            SEEDS,
        ]
        assert max(check["stages"][-1]["correlations"]) < 0.99
        assert -1 <= check["other_class"] < 1
    ((_, result),) = Trust().compute([Trust().unit("model", first, options)], bench)
    measured = stored_data(result)["measured"]
    assert [one["method"] for one in measured] == [*kinds, "chance", "chance by pixel"]
    assert all(one["measures"] for one in measured[1:])


def test_other_classes_are_other():
    targets = [0, 1, 2, 2, 1] * 9
    found = other_classes(targets, 3, seed=4)
    assert all(a != b and 0 <= b < 3 for a, b in zip(targets, found, strict=True))
    assert other_classes([0], 1, seed=4) == []


def test_images_are_chosen_evenly():
    names = [str(at) for at in range(50)]
    assert spread(names[:5], MOST_IMAGES) == names[:5]
    chosen = spread(names, MOST_IMAGES)
    assert len(set(chosen)) == MOST_IMAGES
    assert (chosen[0], chosen[-1]) == ("0", "49")
