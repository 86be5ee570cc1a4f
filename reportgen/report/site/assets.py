"""Files that pages share, named after their contents so that a cache never holds an old one."""

import hashlib
import re
from pathlib import Path

from reportgen.report.navigation import Assets
from reportgen.report.templates import Templates

_FILES = {
    "stylesheet": "report.css",
    "script": "report.js",
    "theme_script": "theme.js",
    "icon": "icon.svg",
}


_SPACE = re.compile(rb"""("[^"]*"|'[^']*')|/\*.*?\*/|\s*([{};])\s*""", re.DOTALL)


def packed(sheet: bytes) -> bytes:
    """A style sheet without its comments and the space around braces and semicolons."""
    return _SPACE.sub(lambda found: found[1] or found[2] or b"", sheet).strip()


def write_assets(templates: Templates, folder: Path, search_index: str) -> Assets:
    """Write the assets and the search index below ``folder``; their paths seen from it."""
    contents = {field: (name, templates.asset(name)) for field, name in _FILES.items()}
    if not templates.is_own("report.css"):
        contents["stylesheet"] = ("report.css", packed(templates.asset("report.css")))
    contents["search_index"] = ("search-index.js", search_index.encode("utf-8"))
    paths = {}
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for field, (name, content) in contents.items():
        stem, _, suffix = name.rpartition(".")
        digest = hashlib.sha256(content).hexdigest()[:8]
        paths[field] = f"assets/{stem}-{digest}.{suffix}"
        (folder / paths[field]).write_bytes(content)
    return Assets(**paths)
