"""The store: finished units under their keys, found again by whoever asks for the same.

A unit is its data (data.json), the files that the data names, and a record (result.json) that lists
them all with size and checksum. To find a unit, its record is read and sizes are compared; a
checksum is compared when a file is read. What is damaged counts as missing and is computed again.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

import platformdirs
from pydantic import BaseModel, TypeAdapter

from reportgen.errors import DamagedWorkError, OutputError
from reportgen.execution.folder_shelf import FolderShelf
from reportgen.execution.shelves import RECORD, Place, Shelf, cannot_be_kept
from reportgen.execution.units import Result, Unit

_DATA = "data.json"
_NO_HOME = (
    "There is no home folder to keep finished work in; name a folder with --cache-dir, or use "
    "--no-cache."
)


T = TypeVar("T")


class _DamagedError(Exception):
    """A record that is not as it was written."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished unit: where it is kept, its key, and the kind of processor that computed it.

    The data is read when it is asked for and not kept: thousands of units would fill the memory.
    """

    shelf: Shelf
    key: str
    made_on: str = ""

    def read(self, kind: type[T]) -> T:
        """Read the unit's data, as the type that its analysis leaves.

        Raises DamagedWorkError when it is not as it was kept.
        """
        found: T = _reader(cast("Any", kind)).validate_python(json.loads(self.read_file(_DATA)))
        return found

    def read_file(self, name: str) -> bytes:
        """The bytes of one of its files; raises DamagedWorkError when they are not as kept.

        What is damaged is removed, so that it is computed again.
        """
        try:
            size, check = _record(self.shelf, self.key)["files"][name]
            content = self.shelf.get(self.key, name)
            if len(content) != size or zlib.crc32(content) != check:
                raise _DamagedError(name)
        except (OSError, _DamagedError) as error:
            self.drop()
            raise DamagedWorkError(self.shelf.place) from error
        return content

    def size(self, name: str) -> int:
        """Bytes of one of its files; 0 where there is none of that name."""
        return self.shelf.list(self.key).get(name, 0)

    def is_whole(self) -> bool:
        """Whether the record and each of the files are as they were kept."""
        try:
            files = _record(self.shelf, self.key)["files"]
            contents = {name: self.shelf.get(self.key, name) for name in files}
        except (OSError, _DamagedError):
            return False
        return all([len(contents[name]), zlib.crc32(contents[name])] == files[name]
                   for name in files)  # fmt: skip

    def drop(self) -> None:
        """Remove it, so that it is computed again; a store that is read only keeps it."""
        try:
            self.shelf.drop(self.key)
        except OSError:
            return


class Store:
    """Finished units at a place: a folder, or the address of a bucket."""

    def __init__(self, place: Place) -> None:
        self.shelf = _shelf_at(place)
        self._given: dict[str, Stored] = {}

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

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.shelf.place

    def begin(self) -> None:
        """Use the store: nothing is removed from it until `end`. Raises OutputError."""
        self.shelf.begin()

    def end(self, most: int) -> None:
        """Use it no more; keep it under `most` bytes where it has grown and nobody else uses it."""
        self.shelf.end(most)

    def get(self, unit: Unit[Any]) -> Stored | None:
        """The finished unit, None when it is not there or a file lacks or has another size."""
        try:
            record = _record(self.shelf, unit.key)
            sizes = self.shelf.list(unit.key)
        except (OSError, _DamagedError):
            return None
        if any(sizes.get(name) != size for name, (size, _) in record["files"].items()):
            return None
        stored = self._given[unit.key] = Stored(self.shelf, unit.key, record["made_on"])
        return stored

    def has(self, key: str) -> bool:
        """Whether a unit is kept under a key."""
        return bool(self.shelf.list(key))

    def note_grown(self) -> None:
        """Say that other processes have kept units here, so that `end` looks at the size."""
        self.shelf.note_grown()

    def put(
        self,
        unit: Unit[Any],
        result: Result[Any],
        marks: Mapping[str, Any] = {},
        made_on: str = "",
    ) -> Stored:
        """Keep a finished unit; raises OutputError when the place does not take it.

        `marks` are kept with its data; `made_on` is the kind of processor that computed it.
        """
        files = {**result.files, _DATA: _json({**_plain(result.data), **marks})}
        try:
            if self.shelf.list(unit.key) and self.get(unit) is None:
                self.shelf.drop(unit.key)
            self.shelf.put(unit.key, {**files, RECORD: _recorded(unit, files, made_on)})
        except OSError as error:
            raise cannot_be_kept(self.place, error.strerror or str(error)) from error
        return self.get(unit) or Stored(self.shelf, unit.key, made_on)

    def all(self) -> Iterator[Stored]:
        """All units that are kept."""
        return (Stored(self.shelf, key) for key in self.shelf.units())

    def size(self) -> tuple[int, int]:
        """How many units are kept, and their bytes."""
        sizes = [sum(self.shelf.list(key).values()) for key in self.shelf.units()]
        return len(sizes), sum(sizes)

    def verify_given(self) -> None:
        """Remove what is damaged of the units that `get` and `put` have given."""
        self._verify(self._given.values())

    def verify(self) -> tuple[int, list[str]]:
        """Compare all checksums: how many units are whole, and the keys of those that are not.

        Damaged units are removed: they are computed again when they are asked for.
        """
        return self._verify(self.all())

    def _verify(self, units: Iterable[Stored]) -> tuple[int, list[str]]:
        whole, damaged = 0, []
        for stored in units:
            if stored.is_whole():
                whole += 1
            else:
                damaged.append(stored.key)
                stored.drop()
        return whole, damaged

    def clear(self) -> tuple[int, int]:
        """Remove everything; returns how many units, and their bytes. Raises OutputError."""
        return self.shelf.clear()

    def side_file(self, name: str) -> Path | None:
        """A file of this machine beside the units; None where there is none."""
        return self.shelf.side_file(name)


def _shelf_at(place: Place) -> Shelf:
    """The shelf at a place. Raises OutputError where what it needs is not installed."""
    if isinstance(place, str) and place.startswith("file://"):
        return FolderShelf(Path(url2pathname(urlsplit(place).path)))
    if isinstance(place, str) and "://" in place:
        from reportgen.execution.object_shelf import ObjectShelf

        return ObjectShelf(place)
    return FolderShelf(Path(place))


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, default=_plain).encode()


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


def _recorded(unit: Unit[Any], files: Mapping[str, bytes], made_on: str) -> bytes:
    """The record of a unit: a line with the SHA-256 of the next one, which is JSON."""
    about = {
        "key": unit.key,
        "analysis": unit.analysis,
        "subject": unit.subject,
        "made_on": made_on,
        "files": {name: [len(content), zlib.crc32(content)] for name, content in files.items()},
    }
    text = _json(about)
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def _record(shelf: Shelf, key: str) -> Mapping[str, Any]:
    """The record of a unit, checked. Raises OSError, _DamagedError."""
    check, _, text = shelf.get(key, RECORD).partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != check:
        raise _DamagedError(key)
    record: Mapping[str, Any] = json.loads(text)
    if record.get("key") != key or "made_on" not in record:  # or one of an older version
        raise _DamagedError(key)
    return record
