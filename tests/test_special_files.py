"""Pipes, devices and huge or deeply nested files as options: a sentence at once, never a hang."""

import os
from pathlib import Path

import pytest

from reportgen.config import make_settings, read_toml
from reportgen.errors import SettingsError
from reportgen.inputs.classes.labels import read_labels
from reportgen.report.notes.source import OwnNotes

pytestmark = pytest.mark.slow

READERS = {"labels": read_labels, "config": read_toml, "notes": OwnNotes}


@pytest.fixture(params=sorted(READERS))
def read(request):
    return READERS[request.param]


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are those of POSIX")
def test_what_is_no_regular_file_is_refused(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(SettingsError, match="it is not a regular file"):
            read(path)
    with pytest.raises(SettingsError, match="it is a folder"):
        read(tmp_path)


def test_a_huge_file_is_refused_before_it_is_read(read, tmp_path):
    (tmp_path / "huge").touch()
    os.truncate(tmp_path / "huge", 20 * 10**9)
    with pytest.raises(SettingsError, match="20 GB, more than"):
        read(tmp_path / "huge")


def test_a_configuration_nested_without_end(tmp_path):
    (tmp_path / "deep.toml").write_text("a=" + "[" * 5000 + "]" * 5000)
    with pytest.raises(SettingsError, match="nested too deep"):
        read_toml(tmp_path / "deep.toml")


def test_notes_have_a_size_and_a_number_of_pictures(tmp_path):
    (tmp_path / "notes.md").write_text("x" * 2_100_000)
    with pytest.raises(SettingsError, match=r"2.1 MB, more than the 2 MB"):
        OwnNotes(tmp_path / "notes.md")
    (tmp_path / "notes.md").write_text("".join(f"![]({n}.png)\n\n" for n in range(1200)))
    with pytest.raises(SettingsError, match="1,200 pictures; a report takes up to 1,000"):
        OwnNotes(tmp_path / "notes.md")


@pytest.mark.parametrize("key", ["title", "author", "organisation"])
def test_a_title_has_a_length(key):
    assert getattr(make_settings({key: "x" * 300}), key)
    with pytest.raises(SettingsError, match=f"--{key}: it is too long, at most 300 characters"):
        make_settings({key: "x" * 301})
