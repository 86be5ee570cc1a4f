"""A finished report moved into a folder file by file, where the folder itself has to stay.

A folder has to stay where it is a mount point, where it holds other people's things, or where
the one above it cannot be written. A list of what is to be done is written before the first file
moves: whatever ends the process, `finish` does the rest later.
"""

import contextlib
import errno
import filecmp
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from reportgen.report.publishing.manifest import MANIFEST, is_inside, read_manifest

NEW = "new"
"""The report, in the folder aside."""

READY = "ready.json"
"""The list, beside it."""

_FIRST_PAGE = "index.html"


def fill(aside: Path, place: Path) -> None:
    """Move the report `aside/new` into `place`, its first page last; raises OSError.

    The files that the old report's manifest names and the new one has not are removed. Nothing else
    is: what is in the way keeps its content as NAME.kept.
    """
    own = sorted({*(read_manifest(place) or {}), MANIFEST})
    obsolete = sorted(set(own) - {*_files(aside / NEW)})
    text = json.dumps({"own": own, "obsolete": obsolete})
    written = aside / f"{READY}.part"
    written.write_text(text, encoding="utf-8")
    written.rename(aside / READY)
    finish(aside, place)


def finish(aside: Path, place: Path) -> None:
    """Do what is left of a `fill`; nothing where none has begun.

    Raises OSError, and ValueError, TypeError or LookupError for a list that no `fill` has written.
    """
    if not (aside / READY).is_file() or (aside / NEW).is_symlink():
        return
    listed = json.loads((aside / READY).read_text(encoding="utf-8"))
    own, obsolete = (
        {name for name in listed[key] if is_inside(name)} for key in ("own", "obsolete")
    )
    is_first = read_manifest(place) is None
    for name in sorted(_files(aside / NEW), key=lambda name: _turn(name, is_first=is_first)):
        source = aside / NEW / name
        target = place / name
        _make_folders(place, name, own)
        if os.path.lexists(target) and not _is_same(source, target):
            _clear(place, name, own)
        _move(source, target)
    for name in obsolete:
        _remove(place, name)
    for folder in sorted({str(parent) for name in own for parent in PurePosixPath(name).parents})[
        ::-1
    ]:
        with contextlib.suppress(OSError):  # it is not empty, or a link
            if folder != ".":
                (place / folder).rmdir()
    (aside / READY).unlink()


def _turn(name: str, *, is_first: bool) -> tuple[int, str]:
    """When a file moves: the first page last, the manifest before it, or first where none is."""
    if name == MANIFEST:
        return (0 if is_first else 2), name
    return (3 if name == _FIRST_PAGE else 1), name


def _files(folder: Path) -> Iterator[str]:
    for above, below, names in os.walk(folder):
        links = [name for name in below if (Path(above) / name).is_symlink()]
        for name in (*links, *names):
            yield (Path(above) / name).relative_to(folder).as_posix()


def _make_folders(place: Path, name: str, own: set[str]) -> None:
    """Make the folders above a file; what is no folder makes way."""
    parts = PurePosixPath(name).parts
    for depth in range(1, len(parts)):
        above = place.joinpath(*parts[:depth])
        if above.is_symlink() or not above.is_dir():
            if os.path.lexists(above):
                _clear(place, "/".join(parts[:depth]), own)
            above.mkdir(exist_ok=True)


def _is_same(source: Path, target: Path) -> bool:
    """Whether a file is there already, as where a build was killed and its list was lost."""
    if target.is_symlink() or not target.is_file():
        return False
    return filecmp.cmp(source, target, shallow=False)


def _clear(place: Path, name: str, own: set[str]) -> None:
    """Free a name: a report's own file goes, other people's things become NAME.kept."""
    path = place / name
    if path.is_dir() and not path.is_symlink():
        for inner in [file for file in own if file.startswith(f"{name}/")]:
            _remove(place, inner)
        for folder, _, _ in os.walk(path, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        if path.is_dir():
            path.rename(_kept(path))
    elif name in own:
        path.unlink()
    else:
        path.rename(_kept(path))


def _kept(path: Path) -> Path:
    """A free name for something that is in the way."""
    kept, number = path.with_name(f"{path.name}.kept"), 1
    while os.path.lexists(kept):
        number += 1
        kept = path.with_name(f"{path.name}.kept-{number}")
    return kept


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        handle, copy = tempfile.mkstemp(prefix=".reportgen-", dir=target.parent)
        os.close(handle)
        try:
            shutil.copy2(source, copy)
            Path(copy).replace(target)
        finally:
            Path(copy).unlink(missing_ok=True)
        source.unlink()


def _remove(place: Path, name: str) -> None:
    """Remove a report's own file; through no link, for that leads to other people's files."""
    parts = PurePosixPath(name).parts
    if any(place.joinpath(*parts[:depth]).is_symlink() for depth in range(1, len(parts))):
        return
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        (place / name).unlink()


def holds_others(place: Path) -> bool:
    """Whether a folder holds anything that no report of its manifest has put there."""
    own = {*(read_manifest(place) or {}), MANIFEST}
    folders = {str(parent) for name in own for parent in PurePosixPath(name).parents}
    for above, below, names in os.walk(place):
        prefix = Path(above).relative_to(place)
        for name in (*below, *names):
            path = Path(above) / name
            known = folders if name in below else own
            regular = path.is_dir() if name in below else path.is_file()
            if (prefix / name).as_posix() not in known or path.is_symlink() or not regular:
                return True
    return False


def give_back(old: Path, place: Path) -> None:
    """Move what no report has written from a report's old folder into its new one."""
    for name in read_manifest(old) or ():
        _remove(old, name)
    (old / MANIFEST).unlink(missing_ok=True)
    for name in list(_files(old)):
        target = place / name
        _make_folders(place, name, set())
        _move(old / name, _kept(target) if os.path.lexists(target) else target)
