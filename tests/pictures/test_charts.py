"""Charts are read as XML: what they show, and that no name from a file can break them."""

import math
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import ReportgenError
from reportgen.pictures.charts import svg
from reportgen.pictures.charts.depth import LINES, colorbar, sparsity_by_depth
from reportgen.pictures.charts.image_map import STYLES, Drawn, map_chart

# Not what an older Matplotlib's own libraries say of each other.
pytestmark = pytest.mark.filterwarnings("error", "ignore::DeprecationWarning")

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "$x^{$",
    r"$\frac{1}{2}$",
    "<b>bold</b>",
    "\"quote\" & 'apostrophe'",
    "猫" * 300,
    "🐈" * 40,
    "x" * 300,
    "",
    "line\nbreak",
    "\x00\x0b\x1b\ud800",
    "name:0:",
    "_hidden",
    r"\1\g<0>",
    "]]><script>alert(1)</script>",
]


def parsed(chart):
    return ET.fromstring(chart)  # noqa: S314 - made here, not read from anywhere


def texts(chart):
    return [element.text or "" for element in parsed(chart).iter(f"{SVG}text")]


def many(count, layers):
    return {f"photo {at}.jpg": [at / count] * layers for at in range(count)}


def test_layers_stand_in_order_of_depth_and_images_in_the_legend():
    chart = sparsity_by_depth(["conv_b", "conv_a"], {"dog.jpg": [0.25, 0.5], "cat.jpg": [0, 1]})
    found = texts(chart)
    assert [text for text in found if text.startswith("conv")] == ["conv_b", "conv_a"]
    assert [text for text in found if text.endswith(".jpg")] == ["dog.jpg", "cat.jpg"]
    assert {"0 %", "100 %", "share of zeros"} <= set(found)


def test_points_lie_at_the_shares():
    chart = sparsity_by_depth(["a", "b", "c"], {"one": [0.0, 0.5, 1.0]}).decode()
    line = re.search(r'<path d="([^"]+)"[^>]*stroke="#0072b2"[^>]*stroke-width="1.5"', chart)
    heights = [float(y) for _, y in re.findall(r"[ML] (\S+) (\S+)", line[1])]
    ticks = {
        element.text: float(element.get("y"))
        for element in parsed(chart).iter(f"{SVG}text")
        if element.text in {"0 %", "50 %", "100 %"}
    }
    below = ticks["0 %"] - heights[0]
    assert [ticks["50 %"] - heights[1], ticks["100 %"] - heights[2]] == pytest.approx(
        [below, below], abs=0.01
    )


def test_many_images_are_a_median_and_a_range_and_the_legend_says_so():
    found = texts(sparsity_by_depth(["a", "b"], many(28, 2)))
    assert {"median of 28 images", "lowest to highest of 28 images"} <= set(found)
    assert not [text for text in found if text.endswith(".jpg")]


def test_two_hundred_layers_keep_their_labels_apart():
    chart = sparsity_by_depth([f"layer_{at}" for at in range(200)], many(2, 200))
    places = sorted(
        float(element.get("x"))
        for element in parsed(chart).iter(f"{SVG}text")
        if (element.text or "").startswith("layer_")
    )
    assert places
    assert min(b - a for a, b in pairwise(places)) >= 12


def test_a_long_path_is_named_by_its_last_part():
    path = "mobilenetv2_1.00_160/block_12_expand_relu"
    assert "block_12_expand_relu" in texts(sparsity_by_depth([path], {"one": [0.5]}))


@pytest.mark.parametrize("count", [2, 9])
def test_unknown_shares_leave_a_gap(count):
    series = {name: [0.2, math.nan, 0.4] for name in many(count, 1)}
    assert b"nan" not in sparsity_by_depth(["a", "b", "c"], series).lower()
    nothing = {name: [math.nan] * 3 for name in series}
    assert b"unknown" in sparsity_by_depth(["a", "b", "c"], nothing)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_only_text(name):
    plain = sparsity_by_depth(["layer"], {"image": [0.5]})
    chart = sparsity_by_depth([name], {name: [0.5]})
    tags = [element.tag for element in parsed(chart).iter()]
    assert tags == [element.tag for element in parsed(plain).iter()]
    shown = [text for text in texts(chart) if text not in texts(plain)]
    assert len(shown) in {0, 2}
    assert all(svg.columns(text) <= 26 for text in shown)
    if 0 < len(name) < 24 and name.isprintable():
        assert shown == [name, name]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=3, unique=True))
@settings(max_examples=10, deadline=None)
def test_any_names_give_well_formed_xml(names):
    chart = sparsity_by_depth(names, {name: [0.5] * len(names) for name in names})
    assert parsed(chart).tag == f"{SVG}svg"


@given(st.text(), st.integers(1, 30), st.sampled_from(["start", "end"]))
@settings(deadline=None)
def test_shortened_texts_fit(text, longest, keep):
    short = svg.shorten(text, longest, keep)
    assert svg.columns(short) <= longest
    line = " ".join(text.split())
    if short != line:
        kept = short.removeprefix("…") if keep == "end" else short.removesuffix("…")
        assert line.endswith(kept) if keep == "end" else line.startswith(kept)


