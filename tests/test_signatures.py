"""Models of any signature, end to end: a complete report, and a reason for what cannot be shown."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.config import make_settings
from reportgen.errors import ModelError
from reportgen.inputs.photos.fit import fit
from reportgen.pipeline import build
from reportgen.progress import Silent
from reportgen.records.report import Report
from tests.report.links import check_site

pytestmark = pytest.mark.slow

L = keras.layers
FAST = {"filters": 1, "filter_steps": 1, "filter_size": 16, "max_channels": 2, "no_cache": True}

SUBCLASSED = """
import keras

@keras.saving.register_keras_serializable("mine")
class Net(keras.Model):
    def __init__(self, classes=3, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes
        self.conv = keras.layers.Conv2D(4, 3, activation="relu", name="conv")
        self.flat = keras.layers.Flatten()
        self.dense = keras.layers.Dense(classes, activation="softmax")

    def call(self, x):
        return self.dense(self.flat(self.conv(x)))

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
"""


def classifier(entry: Any, **convolution: Any) -> Any:
    tensor = L.Conv2D(3, 3, activation="relu", name="conv", **convolution)(entry)
    return keras.Model(entry, L.Dense(3, activation="softmax")(L.Flatten()(tensor)))


def gray() -> Any:
    entry = keras.Input((28, 28))
    tensor = L.Conv2D(3, 3, name="conv")(L.Reshape((28, 28, 1))(entry))
    return keras.Model(entry, L.Dense(10, activation="softmax")(L.Flatten()(tensor)))


def channels_first() -> Any:
    return classifier(keras.Input((3, 16, 12)), data_format="channels_first")


def video() -> Any:
    entry = keras.Input((4, 16, 12, 3))
    frames = L.TimeDistributed(L.Conv2D(3, 3, name="conv"))(entry)
    tensor = L.GlobalAveragePooling3D()(L.Conv3D(2, 2)(frames))
    return keras.Model(entry, L.Dense(3, activation="softmax")(tensor))


def fixed_batch() -> Any:
    return classifier(keras.Input(batch_shape=(32, 16, 12, 3)))


def stateful() -> Any:
    entry = keras.Input(batch_shape=(4, 16, 12, 3))
    tensor = L.Conv2D(3, 3, strides=5, name="conv")(entry)
    tensor = L.LSTM(2, stateful=True)(L.Reshape((1, 18))(tensor))
    return keras.Model(entry, L.Dense(3, activation="softmax")(tensor))


def mixed_precision() -> Any:
    return classifier(keras.Input((16, 12, 3)), dtype="mixed_float16")


def bfloat16() -> Any:
    return classifier(keras.Input((16, 12, 3)), dtype="bfloat16")


def shared() -> Any:
    entry = keras.Input((16, 12, 3))
    conv = L.Conv2D(3, 3, padding="same", name="conv")
    tensor = L.Flatten()(conv(conv(entry)))
    return keras.Model(entry, L.Dense(3, activation="softmax")(tensor))


def uint8() -> Any:
    entry = keras.Input((16, 12, 3), dtype="uint8")
    return keras.Model(entry, classifier(keras.Input((16, 12, 3)))(L.Rescaling(1 / 255)(entry)))


def segmentation() -> Any:
    entry = keras.Input((16, 12, 3))
    tensor = L.Conv2D(4, 3, name="conv")(entry)
    return keras.Model(entry, L.Conv2D(5, 1, activation="softmax")(tensor))


def autoencoder() -> Any:
    entry = keras.Input((16, 12, 3))
    tensor = L.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="conv")(entry)
    tensor = L.Conv2DTranspose(3, 2, strides=2, activation="sigmoid")(tensor)
    return keras.Model(entry, tensor)


def regression() -> Any:
    entry = keras.Input((16, 12, 3))
    return keras.Model(entry, L.Dense(1)(L.Flatten()(L.Conv2D(3, 3, name="conv")(entry))))


def siamese() -> Any:
    entry = keras.Input((16, 12, 3))
    tower = keras.Model(entry, L.Flatten()(L.Conv2D(3, 3, name="conv")(entry)), name="tower")
    left, right = keras.Input((16, 12, 3), name="left"), keras.Input((16, 12, 3), name="right")
    apart = L.Subtract()([tower(left), tower(right)])
    return keras.Model([left, right], L.Dense(1, activation="sigmoid", name="same")(apart))


def several_outputs() -> Any:
    entry = keras.Input((16, 12, 3))
    tensor = L.Flatten()(L.Conv2D(3, 3, name="conv")(entry))
    heads = {"age": (1, None), "gender": (2, "softmax"), "race": (5, "softmax")}
    return keras.Model(
        entry, [L.Dense(units, activation=how, name=name)(tensor)
                for name, (units, how) in heads.items()]
    )  # fmt: skip


def row_by_row() -> Any:
    entry = keras.Input((16, 12, 3))
    tensor = L.Conv2D(3, 3, strides=5, name="conv")(entry)
    tensor = L.LSTM(2, name="reader")(L.Reshape((3, 6))(tensor))
    return keras.Model(entry, L.Dense(3, activation="softmax")(tensor))


MODELS = {
    function.__name__: function
    for function in (
        gray, channels_first, video, fixed_batch, stateful, mixed_precision, bfloat16, shared,
        uint8, segmentation, siamese, several_outputs,
    )
}  # fmt: skip
WITHOUT_CLASSES = {
    "autoencoder": (autoencoder, "the output is a picture"),
    "row_by_row": (row_by_row, "“reader” (LSTM) follows the last maps"),
}


def report_of(model: Any, folder: Path, **options: Any) -> Report:
    """The report of a model that was saved, with one photo; its links are checked."""
    pixels = np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype="uint8")
    Image.fromarray(pixels).save(folder / "photo.png")
    model.save(folder / "m.keras")
    settings = make_settings({**FAST, "out": folder / "report", **options})
    outcome = build(
        str(folder / "m.keras"), [str(folder / "photo.png")], settings, progress=Silent(),
        command="",
    )  # fmt: skip
    assert check_site(outcome.folder) == []
    return outcome.report


def grids(report: Report) -> list[str]:
    (image,) = report.images
    return [grid.layer.rpartition("/")[2] for grid in image.activations]


@pytest.mark.parametrize("name", list(MODELS))
def test_grids_and_gradcam(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    report = report_of(model, tmp_path)
    assert "conv" in grids(report)
    (image,) = report.images
    assert image.gradcam
    assert image.predictions
    assert np.isclose(sum(one.probability for one in image.predictions), 1) or len(
        image.predictions
    ) < (report.model.head.classes if report.model.head else 0)
    assert not [one for one in report.skipped if one.what not in ("layer", "section", "input")]


@pytest.mark.parametrize("name", list(WITHOUT_CLASSES))
def test_grids_and_a_reason_in_place_of_gradcam(name: str, tmp_path: Path) -> None:
    make, reason = WITHOUT_CLASSES[name]
    report = report_of(make(), tmp_path)
    assert "conv" in grids(report)
    reasons = {one.name: one.reason for one in report.skipped if one.what == "section"}
    assert reason in reasons["gradcam"]


def test_a_regression_shows_its_values_and_what_raises_and_lowers_them(tmp_path: Path) -> None:
    model = regression()
    report = report_of(model, tmp_path)
    (output,) = report.model.outputs
    assert (output.kind, output.explained, output.names) == ("values", True, [output.name])
    (image,) = report.images
    assert not image.predictions
    (value,) = image.values
    given = fit(np.asarray(Image.open(tmp_path / "photo.png")), 16, 12, 3, "stretch")
    assert value.value == pytest.approx(float(model(given[None] / 255)[0, 0]), abs=1e-5)
    # The maps are flattened: HiResCAM stands beside Grad-CAM, for the same two targets.
    assert [(one.method, one.label) for one in image.gradcam] == [
        (method, f"{direction} {value.name}")
        for method in ("gradcam", "hirescam")
        for direction in ("higher", "lower")
    ]
    assert all(one.probability is None for one in image.gradcam)


@pytest.mark.parametrize("shape", [(12,), (16, 12, 5)])
def test_an_input_that_is_no_image(shape: tuple[int, ...], tmp_path: Path) -> None:
    entry = keras.Input(shape)
    tensor = L.Dense(3, activation="softmax")(L.Flatten()(entry))
    report = report_of(keras.Model(entry, tensor), tmp_path)
    said = " × ".join(map(str, shape))
    reasons = {one.name: one.reason for one in report.skipped if one.what == "section"}
    assert f"the model takes no image: its input is {said}" in reasons["activations"]
    assert reasons["gradcam"] == reasons["activations"]
    assert report.model.parameters == (np.prod(shape) + 1) * 3


def test_a_model_without_maps_says_so(tmp_path: Path) -> None:
    entry = keras.Input((16, 12, 3))
    report = report_of(keras.Model(entry, L.Dense(2)(L.Flatten()(entry))), tmp_path)
    reasons = {one.name: one.reason for one in report.skipped if one.what == "section"}
    assert reasons["activations"] == "no layer has maps to show"
    assert reasons["filters"] == "there is no two-dimensional convolution layer"


def test_the_output_that_is_asked_for_is_explained(tmp_path: Path) -> None:
    report = report_of(several_outputs(), tmp_path, output="race", top=5)
    assert report.model.head is not None
    assert report.model.head.name == "race"
    (image,) = report.images
    for method in ("gradcam", "hirescam"):
        explained = [one.index for one in image.gradcam if one.method == method]
        assert sorted(explained) == list(range(5))
    assert len(image.gradcam) == 10
    assert [one.output for one in image.values] == ["age"]
    assert {one.output for one in image.others} == {"gender"}
    assert sum(one.probability or 0 for one in image.others) == pytest.approx(1)
    with pytest.raises(ModelError, match="no output “eyes”; it has “age”, “gender”, “race”"):
        report_of(several_outputs(), tmp_path, output="eyes")


def test_the_other_branch_gets_what_is_given(tmp_path: Path) -> None:
    np.save(tmp_path / "right.npy", np.full((16, 12, 3), 0.5))
    given = report_of(siamese(), tmp_path, input=[f"right={tmp_path / 'right.npy'}"])
    assert [one for one in given.skipped if one.what == "input"] == []
    zeros = report_of(siamese(), tmp_path)
    assert [one.name for one in zeros.skipped if one.what == "input"] == ["right"]


def test_a_subclassed_model(tmp_path: Path) -> None:
    code = tmp_path / "net.py"
    code.write_text(SUBCLASSED)
    namespace: dict[str, Any] = {"__name__": "net"}
    exec(SUBCLASSED, namespace)  # noqa: S102
    model = namespace["Net"](3)
    model(np.zeros((1, 16, 12, 3)))
    report = report_of(model, tmp_path, custom_objects=str(code))
    assert "conv" in grids(report)
    assert report.images[0].gradcam
