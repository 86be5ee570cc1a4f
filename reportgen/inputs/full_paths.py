"""Absolute paths of many files, each folder made absolute once: a data set has a million files."""

import os
from pathlib import Path


class FullPaths:
    """Absolute paths as of `os.path.abspath`: links are kept, "." and ".." are resolved."""

    def __init__(self) -> None:
        """Know no folder yet."""
        self._folders: dict[str, str] = {}

    def of(self, path: Path | str) -> str:
        """The absolute path of a file, relative to the working folder of the first call."""
        text = os.fspath(path)
        at = text.rfind(os.sep) + 1
        folder, name = text[:at], text[at:]
        if os.name == "nt" or name in ("", os.curdir, os.pardir):
            return os.path.abspath(text)  # noqa: PTH100 - resolve() would follow links
        full = self._folders.get(folder)
        if full is None:
            full = os.path.join(os.path.abspath(folder), "")  # noqa: PTH100, PTH118
            self._folders[folder] = full
        return full + name
