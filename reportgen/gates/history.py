"""The file of earlier runs: one JSON object a line, each a `Run`, the oldest first."""

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from reportgen.errors import OutputError, SettingsError
from reportgen.gates.measures import Unmeasured, measures
from reportgen.gates.wording import gate_name, required_text
from reportgen.records.gates import Run
from reportgen.records.report import Report
from reportgen.user_files import UnusableFileError, read_file

MOST_RUNS = 200
"""Runs that a report keeps, and its trend shows."""

_LARGEST = 64 << 20
"""Bytes of a history."""


def read_history(path: Path) -> list[Run]:
    """All runs of a history; none where there is no file yet.

    Raises SettingsError for a file that cannot be read or holds something else.
    """
    try:
        text = read_file(path, _LARGEST).decode("utf-8")
    except FileNotFoundError:
        return []
    except UnusableFileError as error:
        raise SettingsError(f"The history {path.name} cannot be read: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"The history {path.name} cannot be read: {reason}.") from error
    runs = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            runs.append(Run.model_validate_json(line))
        except ValidationError as error:
            raise SettingsError(
                f"Line {number} of {path.name} is no run of a history; mend or remove it, or name "
                "another file with --history."
            ) from error
    return runs


def earlier(runs: Sequence[Run], origin: str) -> list[Run]:
    """The runs before the one of this origin, at most as many as a report keeps."""
    before = runs[:-1] if runs and runs[-1].origin == origin else runs
    return list(before[-(MOST_RUNS - 1) :])


def run_of(report: Report, origin: str) -> Run:
    """What the history keeps of a report, its gates checked."""
    gates = report.gates
    numbers = measures(report).items()
    return Run(
        created=report.created,
        origin=origin,
        title=report.title,
        sha256=report.model.sha256,
        metrics={name: measure for name, measure in numbers if not isinstance(measure, Unmeasured)},
        passed=None if gates is None else not gates.failed,
        failed=[f"{gate_name(result)} {required_text(result)}" for result in gates.failed]
        if gates
        else [],
    )


def append_run(path: Path, run: Run) -> None:
    """Add a run at the end of a history, unless it is there already.

    Raises OutputError when the file cannot be written, SettingsError as `read_history`.
    """
    runs = read_history(path)
    if runs and runs[-1].origin == run.origin:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(run.model_dump_json().encode() + b"\n")
    except OSError as error:
        raise OutputError(
            f"The history {path.name} cannot be written: {error.strerror}; name another file with "
            "--history."
        ) from error
