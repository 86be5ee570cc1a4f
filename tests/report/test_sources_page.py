"""The page "As in the sources": what its steps say of a report that has more than the sources."""

from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.report.outline import Outline
from reportgen.report.site.sources.contexts import Step
from reportgen.report.site.sources.steps import steps
from tests.report.sample import write_sample

KINDS = ("classic-negative", "classic", "classic-diverse")


@pytest.fixture
def shown(tmp_path: Path) -> dict[str, Step]:
    report = write_sample(tmp_path, methods=KINDS)
    return {step.title: step for step in steps(Outline(report))}


def test_a_dream_names_its_photo(shown: dict[str, Step]) -> None:
    step = shown["A dream from a photo"]
    assert "Image(" not in step.here + step.pictures[0].alt + step.pictures[1].alt
    assert step.pictures[0].alt.startswith("Photo ")
    photo = step.pictures[0].alt.removeprefix("Photo ")
    assert step.here.startswith(f"{photo}, ")
    assert step.pictures[1].alt == f"Dream on {photo}"


def test_negative_and_diverse_patterns_are_none_of_the_sources(shown: dict[str, Step]) -> None:
    """They were counted as layers, and one could stand for the pattern of a filter."""
    (tile,) = shown["The pattern of one filter"].tiles
    assert "-negative" not in tile.src and "-diverse" not in tile.src
    by_block = shown["Filters of each layer, by block"]
    layers = {picture.alt for picture in by_block.pictures}
    assert len(layers) == len(by_block.pictures) > 0
    assert f"filters of {len(layers)} layers" in by_block.here


def test_without_activations_the_section_is_the_reason(tmp_path: Path) -> None:
    """Not --channels, which says nothing of it."""
    report = write_sample(tmp_path, sections=("gradcam",))
    (step,) = [s for s in steps(Outline(report)) if s.title.startswith("Single channels")]
    assert step.here.startswith("Not shown: the section that shows it is not part")


def test_the_only_layer_is_named_once(tmp_path: Path) -> None:
    report = write_sample(tmp_path, sections=("activations",))
    images = [replace(image, activations=image.activations[:1]) for image in report.images]
    outline = Outline(report.model_copy(update={"images": images}))
    (step,) = [s for s in steps(outline) if s.title == "Deeper layers are sparser"]
    assert step.here.count(f"in {images[0].activations[0].layer}") == 2  # zeros, channels
