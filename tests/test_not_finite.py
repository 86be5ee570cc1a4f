"""Networks that give NaN or infinity: the report says so, and predicts nothing."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.finite import tells_classes, weights_not_finite
from reportgen.errors import ReportgenError
from reportgen.inputs.network import Network
from tests.support.small_builds import make

pytestmark = pytest.mark.slow

NAN, INF = float("nan"), float("inf")
SECTIONS = ["activations", "gradcam", "evaluation", "health", "kernels"]
ALL = {"sections": SECTIONS, "cam_layers": ["*"], "cam_difference": ["top"], "preprocess": "unit"}


def network(kernel=1.0, bias=0.0, scale=1.0):
    """Two classes told apart by brightness; scores overflow on bright images at a large scale."""
    inputs = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(2, 1, name="conv")(inputs)
    mean = keras.layers.GlobalAveragePooling2D()(maps)
    outputs = keras.layers.Dense(2, activation="softmax", name="out")(mean)
    model = keras.Model(inputs, outputs)
    first = np.full((1, 1, 3, 2), scale, np.float32)
    first[0, 0, 0, 0] = kernel * scale
    model.get_layer("conv").set_weights([first, np.zeros(2, np.float32)])
    second = np.array([[scale, 0], [0, 0]], np.float32)
    model.get_layer("out").set_weights([second, np.array([bias, 0.01], np.float32)])
    return model


@pytest.fixture
def photos(tmp_path):
    for name, level in (("cats/a", 0), ("cats/b", 0), ("dogs/c", 255), ("dogs/d", 0)):
        place = tmp_path / "photos" / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), level, np.uint8)).save(place)
    return tmp_path / "photos"


def saved(tmp_path, model):
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def overview(made):
    return (made.folder / "index.html").read_text(encoding="utf-8")


def test_a_network_of_nan_predicts_nothing(tmp_path, photos):
    model = saved(tmp_path, network(bias=NAN))
    black = np.zeros((1, 8, 8, 3))
    assert np.isnan(keras.models.load_model(model).predict(black, verbose=0)).any()
    made = make(model, photos, tmp_path / "report", **ALL)
    for image in made.report.images:
        assert image.not_finite
        assert not image.predictions
        assert not image.gradcam
        assert not image.through_depth
        page = made.folder / "images" / f"{image.name.removesuffix('.png')}.html"
        text = page.read_text(encoding="utf-8")
        assert "output is not a number (NaN or infinite)" in text
        assert "class 0 · " not in text
    assert made.report.evaluation is None
    reasons = {one.name: one.reason for one in made.report.skipped}
    assert "not numbers" in reasons["evaluation"]
    text = overview(made)
    assert text.index("No prediction for 4 of 4 images") < text.index(
        "Weights that are not numbers in out"
    )
    json.loads((made.folder / "report.json").read_text(), parse_constant=pytest.fail)


def test_images_without_a_predicted_class_are_not_in_the_accuracy(tmp_path, photos):
    model = saved(tmp_path, network(scale=1e30))
    made = make(model, photos, tmp_path / "report", **ALL)
    assert {one.name: one.not_finite for one in made.report.images} == {
        "a.png": False, "b.png": False, "c.png": True, "d.png": False,
    }  # fmt: skip
    found = made.report.evaluation
    assert (found.images, found.not_finite, found.unknown) == (3, 1, 0)
    assert found.accuracy == pytest.approx(1 / 3)
    assert "No prediction for 1 of 4 images" in overview(made)
    assert "not in the accuracy" in (made.folder / "evaluation.html").read_text(encoding="utf-8")


def test_one_nan_in_a_kernel_is_a_finding_even_where_no_answer_shows_it(tmp_path, photos):
    model = network()
    conv = model.get_layer("conv")
    weights = conv.get_weights()
    weights[0][0, 0, 1, 1] = NAN
    conv.set_weights(weights)
    pool = keras.layers.GlobalMaxPooling2D()
    hidden = keras.Sequential(
        [model.layers[0], conv, keras.layers.ReLU(), pool, model.get_layer("out")]
    )
    made = make(saved(tmp_path, hidden), photos, tmp_path / "report", **ALL)
    (one,) = made.report.model.not_finite
    assert (one.layer, one.weight, one.count, one.size) == ("conv", "kernel", 1, 6)
    assert "1 of 6 numbers are NaN or infinite" in overview(made)


@pytest.mark.parametrize("options", [{"bias": NAN}, {"scale": 1e30}, {"kernel": INF}])
def test_strict_fails(tmp_path, photos, options):
    model = saved(tmp_path, network(**options))
    with pytest.raises(ReportgenError, match=r"--strict.*NaN or infinite"):
        make(model, photos, tmp_path / "report", strict=True, **ALL)
    assert not (tmp_path / "report").exists()


def test_shared_layers_count_once_and_inner_models_are_searched():
    model = network(kernel=INF)
    inputs = keras.Input((8, 8, 3))
    twice = keras.Model(inputs, model(model(inputs)[:, None, None, :1] * inputs))
    found = weights_not_finite(twice, Network(twice).trace.steps)
    assert [(one.weight, one.count) for one in found] == [("kernel", 1)]
    assert "conv" in found[0].layer


@pytest.mark.parametrize(
    ("scores", "probabilities", "told"),
    [
        ([1.0, 2.0], [0.3, 0.7], True),
        ([-INF, 2.0], [0.0, 1.0], True),
        ([1.0, 2.0], [], True),
        ([], [], True),
        ([NAN, 2.0], [0.3, 0.7], False),
        ([INF, 2.0], [0.3, 0.7], False),
        ([1.0, 2.0], [NAN, NAN], False),
        ([-INF, -INF], [NAN, NAN], False),
    ],
)
def test_what_tells_a_class(scores, probabilities, told):
    assert tells_classes(scores, probabilities) is told
