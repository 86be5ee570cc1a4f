"""HDF5 weights of Keras 2 in a file of their own: by order as Keras does, by name when asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import OpenedModel, identify, open_model

from .networks import outputs, random_inputs, shuffle_weights

k = pytest.importorskip("tf_keras")


def network(names: Sequence[str], inner: Sequence[str] = ()) -> Any:
    """Convolutions and normalisations of the same shapes, so that each fits in each place."""
    entry = k.layers.Input((6, 6, 4), name="image")
    tensor = entry
    for index, name in enumerate(names):
        if name.startswith("b"):
            tensor = k.layers.BatchNormalization(name=name)(tensor)
        else:
            tensor = k.layers.Conv2D(4, 3, padding="same", name=name)(tensor)
        if inner and not index:
            shared = k.layers.Input((6, 6, 4))
            hidden = k.layers.BatchNormalization(name=inner[0])(shared)
            hidden = k.layers.BatchNormalization(name=inner[1])(hidden)
            tensor = k.Model(shared, hidden, name="backbone")(tensor)
    return k.Model(entry, k.layers.GlobalAveragePooling2D()(tensor))


def written(folder: Path, ours: Any, theirs: Any) -> tuple[Any, str, str]:
    """The network of `ours` as JSON, and weights written by `theirs`."""
    (folder / "net.json").write_text(ours.to_json())
    shuffle_weights(theirs).save_weights(folder / "w.h5")
    return ours, str(folder / "net.json"), str(folder / "w.h5")


def agrees(opened: OpenedModel, reference: Any) -> bool:
    inputs = random_inputs(reference)
    pairs = zip(outputs(opened.model, inputs), outputs(reference, inputs), strict=True)
    return all(np.allclose(found, expected, atol=1e-5) for found, expected in pairs)


OTHER_NAMES = {
    "shifted by one": (["conv", "bn", "conv_1", "bn_1"], ["conv_1", "bn_1", "conv_2", "bn_2"]),
    "shifted convolutions": (["named", "bn", "c_1", "bn_1"], ["named", "bn_1", "c_2", "bn_2"]),
    "all others": (["a", "b"], ["c", "bd"]),
    "exchanged": (["c_1", "c_2", "bn"], ["c_2", "c_1", "bn"]),
    "the same": (["c_1", "bn", "c_2"], ["c_1", "bn", "c_2"]),
}


@pytest.mark.parametrize("case", OTHER_NAMES)
def test_by_order_as_keras_gives_them(case: str, tmp_path: Path) -> None:
    names, stored = OTHER_NAMES[case]
    model, architecture, weights = written(tmp_path, network(names), network(stored))
    opened = open_model(identify(architecture, weights=weights))
    model.load_weights(weights)
    assert agrees(opened, model)
    assert bool(opened.warnings) == (names != stored)
    if names != stored:
        (warning,) = opened.warnings
        assert "weights were given by order, as Keras does; --weights-by-name gives" in warning
        first = next(pair for pair in zip(stored, names, strict=True) if pair[0] != pair[1])
        assert f"“{first[0]}” where that has “{first[1]}”" in warning


@pytest.mark.parametrize("case", ["exchanged", "the same"])
def test_by_name_when_asked(case: str, tmp_path: Path) -> None:
    names, stored = OTHER_NAMES[case]
    model, architecture, weights = written(tmp_path, network(names), network(stored))
    opened = open_model(identify(architecture, weights=weights), weights_by_name=True)
    model.load_weights(weights, by_name=True)
    assert agrees(opened, model)
    assert opened.warnings == ()


def test_by_name_says_which_layer_is_missing(tmp_path: Path) -> None:
    names, stored = OTHER_NAMES["shifted by one"]
    _, architecture, weights = written(tmp_path, network(names), network(stored))
    with pytest.raises(ModelFileError, match=r"w\.h5 has no weights for the layer “conv”"):
        open_model(identify(architecture, weights=weights), weights_by_name=True)


@pytest.mark.parametrize("inner", [["n_2", "n_3"], ["n_2", "n_1"]])
def test_a_nested_network_under_other_names(inner: list[str], tmp_path: Path) -> None:
    ours, theirs = network(["c_1", "c_2"], ["n_1", "n_2"]), network(["c_1", "c_2"], inner)
    model, architecture, weights = written(tmp_path, ours, theirs)
    opened = open_model(identify(architecture, weights=weights))
    model.load_weights(weights)
    assert agrees(opened, model)
    (warning,) = opened.warnings
    assert "names the layers inside “backbone” differently than the network" in warning
    if "n_1" in inner:
        by_name = open_model(identify(architecture, weights=weights), weights_by_name=True)
        assert by_name.warnings == ()
        assert not agrees(by_name, model)


def test_an_order_that_does_not_fit(tmp_path: Path) -> None:
    """Keras refuses it; every layer is found by its name."""
    model, architecture, weights = written(
        tmp_path, network(["c", "bn", "c_2"]), network(["bn", "c_2", "c"])
    )
    opened = open_model(identify(architecture, weights=weights))
    model.load_weights(weights, by_name=True)
    assert agrees(opened, model)
    assert "given by name, because their order does not fit" in opened.warnings[0]


def test_another_number_of_layers(tmp_path: Path) -> None:
    _, architecture, weights = written(tmp_path, network(["c", "bn"]), network(["c", "bn", "x"]))
    assert open_model(identify(architecture, weights=weights)).warnings == ()
    _, architecture, weights = written(tmp_path, network(["c", "d", "e"]), network(["c", "x"]))
    with pytest.raises(
        ModelFileError, match=r"for 2 layers where the network has 3 \(“d” has none"
    ):
        open_model(identify(architecture, weights=weights))
