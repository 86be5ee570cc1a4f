"""The file of `--notes`: its text, and the pictures beside it."""

import hashlib
from pathlib import Path

from reportgen.errors import SettingsError
from reportgen.report.notes.pictures import IllustratedNotes, pictures_named, take_pictures


class OwnNotes:
    """The user's notes, read at once; raises SettingsError when they are no text."""

    def __init__(self, file: Path | None) -> None:
        self._folder = file.parent if file else Path()
        self.text = _read(file) if file else ""

    def digests(self) -> list[str]:
        """SHA-256 of each picture that the notes name, empty where it cannot be read."""
        return [_digest(self._folder / path) for path in pictures_named(self.text)]

    def illustrated(self, folder: Path) -> IllustratedNotes:
        """The notes for a report in `folder`, with their pictures in it."""
        return take_pictures(self.text, self._folder, folder)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The notes in {file.name} cannot be read as UTF-8 text.") from error


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    except (OSError, ValueError):
        return ""
