"""The store: finished units as plain files in a folder, published atomically under their keys.

    <folder>/<first two digits of the key>/<key>/result.json    the record
                                                 /<name>         the files that the data names
    <folder>/unfinished/…/                                       being written

A folder appears under its key by one rename, complete or not at all, so that a killed process
leaves nothing half written and two processes can share a store. The record's first line is the
SHA-256 of the second, which holds the key, the data and a checksum of each file: what is damaged
counts as missing and is computed again.
"""

import contextlib
import hashlib
import json
import os
import shutil
import stat
import tempfile
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import platformdirs
from pydantic import BaseModel, TypeAdapter

from reportgen.errors import OutputError
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
from reportgen.execution.units import Result, Unit

_RECORD = "result.json"
_NO_HOME = (
    "There is no home folder to keep finished work in; name a folder with --cache-dir, or use "
    "--no-cache."
)
_ABANDONED_AFTER = 24 * 3600.0

T = TypeVar("T")


class _DamagedError(Exception):
    """A record that is not as it was written."""


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

    def read(self, kind: type[T]) -> T:
        """Read the unit's data, as the type that its analysis leaves.

        Raises OutputError when it is no longer there as it was found.
        """
        try:
            data = self.record()["data"]
        except (OSError, _DamagedError) as error:
            raise OutputError(
                f"Finished work in {self.root} was removed or changed during the build: build "
                "again, what is missing is computed anew."
            ) from error
        found: T = _reader(cast("Any", kind)).validate_python(data)
        return found

    def record(self) -> Mapping[str, Any]:
        """The whole record, checked. Raises OSError, _DamagedError."""
        check, _, text = _content(self.folder / _RECORD).partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != check:
            raise _DamagedError(self.key)
        record: Mapping[str, Any] = json.loads(text)
        if record["key"] != self.key:
            raise _DamagedError(self.key)
        return record

    def file(self, name: str) -> Path:
        """Path of one of its files."""
        return self.folder / name

    def read_file(self, name: str) -> bytes:
        """The bytes of one of its files. Raises OutputError when they are not as they were kept."""
        content = _content(self.file(name))
        if zlib.crc32(content) != self.record()["files"][name]:
            raise OutputError(f"{name} in {self.root} is damaged: build again.")
        return content

    def is_whole(self) -> bool:
        """Whether the record and each of the files are as they were written."""
        try:
            files: Mapping[str, int] = self.record()["files"]
            return all(zlib.crc32(_content(self.file(name))) == files[name] for name in files)
        except (OSError, _DamagedError):
            return False


class Store:
    """Finished units in `folder`, which is made when the first one is kept.

    Raises OutputError when the folder holds other things than finished work.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grown = False
        self._lock = Lock(folder)

    @classmethod
    def default(cls) -> "Store":
        """The store in the user's cache folder. Raises OutputError where there is no home."""
        try:
            folder = platformdirs.user_cache_path("reportgen", appauthor=False)
        except RuntimeError as error:  # this account has no home folder, as in some containers
            raise OutputError(_NO_HOME) from error
        if not folder.is_absolute():  # other versions of platformdirs leave a "~"
            raise OutputError(_NO_HOME)
        return cls(folder / "units")

    def begin(self) -> None:
        """Use the store: nothing is removed from it until `end`. Raises OutputError."""
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

    def get(self, unit: Unit[Any]) -> Stored | None:
        """The finished unit, None when it is not there or damaged."""
        stored = Stored(self.folder, unit.key)
        if not stored.is_whole():
            return None
        with contextlib.suppress(OSError):  # a store may be read only
            os.utime(stored.file(_RECORD))
        return stored

    def put(self, unit: Unit[Any], result: Result[Any], marks: Mapping[str, Any] = {}) -> Stored:
        """Keep a finished unit; raises OutputError when the disk does not take it.

        `marks` are kept with its data.
        """
        stored = Stored(self.folder, unit.key)
        try:
            mark(self.folder)
            self._lock.share()
            self.grown = True
            aside = Path(tempfile.mkdtemp(dir=self.folder / UNFINISHED))
            try:
                for name, content in result.files.items():
                    (aside / name).write_bytes(content)
                (aside / _RECORD).write_bytes(_record(unit, result, marks))
                self._publish(aside, stored)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        except OSError as error:
            raise OutputError(
                f"Finished work cannot be kept in {self.folder}: {error.strerror}; free some "
                "space, name another folder with --cache-dir, or use --no-cache."
            ) from error
        return stored

    def _publish(self, aside: Path, stored: Stored) -> None:
        stored.folder.parent.mkdir(exist_ok=True)
        try:
            aside.rename(stored.folder)
        except OSError:
            # Another process was first, or a damaged unit lies there.
            if stored.is_whole():
                return
            damaged = Path(tempfile.mkdtemp(dir=self.folder / UNFINISHED))
            try:
                stored.folder.rename(damaged / "damaged")
                aside.rename(stored.folder)
            finally:
                shutil.rmtree(damaged, ignore_errors=True)

    def side_file(self, name: str) -> Path | None:
        """A file of ours beside the units; None where nothing can be written."""
        try:
            mark(self.folder)
        except OSError:
            return None
        return self.folder / name

    def size(self) -> tuple[int, int]:
        """How many units are kept, and their bytes."""
        units = list(units_in(self.folder))
        return len(units), sum(size_of(unit) for unit in units)

    def shrink(self, most: int) -> int:
        """Forget the units not used for longest until all take no more than `most` bytes.

        Returns how many are removed.
        """
        units = []
        for unit in units_in(self.folder):
            with contextlib.suppress(OSError):
                units.append(((unit / _RECORD).stat().st_mtime_ns, size_of(unit), unit))
        total = sum(size for _, size, _ in units)
        gone = 0
        for _, size, unit in sorted(units):
            if total <= most:
                break
            gone += removed(unit)
            total -= size
        return gone

    def clear(self) -> tuple[int, int]:
        """Forget everything; returns how many units, and their bytes.

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
        finally:
            self._lock.release()
        if left:
            raise OutputError(
                f"Of {left + count} results in {self.folder}, {left} cannot be removed: the folder "
                "is read-only for you, or its disk is."
            )
        return count, size

    def _sweep(self) -> None:
        """Remove what killed processes left half written, a day later."""
        if not is_marked(self.folder):
            return
        for folder in (self.folder / UNFINISHED).glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER:
                    shutil.rmtree(folder, ignore_errors=True)


def _record(unit: Unit[Any], result: Result[Any], marks: Mapping[str, Any]) -> bytes:
    """The record of a unit: a line with the SHA-256 of the next one, which is JSON."""
    about = {
        "key": unit.key,
        "analysis": unit.analysis,
        "subject": unit.subject,
        "files": {name: zlib.crc32(content) for name, content in result.files.items()},
        "data": {**_plain(result.data), **marks},
    }
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=_plain).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def _plain(data: Any) -> dict[str, Any]:
    """A dataclass or a record as a mapping; what is inside follows when its turn comes."""
    if isinstance(data, BaseModel):
        return data.model_dump()
    if not is_dataclass(data):
        return dict(data)
    return {field.name: getattr(data, field.name) for field in fields(data)}


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _content(path: Path) -> bytes:
    """The bytes of a regular file; another process may have put anything there. Raises OSError."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(f"{path.name} is not a regular file")
    return path.read_bytes()
