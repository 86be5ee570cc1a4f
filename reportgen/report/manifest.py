"""The list of a report's own files: what a later build may replace or remove.

`manifest.json` in the report's folder looks like this, keys sorted, paths with forward slashes:

    {"files": {"assets/report-1a2b3c4d.css": {"sha256": "…", "size": 12345}}, "origin": "…",
     "version": 1}

The origin is a digest of all that the report was made from.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.json"
VERSION = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")


def write_manifest(folder: Path, origin: str = "") -> Path:
    """List every file below ``folder`` except the manifest itself, and write the list there."""
    files = {
        path.relative_to(folder).as_posix(): (_digest(path), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }
    target = folder / MANIFEST
    target.write_text(manifest_text(files, origin), encoding="utf-8", newline="\n")
    return target


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
    if not known or not all(_inside(path) for path in files):
        return None
    if not all(isinstance(value, str) and _SHA256.fullmatch(value) for value in files.values()):
        return None
    return files


def manifest_text(files: Mapping[str, tuple[str, int]], origin: str = "") -> str:
    """The manifest of files: SHA-256 and bytes by path."""
    listed = {path: {"sha256": sha256, "size": size} for path, (sha256, size) in files.items()}
    whole = {"version": VERSION, "files": listed, **({"origin": origin} if origin else {})}
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _inside(path: str) -> bool:
    parts = path.split("/")
    return not any(part in ("", ".", "..") for part in parts) and not re.search(r"[\\:\0]", path)
