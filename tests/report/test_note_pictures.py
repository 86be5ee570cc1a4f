"""Pictures that notes refer to come along, and nothing else does."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reportgen.errors import SettingsError
from reportgen.report.notes.pictures import IllustratedNotes, take_pictures
from reportgen.report.notes.source import OwnNotes


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder of notes with pictures beside them and below."""
    folder = tmp_path / "notes"
    (folder / "my plots").mkdir(parents=True)
    pixels = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
    Image.fromarray(pixels).save(folder / "my plots" / "loss (1).png")
    Image.fromarray(pixels).save(folder / "loss.png")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret Camera"
    Image.fromarray(pixels).save(folder / "turned.JPG", format="JPEG", exif=exif)
    (folder / "broken.png").write_bytes((folder / "loss.png").read_bytes()[:60])
    (folder / "words.txt").write_text("not a picture")
    return folder


def take(text: str, base: Path) -> IllustratedNotes:
    return take_pictures(text, base, base.parent / "report")


def test_notes_that_are_missing_or_no_text_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"no notes file .*did you mean “.*notes\.md”\?$"):
        OwnNotes(tmp_path / "note.md")
    with pytest.raises(SettingsError, match=r"There is no notes file .*zzz\.md\.$"):
        OwnNotes(tmp_path / "zzz.md")
    with pytest.raises(SettingsError, match=r"notes\.md is not UTF-8 text; save it as UTF-8\."):
        OwnNotes(tmp_path / "notes.md")


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("![a *b*](loss.png)", "![a *b*](pictures/notes/loss.png)"),
        ("x ![](<loss.png> 'title') y", "x ![](pictures/notes/loss.png) y"),
        ("> - ![a](loss.png) ![b](./loss.png)", None),
        ("![a](my%20plots/loss%20\\(1\\).png)", None),
        ("![a](<my plots/loss (1).png>)", None),
        ("![a][1] and ![b]\n\n[1]: loss.png\n[b]: loss.png", None),
        ("| a | b |\n|---|---|\n| ![a](loss.png) | ![b](loss.png) |", None),
        ("[![a](loss.png)](https://example.org)", None),
        ("over\n![a\nb](loss.png)\nlines", None),
        ("`![a](loss.png)` ![a](loss.png)", "`![a](loss.png)` ![a](pictures/notes/loss.png)"),
        ("    ![a](loss.png)", "    ![a](loss.png)"),
    ],
)
def test_pictures_beside_the_notes_come_along(base: Path, text: str, becomes: str | None) -> None:
    made = take(text, base)
    assert made.warnings == ()
    assert becomes is None or made.text == becomes
    addresses = re.findall(r"\]\((pictures/notes/[^)]+)\)", made.text)
    assert len(addresses) == text.replace("`![a]", "`[a]").count("![") - text.startswith("    ")
    assert {one.file for one in made.pictures} == set(addresses)
    for one in made.pictures:
        assert (one.width, one.height) == (30, 20)
        copy = Image.open(base.parent / "report" / one.file)
        assert np.array_equal(np.asarray(copy), np.asarray(Image.open(base / "loss.png")))


def test_a_photo_is_upright_and_tells_nothing_of_its_maker(base: Path) -> None:
    (one,) = take("![a](turned.JPG)", base).pictures
    assert (one.file, one.width, one.height) == ("pictures/notes/turned.jpg", 20, 30)
    assert b"Secret" not in (base.parent / "report" / one.file).read_bytes()


def test_a_picture_elsewhere_on_the_disk_comes_along_without_its_path(base: Path) -> None:
    (base.parent / "up.png").write_bytes((base / "loss.png").read_bytes())
    made = take(f"![a](../up.png) ![b]({base}/loss.png) ![c](loss.png)", base)
    names = [one.file.removeprefix("pictures/notes/") for one in made.pictures]
    assert names == ["up.png", "loss.png", "loss-2.png"]
    assert str(base) not in made.text
    assert ".." not in made.text
    assert {one.parent for one in (base.parent / "report").rglob("*.*")} == {
        base.parent / "report" / "pictures" / "notes"
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("![a](gone.png)", "there is no such file"),
        ("![a](deep/er/gone.png)", "there is no such file"),
        ("![a](words.txt)", "it is text, not a picture"),
        ("![a](broken.png)", "it"),
        ("![a](.)", "there is no such file"),
        ("![](%00.png)", ""),
        (f"![a]({'x' * 3000})", ""),
    ],
)
def test_what_cannot_be_shown_is_a_warning_and_words(base: Path, text: str, reason: str) -> None:
    made = take(text, base)
    assert made.pictures == ()
    (warning,) = made.warnings
    assert reason in warning
    assert warning.startswith("The picture ")
    assert "](" not in made.text
    assert "cannot be shown: " in made.text
    assert "deep" not in made.text + warning
    assert not (base.parent / "report").exists()


def test_nothing_is_fetched(base: Path) -> None:
    made = take(
        "![a](https://example.org/x.png) ![b](data:image/png;base64,AAAA) ![c](//x/y)", base
    )
    assert made.text == "[a](<https://example.org/x.png>) b c"
    assert made.warnings == made.pictures == ()


@given(st.text(alphabet="![]()<>ax.p \n`>-|\\\x0c", max_size=60))
def test_any_text_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert take_pictures(text, folder / "none", folder / "report").pictures == ()
