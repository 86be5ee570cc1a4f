"""The manifest lists a report's own files, and believes no list that a stranger wrote."""

import hashlib
import json
from pathlib import Path

import pytest

from reportgen.report.publishing.manifest import read_manifest, write_manifest


def test_every_file_is_listed_with_its_digest(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "cat.html").write_bytes(b"cat")
    (tmp_path / "index.html").write_bytes(b"home")
    written = write_manifest(tmp_path)
    first = written.read_bytes()
    assert read_manifest(tmp_path) == {
        "images/cat.html": hashlib.sha256(b"cat").hexdigest(),
        "index.html": hashlib.sha256(b"home").hexdigest(),
    }
    assert json.loads(first)["files"]["images/cat.html"]["size"] == 3
    assert write_manifest(tmp_path).read_bytes() == first


GOOD = {"sha256": "0" * 64, "size": 1}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '"text"',
        "{not json",
        "[" * 100_000,
        json.dumps({"version": 2, "files": {}}),
        json.dumps({"version": 1, "files": ["index.html"]}),
        json.dumps({"version": 1, "files": {"index.html": {"sha256": "short"}}}),
        json.dumps({"version": 1, "files": {"index.html": {"sha256": 5}}}),
        *(
            json.dumps({"version": 1, "files": {path: GOOD}})
            for path in ("../x", "/etc/passwd", "a//b", "a/../../b", "C:x", "a\\..\\b", "", "a\0b")
        ),
    ],
)
def test_a_damaged_or_hostile_manifest_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content, "utf-8")
    assert read_manifest(tmp_path) is None


def test_a_folder_without_manifest_has_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
