"""An iterator that works in the background: its next item is made while the last one is used."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """The items of an iterator, which a thread of its own begins to make at once.

    An error is raised where the items end. Whoever does not take all of them should call `stop`:
    the thread ends with the item at work then.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._made: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
        self._unwanted = Event()
        # A daemon: nobody waits for it when the program is interrupted.
        Thread(target=self._make, daemon=True).start()

    def _make(self) -> None:
        try:
            for item in self._items:
                self._made.put((item,))
                if self._unwanted.is_set():
                    break
            self._made.put(None)
        except BaseException as error:
            self._made.put(error)

    def __iter__(self) -> Iterator[T]:
        """Wait for each item; to be called once."""
        while (made := self._made.get()) is not None:
            if isinstance(made, BaseException):
                raise made
            yield made[0]

    def stop(self) -> None:
        """Make no more items."""
        self._unwanted.set()