def test_an_svg_says_what_it_is_and_needs_nothing_from_outside():
    for chart in (sparsity_by_depth(["a"], many(9, 1)), colorbar("jet", 0, 1)):
        root = parsed(chart)
        assert chart.startswith(b"<svg ")
        assert root.get("role") == "img"
        assert root.get("aria-label") == root.find(f"{SVG}title").text
        assert root.find(f"{SVG}desc").text
        box = root.get("viewBox").split()
        assert box == ["0", "0", root.get("width"), root.get("height")]
        assert b"style=" not in chart
        assert chart.count(b"<style>") == 1
        assert b"#333333" not in chart.partition(b"</style>")[2]
        assert b"currentColor" in chart
        assert b"<script" not in chart
        for text in root.iter(f"{SVG}text"):
            assert text.get("font-family") == "sans-serif"
            assert text.get("font-size") in {"10px", "11px"}
            assert text.get("font") is None
        links = re.findall(rb'(?:href="|url\()([^")]+)', chart)
        assert links
        assert all(link.startswith((b"#", b"data:image/png;base64,")) for link in links)


@pytest.mark.slow
def test_the_same_chart_has_the_same_bytes_also_from_threads():
    def chart(layers):
        return sparsity_by_depth([f"layer {at}" for at in range(layers)], many(8, layers))

    before = dict(mpl.rcParams)
    sizes = [2, 3, 4, 5] * 2
    expected = [chart(size) for size in sizes]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(chart, sizes)) == expected
    assert dict(mpl.rcParams) == before


def test_a_readers_own_matplotlib_settings_change_nothing():
    expected = colorbar("viridis", 0, 1)
    with mpl.rc_context({"axes.linewidth": 9, "font.size": 30, "xtick.direction": "in"}):
        assert colorbar("viridis", 0, 1) == expected


@pytest.mark.parametrize(
    ("layers", "series"),
    [
        ([], {"one": []}),
        (["a"], {}),
        (["a"], {"one": [0.1, 0.2]}),
        (["a"], {"one": [1.5]}),
        (["a"], {"one": [-math.inf]}),
    ],
)
def test_a_chart_of_nothing_is_refused(layers, series):
    with pytest.raises(ValueError, match=r"layer|share"):
        sparsity_by_depth(layers, series)


@given(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308))
@settings(max_examples=15, deadline=None)
def test_a_colour_bar_takes_any_range(one, other):
    low, high = sorted((one, other))
    labels = [text.replace("−", "-") for text in texts(colorbar("magma", low, high))]
    assert [float(label) for label in labels] == sorted(float(label) for label in labels)
    assert float(labels[0]) == pytest.approx(low, rel=1e-3)
    assert float(labels[-1]) == pytest.approx(high, rel=1e-3)


def test_a_colour_bar_has_round_marks_where_they_are_asked_for():
    labels = texts(colorbar("viridis", 0.013, 3.97, rounded=True))
    assert labels == ["1", "2", "3"]
    labels = [text.replace("−", "-") for text in texts(colorbar("viridis", -0.7, 1, rounded=True))]
    assert labels == ["-0.5", "0", "0.5", "1"]


def test_a_colour_bar_without_a_range_is_refused():
    for low, high in ((1, 0), (math.nan, 1), (0, math.inf)):
        with pytest.raises(ValueError, match="range"):
            colorbar("jet", low, high)
    with pytest.raises(ValueError, match="pixels"):
        colorbar("jet", 0, 1, width=50)
    with pytest.raises(ReportgenError, match="jet"):
        colorbar("yet", 0, 1)


@pytest.mark.parametrize("colour", sorted({one for one, _ in (*STYLES, *LINES)} - {svg.INK}))
def test_series_stand_out_on_a_dark_page(colour):
    dark = re.search(rf'\[fill="{colour}"\]{{fill:(#\w+)}}', svg.STYLE)
    assert contrast(dark[1] if dark else colour, "#101417") >= 4.5


def contrast(first, second):
    """The contrast ratio of two colours (WCAG 2.2)."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    """The relative luminance of a colour (WCAG 2.2)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


NAMES_OF_CLASSES = [
    ["cat", "dog"],
    ["a name of thirty letters, or so"] * 8,
    ["猫" * 40, "犬"],
    HOSTILE[:8],
]


@pytest.mark.parametrize("names", NAMES_OF_CLASSES)
def test_the_legend_of_a_map_stands_below_it_and_is_not_cut(names):
    count = 3 * (len(names) + 1)
    groups = [at % (len(names) + 1) - 1 for at in range(count)]
    positions = np.random.default_rng(0).normal(size=(count, 2))
    chart = map_chart(Drawn(positions, groups, [True] + [False] * (count - 1), names), ("x", "y"))
    width, height = (float(parsed(chart).get(side)) for side in ("width", "height"))
    labels = [text for text in parsed(chart).iter(f"{SVG}text") if "(" in (text.text or "")]
    assert [text.text for text in labels][-2:] == ["others (3)", "misclassified (1)"]
    assert len(labels) == len(names) + 2
    places = [place_of(text) for text in labels]
    bottom = max(place_of(text)[1] for text in parsed(chart).iter(f"{SVG}text") if text.text == "x")
    for text, (left, top) in zip(labels, places, strict=True):
        assert bottom < top < height
        assert left + 7 * svg.columns(text.text) <= width
    for row in {top for _, top in places}:
        lefts = sorted(left for left, top in places if top == row)
        assert all(after - before > 60 for before, after in pairwise(lefts))


def place_of(text):
    """Where a text of a chart stands, in pixels."""
    return float(text.get("x")), float(text.get("y"))
