"""One file to hand in: a report's parts in a zip that is the same every time."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reportgen.bundle.parts import PARTS, SHRINKING, Entry, read_entries
from reportgen.errors import BundleError
from reportgen.file_names import slugs
from reportgen.report.publishing.manifest import MANIFEST, manifest_lines, read_manifest
from reportgen.report.publishing.publish import recover

README = "README.txt"

_END = 22
"""Bytes of a zip's end record."""

_NAMES = {"site": "the site", "pdf": "the PDF", "notebook": "the notebook", "model": "the model"}

_OPENING = {
    "pdf": "report.pdf       The whole report on paper.",
    "site": "index.html       The report as a site; any browser opens it, no network is needed.",
    "notebook": "report.ipynb     The work done again step by step; Jupyter opens it.",
    "model": "model/           The model that the notebook loads.",
}


@dataclass(frozen=True)
class Bundle:
    """What was written: bytes of the zip, packed bytes by part, and what was done to fit."""

    path: Path
    size: int
    parts: dict[str, int]
    sentences: tuple[str, ...]


def export(
    report: Path,
    target: Path,
    *,
    include: Sequence[str] = (),
    max_size: int | None = None,
    force: bool = False,
) -> Bundle:
    """Pack the report in the folder `report` into the zip `target`.

    `include` are the parts to take, all that the report has when empty. With `max_size` (bytes)
    pictures are made smaller, then parts are left out, until the zip fits. Raises BundleError when
    the folder is no report, when a part is not in it, when nothing fits, or, without `force`, when
    there is a file `target` already.
    """
    if os.path.lexists(target) and not force:
        raise BundleError(
            f"There is a {target.name} already; name another file with -o, or replace it with"
            " --force."
        )
    recover(report)
    listed = read_manifest(report)
    if listed is None:
        raise BundleError(f"{report.name or report} is not a report: it has no {MANIFEST}.")
    entries = [entry for entry in read_entries(report, list(listed)) if entry.name != README]
    if "index.html" not in listed:  # pictures without pages are of no use to anyone
        entries = [entry for entry in entries if entry.part != "site"]
    present = [part for part in PARTS if any(entry.part == part for entry in entries)]
    if lacking := [part for part in include if part not in present]:
        raise BundleError(
            f"The report has no {lacking[0]}; build it with --format"
            f" {'notebook' if lacking[0] == 'model' else lacking[0]}."
        )
    about = _about(report)
    chosen = [part for part in PARTS if part in (include or present)]
    sentences = _changed(entries, listed)
    smallest = 0
    for parts, files, said in _candidates(entries, chosen):
        packed = _complete(files, parts, about, [*sentences, *said])
        size = _size(packed, target)
        smallest = min(smallest or size, size)
        if max_size is None or size <= max_size:
            _write(packed, target, about)
            sizes = {
                part: sum(entry.packed for entry in packed if entry.part == part) for part in parts
            }
            return Bundle(target, target.stat().st_size, sizes, (*sentences, *said))
    raise BundleError(
        f"The report does not fit into {_megabytes(max_size or 0)}: it takes"
        f" {_megabytes(smallest)} at least; choose less with --include, or make a smaller report"
        " with build --max-size."
    )


def _candidates(
    entries: Sequence[Entry], chosen: Sequence[str]
) -> Iterator[tuple[list[str], list[Entry], list[str]]]:
    """What could be packed, what is preferred first: parts, files, and sentences on what changed.

    The PDF is what most will read, and holds what the site shows; a notebook without its model can
    still be read.
    """
    first, second = ("site", "model") if "pdf" in chosen else ("model", "site")
    drops = ((), (first,), (second,), ("site", "model"), ("site", "model", "notebook"),
             ("site", "model", "pdf"))  # fmt: skip
    for dropped in drops:
        parts = [part for part in chosen if part not in dropped]
        if not set(dropped) <= set(chosen) or (dropped and parts in ([], ["model"])):
            continue
        said = [_left_out(dropped)] if dropped else []
        files = [entry for entry in entries if entry.part in parts]
        yield parts, files, said
        for sentence, shrink in SHRINKING.items():
            smaller = shrink(files)
            if smaller != files:
                files, said = smaller, [*said, sentence]
                yield parts, files, said


