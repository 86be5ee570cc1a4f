"""Numbers and records that stay on disk until they are read: a report has millions of them.

They lie in a nameless file of their own, gone with the last of them. Records are kept as JSON; what
a record holds of other kept things is not in it, but found again by its place in the file.
"""

import math
import struct
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, overload

from pydantic import PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator

T = TypeVar("T")

Place = tuple[int, int]
"""Where something begins in the file, and how many numbers or records it has."""

_NOTHING = float("nan")
_NUMBER = array("d").itemsize
_SPAN = struct.Struct("<QQ")


class KeptFile:
    """A nameless file that grows at its end."""

    def __init__(self, folder: Path) -> None:
        """`folder` is on the disk that has room for it."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - as long as what is in it
        self._lock = threading.Lock()
        self._size = 0

    def add(self, content: bytes) -> int:
        """Put bytes at the end; returns where they begin."""
        with self._lock:
            start = self._size
            self._file.seek(start)
            self._file.write(content)
            self._size += len(content)
        return start

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from there."""
        with self._lock:
            self._file.seek(start)
            return self._file.read(size)


class _Sequence(Sequence[T]):
    """What numbers and records in a file have in common."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Series(_Sequence[float | None]):
    """A list of numbers in a file; None stands for what is not a number."""

    __slots__ = ("_file", "place")

    def __init__(self, file: KeptFile, place: Place) -> None:
        self._file = file
        self.place = place

    @classmethod
    def of(cls, values: Sequence[float | None], file: KeptFile) -> "Series":
        """The numbers, put into the file."""
        numbers = array("d", (_NOTHING if value is None else value for value in values))
        return cls(file, (file.add(numbers.tobytes()), len(numbers)))

    def _read(self, first: int, count: int) -> list[float | None]:
        read = array("d", self._file.read(self.place[0] + first * _NUMBER, count * _NUMBER))
        return [None if math.isnan(value) else value for value in read]

    @overload
    def __getitem__(self, index: int) -> float | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[float | None]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._read(0, len(self))[index]
        return self._read(range(len(self))[index], 1)[0]

    def __iter__(self) -> Iterator[float | None]:
        # All in one read, where Sequence would take one for each.
        return iter(self._read(0, len(self)))

    def __len__(self) -> int:
        return self.place[1]


def keep(records: Iterable[T], file: KeptFile, pack: Callable[[T], bytes]) -> Place:
    """Put records into the file one by one, as they come; `pack` makes bytes of one."""
    spans = array("Q")
    for record in records:
        packed = pack(record)
        spans.extend((file.add(packed), len(packed)))
    return file.add(struct.pack(f"<{len(spans)}Q", *spans)), len(spans) // 2


class Kept(_Sequence[T], Generic[T]):
    """A list of records in a file; those read last stay in memory."""

    __slots__ = ("_at", "place")

    def __init__(
        self, file: KeptFile, place: Place, unpack: Callable[[bytes], T], at_hand: int
    ) -> None:
        """`unpack` makes a record of its bytes; `at_hand` is how many are kept in memory."""
        self.place = place
        start = place[0]

        # A function that does not know this object: as a method it would keep itself alive.
        @lru_cache(at_hand)
        def record(at: int) -> T:
            span = _SPAN.unpack(file.read(start + at * _SPAN.size, _SPAN.size))
            return unpack(file.read(*span))

        self._at = record

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self._at(at) for at in range(len(self))[index]]
        return self._at(range(len(self))[index])

    def __len__(self) -> int:
        return self.place[1]


def _validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, (Series, Kept)) else handler(value)


KEPT = WrapValidator(_validate)
"""Marks a sequence of a record that may be read from its file when asked for."""


def written_as(kind: Any) -> PlainSerializer:
    """How a sequence marked so is written: as a list of this type."""
    return PlainSerializer(list, return_type=kind)


Numbers = Annotated[Sequence[float | None], KEPT, written_as(list[float | None])]
"""Numbers of a record, read from their file when asked for; None for what is none."""
