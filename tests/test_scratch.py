"""Folders of killed builds are removed by the next one, those of living ones are not."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.errors import OutputError
from reportgen.report.publishing.manifest import write_manifest
from reportgen.report.publishing.publish import check_output, staged
from reportgen.scratch import scratch_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from reportgen.report.publishing.manifest import write_manifest
from reportgen.report.publishing.publish import staged
from reportgen.report.publishing import publish

def no_exchange(*_):
    raise OSError(38, "not implemented")

if sys.argv[2] == "between":
    publish.exchange = no_exchange
    rename = Path.rename
    def once(self, target):
        rename(self, target)
        os.kill(os.getpid(), signal.SIGKILL)
    Path.rename = once
with staged(Path(sys.argv[1])) as new:
    (new / "index.html").write_text("new")
    write_manifest(new)
    if sys.argv[2] == "writing":
        os.kill(os.getpid(), signal.SIGKILL)
"""

posix = pytest.mark.skipif(os.name != "posix", reason="needs a process that can be killed so")


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@posix
@pytest.mark.parametrize("when", ["writing", "between"])
def test_a_killed_build_leaves_nothing_for_long(tmp_path: Path, when: str) -> None:
    place = tmp_path / "report"
    with staged(place) as new:
        (new / "index.html").write_text("old")
        write_manifest(new)
    subprocess.run([sys.executable, "-c", KILLED, str(place), when], check=False)
    assert len(hidden(tmp_path)) == 1
    assert place.exists() == (when == "writing")
    with pytest.raises(KeyboardInterrupt), staged(place):
        raise KeyboardInterrupt
    assert (place / "index.html").read_text() == "old"
    assert hidden(tmp_path) == []


def test_an_interrupt_between_the_two_steps_keeps_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "report"
    with staged(place) as new:
        (new / "index.html").write_text("old")
        write_manifest(new)
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        rename(self, target)
        monkeypatch.undo()
        raise KeyboardInterrupt

    def no_exchange(*_: object) -> None:
        raise OSError(38, "not implemented")

    with pytest.raises(KeyboardInterrupt), staged(place):
        monkeypatch.setattr("reportgen.report.publishing.publish.exchange", no_exchange)
        monkeypatch.setattr(Path, "rename", interrupted)
    assert (place / "index.html").read_text() == "old"
    assert hidden(tmp_path) == []


def test_folders_of_others_stay(tmp_path: Path) -> None:
    owners = {
        "report-1": f"report\n{platform.node()}\n{os.getppid()}\n",
        "report-2": f"report\nanother machine\n{os.getpid()}\n",
        "report-3": f"report-3\n{platform.node()}\n{os.getpid()}\n",
        "report-4": "no owner",
    }
    for name, owner in owners.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "owner").write_text(owner)
    (tmp_path / "report-5").mkdir()
    with scratch_folder(tmp_path, "report") as first, scratch_folder(tmp_path, "report") as second:
        assert first.is_dir()
        assert second.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == [*owners, "report-5"]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_output(tmp_path / "not" / "yet" / "there", force=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="read-only"):
        check_output(tmp_path / "report", force=False)
