"""A report is built aside and moved into place: the old one stays until the new one is whole.

Where the folder holds nothing but a report it is exchanged for the new one in one step. Where it
has to stay (see `filling`), the new report is built in a hidden folder inside it, and its files
move.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.folders import exchange, mounts_at
from reportgen.report.publishing.filling import NEW, READY, fill, finish, give_back, holds_others
from reportgen.report.publishing.manifest import read_manifest
from reportgen.scratch import is_scratch, scratch_folder, sweep

_OLD = "old"
_INSIDE = ".reportgen"
"""How the name of the hidden folder begins where it is inside the report's."""

_LONGEST_NAME = 200
_UNFINISHED_AFTER = 600.0
"""Seconds after which a build of another machine is taken to move its files no more."""


def check_output(output: Path, *, force: bool) -> None:
    """Refuse an output folder that must not be touched, before anything is computed.

    Raises OutputError for a file, for the current folder or one above it, for one that cannot be
    written, and, without `force`, for a folder that holds something and is not a report.
    """
    try:
        if output.exists() and not output.is_dir():
            raise OutputError(f"{output.name} is a file; name a folder with -o.")
        here, place = Path.cwd().resolve(), output.resolve()
        if place == here or place in here.parents:
            raise OutputError(
                "The report needs a folder of its own; name one with -o, such as report."
            )
        _check_writable(output, place)
        recover(output)
        others = (
            [entry for entry in output.iterdir() if not _is_ignored(entry)]
            if place.is_dir()
            else []
        )
    except (OSError, ValueError) as error:
        raise OutputError(
            f"The report cannot be written to {output.name}: "
            f"{getattr(error, 'strerror', None) or error}; name another folder with -o."
        ) from error
    if others and read_manifest(output) is None and not force:
        raise OutputError(
            f"The folder {output.name} holds something else than a report; name another with -o, "
            "or use --force to put the report beside what is there."
        )


def _is_ignored(path: Path) -> bool:
    """Whether an entry of a folder belongs to the file system or to another build."""
    return path.name == "lost+found" or is_staging(path)


def is_staging(path: Path) -> bool:
    """Whether it is the folder inside a report's in which a build makes the new report."""
    return path.name.startswith(f"{_INSIDE}-") and is_scratch(path, _INSIDE)


def _check_writable(output: Path, place: Path) -> None:
    above = next(folder for folder in place.parents if folder.exists())
    if place.is_dir() and _has_to_stay(place):
        above = place
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(
            f"The report cannot be written to {output.name}: {above.name or above} is read-only; "
            "name another folder with -o."
        )
    # Some folders refuse what their permissions allow, such as those of /proc.
    Path(tempfile.mkdtemp(prefix=f"{_INSIDE}-", dir=above)).rmdir()


def _has_to_stay(place: Path) -> bool:
    """Whether a folder cannot be exchanged for another one, or must not be."""
    about, above = place.stat(), place.parent.stat()
    if hasattr(os, "geteuid") and os.geteuid() not in (0, about.st_uid):
        return True  # the new folder would be another person's
    return (
        not os.access(place.parent, os.W_OK | os.X_OK)
        or about.st_dev != above.st_dev
        or bool(about.st_mode & stat.S_ISGID)  # files made in it belong to its group
        or mounts_at(place)
        or holds_others(place)
    )


def _name_beside(place: Path) -> str:
    """How the names of hidden folders beside a report's begin."""
    if len(os.fsencode(place.name)) <= _LONGEST_NAME:
        return f".{place.name}"
    return f".{hashlib.sha256(os.fsencode(place.name)).hexdigest()[:16]}"


def recover(output: Path) -> None:
    """Put the report in order that a killed build has left half moved; never raises OSError."""
    with contextlib.suppress(OSError):
        place = output.resolve()
        sweep(place.parent, _name_beside(place), lambda aside: _rescue(aside, place))
        if place.is_dir():
            sweep(place, _INSIDE, lambda aside: _rescue(aside, place))
            for aside in place.glob(f"{_INSIDE}-*"):
                if is_staging(aside) and _is_left_behind(aside / READY):
                    _rescue(aside, place)
                    shutil.rmtree(aside, ignore_errors=True)


def _is_left_behind(ready: Path) -> bool:
    return ready.is_file() and time.time() - ready.stat().st_mtime > _UNFINISHED_AFTER


def _rescue(aside: Path, place: Path) -> None:
    """Whatever ended a build while the report moved: the old one goes back, or the rest follows."""
    if not os.path.lexists(place) and (aside / _OLD).is_dir():
        (aside / _OLD).rename(place)
    if place.is_dir():
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            finish(aside, place)


@contextlib.contextmanager
def staged(output: Path) -> Iterator[Path]:
    """A new folder that takes the place of `output`, or fills it, when the block ends well.

    What no report has put into `output` stays; where a name is the same, other people's file
    becomes `NAME.kept`. The folder keeps its mode and owner. Raises OutputError when the disk does
    not take it.
    """
    place, moving = output.resolve(), False
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        inside = place.is_dir() and _has_to_stay(place)
        where = (place, _INSIDE) if inside else (place.parent, _name_beside(place))
        with scratch_folder(*where, lambda aside: _rescue(aside, place)) as aside:
            (aside / NEW).mkdir()
            yield aside / NEW
            moving = True
            if inside or not _taken_place(aside, place):
                _disarm_others(place, aside)
                fill(aside, place)
    except OSError as error:
        what = error.strerror or str(error)
        after = (
            "build again when that is mended: some files are new and some old"
            if moving
            else "what was there before is as it was"
        )
        raise OutputError(
            f"The report cannot be written to {output.name}: {what}; {after}."
        ) from error


def _taken_place(aside: Path, place: Path) -> bool:
    """Move the new folder to its place; False where that cannot be done in whole."""
    new = aside / NEW
    try:
        if not place.exists():
            new.rename(place)
            return True
        if _has_to_stay(place):  # it may have changed while the report was made
            return False
        _like(new, place)
        try:
            exchange(new, place)
        except OSError:
            place.rename(aside / _OLD)
            new.rename(place)
        else:
            new.rename(aside / _OLD)
    except OSError:
        _rescue(aside, place)
        return False
    give_back(aside / _OLD, place)
    return True


def _like(new: Path, place: Path) -> None:
    """Give a folder the mode and owner of another one. Raises OSError."""
    about, own = place.stat(), new.stat()
    if hasattr(os, "chown") and (about.st_uid, about.st_gid) != (own.st_uid, own.st_gid):
        os.chown(new, about.st_uid, about.st_gid)
    shutil.copystat(place, new)


def _disarm_others(place: Path, aside: Path) -> None:
    """What another build has left to be moved is older than what is moved now."""
    for other in place.glob(f"{_INSIDE}-*"):
        if other != aside and is_staging(other):
            (other / READY).unlink(missing_ok=True)
