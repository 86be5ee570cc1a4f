"""What the system says of folders: whether one is a mount point, and two exchanged in one step."""

import ctypes
import errno
import os
import re
import sys
from pathlib import Path
from typing import Any

_MOUNTS = Path("/proc/self/mountinfo")
_AT_FDCWD = -100
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS."""


def exchange(first: Path, second: Path) -> None:
    """Let two folders of one file system change places: at no moment is either name absent.

    Raises OSError, with ENOSYS where the system cannot do it.
    """
    first_name, other = os.fsencode(first), os.fsencode(second)
    library: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        result = library.renamex_np(first_name, other, _EXCHANGE)
    elif hasattr(library, "renameat2"):
        result = library.renameat2(_AT_FDCWD, first_name, _AT_FDCWD, other, _EXCHANGE)
    else:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(first))


def mounts_at(folder: Path) -> bool:
    """Whether a file system is mounted at the folder or below it.

    The kernel's list also has folders of the same file system that are bound there, which
    `os.path.ismount` does not see.
    """
    if os.path.ismount(folder):
        return True
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return False
    place = os.fsencode(folder)
    points = (_unescaped(line.split(b" ")[4]) for line in lines if line.count(b" ") > 4)
    return any(point == place or point.startswith(place + b"/") for point in points)


def _unescaped(point: bytes) -> bytes:
    """Blanks and the like stand as octal numbers in the list."""
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8) & 255]), point)
