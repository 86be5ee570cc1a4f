"""A report is built aside and moved into place: the old one stays until the new one is whole."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.report.manifest import read_manifest


def check_output(output: Path, *, force: bool) -> None:
    """Refuse an output folder that must not be touched, before anything is computed.

    Raises OutputError for a file, for the current folder or one above it, and, without `force`,
    for a folder that holds something and is not a report.
    """
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output.name} is a file; name a folder with -o.")
    here, place = Path.cwd().resolve(), output.resolve()
    if place == here or place in here.parents:
        raise OutputError("The report needs a folder of its own; name one with -o, such as report.")
    if output.is_dir() and any(output.iterdir()) and read_manifest(output) is None and not force:
        raise OutputError(
            f"The folder {output.name} holds something else than a report; name another with -o, "
            "or use --force to put the report beside what is there."
        )


@contextlib.contextmanager
def staged(output: Path) -> Iterator[Path]:
    """A new folder beside `output` that takes its place when the block ends without an error.

    Files in `output` that no report has put there are carried over; where a name is the same, the
    report's file wins only over files that the old report made, other ones are kept as they are
    under `NAME.kept`. Raises OutputError when the disk does not take it.
    """
    place = output.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise OutputError(
            f"The report cannot be written to {output.name}: {error.strerror or error}."
        ) from error
    new, old = aside / "new", aside / "old"
    try:
        new.mkdir()
        yield new
        if place.is_dir():
            _carry_over(place, new)
            place.rename(old)
        try:
            new.rename(place)
        except OSError:
            if old.is_dir():
                old.rename(place)
            raise
    except OSError as error:
        raise OutputError(
            f"The report cannot be written to {output.name}: {error.strerror or error}; "
            "what was there before is as it was."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _carry_over(place: Path, new: Path) -> None:
    """Copy what is not the old report's own into the new one."""
    own = read_manifest(place) or {}
    for folder, _, names in os.walk(place):
        for name in names:
            file = Path(folder) / name
            relative = file.relative_to(place)
            if relative.as_posix() in own or relative.as_posix() == "manifest.json":
                continue
            target = new / relative
            if target.exists():
                target = target.with_name(f"{target.name}.kept")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target, follow_symlinks=False)
