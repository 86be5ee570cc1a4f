"""Files that pages share, named after their contents so that a cache never holds an old one."""

import hashlib
from pathlib import Path

from reportgen.report.navigation import Assets
from reportgen.report.templates import Templates

_FILES = {
    "stylesheet": "report.css",
    "script": "report.js",
    "theme_script": "theme.js",
    "icon": "icon.svg",
}


def write_assets(templates: Templates, folder: Path, search_index: str) -> Assets:
    """Write the assets and the search index below ``folder``; their paths seen from it."""
    contents = {field: (name, templates.asset(name)) for field, name in _FILES.items()}
    contents["search_index"] = ("search-index.js", search_index.encode("utf-8"))
    paths = {}
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for field, (name, content) in contents.items():
        stem, _, suffix = name.rpartition(".")
        digest = hashlib.sha256(content).hexdigest()[:8]
        paths[field] = f"assets/{stem}-{digest}.{suffix}"
        (folder / paths[field]).write_bytes(content)
    return Assets(**paths)
