"""How cells come to lie on the image is said in a sentence."""

import pytest

from reportgen.records.model import Cells, Layer
from reportgen.report.heatmaps import placing


def layer(**changes: object) -> Layer:
    known = {"start": [9.0, 9.0], "jump": [4.0, 4.0], "size": [18.0, 18.0], "beyond": False}
    cells = Cells(**{**known, "exact": True, **changes})  # type: ignore[arg-type]
    return Layer(
        path="conv", name="conv", type="Conv2D", block="", output_shape=[None, 9, 9, 4],
        parameters=0, trainable_parameters=0, trainable=True, inputs=[], channels=4, spatial=True,
        convolution=True, passes_through=False, cells=cells,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words", "others"),
    [
        ({}, ["(18 × 18 px); cells are 4 px apart.", "margin of 5 px"], ["depends on the whole"]),
        ({"start": [2.0, 2.0]}, ["centre of its receptive field"], ["margin"]),
        ({"jump": [4.0, 8.0]}, ["4 px apart down, 8 px across"], []),
        ({"beyond": True}, ["depends on the whole image", "convolutional path"], []),
        ({"exact": False}, ["of an unknown kind"], ["receptive field"]),
    ],
)
def test_placing_is_said(changes: dict[str, object], words: list[str], others: list[str]) -> None:
    text = placing(layer(**changes))
    assert all(word in text for word in words), text
    assert not any(word in text for word in others), text


def test_nothing_is_said_of_a_layer_without_maps() -> None:
    assert placing(None) == ""
