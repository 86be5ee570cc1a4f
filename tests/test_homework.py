"""The example of a homework can be built as it stands."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.config import make_settings
from reportgen.demo import demo_labels
from reportgen.inputs.classes.labels import read_labels
from reportgen.report.note_places import SECTION_HEADINGS, fold
from reportgen.report.placed_notes import place_notes

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parent.parent
HOMEWORK = REPOSITORY / "examples" / "homework"


def test_its_configuration_can_be_used() -> None:
    settings = make_settings({}, HOMEWORK / "homework.toml")
    assert settings.format == ("site", "pdf", "notebook")
    assert settings.notes == HOMEWORK / "notes.md"
    assert settings.labels is not None
    assert read_labels(settings.labels, 6) == read_labels(demo_labels(), 6)
    assert not {3, 30} & {n for many in settings.single_channels.values() for n in many}
    assert len(settings.single_channels) == 3


def test_every_heading_of_its_notes_has_a_place() -> None:
    settings = make_settings({}, HOMEWORK / "homework.toml")
    images = [path.name for path in (HOMEWORK / "photos").iterdir()]
    places = {name: name for name in (*settings.single_channels, *images)}
    sections = {heading: name for name, many in SECTION_HEADINGS.items() for heading in many}
    text = (HOMEWORK / "notes.md").read_text(encoding="utf-8")
    notes = place_notes(text, lambda words: places.get(words) or sections.get(fold(words)))
    assert not notes.unplaced
    assert set(notes.by_place) == {*settings.single_channels, "filters", "gradcam", "ladybird.png"}
    assert notes.front.startswith("The assignment")
    assert "#" not in notes.front


def test_its_photos_are_those_that_its_script_draws(tmp_path: Path) -> None:
    copy = tmp_path / "draw_animals.py"
    copy.write_bytes((HOMEWORK / "draw_animals.py").read_bytes())
    subprocess.run([sys.executable, str(copy)], check=True)
    for name in ("starfish.png", "ladybird.png"):
        drawn, kept = (
            np.asarray(Image.open(folder / "photos" / name), np.int16)
            for folder in (tmp_path, HOMEWORK)
        )
        assert drawn.shape == kept.shape == (160, 240, 3)
        assert np.abs(drawn - kept).max() <= 2
