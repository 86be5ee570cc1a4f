"""The drawing of the overview, and what the page of the model says of sizes and pixels."""

import re

import pytest

from reportgen.inputs.preprocessing import MODE_FORMULAS
from reportgen.records.model import Preprocessing
from reportgen.report.blocks import Figure, plain
from reportgen.report.model_facts import model_facts
from reportgen.report.outline import Outline
from reportgen.report.sections.reliability import reliability
from reportgen.report.site.network.model_drawing import model_drawing
from reportgen.report.site.network.stages import stages
from tests.report.conftest import Site, build_site

PLAN = [
    ("conv", "Conv2D", "block1", 8, 16),
    ("pool", "MaxPooling2D", "block1", 4, 16),
    ("conv2", "Conv2D", "block2", 4, 24),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build_site(tmp_path_factory.mktemp("stages"), plan=PLAN, names=["cat.jpg"])


def test_overview_and_drawing_have_the_output_size_of_a_block(small: Site) -> None:
    outline = Outline(small.report)
    drawn, _ = stages(outline, "index.html")
    drawing = model_drawing(outline, "model.html")
    assert drawing is not None
    sizes = {label.text: label.size for label in drawing.labels}
    shown = {stage.name: stage.size for stage in drawn}
    assert {"block1"} <= shown.keys() & sizes.keys()
    assert all(shown[name] == sizes[name] for name in shown.keys() & sizes.keys())
    assert sizes["block1"] == "4 × 4 × 16"
    rule = "The size of a block is that of its output."
    assert rule in small.text("index.html") and rule in small.text("model.html")


@pytest.mark.parametrize("mode", [*MODE_FORMULAS, "mine:prepare"])
def test_the_preprocessing_is_said_in_words(small: Site, mode: str) -> None:
    taken = Preprocessing(mode=mode, source="given", reason="chosen with --preprocess")
    model = small.report.model.model_copy(update={"preprocessing": taken})
    outline = Outline(small.report.model_copy(update={"model": model}))
    (fact,) = (one for one in model_facts(outline) if one.name == "Preprocessing")
    assert "pixels" in fact.value or "channels" in fact.value or fact.value.endswith(mode)
    assert fact.value != mode and "set by --preprocess" in fact.note


def test_without_temperature_scaling_nothing_is_called_unscaled(small: Site) -> None:
    found = small.report.evaluation
    assert found is not None
    (part,) = reliability(found.model_copy(update={"temperature": None}))
    (figure,) = (block for block in part.blocks if isinstance(block, Figure))
    assert re.match(r"Calibration error \d", plain(figure.caption))
