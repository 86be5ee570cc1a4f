"""Files of the user's that are no files, too large, or written while they are read."""

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from reportgen import user_files
from reportgen.errors import InputChangedError
from reportgen.user_files import UnusableFileError, check_readable, hash_file, read_file


def test_a_file_is_hashed_and_known_again(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(bytes(range(256)) * 10_000)
    digest, seen = hash_file(file)
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert seen.size == 2_560_000
    seen.check()


def rewritten(file: Path) -> None:
    before = file.stat()
    file.write_bytes(file.read_bytes()[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(file: Path) -> None:
    other = file.with_name("b")
    other.write_bytes(file.read_bytes()[::-1])
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)


@pytest.mark.parametrize("change", [Path.unlink, rewritten, replaced, lambda f: os.truncate(f, 3)])
def test_a_changed_file_is_noticed_whatever_its_time_says(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    file = tmp_path / "model.keras"
    file.write_bytes(b"12345678")
    seen = hash_file(file)[1]
    change(file)
    with pytest.raises(InputChangedError, match=r"model\.keras is being written"):
        seen.check()


def test_a_file_that_grows_while_it_is_hashed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345678")
    state_of = user_files.state_of
    monkeypatch.setattr(user_files, "state_of", lambda path: (state_of(path), _grow(path))[0])
    with pytest.raises(InputChangedError):
        hash_file(file)


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


@pytest.mark.skipif(os.name != "posix", reason="pipes and sockets are those of POSIX")
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    place = os.path.relpath(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(place)
        for path in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero")):
            with pytest.raises(UnusableFileError, match="not a regular file"):
                hash_file(path)
            with pytest.raises(UnusableFileError, match="not a regular file"):
                read_file(path, 10)
    with pytest.raises(UnusableFileError, match="a folder"):
        check_readable(tmp_path)


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    file = tmp_path / "video.jpg"
    file.touch()
    os.truncate(file, 20 * 10**9)
    with pytest.raises(UnusableFileError, match="20 GB, more than the 2 GB allowed"):
        hash_file(file, 2 * 10**9)
    with pytest.raises(UnusableFileError, match="more than the 5 kB allowed"):
        read_file(file, 5_000)
    assert read_file(Path(__file__), 10**6) == Path(__file__).read_bytes()
