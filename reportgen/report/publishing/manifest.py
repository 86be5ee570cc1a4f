"""The list of a report's own files: what a later build may replace or remove.

`manifest.json` in the report's folder looks like this, keys sorted, paths with forward slashes:

    {"files": {"assets/report-1a2b3c4d.css": {"sha256": "…", "size": 12345}}, "origin": "…",
     "version": 1}

The origin is a digest of all that the report was made from.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

MANIFEST = "manifest.json"
VERSION = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")


def write_manifest(folder: Path, origin: str = "") -> Path:
    """List every file below ``folder`` except the manifest itself, and write the list there."""
    target = folder / MANIFEST
    files = ((path, _digest(folder / path), (folder / path).stat().st_size)
             for path in _files(folder) if path != MANIFEST)  # fmt: skip
    # Line by line: the list of a report of many images takes megabytes.
    with target.open("w", encoding="utf-8", newline="\n") as written:
        written.writelines(manifest_lines(files, origin))
    return target


def _files(folder: Path) -> list[str]:
    """The paths of all files below a folder, with forward slashes, sorted."""
    found = []
    for place, _, names in os.walk(folder):
        below = Path(place).relative_to(folder).as_posix()
        found += [name if below == "." else f"{below}/{name}" for name in names]
    return sorted(found)


def read_origin(folder: Path) -> str:
    """The digest of what the report was made from; empty where none is known."""
    try:
        listed = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    found = listed.get("origin", "") if isinstance(listed, dict) else ""
    return found if isinstance(found, str) else ""


def read_manifest(folder: Path) -> dict[str, str] | None:
    """The SHA-256 of each of the report's files by path, or None where no report's manifest lies.

    The file is a stranger's: a list that is damaged or that names a path outside the folder
    counts as none.
    """
    try:
        return parse_manifest((folder / MANIFEST).read_bytes())
    except OSError:
        return None


def parse_manifest(content: bytes) -> dict[str, str] | None:
    """As `read_manifest`, from the manifest's bytes."""
    try:
        listed = json.loads(content.decode("utf-8"))
        files = {str(path): entry["sha256"] for path, entry in listed["files"].items()}
        known = listed["version"] == VERSION
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if not known or not all(is_inside(path) for path in files):
        return None
    if not all(isinstance(value, str) and _SHA256.fullmatch(value) for value in files.values()):
        return None
    return files


def manifest_lines(files: Iterable[tuple[str, str, int]], origin: str = "") -> Iterator[str]:
    """The text of the manifest of files: each one's path, SHA-256 and bytes, sorted by path."""
    before = '{"files": {\n'
    for path, sha256, size in files:
        entry = json.dumps({"sha256": sha256, "size": size})
        yield f"{before} {json.dumps(path)}: {entry}"
        before = ",\n"
    yield before if before.startswith("{") else "\n"
    made_from = f'"origin": {json.dumps(origin)}, ' if origin else ""
    yield f'}}, {made_from}"version": {VERSION}}}\n'


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_inside(path: str) -> bool:
    """Whether a path of a list, with forward slashes, stays in the list's folder."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") for part in parts) and not re.search(r"[\\:\0]", path)
