"""The real models: each opens (with help where it needs some), or says what is missing."""

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model
from tests.support.corpus import MODELS, Expected

from .keras2 import opened_by_keras_2
from .networks import outputs, random_inputs

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


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
