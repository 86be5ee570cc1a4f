"""Units in a bucket: s3://, gs://, az:// and whatever else fsspec reaches.

Objects have no rename: the files of a unit are written first, its record last and only where there
is none yet. So a unit is there once it is whole, and of several writers the first one wins.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reportgen.errors import OutputError
from reportgen.execution.shelves import RECORD

_EXTRAS = {"s3": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az"}
"""The extra of reportgen that an address needs which begins so."""


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """Whatever a provider's library raises is an OSError, as of a disk: fsspec has no own class."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {str(error)[:200]}") from error


class ObjectShelf:
    """Finished units below an address such as s3://bucket/path."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._system, self._root = _opened(self._address)

    def __reduce__(self) -> tuple[type["ObjectShelf"], tuple[str]]:
        """Connections stay with their process."""
        return ObjectShelf, (self._address,)

    @property
    def place(self) -> str:
        """The address."""
        return self._address

    def _path(self, key: str, name: str) -> str:
        return f"{self._root}/{key[:2]}/{key}/{name}"

    def get(self, key: str, name: str) -> bytes:
        """One file of a unit. Raises OSError."""
        with _as_os_error():
            content: bytes = self._system.cat_file(self._path(key, name))
        return content

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep a unit; raises OSError."""
        for name in sorted(files, key=lambda name: (name == RECORD, name)):
            # The same key means the same bytes: what lies there already is as good.
            with contextlib.suppress(FileExistsError), _as_os_error():
                self._system.pipe_file(self._path(key, name), files[name], mode="create")

    def list(self, key: str) -> dict[str, int]:
        """The files of a unit with their bytes. Raises OSError."""
        self._system.invalidate_cache()
        try:
            with _as_os_error():
                found = self._system.ls(f"{self._root}/{key[:2]}/{key}", detail=True)
        except FileNotFoundError:
            return {}
        return {item["name"].rpartition("/")[2]: int(item["size"]) for item in found}

    def drop(self, key: str) -> None:
        """Remove a unit, its record first. Raises OSError."""
        names = self.list(key)
        for name in sorted(names, key=lambda name: (name != RECORD, name)):
            with contextlib.suppress(FileNotFoundError), _as_os_error():
                self._system.rm_file(self._path(key, name))

    def units(self) -> Iterator[str]:
        """The keys of all units. Raises OutputError where the place cannot be reached."""
        self._system.invalidate_cache()
        try:
            with _as_os_error():
                paths = self._system.find(self._root)
        except OSError as error:
            raise self._unreachable(error) from error
        for path in paths:
            key, _, name = path.rpartition("/")
            if name == RECORD:
                yield key.rpartition("/")[2]

    def begin(self) -> None:
        """See whether the place can be reached. Raises OutputError."""
        try:
            self.list("0" * 64)
        except OSError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._address} cannot be reached: "
            f"{str(error).rstrip('.')[:250] or type(error).__name__}; check --cache-dir and the "
            "credentials of its provider."
        )

    def end(self, most: int) -> None:
        """Nothing: how long objects are kept is a rule of the bucket."""

    def note_grown(self) -> None:
        """Nothing, as `end`."""

    def clear(self) -> tuple[int, int]:
        """Remove all units; returns how many, and their bytes."""
        count, size = 0, 0
        for key in list(self.units()):
            size += sum(self.list(key).values())
            self.drop(key)
            count += 1
        return count, size

    def side_file(self, name: str) -> Path | None:  # noqa: ARG002 - as every shelf
        """None: a bucket is not this machine's."""
        return None


def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and its path there. Raises OutputError."""
    scheme = address.partition("://")[0]
    package = f"keras-reportgen[{_EXTRAS[scheme]}]" if scheme in _EXTRAS else "fsspec"
    try:
        import fsspec

        system, root = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise OutputError(
            f"--cache-dir {address}: this needs a package that is not installed: pip install "
            f'"{package}".'
        ) from error
    except ValueError as error:
        raise OutputError(f"--cache-dir {address}: {str(error).rstrip('.')}.") from error
    return system, str(root).rstrip("/")
