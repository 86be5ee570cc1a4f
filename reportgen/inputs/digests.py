"""Digests of many files: hashed in threads, and remembered as long as the files stay as they were.

A file counts as unchanged while its size and the times of its last changes are the same, to the
nanosecond. A file that was written in the moment before it was hashed is not remembered: another
write could leave the same times (git calls such entries racy).
"""

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reportgen.errors import InputChangedError
from reportgen.inputs.full_paths import FullPaths
from reportgen.user_files import HashedFile, State, UnusableFileError, check_readable, hash_file

Hashed = tuple[str, HashedFile] | Exception
"""SHA-256 of a file and the file as it was then, or why it cannot be used."""

_AT_ONCE = 4096
"""Files that are looked up and hashed together."""

_RACY = 2 * 10**9
"""Nanoseconds for which a file that was just written is not remembered."""

_FORGOTTEN_AFTER = 90
"""Days after which entries of files that were not asked for are removed."""

_DAY = 24 * 3600

_Row = tuple[bytes, int, int, int, bytes, int]

_TABLE = """
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, size INTEGER, modified INTEGER, changed INTEGER, digest BLOB, day INTEGER
) WITHOUT ROWID
"""


class DigestIndex:
    """The digests of files by path, size and times, in an SQLite file; paths are kept as digests.

    Without a file, or where it cannot be read or written, nothing is remembered.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._full_paths = FullPaths()

    def known(self, states: Mapping[Path, State]) -> dict[Path, str]:
        """The digests of those files that are in the state in which they were hashed."""
        found: dict[Path, str] = {}
        keys = {self._key(path): path for path in states}
        today = int(time.time()) // _DAY
        with contextlib.suppress(sqlite3.Error, OSError), self._opened(write=False) as database:
            rows = _rows(database, list(keys))
            for key, size, modified, changed, digest, _ in rows:
                if states[keys[key]] == (size, modified, changed):
                    found[keys[key]] = bytes(digest).hex()
            old = [(today, row[0]) for row in rows if row[-1] != today]
            database.executemany("UPDATE files SET day = ? WHERE path = ?", old)
        return found

    def remember(self, hashed: Sequence[tuple[str, HashedFile]]) -> None:
        """Keep digests; those of files that were only just written are left out."""
        now = time.time_ns()
        today = now // 10**9 // _DAY
        rows = [
            (self._key(seen.path), *seen.state, bytes.fromhex(digest), today)
            for digest, seen in hashed
            if now - max(seen.state[1:]) > _RACY
        ]
        if not rows:
            return
        with contextlib.suppress(sqlite3.Error, OSError), self._opened(write=True) as database:
            database.execute(_TABLE)
            database.executemany("REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)
            database.execute("DELETE FROM files WHERE day < ?", (today - _FORGOTTEN_AFTER,))

    @contextlib.contextmanager
    def _opened(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        if self._file is None or not (write or self._file.is_file()):
            raise FileNotFoundError
        with contextlib.closing(sqlite3.connect(self._file)) as database, database:
            yield database

    def _key(self, path: Path) -> bytes:
        full = os.fsencode(self._full_paths.of(path))
        return hashlib.blake2b(full, digest_size=16).digest()


def _rows(database: sqlite3.Connection, keys: Sequence[bytes]) -> list[_Row]:
    found: list[_Row] = []
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        marks = ",".join("?" * len(part))
        found += database.execute(f"SELECT * FROM files WHERE path IN ({marks})", part)  # noqa: S608
    return found


def hash_files(paths: Sequence[Path], index: DigestIndex, most: int) -> Iterator[Hashed]:
    """Yield the digest of each file, in their order; files have at most `most` bytes.

    What a file cannot be used for is yielded: OSError, UnusableFileError. Raises InputChangedError
    when a file is written meanwhile.
    """
    threads = max(2, min(os.cpu_count() or 2, 8))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(paths), _AT_ONCE):
            part = paths[start : start + _AT_ONCE]
            found: dict[Path, Hashed] = {}
            states: dict[Path, State] = {}
            for path in part:
                try:
                    states[path] = check_readable(path, most)
                except (OSError, UnusableFileError) as error:
                    found[path] = error
            for path, digest in index.known(states).items():
                found[path] = digest, HashedFile(path, states[path])
            missing = [path for path in dict.fromkeys(part) if path not in found]
            new = list(pool.map(lambda path: _hashed(path, most), missing))
            index.remember([hashed for hashed in new if isinstance(hashed, tuple)])
            found |= dict(zip(missing, new, strict=True))
            yield from (found[path] for path in part)


def _hashed(path: Path, most: int) -> Hashed:
    try:
        return hash_file(path, most)
    except InputChangedError:
        raise
    except (OSError, UnusableFileError) as error:
        return error
