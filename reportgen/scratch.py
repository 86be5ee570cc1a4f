"""Folders that live as long as a build; what killed builds left of theirs, the next one removes."""

import contextlib
import glob
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_OWNER = "owner"
"""File in each folder: whose it is."""

_ABANDONED_AFTER = 86_400
"""Seconds after which it counts as abandoned where its process cannot be asked for."""

_mine: set[Path] = set()
"""Those of this process, by which a number that the system gave to another one before is told."""


@contextlib.contextmanager
def scratch_folder(
    parent: Path, name: str, rescue: Callable[[Path], object] = lambda _: None
) -> Iterator[Path]:
    """A new folder in `parent`, its name begins with `name`; it is removed at the end.

    Before, those of the same name are removed whose process is gone. `rescue` is called with each
    folder before it is removed. Raises OSError when the disk does not take it.
    """
    sweep(parent, name, rescue)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
    _mine.add(folder)
    try:
        owner = f"{name}\n{platform.node()}\n{os.getpid()}\n"
        (folder / _OWNER).write_text(owner, encoding="utf-8", errors="surrogateescape")
        yield folder
    finally:
        rescue(folder)
        _remove(folder)
        _mine.discard(folder)


def sweep(parent: Path, name: str, rescue: Callable[[Path], object] = lambda _: None) -> None:
    """Remove the folders of this name whose process is gone; `rescue` sees each before."""
    for folder in parent.glob(f"{glob.escape(name)}-*"):
        with contextlib.suppress(OSError, ValueError):
            if folder not in _mine and _is_abandoned(folder, name):
                rescue(folder)
                _remove(folder)


def is_scratch(folder: Path, name: str) -> bool:
    """Whether it is such a folder of this name, of a living process or not."""
    try:
        return _owner_of(folder)[0] == name
    except (OSError, ValueError):
        return False


def _remove(folder: Path) -> None:
    """Remove the folder, the file that says whose it is last: a kill leaves no nameless rest."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name == _OWNER:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _owner_of(folder: Path) -> list[str]:
    """Name, machine and process of a folder. Raises OSError, ValueError."""
    path = folder / _OWNER
    if folder.is_symlink() or path.is_symlink() or not path.is_file():
        raise OSError("no folder of a build")
    written = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    if len(written) != 3:
        raise ValueError("no owner")
    return written


def _is_abandoned(folder: Path, name: str) -> bool:
    """Whether it is such a folder, and its process is gone. Raises OSError, ValueError."""
    owner, machine, process = _owner_of(folder)
    if owner != name:
        return False
    if machine == platform.node() and os.name == "posix":
        return int(process) == os.getpid() or not _runs(int(process))
    return time.time() - folder.stat().st_mtime > _ABANDONED_AFTER


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
