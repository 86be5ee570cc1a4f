"""Where a store keeps its units: a shelf knows four verbs, and nothing of what the files mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from reportgen.errors import OutputError

RECORD = "result.json"
"""The file of a unit that is written last: a unit without it is not there."""

Place = Path | str
"""A folder, or the address of a bucket, such as s3://bucket/path."""


class Shelf(Protocol):
    """Units as sets of files under their keys. Keys are 64 hexadecimal digits."""

    @property
    def place(self) -> str:
        """Where it is, for people."""

    def get(self, key: str, name: str) -> bytes:
        """One file of a unit. Raises OSError."""

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep a unit that is not there; of several writers the first one wins.

        `RECORD` is published last, or all at once. Raises OSError.
        """

    def list(self, key: str) -> Mapping[str, int]:
        """The files of a unit with their bytes; none where it is not there. Raises OSError."""

    def drop(self, key: str) -> None:
        """Remove a unit. Raises OSError."""

    def units(self) -> Iterator[str]:
        """The keys of all units. Raises OSError."""

    def begin(self) -> None:
        """Use it: nothing is removed until `end`. Raises OutputError."""

    def end(self, most: int) -> None:
        """Use it no more; keep it under `most` bytes where that is its own affair."""

    def note_grown(self) -> None:
        """Say that other processes have kept units here."""

    def clear(self) -> tuple[int, int]:
        """Remove everything; returns how many units, and their bytes. Raises OutputError."""

    def side_file(self, name: str) -> Path | None:
        """A file of this machine beside the units; None where there is none."""


def cannot_be_kept(place: str, reason: str) -> OutputError:
    """The error of a place that does not take finished work."""
    return OutputError(
        f"Finished work cannot be kept in {place}: {reason}; free some space, name another folder "
        "with --cache-dir, or use --no-cache."
    )
