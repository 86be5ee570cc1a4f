"""Numbers that stay in their file until somebody reads them: a report has millions of them."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, overload

from pydantic import PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator


@lru_cache(maxsize=4)
def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


class Series(Sequence[float | None]):
    """The list of numbers at `keys` (of nested objects and lists) in a JSON file."""

    __slots__ = ("_file", "_keys")

    def __init__(self, file: Path, *keys: str | int) -> None:
        self._file = file
        self._keys = keys

    def _values(self) -> list[float | None]:
        found = _read(self._file)
        for key in self._keys:
            found = found[key]
        values: list[float | None] = found
        return values

    @overload
    def __getitem__(self, index: int) -> float | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[float | None]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self._values()[index]

    def __len__(self) -> int:
        return len(self._values())

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
