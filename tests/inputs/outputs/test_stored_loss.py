"""The loss comes from the file, whichever kind it is."""

from pathlib import Path

import keras
import pytest
from keras import layers

from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.network import Network


def saved(folder: Path, name: str, loss: object, units: int = 1) -> Network:
    """A network of one dense layer, compiled, saved and opened again as reportgen does."""
    entry = keras.Input((8, 8, 3))
    maps = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(entry))
    model = keras.Model(entry, layers.Dense(units, name="out")(maps))
    model.compile(loss=loss)
    model.save(folder / name)
    opened = open_model(identify(str(folder / name)))
    return Network(opened.model, training=opened.training)


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_of_keras_3(tmp_path: Path, name: str) -> None:
    logits = keras.losses.BinaryCrossentropy(from_logits=True)
    head = saved(tmp_path, name, logits).head
    assert head is not None
    assert (head.kind, head.classes, head.link) == ("classes", 2, "sigmoid")
    head = saved(tmp_path, name, "mae").head
    assert head is not None
    assert head.kind == "values"
    assert "trained with mae" in head.why
    head = saved(tmp_path, name, {"out": "categorical_crossentropy"}, 4).head
    assert head is not None
    assert (head.kind, head.classes) == ("classes", 4)


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "folder"])
def test_of_keras_2(tmp_path: Path, name: str) -> None:
    k = pytest.importorskip("tf_keras")
    entry = k.Input((8, 8, 3))
    maps = k.layers.GlobalAveragePooling2D()(k.layers.Conv2D(2, 3)(entry))
    model = k.Model(entry, k.layers.Dense(3, name="out")(maps))
    model.compile(loss=k.losses.SparseCategoricalCrossentropy(from_logits=True))
    if name == "folder":
        model.save(tmp_path / name, save_format="tf")
    else:
        model.save(tmp_path / name)
    opened = open_model(identify(str(tmp_path / name)))
    head = Network(opened.model, training=opened.training).head
    assert head is not None
    assert (head.kind, head.classes) == ("classes", 3)
    assert "SparseCategoricalCrossentropy" in head.why
