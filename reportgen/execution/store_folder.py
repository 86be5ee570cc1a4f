"""The folder of a store: how it is known as one, who uses it, and what of it may be removed.

    <folder>/CACHEDIR.TAG        tells backup programs that everything here can be made again
    <folder>/reportgen-store     says that the folder is a store, and of which version; is locked

Only a folder with the second file is ever cleared, and of it only what a store writes: other
people's files beside it stay. A build holds a shared lock as long as it uses the store, so that
nothing is removed under its hands.
"""

import contextlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from reportgen.errors import OutputError

if sys.platform != "win32":
    import fcntl

MARK = "reportgen-store"
TAG = "CACHEDIR.TAG"
UNFINISHED = "unfinished"

_VERSION = "1\n"
_TAG_TEXT = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file says that the folder is a cache (https://bford.info/cachedir/).\n"
    "# reportgen keeps finished work here and computes again what is removed.\n"
)
_OF_NOBODY = {".gitignore", ".gitkeep", ".keep", ".DS_Store", "lost+found"}
_UNIT = re.compile(r"[0-9a-f]{64}")


def is_store(folder: Path) -> bool:
    """Whether the folder carries the mark of a store, or holds nothing but units of one.

    Stores had no mark at first; folders named by two and by 64 hexadecimal digits are theirs.
    """
    if is_marked(folder):
        return True
    try:
        entries = [
            entry
            for entry in folder.iterdir()
            if entry.name not in _OF_NOBODY | {TAG} and not entry.name.startswith(UNFINISHED)
        ]
        return bool(entries) and all(_holds_units(entry) for entry in entries)
    except OSError:
        return False


def is_marked(folder: Path) -> bool:
    """Whether the folder carries the mark of a store."""
    return (folder / MARK).is_file()


def _holds_units(folder: Path) -> bool:
    inside = list(folder.iterdir()) if re.fullmatch("[0-9a-f]{2}", folder.name) else []
    return bool(inside) and all(_UNIT.fullmatch(entry.name) for entry in inside)


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds other things. Raises OutputError."""
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            raise OutputError(
                f"{folder} is no folder: name another with --cache-dir, or use --no-cache."
            )
        others = [entry for entry in folder.iterdir() if entry.name not in _OF_NOBODY | {TAG}]
        version = (folder / MARK).read_text() if is_marked(folder) else _VERSION
    except (OSError, ValueError) as error:
        raise OutputError(
            f"Finished work cannot be kept in {folder}: {getattr(error, 'strerror', error)}; name "
            "another folder with --cache-dir, or use --no-cache."
        ) from error
    if version not in ("", _VERSION):  # empty while another process writes it
        raise OutputError(
            f"{folder} holds the finished work of another version of reportgen: name another "
            "folder with --cache-dir."
        )
    if others and not is_store(folder):
        raise OutputError(
            f"The folder {folder} holds other things than finished work of reportgen: name an "
            f"empty or a new one with --cache-dir, such as {folder / 'reportgen'}."
        )


def mark(folder: Path) -> None:
    """Make the folder where there is none, and mark it as a store. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if not is_marked(folder):
        check_folder(folder)
        (folder / TAG).write_text(_TAG_TEXT, encoding="ascii")
        with contextlib.suppress(FileExistsError), (folder / MARK).open("x") as file:
            file.write(_VERSION)
    (folder / UNFINISHED).mkdir(exist_ok=True)


def units_in(folder: Path) -> Iterator[Path]:
    """The folders of finished units."""
    for place in sorted(folder.glob("[0-9a-f][0-9a-f]/*")):
        is_unit = _UNIT.fullmatch(place.name) and place.name.startswith(place.parent.name)
        if is_unit and place.is_dir() and not place.is_symlink():
            yield place


def size_of(unit: Path) -> int:
    """Bytes of a unit's files; those that go in between count as none."""
    total = 0
    with contextlib.suppress(OSError):
        for file in unit.iterdir():
            total += file.lstat().st_size
    return total


def removed(unit: Path) -> bool:
    """Remove a unit's folder, and the one above where it is empty then; whether it is gone."""
    shutil.rmtree(unit, ignore_errors=True)
    with contextlib.suppress(OSError):
        unit.parent.rmdir()
    return not unit.exists()


class Lock:
    """A lock on the store that ends with the process: shared for use, exclusive for removal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

    def share(self) -> None:
        """Use the store; waits for a removal to end. Without effect where nothing can be locked."""
        if self._file is None:
            self._lock(exclusive=False)

    def release(self) -> None:
        """Use it no more."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def own(self) -> bool:
        """Whether nobody else uses it; nobody can then until `release`."""
        self.release()
        return self._lock(exclusive=True)

    def _lock(self, *, exclusive: bool) -> bool:
        if sys.platform == "win32":
            return True
        try:
            file = (self._folder / MARK).open("rb")
        except OSError:  # there is no store yet
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
        except OSError as error:
            file.close()
            return not isinstance(error, BlockingIOError)  # other errors: a disk without locks
        self._file = file
        return True
