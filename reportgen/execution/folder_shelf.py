"""Units in a folder, local or on a network disk, published by one rename.

    <folder>/<first two digits of the key>/<key>/result.json    the record
                                                 /<name>         the files that it lists
    <folder>/unfinished/…/                                       being written

A folder appears under its key by one rename, complete or not at all, so that a killed process
leaves nothing half written and two processes can share a folder.
"""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.execution.shelves import RECORD
from reportgen.execution.store_folder import (
    UNFINISHED,
    Lock,
    check_folder,
    is_marked,
    is_store,
    mark,
    removed,
    size_of,
    units_in,
)

_ABANDONED_AFTER = 24 * 3600.0


class FolderShelf:
    """Finished units in `folder`, which is made when the first one is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grown = False
        self._lock = Lock(folder)

    def __reduce__(self) -> tuple[type["FolderShelf"], tuple[Path]]:
        """Locks stay with their process."""
        return FolderShelf, (self.folder,)

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def unit(self, key: str) -> Path:
        """The folder of a unit."""
        return self.folder / key[:2] / key

    def get(self, key: str, name: str) -> bytes:
        """One file of a unit; to read its record counts as use. Raises OSError."""
        path = self.unit(key) / name
        # Another process may have put anything there.
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(f"{name} is not a regular file")
        content = path.read_bytes()
        if name == RECORD:
            with contextlib.suppress(OSError):  # a store may be read only
                os.utime(path)
        return content

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep a unit; raises OSError, and OutputError where the folder holds other things."""
        mark(self.folder)
        self._lock.share()
        self.grown = True
        aside = Path(tempfile.mkdtemp(dir=self.folder / UNFINISHED))
        try:
            for name, content in files.items():
                (aside / name).write_bytes(content)
            self.unit(key).parent.mkdir(exist_ok=True)
            try:
                aside.rename(self.unit(key))
            except OSError:
                if not (self.unit(key) / RECORD).is_file():  # else another process was first
                    self.drop(key)
                    aside.rename(self.unit(key))
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def list(self, key: str) -> dict[str, int]:
        """The regular files of a unit with their bytes."""
        found = {}
        with contextlib.suppress(FileNotFoundError), os.scandir(self.unit(key)) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(about.st_mode):
                    found[entry.name] = about.st_size
        return found

    def drop(self, key: str) -> None:
        """Remove a unit at once: it is moved aside first."""
        (self.folder / UNFINISHED).mkdir(exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=self.folder / UNFINISHED))
        try:
            self.unit(key).rename(aside / "dropped")
        except FileNotFoundError:
            pass
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def units(self) -> Iterator[str]:
        """The keys of all units."""
        return (unit.name for unit in units_in(self.folder))

    def begin(self) -> None:
        """Use the folder: nothing is removed from it until `end`. Raises OutputError."""
        check_folder(self.folder)
        self._lock.share()
        self._sweep()

    def end(self, most: int) -> None:
        """Use it no more; keep it under `most` bytes where it has grown and nobody else uses it."""
        try:
            if self.grown and self._lock.own():
                self.shrink(most)
        finally:
            self._lock.release()

    def note_grown(self) -> None:
        """Let `end` look at the size."""
        self.grown = True

    def shrink(self, most: int) -> int:
        """Remove the units not used for longest until all take no more than `most` bytes.

        Returns how many are removed.
        """
        units = []
        for unit in units_in(self.folder):
            with contextlib.suppress(OSError):
                units.append(((unit / RECORD).stat().st_mtime_ns, size_of(unit), unit))
        total = sum(size for _, size, _ in units)
        dropped = 0
        for _, size, unit in sorted(units):
            if total <= most:
                break
            dropped += removed(unit)
            total -= size
        return dropped

    def clear(self) -> tuple[int, int]:
        """Remove everything; returns how many units, and their bytes.

        What is not a store's is left. Raises OutputError when the folder is no store, when a build
        uses it, or when something cannot be removed.
        """
        if not self.folder.exists():
            return 0, 0
        check_folder(self.folder)
        if not is_store(self.folder):
            return 0, 0
        try:
            if not self._lock.own():
                raise OutputError(
                    f"{self.folder} is used by a build that is running: clear it when that has "
                    "ended."
                )
            count, size, left = 0, 0, 0
            for unit in units_in(self.folder):
                bytes_of_unit = size_of(unit)
                if removed(unit):
                    count, size = count + 1, size + bytes_of_unit
                else:
                    left += 1
            if is_marked(self.folder):
                shutil.rmtree(self.folder / UNFINISHED, ignore_errors=True)
                for name in _SIDE_FILES:
                    (self.folder / name).unlink(missing_ok=True)
        finally:
            self._lock.release()
        if left:
            raise OutputError(
                f"Of {left + count} results in {self.folder}, {left} cannot be removed: the folder "
                "is read-only for you, or its disk is."
            )
        return count, size

    def side_file(self, name: str) -> Path | None:
        """A file of ours beside the units; None where nothing can be written."""
        try:
            mark(self.folder)
        except OSError:
            return None
        return self.folder / name

    def _sweep(self) -> None:
        """Remove what killed processes left half written, a day later."""
        if not is_marked(self.folder):
            return
        for folder in (self.folder / UNFINISHED).glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER:
                    shutil.rmtree(folder, ignore_errors=True)


_SIDE_FILES = ("digests.sqlite", "digests.sqlite-journal")
"""What else is ours in the folder."""
