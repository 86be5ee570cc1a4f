"""The store: finished units as plain files in a folder, published atomically under their keys.

    <folder>/<first two digits of the key>/<key>/result.json    the data
                                                 /<name>         the files that the data names
    <folder>/unfinished-…/                                       being written

A folder appears under its key by one rename, complete or not at all, so that a killed process
leaves nothing half written and two processes can share a store.
"""

import contextlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from reportgen.errors import OutputError
from reportgen.execution.units import Result, Unit

_UNFINISHED = "unfinished-"
_ABANDONED_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished unit: the store's folder and the key that its own folder there is named by.

    The data is read when it is asked for and not kept: thousands of units would fill the memory.
    """

    root: Path
    key: str

    @property
    def folder(self) -> Path:
        """The folder that holds its files."""
        return self.root / self.key[:2] / self.key

    @property
    def data(self) -> Mapping[str, Any]:
        """The unit's data."""
        text = (self.folder / "result.json").read_text(encoding="utf-8")
        data: Mapping[str, Any] = json.loads(text)["data"]
        return data

    def file(self, name: str) -> Path:
        """Path of one of its files."""
        return self.folder / name


class Store:
    """Finished units in `folder`, which is made when the first one is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grown = False

    @classmethod
    def default(cls) -> "Store":
        """The store in the user's cache folder."""
        return cls(platformdirs.user_cache_path("reportgen", appauthor=False) / "units")

    def get(self, unit: Unit) -> Stored | None:
        """The finished unit, None when it is not there or damaged."""
        stored = Stored(self.folder, unit.key)
        if not _is_whole(stored.folder):
            return None
        with contextlib.suppress(OSError):  # a store may be read only
            os.utime(stored.file("result.json"))
        return stored

    def put(self, unit: Unit, result: Result) -> Stored:
        """Keep a finished unit; raises OutputError when the disk does not take it."""
        stored = Stored(self.folder, unit.key)
        place = stored.folder
        self.grown = True
        about = {
            "analysis": unit.analysis,
            "subject": unit.subject,
            "files": {name: zlib.crc32(content) for name, content in result.files.items()},
            "data": result.data,
        }
        text = json.dumps(about, sort_keys=True, ensure_ascii=False)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
            try:
                for name, content in result.files.items():
                    (unfinished / name).write_bytes(content)
                (unfinished / "result.json").write_text(text, encoding="utf-8")
                self._publish(unfinished, place)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        except OSError as error:
            raise OutputError(
                f"Finished work cannot be kept in {self.folder}: {error.strerror}; free some "
                "space, name another folder with --cache-dir, or use --no-cache."
            ) from error
        return stored

    def _publish(self, unfinished: Path, place: Path) -> None:
        try:
            unfinished.rename(place)
        except OSError:
            # Another process was first, or a damaged unit lies there.
            if _is_whole(place):
                return
            shutil.rmtree(place, ignore_errors=True)
            unfinished.rename(place)

    def size(self) -> tuple[int, int]:
        """How many units are kept, and their bytes."""
        results = list(self.folder.glob("??/*/result.json"))
        files = (file for file in self.folder.glob("??/*/*") if file.is_file())
        return len(results), sum(file.stat().st_size for file in files)

    def shrink(self, most: int) -> int:
        """Forget the units not used for longest until all take no more than `most` bytes.

        Returns how many are forgotten.
        """
        units = []
        for result in self.folder.glob("??/*/result.json"):
            with contextlib.suppress(OSError):
                size = sum(file.stat().st_size for file in result.parent.iterdir())
                units.append((result.stat().st_mtime_ns, size, result.parent))
        total = sum(size for _, size, _ in units)
        forgotten = 0
        for _, size, folder in sorted(units):
            if total <= most:
                break
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
            forgotten += 1
        return forgotten

    def clear(self) -> tuple[int, int]:
        """Forget everything; returns what `size` said before."""
        before = self.size()
        for folder in [*self.folder.glob("??"), *self.folder.glob(f"{_UNFINISHED}*")]:
            shutil.rmtree(folder, ignore_errors=True)
        return before

    def sweep(self) -> None:
        """Remove what killed processes left half written, a day later."""
        for folder in self.folder.glob(f"{_UNFINISHED}*"):
            try:
                abandoned = time.time() - folder.stat().st_mtime > _ABANDONED_AFTER
            except OSError:
                continue
            if abandoned:
                shutil.rmtree(folder, ignore_errors=True)


def _is_whole(place: Path) -> bool:
    """Whether a unit's data can be read, and each of its files is as it was written."""
    try:
        files = json.loads((place / "result.json").read_text(encoding="utf-8"))["files"]
        return all(
            zlib.crc32((place / name).read_bytes()) == check for name, check in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
