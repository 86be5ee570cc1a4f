"""The file of earlier runs: read with care, appended to once, and never overwritten."""

from pathlib import Path

import pytest

from reportgen.errors import OutputError, SettingsError
from reportgen.gates.history import MOST_RUNS, append_run, earlier, read_history
from reportgen.records.gates import Run


def run(origin: str, accuracy: float = 0.9, *, passed: bool | None = None) -> Run:
    return Run(
        created="2024-02-29T12:00:00Z", origin=origin, title="</script>\n{{ x }}", sha256="0" * 64,
        metrics={"accuracy": accuracy}, passed=passed,
    )  # fmt: skip


def test_runs_are_appended_and_read_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "new" / "runs.jsonl"
    runs = [run("a", 0.5, passed=True), run("b", 0.75, passed=False)]
    for each in runs:
        append_run(file, each)
    assert read_history(file) == runs
    assert file.read_text(encoding="utf-8").count("\n") == 2


def test_the_same_run_is_not_appended_again(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    for origin in "abba":
        append_run(file, run(origin))
    assert [one.origin for one in read_history(file)] == ["a", "b", "a"]


def test_a_last_line_without_its_end_is_not_joined(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text(run("a").model_dump_json(), encoding="utf-8")
    append_run(file, run("b"))
    assert [one.origin for one in read_history(file)] == ["a", "b"]


def test_no_file_is_no_runs(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("text", ["{}\n", "accuracy\n", '{"created": 1}\n', "[]\n", "\udcff"])
def test_another_file_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    file = tmp_path / "notes.jsonl"
    content = text.encode("utf-8", "surrogateescape")
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"notes\.jsonl"):
        read_history(file)
    with pytest.raises(SettingsError, match=r"notes\.jsonl"):
        append_run(file, run("a"))
    assert file.read_bytes() == content


def test_a_folder_and_one_that_is_missing_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="it is a folder"):
        read_history(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises((OutputError, SettingsError), match=r"runs\.jsonl"):
        append_run(tmp_path / "file" / "runs.jsonl", run("a"))


def test_a_report_keeps_the_last_runs_before_its_own() -> None:
    runs = [run(str(at)) for at in range(MOST_RUNS + 5)]
    assert earlier(runs, runs[-1].origin) == runs[-MOST_RUNS:-1]
    assert earlier(runs, "another") == runs[-(MOST_RUNS - 1) :]
    assert earlier([], "a") == []
