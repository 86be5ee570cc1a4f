"""The user's files, read with care: no pipe that waits for ever, none that fills the memory.

A report is kept under the digests of its files, and reads them again after they are hashed. A file
that somebody writes in between would be kept under the wrong digest; its size and times tell.
"""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import InputChangedError
from reportgen.printable import printable

_BLOCK = 1 << 20


class UnusableFileError(Exception):
    """A file that is not read; the text is the reason, a clause without the file's name."""


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file as it was when its content was hashed.

    `state` is its size in bytes and the times of the last change of content and of entry, in
    nanoseconds. The inode is not in it: some network disks number files anew each time.
    """

    path: Path
    state: "State"

    @property
    def size(self) -> int:
        """Bytes."""
        return self.state[0]

    def check(self) -> None:
        """Raise InputChangedError when the file is no longer the one that was hashed."""
        try:
            same = state_of(self.path) == self.state
        except OSError:
            same = False
        if not same:
            raise InputChangedError(printable(self.path.name))


State = tuple[int, int, int]
"""Size of a file in bytes, and the times of the last change of content and of entry."""


def state_of(path: Path) -> State:
    """The state of a file. Raises OSError."""
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns


def check_readable(path: Path, most: int | None = None) -> State:
    """Refuse what is no regular file, or has more than `most` bytes; returns the file's state.

    Raises OSError when there is none, and UnusableFileError.
    """
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise UnusableFileError("it is a folder")
    if not stat.S_ISREG(about.st_mode):
        raise UnusableFileError("it is not a regular file")
    if most is not None and about.st_size > most:
        raise UnusableFileError(
            f"it has {_size(about.st_size)}, more than the {_size(most)} allowed"
        )
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns


def read_file(path: Path, most: int) -> bytes:
    """The content of a file of at most so many bytes. Raises OSError and UnusableFileError."""
    check_readable(path, most)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UnusableFileError(f"it has more than the {_size(most)} allowed")
    return content


def hash_file(path: Path, most: int | None = None) -> tuple[str, HashedFile]:
    """SHA-256 of a file, and the file as it was then.

    Raises OSError, UnusableFileError as `check_readable`, and InputChangedError when the file is
    written meanwhile.
    """
    check_readable(path, most)
    digest = hashlib.sha256()
    seen = feed(path, digest)
    return digest.hexdigest(), seen


def feed(path: Path, digest: "hashlib._Hash") -> HashedFile:
    """Add a file to a digest, block by block. Raises OSError and InputChangedError."""
    seen = HashedFile(path, state_of(path))
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    seen.check()
    return seen


def _size(size: int) -> str:
    for unit, bytes_of_unit in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_of_unit:
            return f"{size / bytes_of_unit:.3g} {unit}"
    return f"{size} bytes"
