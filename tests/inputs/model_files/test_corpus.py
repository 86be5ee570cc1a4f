"""The real models: each opens (with help where it needs some), or says what is missing."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model

from .keras2 import opened_by_keras_2
from .networks import outputs, random_inputs

pytestmark = pytest.mark.corpus

CIFAR10_MODEL = """
import keras

class CIFAR10Model(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv1 = keras.layers.Conv2D(32, 3, activation="relu")
        self.conv2 = keras.layers.Conv2D(64, 3, activation="relu")
        self.pool = keras.layers.MaxPooling2D()
        self.flatten = keras.layers.Flatten()
        self.dense1 = keras.layers.Dense(128, activation="relu")
        self.output_dense = keras.layers.Dense(10)

    def call(self, x):
        x = self.pool(self.conv1(x))
        x = self.pool(self.conv2(x))
        return self.output_dense(self.dense1(self.flatten(x)))
"""


@dataclass(frozen=True)
class Expected:
    """What a model needs, and what comes out: the shapes of its outputs, or the sentence.

    `cut` is the layer at the end of the network that cannot be opened, `kind` the meaning of the
    output that is explained.
    """

    shapes: list[tuple[int | None, ...]] | None = None
    sentence: str = ""
    model: str = ""
    replace: tuple[str, ...] = ()
    code: str = ""
    note: str = ""
    cut: str = ""
    kind: str = "classes"


MODELS = {
    "age_gender_multioutput.h5": Expected([(None, 2), (None, 7)], note="counted from 1"),
    "autoencoder_compress.keras": Expected([(None, 32, 32, 3)], kind="map"),
    "captcha_ocr_ctc.h5": Expected(
        [(None, 50, 20)],
        note="time_major",
        cut="“ctc_loss” (CTCLayer)",
        kind="sequence",
    ),
    "carnd_1560800.h5": Expected([(None, 1)], replace=("lambda_1=x/127.5-1",), kind="values"),
    "carnd_jeremyshannon_keras1.h5": Expected(
        [(None, 1)], replace=("lambda_1=x/127.5-1",), note="names of Keras 1", kind="values"
    ),
    "cats_dogs_bwd.h5": Expected([(None, 1)], note="bare list"),
    "cats_dogs_seagap.h5": Expected([(None, 2)], note="stood on the first layer"),
    "cats_vs_dogs_jeanxl.h5": Expected([(None, 2)]),
    "cifar10_subclass.keras": Expected([(None, 10)], code=CIFAR10_MODEL, kind="values"),
    "densenet_cifar10.hdf5": Expected([(None, 10)]),
    "eye_state_h5_named_keras.keras": Expected([(None, 1)]),
    "fer_mini_xception.hdf5": Expected([(None, 7)]),
    "gender_gendersort.hdf5": Expected([(None, 1)], note="carried a dtype"),
    "mnist_moonflower.keras": Expected([(None, 10)]),
    "potatoes_akash.h5": Expected([(None, 3)]),
    "potatoes_jeevan.keras": Expected([(32, 3)]),
    "savedmodel_potatoes_akash": Expected([(None, 3)]),
    "savedmodel_potatoes_jeevan_k3export": Expected(sentence="an export of Keras 3"),
    "ship_unet.h5": Expected([(None, 64, 64, 1)], note="groups=1", kind="map"),
    "siamese_imagesim.h5": Expected(sentence="'res_net' is of the class 'ResNet'"),
    "teachable_machine_aknight.h5": Expected([(None, 2)], note="groups=1"),
    "tensorspace_mnist_keras.h5": Expected([(None, 10)], note="bare list"),
    "traffic_classifier_gtsrb.h5": Expected([(None, 43)]),
    "vgg16_edges.weights.h5": Expected(
        [(None, 7, 7, 512)], model="vgg16", note="without its top", kind="map"
    ),
    "w_squeezenet_notop.h5": Expected(sentence="holds weights, but no network"),
}
NEED_HELP = {"carnd_1560800.h5", "carnd_jeremyshannon_keras1.h5", "cifar10_subclass.keras"}


def open_one(path: Path, expected: Expected, folder: Path) -> Any:
    code = []
    if expected.code:
        code = [folder / "code.py"]
        code[0].write_text(expected.code)
    file = identify(expected.model, weights=str(path)) if expected.model else identify(str(path))
    return open_model(file, replace_layers=expected.replace, custom_objects=code)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_opens_or_says_what_is_missing(
    name: str, corpus: Path, tmp_path: Path, record_property: Any
) -> None:
    expected = MODELS[name]
    path = corpus / "models" / name
    if expected.shapes is None:
        with pytest.raises(ModelFileError, match=expected.sentence) as caught:
            open_one(path, expected, tmp_path)
        assert "\n" not in str(caught.value)
        record_property("outcome", str(caught.value))
        report(name, "refused", str(caught.value))
        return
    opened = open_one(path, expected, tmp_path)
    # A subclassed model has no inputs of its own to ask.
    inputs = np.zeros((2, 32, 32, 3)) if expected.code else random_inputs(opened.model)
    found = outputs(opened.model, inputs)
    assert [value.shape[1:] for value in found] == [shape[1:] for shape in expected.shapes]
    assert all(np.isfinite(value).all() for value in found)
    assert opened.cut == ((expected.cut,) if expected.cut else ())
    if expected.cut:
        (warning,) = opened.warnings
        assert warning.startswith(f"The end of the network is left out: {expected.cut}.")
        assert "--custom-objects" in warning
    else:
        assert opened.warnings == ()
    assert expected.note in " ".join(opened.notes)
    report(name, "opened", "; ".join(opened.notes))


def report(name: str, outcome: str, detail: str) -> None:
    """One line of the table that `pytest -s` shows."""
    sys.stdout.write(f"\n{name:38} {outcome:8} {detail[:150]}")


@pytest.mark.parametrize("name", sorted(NEED_HELP))
def test_without_help_the_sentence_names_the_option(name: str, corpus: Path) -> None:
    with pytest.raises(ModelFileError, match=r"--replace-layer|--custom-objects"):
        open_model(identify(str(corpus / "models" / name)))


def test_the_whole_corpus_is_listed(corpus: Path) -> None:
    assert {path.name for path in (corpus / "models").iterdir()} == set(MODELS)


COMPARED = [
    name
    for name, expected in MODELS.items()
    if expected.shapes and not expected.replace and not expected.code and not expected.model
    and name not in {"captcha_ocr_ctc.h5", "autoencoder_compress.keras"}
]  # fmt: skip


@pytest.mark.parametrize("name", COMPARED)
def test_outputs_equal_those_of_keras_2(name: str, corpus: Path, tmp_path: Path) -> None:
    """Keras 2 needs the code of CTCLayer, and cannot read the weights of a zip from Windows."""
    path = corpus / "models" / name
    opened = open_model(identify(str(path)))
    if name in {"mnist_moonflower.keras", "potatoes_jeevan.keras"}:
        keras = pytest.importorskip("keras")
        theirs = keras.models.load_model(path, compile=False)
    else:
        copy = path if path.is_dir() else Path(shutil.copy(path, tmp_path / "model.h5"))
        theirs = opened_by_keras_2(copy)
    inputs = random_inputs(opened.model)
    expected = outputs(theirs, inputs)
    for ours, reference in zip(outputs(opened.model, inputs), expected, strict=True):
        np.testing.assert_allclose(ours, reference, atol=1e-5, rtol=0)
