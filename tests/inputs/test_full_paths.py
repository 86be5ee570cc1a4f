"""Absolute paths of many files are those of os.path.abspath."""

import os

import pytest

from reportgen.inputs.full_paths import FullPaths


@pytest.mark.parametrize(
    "path",
    ["a.png", "./a.png", "b/a.png", "b//a.png", "b/../a.png", "b/..", "..", ".", "", "b/", "/a.png",
     "//a.png", "/", "/b/./c/../a.png", "b/.", "../a.png", "b c/\udcff.png"],
)  # fmt: skip
def test_paths_are_those_of_the_system(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = FullPaths()
    for _ in range(2):  # the second time the folder is known
        assert paths.of(path) == os.path.abspath(path)  # noqa: PTH100


def test_links_are_kept(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert FullPaths().of(tmp_path / "link" / "a.png") == str(tmp_path / "link" / "a.png")
