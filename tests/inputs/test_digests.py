"""Digests of many files: hashed once, and asked of the disk once as long as they stay the same."""

import os
from collections import Counter
from pathlib import Path

import pytest

from reportgen.inputs.digests import DigestIndex, hash_files
from reportgen.user_files import hash_file


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "data" / f"{number}.png" for number in range(5)]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 100)
    return paths


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr("reportgen.inputs.digests._RACY", 0)
    return DigestIndex(tmp_path / "digests.sqlite")


def test_a_known_file_is_asked_once_and_not_read(files, index, monkeypatch):
    first = list(hash_files(files, index, 1000))
    asked: Counter[str] = Counter()
    stat = Path.stat

    def counted(path, **options):
        asked[path.name] += 1
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", counted)
    monkeypatch.setattr("reportgen.inputs.digests.hash_file", None)  # nothing is hashed again
    assert list(hash_files(files, index, 1000)) == first
    assert [asked[path.name] for path in files] == [1] * 5
    assert [found[0] for found in first] == [hash_file(path)[0] for path in files]


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_changed_file_is_hashed_again(files, index, change):
    before = list(hash_files(files, index, 1000))
    about = files[2].stat()
    files[2].write_bytes(b"x" * (100 if change == "time" else 99))
    os.utime(files[2], ns=(about.st_atime_ns, about.st_mtime_ns + (change == "time")))
    after = list(hash_files(files, index, 1000))
    assert after[2][0] == hash_file(files[2])[0] != before[2][0]
    assert [after[at] for at in (0, 1, 3, 4)] == [before[at] for at in (0, 1, 3, 4)]


def test_the_same_file_under_another_path_is_known(files, index, monkeypatch):
    first = list(hash_files(files, index, 1000))
    monkeypatch.chdir(files[0].parent)
    monkeypatch.setattr("reportgen.inputs.digests.hash_file", None)
    again = hash_files([Path(path.name) for path in files], index, 1000)
    assert [digest for digest, _ in again] == [digest for digest, _ in first]
