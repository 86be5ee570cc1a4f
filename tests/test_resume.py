"""Builds that are interrupted, repeated or run twice at once; only what changed is done again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.small_builds import make

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parent.parent
OPTIONS = (
    "--filters",
    "2",
    "--filter-method",
    "classic",
    "--filter-steps",
    "2",
    "--filter-size",
    "16",
    "--preprocess",
    "unit",
)


def snapshot(folder):
    """Content and modification time of every file."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in files
    }


def contents(folder):
    return {name: content for name, (content, _) in snapshot(folder).items()}


def kept(cache):
    return {"no_cache": False, "cache_dir": str(cache)}


def keys(cache):
    return {path.name for path in cache.glob("??/*")}


@pytest.fixture
def small(small_model, photos, tmp_path):
    def again(place=tmp_path / "report", images=photos, **options):
        return make(small_model, images, place, **kept(tmp_path / "cache"), **options)

    return again


def test_an_unchanged_rebuild_writes_no_file(small, monkeypatch):
    first = small()
    assert not first.unchanged
    before = snapshot(first.folder)
    # What opens the model must not be called at all.
    monkeypatch.setattr("reportgen.build_steps.model_job.ModelJob.open", lambda self: 1 / 0)
    again = small()
    assert again.unchanged
    assert snapshot(first.folder) == before
    assert (again.images, again.galleries, again.skipped) == (
        first.images, first.galleries, first.skipped,
    )  # fmt: skip


def test_what_is_computed_anew_is_written_anew(small, small_model, photos):
    first = small()
    again = make(small_model, photos, first.folder, no_cache=True)
    assert not again.unchanged
    assert contents(again.folder).keys() == contents(first.folder).keys()


def test_the_counts_are_those_of_the_report(small):
    outcome = small()
    assert outcome.images == len(outcome.report.images) == 3
    assert outcome.galleries == len(outcome.report.galleries) == 2
    assert {"broken.jpg", "drop"} <= {one.name for one in outcome.report.skipped}
    # A Dropout layer, which only passes on what it gets, is no loss.
    losses = [one.name for one in outcome.report.skipped if one.is_loss]
    assert outcome.skipped == len(losses) == 1


@pytest.mark.parametrize("option", [{"title": "Another"}, {"columns": 3}, {"author": "Me"}])
def test_a_changed_setting_writes_the_report_anew(small, option):
    small()
    assert not small(**option).unchanged


def test_a_damaged_report_is_written_anew(small):
    folder = small().folder
    page = folder / "index.html"
    whole = page.read_bytes()
    page.write_bytes(whole + b"<!-- -->")
    assert not small().unchanged
    (folder / "about.html").unlink()
    assert not small().unchanged
    assert (folder / "about.html").is_file()


def test_one_changed_image_is_the_only_one_computed(small, photos, tmp_path):
    copies = tmp_path / "copies"
    copies.mkdir()
    for path in photos.iterdir():
        (copies / path.name).write_bytes(path.read_bytes())
    small(images=copies)
    before = keys(tmp_path / "cache")
    (copies / "a.png").write_bytes((copies / "b.jpg").read_bytes() + b"\0")
    small(images=copies)
    assert len(keys(tmp_path / "cache") - before) == 4  # photo, grids, Grad-CAM, decision


def test_more_filters_compute_the_difference(small, tmp_path):
    small()
    before = keys(tmp_path / "cache")
    small(filters=4)
    assert len(keys(tmp_path / "cache") - before) == 4  # two for each of two layers


def command(model, images, out, cache):
    return [sys.executable, "-m", "reportgen", "build", str(model), str(images), "-o", str(out),
            "--cache-dir", str(cache), *OPTIONS]  # fmt: skip


def environment():
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "SOURCE_DATE_EPOCH": "1700000000"}


def test_killed_at_any_moment_it_goes_on_where_it_was(small_model, photos, tmp_path):
    def run(place):
        place.mkdir(exist_ok=True)
        arguments = command(small_model, photos, "report", "cache")
        return subprocess.Popen(arguments, env=environment(), cwd=place)

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(whole).wait(600) == 0
    for done in (1, 4):  # killed when so many units are there
        process = run(killed)
        while len(keys(killed / "cache")) < done and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    survivors = {p.name: p.stat().st_ino for p in (killed / "cache").glob("??/*")}
    assert survivors
    assert not (killed / "report").exists()
    assert run(killed).wait(600) == 0
    after = {p.name: p.stat().st_ino for p in (killed / "cache").glob("??/*")}
    assert survivors.items() <= after.items()  # nothing that was there is computed again
    assert after.keys() == keys(whole / "cache")
    assert contents(killed / "report") == contents(whole / "report")


def test_an_interrupt_is_one_line_and_keeps_what_is_done(small_model, photos, tmp_path):
    arguments = command(small_model, photos, "report", "cache")
    process = subprocess.Popen(
        arguments, env=environment(), cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    while not keys(tmp_path / "cache") and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "cached" in said.splitlines()[-1]
    assert keys(tmp_path / "cache")
    assert not (tmp_path / "report").exists()


def test_two_builds_into_one_store_are_both_right(small_model, photos, tmp_path):
    runs = [
        subprocess.Popen(
            command(small_model, photos, out, "cache"), env=environment(), cwd=tmp_path
        )
        for out in ("one", "two")
    ]
    assert [run.wait(240) for run in runs] == [0, 0]
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.keys() == two.keys()
    pictures = [name for name in one if name.startswith("pictures/")]
    assert pictures
    assert all(one[name] == two[name] for name in pictures)