def _left_out(parts: Sequence[str]) -> str:
    names = [_NAMES[part] for part in parts]
    many = f"{', '.join(names[:-1])} and {names[-1]} are" if names[1:] else f"{names[0]} is"
    return f"{many[0].upper()}{many[1:]} left out."


def _changed(entries: Sequence[Entry], listed: dict[str, str]) -> list[str]:
    """Sentences on files that are not as the report was built: their owner may have meant it."""
    return [
        f"{entry.name} was changed after the report was built; it is packed as it is now."
        for entry in entries
        if hashlib.sha256(entry.read()).hexdigest() != listed[entry.name]
    ]


_FIRST_DATE, _LAST_DATE = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


@dataclass(frozen=True)
class _About:
    """What the README and the dates are made of."""

    title: str
    author: str
    date: tuple[int, int, int, int, int, int]


def _about(report: Path) -> _About:
    """Title, author and time of the build; a damaged report.json costs no more than these."""
    try:
        facts = json.loads((report / "report.json").read_text(encoding="utf-8"))
        created = datetime.fromisoformat(str(facts["created"]))
        title, author = str(facts["title"]), str(facts["author"])
    except (OSError, ValueError, LookupError, TypeError):
        return _About("", "", _FIRST_DATE)
    date = (created.year, created.month, created.day, created.hour, created.minute, created.second)
    # A zip knows the years from 1980 to 2107.
    return _About(_line(title), _line(author), min(max(date, _FIRST_DATE), _LAST_DATE))


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _complete(
    files: Sequence[Entry], parts: Sequence[str], about: _About, said: Sequence[str]
) -> list[Entry]:
    """The files with a README and a manifest of their own."""
    readme = _readme(parts, about, said).encode()
    whole = sorted([*files, Entry(README, "", readme)], key=lambda entry: entry.name)
    listed = (
        (entry.name, hashlib.sha256(raw := entry.read()).hexdigest(), len(raw)) for entry in whole
    )
    return [*whole, Entry(MANIFEST, "", "".join(manifest_lines(listed)).encode())]


def _readme(parts: Sequence[str], about: _About, said: Sequence[str]) -> str:
    made = "{:04}-{:02}-{:02}".format(*about.date[:3])
    head = [line for line in (about.title, about.author, f"Made on {made} with reportgen.") if line]
    lines = [*head, "", "What to open:", ""]
    lines += [f"  {_OPENING[part]}" for part in _OPENING if part in parts]
    if "notebook" in parts and "model" not in parts:
        lines += ["", "The notebook's model is not in this bundle: it can be read, but not run."]
    if said:
        lines += ["", *said]
    lines += ["", f"{MANIFEST} lists the SHA-256 of every file; reportgen verify checks them."]
    return "\n".join(lines) + "\n"


def _prefix(target: Path) -> str:
    """The folder that the zip unpacks to."""
    stem = target.stem or "report"
    return f"{slugs([stem])[stem]}/"


def _size(entries: Sequence[Entry], target: Path) -> int:
    names = 2 * len(_prefix(target).encode()) * len(entries)
    return sum(entry.packed for entry in entries) + names + _END


def _write(entries: Sequence[Entry], target: Path, about: _About) -> None:
    """Write the zip beside its place first: a disk that is full leaves no half of one."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise BundleError(f"{target.name} cannot be written: {error.strerror or error}.") from error
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as bundle:
            for entry in entries:
                info = entry.info(_prefix(target), about.date)
                bundle.writestr(info, entry.read(), compresslevel=9)
        Path(aside).chmod(0o644)
        Path(aside).replace(target)
    except OSError as error:
        raise BundleError(f"{target.name} cannot be written: {error.strerror or error}.") from error
    finally:
        Path(aside).unlink(missing_ok=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
