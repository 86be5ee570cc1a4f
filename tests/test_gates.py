"""Gates end to end: exit codes, with the report there each time; the history and its trend."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reportgen.cli.main import cli
from reportgen.gates.history import read_history
from reportgen.records.report import Report

pytestmark = pytest.mark.slow

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
    first = page.index('id="overview--gates"') < page.index('id="overview--images"')
    assert first == bool(gates.failed)
    assert ("gate passed" in page) == (not gates.failed)
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


def test_a_baseline_measures_what_changed(
    small_model: Path, photos: Path, place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import keras

    keras.utils.set_random_seed(7)
    other = keras.models.load_model(small_model)
    other.set_weights([keras.random.normal(one.shape) for one in other.weights])
    changed = tmp_path_factory.mktemp("other") / "other.keras"
    other.save(changed)
    assert build(small_model, photos, "-o", "before").exit_code == 0
    gates = ("--require", "flips <= 0%", "--require", "accuracy_change >= -1%")
    same = build(small_model, photos, "--baseline", "before", *gates)
    assert same.exit_code == 3  # the images have no known class
    assert [gate.status for gate in report_in(place / "report").gates.gates] == [
        "passed", "unmeasured",
    ]  # fmt: skip
    assert build(changed, photos, "--baseline", "before", *gates).exit_code == 3
    before, after = report_in(place / "before"), report_in(place / "report")
    classes = [
        [max(image.predictions, key=lambda one: one.probability).index for image in one.images]
        for one in (before, after)
    ]
    flipped = sum(a != b for a, b in zip(*classes, strict=True))
    assert flipped
    assert after.baseline is not None
    assert after.baseline.flips == flipped / len(before.images)
    assert after.baseline.sha256 == before.model.sha256


@pytest.mark.parametrize("name", ["nothing", "runs.jsonl"])
def test_a_baseline_that_is_no_report_is_a_usage_error(
    small_model: Path, photos: Path, place: Path, name: str
) -> None:
    (place / "runs.jsonl").touch()
    result = build(small_model, photos, "--baseline", name)
    assert result.exit_code == 2
    assert name in result.stderr
    assert not (place / "report").exists()


@pytest.mark.parametrize("condition", ["images >= 1", "images == 0", "accuracy >= 0"])
def test_files_for_ci_are_written_whatever_the_outcome(
    small_model: Path, photos: Path, place: Path, condition: str
) -> None:
    result = build(small_model, photos, "--ci", "gitlab", "--require", condition)
    assert result.exit_code == (0 if condition == "images >= 1" else 3)
    names = [
        "gl-code-quality-report.json",
        "report",
        "reportgen-junit.xml",
        "reportgen-metrics.txt",
    ]
    assert sorted(path.name for path in place.iterdir()) == names
    assert (place / "report" / "index.html").is_file()


def test_annotations_stand_on_standard_output(small_model: Path, photos: Path) -> None:
    result = build(small_model, photos, "--annotations", "--require", "images == 0")
    lines = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert lines[0] == ("::error file=small.keras,line=1,title=Images::Images: 3 (required = 0).")


def test_a_file_of_somebody_elses_stops_the_build_at_once(
    small_model: Path, photos: Path, place: Path
) -> None:
    (place / "notes.md").write_text("mine", encoding="utf-8")
    result = build(small_model, photos, "--summary", "notes.md")
    assert result.exit_code == 1
    assert "--summary: notes.md holds something else" in result.stderr
    assert (place / "notes.md").read_text(encoding="utf-8") == "mine"
    assert not (place / "report").exists()
