"""A cache of the values made last, bounded in bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows how many bytes it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""


T = TypeVar("T", bound=Sized)


class Recent(Generic[T]):
    """Remembers values by key, forgetting those not asked for longest; safe among threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._bytes = 0  # of all that is kept: summing it up anew would take longer than to decode
        self._lock = threading.Lock()

    def __call__(self, key: str, make: Callable[[], T]) -> T:
        """The value of the key, made where it is not remembered."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            if (before := self._kept.pop(key, None)) is not None:  # another thread made it too
                self._bytes -= before.nbytes
            self._kept[key] = value
            self._bytes += value.nbytes
            while len(self._kept) > 1 and self._bytes > self._most:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return value

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)
