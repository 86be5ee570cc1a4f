"""What a report is made from, as one digest: where that is the same, nothing need be written."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reportgen.bundle.verify import verify
from reportgen.report.publishing.manifest import read_origin
from reportgen.report.templates import find_templates
from reportgen.version import __version__


def origin_of(*parts: Any, folders: Sequence[Path] = ()) -> str:
    """SHA-256 of all that decides a report's bytes.

    `parts` are plain JSON values; added are reportgen's version, its templates, and the files in
    the `folders`.
    """
    digest = hashlib.sha256(json.dumps([__version__, *parts], sort_keys=True).encode())
    for folder in (find_templates(), *folders):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                digest.update(file.relative_to(folder).as_posix().encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_current(folder: Path, origin: str) -> bool:
    """Whether the report in the folder is of this origin, and all its files are as they were."""
    if read_origin(folder) != origin:
        return False
    verdict = verify(folder)
    return not (verdict.missing or verdict.changed)
