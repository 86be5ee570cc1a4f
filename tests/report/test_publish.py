"""A report takes its place whole: wherever it is killed, and whatever else lies in the folder."""

import json
import os
import platform
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reportgen.bundle.export import export
from reportgen.bundle.verify import verify
from reportgen.errors import OutputError
from reportgen.folders import exchange, mounts_at
from reportgen.report.publishing import publish
from reportgen.report.publishing.manifest import write_manifest
from reportgen.report.publishing.publish import check_output, recover, staged

OLD = {"index.html": "old", "images/a.html": "old a", "pictures/only/old.png": "gone"}
NEW = {"index.html": "new", "images/a.html": "new a", "layers/b.html": "new b"}
MOUNT, UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""
posix = pytest.mark.skipif(os.name != "posix", reason="folders and processes as POSIX has them")


def make(place: Path, files: dict[str, str]) -> None:
    with staged(place) as new:
        for name, text in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_text(text)
        write_manifest(new)


def contents(place: Path) -> dict[str, str]:
    return {
        path.relative_to(place).as_posix(): path.read_text()
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a mount point, which takes root."""
    place = tmp_path / "a volume"
    place.mkdir()
    command = [MOUNT, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if not MOUNT or subprocess.run(command, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run([UMOUNT, str(place)], check=True)


@pytest.fixture
def bound(tmp_path: Path) -> Iterator[Path]:
    """A folder of the same file system that is bound to another place."""
    source, place = tmp_path / "source", tmp_path / "bound"
    source.mkdir()
    place.mkdir()
    command = [MOUNT, "--bind", str(source), str(place)]
    if not MOUNT or subprocess.run(command, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run([UMOUNT, str(place)], check=True)


def test_a_mount_point_is_filled(mounted: Path) -> None:
    assert mounts_at(mounted)
    assert mounts_at(mounted.parent)
    assert not mounts_at(mounted.parent / "other")
    for files in (OLD, NEW, NEW):
        check_output(mounted, force=False)
        make(mounted, files)
        assert contents(mounted) == files
        assert verify(mounted).is_whole
    assert not (mounted / "pictures").exists()


def test_a_bound_folder_is_filled(bound: Path) -> None:
    assert mounts_at(bound)
    assert not os.path.ismount(bound)
    for files in (OLD, NEW):
        check_output(bound, force=False)
        make(bound, files)
        assert contents(bound) == files


def test_a_mount_point_below_the_report_is_not_emptied(mounted: Path) -> None:
    place = mounted.parent / "report"
    make(place, OLD)
    below = place / "pictures" / "only"
    subprocess.run([MOUNT, "--bind", str(mounted), str(below)], check=True)
    (mounted / "mine").write_text("mine")
    try:
        make(place, NEW)
        assert (below / "mine").read_text() == "mine"
    finally:
        subprocess.run([UMOUNT, str(below)], check=True)


def test_where_nothing_can_be_mounted_the_folder_stays_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "report"
    make(place, OLD)
    monkeypatch.setattr(publish, "mounts_at", lambda _: True)
    before = place.stat().st_ino
    make(place, NEW)
    assert place.stat().st_ino == before
    assert contents(place) == NEW
    assert not (place / "pictures").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_folder_that_cannot_be_renamed_at_the_end_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "report"
    make(place, OLD)
    rename = Path.rename

    def refuse(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    def renamed(self: Path, target: Path) -> Path:
        return refuse() or self if self == place else rename(self, target)  # type: ignore[func-returns-value]

    monkeypatch.setattr(publish, "exchange", refuse)
    monkeypatch.setattr(Path, "rename", renamed)
    make(place, NEW)
    assert contents(place) == NEW


def test_a_folder_that_takes_nothing_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "report"
    make(place, OLD)
    monkeypatch.setattr(publish, "mounts_at", lambda _: True)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != place)
    with pytest.raises(OutputError, match="report is read-only"):
        check_output(place, force=False)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has /proc")
def test_a_folder_whose_permissions_lie_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(OutputError, match="The report cannot be written to report"):
        check_output(Path("/proc/report"), force=False)


def test_the_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_output(tmp_path / "new" / "report", force=False)
    assert list(tmp_path.iterdir()) == []


@posix
def test_what_others_have_put_into_the_folder_is_not_touched(tmp_path: Path) -> None:
    place = tmp_path / "report"
    make(place, OLD)
    git = place / ".git" / "objects"
    git.mkdir(parents=True)
    (place / "empty" / "inner").mkdir(parents=True)
    (place / "images" / "mine.txt").write_text("mine")
    (place / "link").symlink_to(tmp_path)
    (place / "dangling").symlink_to("nowhere")
    os.mkfifo(place / "pipe")
    (place / "layers").write_text("my file where a folder has to be")
    before = {
        path: path.lstat().st_ino
        for path in place.rglob("*")
        if path.name in {"objects", "inner", "mine.txt", "link", "dangling", "pipe", ".git"}
    }
    assert len(before) == 7
    make(place, NEW)
    assert {path: path.lstat().st_ino for path in before} == before
    assert (place / "layers.kept").read_text() == "my file where a folder has to be"
    assert not (place / "pictures").exists()
    verdict = verify(place)
    assert not verdict.missing
    assert not verdict.changed


@posix
def test_nothing_is_removed_through_a_link(tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "report", tmp_path / "elsewhere" / "only"
    make(place, OLD)
    elsewhere.mkdir(parents=True)
    (elsewhere / "old.png").write_text("another's")
    shutil.rmtree(place / "pictures")
    (place / "pictures").symlink_to(elsewhere.parent)
    make(place, NEW)
    assert (elsewhere / "old.png").read_text() == "another's"


def test_a_name_that_is_taken_keeps_its_content(tmp_path: Path) -> None:
    place = tmp_path / "report"
    for name, text in {"index.html": "mine", "index.html.kept": "older", "images/a.html/x": "dir",
                       "layers/b.html": "new b"}.items():  # fmt: skip
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    make(place, NEW)
    assert contents(place) == NEW | {
        "index.html.kept": "older",
        "index.html.kept-2": "mine",
        "images/a.html.kept/x": "dir",
    }


@posix
@pytest.mark.parametrize("others", [False, True])
def test_the_folder_keeps_its_mode_and_owner(tmp_path: Path, others: bool) -> None:
    place = tmp_path / "report"
    make(place, OLD)
    if others:
        (place / "mine").write_text("mine")
    place.chmod(0o750)
    if os.geteuid() == 0:
        os.chown(place, 12345, 23456)
    before = place.stat()
    make(place, NEW)
    after = place.stat()
    assert stat.S_IMODE(after.st_mode) == 0o750
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


@posix
def test_a_name_of_255_bytes(tmp_path: Path) -> None:
    place = tmp_path / ("r" * 255)
    make(place, OLD)
    make(place, NEW)
    assert contents(place) == NEW


def test_two_folders_are_exchanged(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    (other / "x").mkdir(parents=True)
    try:
        exchange(one, other)
    except OSError:
        pytest.skip("this system cannot exchange folders")
    assert (one / "x").is_dir()
    with pytest.raises(FileNotFoundError):
        exchange(one, tmp_path / "none")


@pytest.mark.parametrize("use", [verify, lambda place: export(place, place.with_name("a.zip"))])
def test_verify_and_export_find_the_report_that_a_kill_left_aside(
    tmp_path: Path, use: Callable[[Path], object]
) -> None:
    place = tmp_path / "report"
    make(place, OLD)
    aside = tmp_path / ".report-killed00"
    aside.mkdir()
    (aside / "owner").write_text(f".report\n{platform.node()}\n{os.getpid()}\n")
    place.rename(aside / "old")
    use(place)
    assert contents(place) == OLD


def test_a_strangers_report_cannot_have_files_removed_or_moved(tmp_path: Path) -> None:
    place, mine = tmp_path / "report", tmp_path / "mine"
    make(place, OLD)
    mine.mkdir()
    (mine / "thesis").write_text("years of work")
    for number, names in enumerate((["../mine/thesis"], [str(mine / "thesis")], 5, None)):
        aside = place / f".reportgen-{number}"
        aside.mkdir()
        (aside / "owner").write_text(f".reportgen\n{platform.node()}\n{os.getpid()}\n")
        (aside / "ready.json").write_text(json.dumps({"own": names, "obsolete": names}))
        (aside / "new").symlink_to(mine) if number % 2 else (aside / "new").mkdir()
    verify(place)
    assert (mine / "thesis").read_text() == "years of work"
    assert contents(place) == OLD


KILLED_AT_EVERY_STEP = """
import os, sys
from pathlib import Path
from reportgen.report.publishing import publish
from tests.report import test_publish as t

root, others, can_exchange, first = Path(sys.argv[1]), *(word == "1" for word in sys.argv[2:5])
if not can_exchange:
    def refuse(*_):
        raise OSError(38, "not implemented")
    publish.exchange = refuse
for number in range(1000):
    place = root / str(number) / "report"
    if not first:
        t.make(place, t.OLD)
    else:
        place.mkdir(parents=True)
    if others:
        (place / "images").mkdir(exist_ok=True)
        (place / "images" / "mine").write_text("mine")
        (place / "layers").write_text("in the way")
    child = os.fork()
    if not child:
        left = number
        def step(event, _):
            global left
            if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "open"):
                left -= 1
                if left < 0:
                    os._exit(9)
        sys.addaudithook(step)
        t.make(place, t.NEW)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(number)
        break
"""


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    ("others", "can_exchange", "first"),
    [(False, True, False), (False, False, False), (True, True, False), (True, True, True)],
)
def test_killed_at_every_step_the_old_or_the_new_report_is_whole(
    tmp_path: Path, others: bool, can_exchange: bool, first: bool
) -> None:
    arguments = [str(int(one)) for one in (others, can_exchange, first)]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EVERY_STEP, str(tmp_path), *arguments],
        check=True, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    steps = int(done.stdout)
    assert steps > 15
    seen = set()
    for number in range(steps + 1):
        place = tmp_path / str(number) / "report"
        recover(place)
        found = contents(place)
        if others:
            assert found.pop("images/mine") == "mine"
            kept = found.pop("layers.kept", None) or found.pop("layers", None)
            assert kept == "in the way", number
        assert found in (({} if first else OLD), NEW), number
        seen.add(found.get("index.html"))
        if found:
            verdict = verify(place)
            assert not verdict.missing, number
            assert not verdict.changed, number
        left = [path for folder in (place, place.parent) for path in folder.glob(".*-*/*")]
        assert not left, number
    assert seen == {None if first else "old", "new"}
