"""Gates end to end: exit codes, with the report there each time; the history and its trend."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reportgen.cli.main import cli
from reportgen.gates.history import read_history
from reportgen.records.report import Report

QUICK = ("--sections", "activations,health", "--quiet")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> Path:
    """A folder of its own for each test; finished work is shared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    return tmp_path


def build(model: Path, photos: Path, *options: str) -> Result:
    words = ["build", str(model), str(photos), *QUICK, *options]
    return CliRunner().invoke(cli, words, prog_name="reportgen")


def report_in(folder: Path) -> Report:
    return Report.model_validate_json((folder / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "code", "statuses"),
    [
        (["--require", "images >= 3"], 0, ["passed"]),
        (["--fail-if", "images < 3"], 0, ["passed"]),
        (["--fail-if", "images >= 3"], 3, ["failed"]),
        (["--require", "images == 0", "--gates", "warn"], 0, ["failed"]),
        (["--require", "accuracy >= 0"], 3, ["unmeasured"]),
        (["--require", "images >= 3", "--fail-if", "skipped_images > 0"], 3, ["passed", "failed"]),
    ],
)
def test_the_exit_code_is_given_once_the_report_is_written(
    small_model: Path, photos: Path, place: Path, options: list[str], code: int, statuses: list[str]
) -> None:
    result = build(small_model, photos, *options)
    assert result.exit_code == code, result.output
    gates = report_in(place / "report").gates
    assert gates is not None
    assert [gate.status for gate in gates.gates] == statuses
    page = (place / "report" / "index.html").read_text(encoding="utf-8")
    assert page.index("overview--gates") < page.index("overview--images")
    said = [line for line in result.stderr.splitlines() if line.startswith("Gate failed: ")]
    assert len(said) == len(gates.failed)
    # An unchanged report is judged again.
    assert build(small_model, photos, *options).exit_code == code


def test_a_misspelt_metric_is_a_usage_error_and_nothing_is_written(
    small_model: Path, photos: Path, place: Path
) -> None:
    result = build(small_model, photos, "--fail-if", "acuracy < 0.9")
    assert result.exit_code == 2
    assert "did you mean “accuracy”?" in result.stderr
    assert not (place / "report").exists()


def test_other_gates_make_another_report(small_model: Path, photos: Path, place: Path) -> None:
    assert build(small_model, photos).exit_code == 0
    assert report_in(place / "report").gates is None
    assert build(small_model, photos, "--require", "images >= 1").exit_code == 0
    assert report_in(place / "report").gates is not None


def test_the_history_grows_with_each_change_and_the_overview_draws_it(
    small_model: Path, photos: Path, place: Path, monkeypatch
) -> None:
    history = place / "runs.jsonl"
    options = ("--history", str(history), "--require", "images >= 4")
    for _ in range(2):  # the same run again adds nothing, and changes no byte
        assert build(small_model, photos, *options).exit_code == 3
        assert len(read_history(history)) == 1
        assert "overview--trend" not in (place / "report" / "index.html").read_text("utf-8")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700086400")
    for _ in range(2):
        assert build(small_model, photos, *options).exit_code == 3
        runs = read_history(history)
        assert [run.created[:10] for run in runs] == ["2023-11-14", "2023-11-15"]
        assert report_in(place / "report").history == runs
        assert "overview--trend" in (place / "report" / "index.html").read_text("utf-8")
    assert runs[0].metrics["images"] == 3
    assert (runs[0].passed, runs[0].failed) == (False, ["Images ≥ 4"])


def test_a_history_that_is_something_else_stops_the_build_at_once(
    small_model: Path, photos: Path, place: Path
) -> None:
    (place / "runs.jsonl").write_text(json.dumps({"my": "data"}) + os.linesep, encoding="utf-8")
    result = build(small_model, photos, "--history", "runs.jsonl")
    assert result.exit_code == 2
    assert "Line 1 of runs.jsonl" in result.stderr
    assert not (place / "report").exists()
