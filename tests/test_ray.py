"""A build on a Ray cluster: the bytes are those of one process, also where workers are killed."""

import os
import signal
import threading
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra ray is not installed")

from reportgen.analysis.top_images import scan
from reportgen.config import make_settings
from reportgen.errors import ReportgenError, SettingsError
from reportgen.execution import ray_engine
from reportgen.pipeline import build
from reportgen.progress import Silent
from tests.support.data_sets import class_folders
from tests.support.folders import differing

pytestmark = [pytest.mark.slow]

FAST = {"filters": 2, "filter_method": "classic", "filter_steps": 2, "filter_size": 16,
        "preprocess": "unit", "dataset_pages": 3, "exemplars": 3,
        "workers": 2, "runner": "ray"}  # fmt: skip


class Watched(Silent):
    """A progress that notes what is said beside the steps."""

    def __init__(self, on_say=lambda _: None):
        self.said, self.on_say = [], on_say

    def say(self, text):
        self.said.append(text)
        self.on_say(text)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = class_folders(tmp_path_factory.mktemp("data") / "shapes", ("a", "b", "c"), 8, 24)
    (made / "a" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    return made


@pytest.fixture(autouse=True)
def reproducible(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(scan, "ALONE", 4)
    monkeypatch.setattr(scan, "SMALLEST", 4)


def make(model, folders, place, progress=None, **options):
    known = {**FAST, "out": str(place), "dataset": str(folders)}
    settings = make_settings({**known, **options})
    shown = [str(folders / "a" / "broken.png"), str(folders / "b" / "b 1.png")]
    return build(str(model), shown, settings, progress=progress or Silent(), command="")


def alone(model, folders, tmp_path):
    local = {"runner": "local", "workers": None, "no_cache": True}
    return make(model, folders, tmp_path / "alone", **local).folder


def children_of(pid):
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            yield int(file.parent.name)
            yield from children_of(int(file.parent.name))


def busy_workers():
    """Worker processes of this build's cluster that compute a chunk."""
    for pid in children_of(os.getpid()):
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::compute_chunk"):
            yield pid


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers by /proc")
def test_the_bytes_are_those_of_one_process_also_where_a_worker_is_killed(
    small_model, folders, tmp_path
):
    expected = alone(small_model, folders, tmp_path)
    killed, ended = [], threading.Event()

    def kill_one():
        while not ended.wait(0.05):
            if store_has_units(tmp_path / "store") and (found := list(busy_workers())):
                os.kill(found[0], signal.SIGKILL)
                killed.append(found[0])
                return

    def store_has_units(store):
        return len(list(store.glob("??/*/result.json"))) > 12

    hunter = threading.Thread(target=kill_one)
    hunter.start()
    watched = Watched()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        made = make(small_model, folders, tmp_path / "r", watched,
                    cache_dir=str(tmp_path / "store"))  # fmt: skip
    finally:
        ended.set()
        hunter.join()
    assert killed
    assert differing(expected, made.folder) == []
    assert signal.getsignal(signal.SIGTERM) is handler
    assert any("2 workers" in text and "images/s" in text for text in watched.said)
    assert [(one.what, one.name) for one in made.report.skipped if "broken" in one.name] == [
        ("image", "broken.png"), ("image of the dataset", "broken.png"),
    ]  # fmt: skip


def test_nothing_is_started_where_nothing_is_missing(small_model, folders, tmp_path, monkeypatch):
    kept = {"cache_dir": str(tmp_path / "store")}
    make(small_model, folders, tmp_path / "r", runner="local", workers=None, **kept)
    monkeypatch.setattr(ray_engine, "_Cluster", lambda *_, **__: pytest.fail("Ray is started"))
    assert make(small_model, folders, tmp_path / "r", force=True, **kept).unchanged


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": 2, "runner": "local"}, "--workers"),
        ({"runner": "ray", "shard": "1/2"}, "--shard"),
        ({"runner": "ray", "no_cache": True}, "--no-cache"),
    ],
)
def test_options_that_do_not_go_together(options, words):
    with pytest.raises(SettingsError, match=words):
        make_settings(options)


def test_the_client_is_refused(small_model, folders, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray://somewhere:10001")
    with pytest.raises(ReportgenError, match="ray job submit"):
        make(small_model, folders, tmp_path / "r", cache_dir=str(tmp_path / "store"))


def test_a_cluster_that_is_not_there_is_told(small_model, folders, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(ReportgenError, match="no cluster can be reached"):
        make(small_model, folders, tmp_path / "r", cache_dir=str(tmp_path / "store"))
