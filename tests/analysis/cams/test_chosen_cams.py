"""Which layers and classes the options mean, and what is said where they mean none."""

import pytest

from reportgen.analysis.cams.depth import layers_through_depth
from reportgen.analysis.cams.difference import class_pair
from reportgen.errors import SettingsError
from reportgen.records.model import Model
from tests.report.sample import SMALL, write_sample


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Four spatial layers in four blocks, one behind the other, but for a branch beside them."""
    found = write_sample(tmp_path_factory.mktemp("sample"), names=("a.jpg",)).model
    layers = list(found.layers)
    second = layers[2]
    aside = second.model_copy(update={"path": "aside", "inputs": [layers[1].path]})
    idle = second.model_copy(
        update={"path": "idle", "inputs": [second.path], "passes_through": True}
    )
    layers[3:3] = [
        aside,
        idle,
        second.model_copy(update={"path": "block1_last", "block": "block1", "inputs": [idle.path]}),
    ]
    layers[6] = layers[6].model_copy(update={"inputs": ["block1_last"]})
    return found.model_copy(update={"layers": layers})


def test_blocks_are_their_last_layers_that_lead_to_the_scores(model: Model) -> None:
    found = layers_through_depth(model, ["blocks"])
    assert found == ["block1_last", SMALL[2][0], SMALL[3][0]]


def test_padding_ends_no_block(model: Model) -> None:
    layers = [
        layer.model_copy(update={"type": "ZeroPadding2D"}) if layer.path == "block1_last" else layer
        for layer in model.layers
    ]
    padded = model.model_copy(update={"layers": layers})
    assert layers_through_depth(padded, ["blocks"])[0] == SMALL[1][0]
    assert layers_through_depth(padded, ["block1_last"]) == ["block1_last"]


def test_globs_stand_in_order_of_depth(model: Model) -> None:
    assert layers_through_depth(model, ["base*", "block1_c*"]) == [SMALL[0][0], SMALL[2][0]]
    assert layers_through_depth(model, ["block1_*", "blocks"])[0] == "block1_conv1"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("block1_konv1", "did you mean “block1_conv1”"),
        ("aside", "no maps that lead"),
        ("idle", "no maps that lead"),
        ("dense", "no maps that lead"),
    ],
)
def test_a_glob_without_a_layer_says_why(model: Model, wanted: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        layers_through_depth(model, [wanted])


LABELS = ["cat", "dog", "crane, bird", "crane", "bird, dog"]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("cat,dog", [0, 1]),
        (" Dog , 0", [1, 0]),
        ("2,3", [2, 3]),
        ("crane, bird,cat", [2, 0]),
        ("cat,crane, bird", [0, 2]),
    ],
)
def test_pairs_of_classes(text: str, pair: list[int]) -> None:
    assert class_pair(LABELS, text) == pair


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cat,dgo", "did you mean “dog”"),
        ("cat,99", "no class"),
        ("dog,dog", "same class twice"),
        ("crane, bird, dog", "two ways"),
    ],
)
def test_pairs_that_are_none_say_why(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        class_pair(LABELS, text)
