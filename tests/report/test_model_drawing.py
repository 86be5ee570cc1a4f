"""The drawing of the network: nodes to scale, branches in lanes, what learns and what does not."""

import re
from collections.abc import Sequence
from pathlib import Path

from reportgen.records.model import Layer
from reportgen.records.windows import Window
from reportgen.report.layer_facts import total_memory, total_multiply_adds
from reportgen.report.outline import Outline
from reportgen.report.site.network.graph import graph_of
from reportgen.report.site.network.model_drawing import model_drawing
from reportgen.report.site.writer import write_site
from tests.report.sample import write_sample


def layer(
    path: str, kind: str, *inputs: str, block: str = "b", side: int = 8, trainable: int = 9
) -> Layer:
    """A layer of eight channels; convolutions and dense layers have nine parameters."""
    weighty = kind in ("Conv2D", "Dense", "BatchNormalization")
    window = Window(size=[3, 3], strides=[1, 1], dilation=[1, 1], padding="same")
    return Layer(
        path=path,
        name=path,
        type=kind,
        block=block,
        output_shape=[None, side, side, 8],
        parameters=9 if weighty else 0,
        trainable_parameters=trainable if weighty else 0,
        trainable=bool(trainable) and weighty,
        inputs=list(inputs),
        channels=8,
        spatial=True,
        convolution=kind == "Conv2D",
        passes_through=False,
        window=window if kind in ("Conv2D", "MaxPooling2D") else None,
        multiply_adds={"Conv2D": 1000, "LSTM": None}.get(kind, 0),
        output_bytes=side * side * 8 * 4,
    )


RESIDUAL = [
    layer("input", "InputLayer", block="input", side=32),
    layer("conv", "Conv2D", "input", side=32),
    layer("bn", "BatchNormalization", "conv", side=32, trainable=4),
    layer("relu", "ReLU", "bn", side=32),
    layer("left", "Conv2D", "relu", block="c", trainable=0),
    layer("left_bn", "BatchNormalization", "left", block="c", trainable=0),
    layer("right", "Conv2D", "left_bn", block="c"),
    layer("short", "Conv2D", "relu", block="c"),
    layer("add", "Add", "right", "short", block="c"),
    layer("last", "Conv2D", "add", block="c"),
    layer("sum", "Add", "last", "add", block="c"),
]


def test_small_layers_belong_to_the_one_before_them() -> None:
    nodes = graph_of(RESIDUAL, 100)
    assert [[one.path for one in node.layers] for node in nodes] == [
        ["input"], ["conv", "bn", "relu"], ["left", "left_bn"], ["right"], ["short"],
        ["add"], ["last"], ["sum"],
    ]  # fmt: skip
    assert [node.column for node in nodes] == [0, 1, 2, 3, 2, 4, 5, 6]
    assert [node.lane for node in nodes] == [0, 0, 0, 0, 1, 0, 0, 0]
    assert [node.inputs for node in nodes] == [[], [0], [1], [2], [1], [3, 4], [5], [6, 5]]


def test_a_network_of_many_layers_is_drawn_block_by_block() -> None:
    nodes = graph_of(RESIDUAL, 7)
    assert [node.main.block for node in nodes] == ["input", "b", "c"]
    assert [node.inputs for node in nodes] == [[], [0], [1]]


def test_branches_beside_each_other_have_lanes_of_their_own() -> None:
    branches = [layer(f"branch{at}", "Conv2D", "input") for at in range(4)]
    joined = layer("concat", "Concatenate", *(one.path for one in branches))
    nodes = graph_of([RESIDUAL[0], *branches, joined], 100)
    assert sorted(node.lane for node in nodes[1:5]) == [0, 1, 2, 3]
    assert nodes[-1].lane == 0


def test_several_inputs_are_all_drawn() -> None:
    other = layer("other", "InputLayer", block="input")
    joined = layer("concat", "Concatenate", "relu", "other")
    nodes = graph_of([*RESIDUAL[:4], other, joined], 100)
    assert [node.main.path for node in nodes] == ["input", "conv", "other", "concat"]
    assert nodes[2].lane == 1


