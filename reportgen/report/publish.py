"""A report is built aside and moved into place: the old one stays until the new one is whole."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.report.manifest import read_manifest
from reportgen.scratch import scratch_folder

_OLD = "old"


def check_output(output: Path, *, force: bool) -> None:
    """Refuse an output folder that must not be touched, before anything is computed.

    Raises OutputError for a file, for the current folder or one above it, for one that cannot be
    written, and, without `force`, for a folder that holds something and is not a report.
    """
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output.name} is a file; name a folder with -o.")
    here, place = Path.cwd().resolve(), output.resolve()
    if place == here or place in here.parents:
        raise OutputError("The report needs a folder of its own; name one with -o, such as report.")
    above = next(folder for folder in place.parents if folder.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(
            f"The report cannot be written to {output.name}: {above.name or above} is read-only; "
            "name another folder with -o."
        )
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

    def rescue(aside: Path) -> None:
        # Whatever ended the build between the two renames: the old report goes back.
        if not place.exists() and (aside / _OLD).is_dir():
            (aside / _OLD).rename(place)

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(place.parent, f".{place.name}", rescue) as aside:
            new = aside / "new"
            new.mkdir()
            yield new
            if place.is_dir():
                _carry_over(place, new)
                place.rename(aside / _OLD)
            new.rename(place)
    except OSError as error:
        raise OutputError(
            f"The report cannot be written to {output.name}: {error.strerror or error}; "
            "what was there before is as it was."
        ) from error


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
