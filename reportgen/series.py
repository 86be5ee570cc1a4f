"""Numbers that stay on disk until somebody reads them: a report has millions of them."""

import math
import tempfile
import threading
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, overload

from pydantic import PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator

_NOTHING = float("nan")
_BYTES = array("d").itemsize


class SeriesFile:
    """A nameless file of numbers, gone with the last of its series."""

    def __init__(self, folder: Path) -> None:
        """`folder` is on the disk that has room for it."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - as long as its series
        self._lock = threading.Lock()
        self._count = 0

    def add(self, values: Sequence[float | None]) -> "Series":
        """Put numbers at the end of the file; None stands for what is not finite."""
        numbers = array("d", (_NOTHING if one is None else one for one in values))
        with self._lock:
            self._file.seek(self._count * _BYTES)
            self._file.write(numbers)
            start, self._count = self._count, self._count + len(numbers)
        return Series(self, start, len(numbers))

    def read(self, start: int, count: int) -> list[float | None]:
        """So many of its numbers."""
        with self._lock:
            self._file.seek(start * _BYTES)
            read = array("d", self._file.read(count * _BYTES))
        return [None if math.isnan(one) else one for one in read]


class Series(Sequence[float | None]):
    """A list of numbers in a file."""

    __slots__ = ("_count", "_file", "_start")

    def __init__(self, file: SeriesFile, start: int, count: int) -> None:
        self._file = file
        self._start = start
        self._count = count

    @overload
    def __getitem__(self, index: int) -> float | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[float | None]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._file.read(self._start, self._count)[index]
        return self._file.read(self._start + range(self._count)[index], 1)[0]

    def __iter__(self) -> Iterator[float | None]:
        # All in one read, where Sequence would take one for each.
        return iter(self[:])

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def _validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, Series) else handler(value)


Numbers = Annotated[
    Sequence[float | None],
    WrapValidator(_validate),
    PlainSerializer(list, return_type=list[float | None]),
]
"""Numbers of a record, read from their file when asked for; None for what is not finite."""