def drawn(tmp_path: Path, layers: Sequence[Layer]) -> tuple[Outline, str]:
    report = write_sample(tmp_path, names=["a.png"], sections=())
    model = report.model.model_copy(update={"layers": list(layers)})
    report = report.model_copy(update={"model": model})
    write_site(report, tmp_path)
    return Outline(report), (tmp_path / "model.html").read_text("utf-8")


def test_boxes_are_to_scale_and_do_not_overlap(tmp_path: Path) -> None:
    outline, _ = drawn(tmp_path, RESIDUAL)
    drawing = model_drawing(outline, "model.html")
    assert drawing is not None
    heights = [node.height for node in drawing.nodes]
    assert heights[0] == heights[1] == 2 * heights[2]  # maps a quarter as high: the square root
    for at, one in enumerate(drawing.nodes):
        assert 0 <= one.left <= one.left + one.width <= drawing.width
        assert 0 <= one.top <= one.top + one.height <= drawing.height
        for other in drawing.nodes[at + 1 :]:
            apart_across = (
                one.left + one.width <= other.left or other.left + other.width <= one.left
            )
            apart_down = one.top + one.height <= other.top or other.top + other.height <= one.top
            assert apart_across or apart_down
    assert drawing.lines.count("M") == 9


def test_what_learns_is_told_apart_by_more_than_colour(tmp_path: Path) -> None:
    outline, text = drawn(tmp_path, RESIDUAL)
    drawing = model_drawing(outline, "model.html")
    assert drawing is not None
    kinds = [node.kind for node in drawing.nodes]
    # What a normalisation has measured is not trained, and does not make a layer frozen in part.
    assert kinds == [
        "plain",
        "trainable",
        "frozen",
        *["trainable"] * 2,
        "plain",
        "trainable",
        "plain",
    ]
    assert text.count('class="frozen"') == 2  # one is in the key
    titles = re.findall(r"<title>(.*?)</title><rect", text)
    assert titles[1] == (
        "conv · Conv2D 3 × 3 · 32 × 32 × 8 · 18 parameters, trainable"
        " · with BatchNormalization, ReLU"
    )
    assert "frozen" in titles[2]
    assert "<tspan" in text


def test_the_table_says_what_is_frozen_once(tmp_path: Path) -> None:
    _, text = drawn(tmp_path, RESIDUAL)
    rows = dict(re.findall(r'<tr id="(\w+)">(.*?)</tr>', text, re.DOTALL))
    said = {path for path, row in rows.items() if "frozen" in row}
    assert said == {"left", "left_bn"}
    assert "trainable in part</small></th>" in text
    frozen = [one.model_copy(update={"trainable_parameters": 0}) for one in RESIDUAL]
    (tmp_path / "frozen").mkdir()
    _, text = drawn(tmp_path / "frozen", frozen)
    assert text.count(", frozen</small></th>") == 2
    assert "<small>frozen</small></td>" not in text


def test_totals_say_what_is_not_known() -> None:
    layers = [*RESIDUAL, layer("lstm", "LSTM", "sum")]
    assert total_multiply_adds(RESIDUAL) == "5 k"
    assert total_multiply_adds(layers) == "at least 5 k"
    assert total_multiply_adds(layers[-1:]) == "unknown"
    assert total_memory(RESIDUAL) == "113 kB"
    unknown = layers[1].model_copy(update={"output_bytes": None})
    assert total_memory([*layers, unknown]).startswith("at least ")


def test_the_table_has_kernels_strides_and_costs(tmp_path: Path) -> None:
    _, text = drawn(tmp_path, [*RESIDUAL, layer("lstm", "LSTM", "sum", block="c")])
    row = re.search(r'<tr id="last">(.*?)</tr>', text, re.DOTALL)
    assert row is not None
    cells = [re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row[1])]
    assert cells[:9] == [
        "last", "Conv2D", "3 × 3", "1", "8 × 8 × 8", "9", cells[6], "1 k", "2.05 kB",
    ]  # fmt: skip
    assert cells[6].endswith("%")
    assert "at least 5 k" in text
    assert "unknown for LSTM" in text
