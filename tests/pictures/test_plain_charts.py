"""Charts written as SVG: well-formed, escaped, and true to their numbers."""

import re
import xml.etree.ElementTree as ET

import pytest

from reportgen.pictures.charts.plain import Curve, curves, matrix

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn: bytes) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - made here


def test_points_lie_where_their_numbers_say():
    drawn = curves(
        [Curve("a", [(0.0, 0.0), (1.0, 1.0)])],
        [(0.0, "low"), (1.0, "high")],
        [(0.0, "0 %"), (1.0, "100 %")],
        "Title",
    )
    root = parsed(drawn)
    points = [(float(one.get("cx")), float(one.get("cy"))) for one in root.iter(f"{SVG}circle")]
    assert points == [(64, 262), (536, 40)]
    assert [one.text for one in root.iter(f"{SVG}text")] == ["0 %", "100 %", "low", "high"]


def test_a_legend_stands_where_there_are_two_curves():
    both = [Curve("<b>one</b>", [(0.0, 0.5)]), Curve("two", [(1.0, 0.5)])]
    drawn = curves(both, [(0.0, "a"), (1.0, "b")], [(0.0, "0"), (1.0, "1")], "x", diagonal=True)
    texts = [one.text for one in parsed(drawn).iter(f"{SVG}text")]
    assert texts[-2:] == ["<b>one</b>", "two"]
    assert b"stroke-dasharray" in drawn


def test_long_labels_stay_in_the_picture():
    drawn = curves(
        [Curve("a", [(0.0, 0.0)])], [(0.0, "x" * 60), (1.0, "y" * 60)], [(0, "0"), (1, "1")], "x"
    )
    last = list(parsed(drawn).iter(f"{SVG}text"))[-1]
    assert last.get("text-anchor") == "end"
    assert float(last.get("x")) <= 560


@pytest.mark.parametrize(
    ("value", "colour"), [(0.0, "#ffffff"), (1.0, "#2166ac"), (-0.2, "#ffffff"), (None, "#c8c8c8")]
)
def test_cells_are_coloured_by_their_numbers(value, colour):
    drawn = matrix([[value]], ["row & <one>"], ["column"], "t")
    cells = [one.get("fill") for one in parsed(drawn).iter(f"{SVG}rect")]
    assert cells == [colour]


def test_a_large_matrix_names_every_few_layers():
    names = [f"layer{at}" for at in range(60)]
    drawn = matrix([[0.5] * 60] * 60, names, names, "t")
    root = parsed(drawn)
    assert len(list(root.iter(f"{SVG}rect"))) == 3600
    assert 0 < len(list(root.iter(f"{SVG}text"))) < 120
    assert int(root.get("width")) < 900


def test_two_curves_that_coincide_are_both_seen():
    same = [(0.0, 1.0), (1.0, 0.5)]
    drawn = curves(
        [Curve("accuracy", same), Curve("same class", same)],
        [(0.0, "0"), (1.0, "1")], [(0.0, "0"), (1.0, "1")], "x",
    )  # fmt: skip
    below, above = re.findall(r"<polyline[^>]*>", drawn.decode())
    assert "stroke-dasharray" not in below
    assert "stroke-dasharray" in above
