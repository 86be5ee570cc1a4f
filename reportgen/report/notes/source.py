"""The file of `--notes`: its text, and the pictures beside it."""

from pathlib import Path

from reportgen.errors import SettingsError
from reportgen.inputs.similar_names import near_files
from reportgen.printable import printable
from reportgen.report.notes.pictures import IllustratedNotes, pictures_named, take_pictures
from reportgen.user_files import UnusableFileError, hash_file, read_file

MOST_BYTES, MOST_PICTURES = 2 * 10**6, 1000
"""Of notes: a report has a page of them, which a browser must be able to open."""

_LARGEST_PICTURE = 10**9


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
        text = read_file(file, MOST_BYTES).decode("utf-8")
    except UnusableFileError as error:
        raise SettingsError(
            f"The notes file {printable(file.name)} cannot be read: {error}."
        ) from error
    except FileNotFoundError as error:
        raise SettingsError(
            f"There is no notes file {printable(str(file))}{near_files(file) or '.'}"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"The notes file {printable(file.name)} is not UTF-8 text; save it as UTF-8."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"The notes file {printable(file.name)} cannot be read: {error.strerror}."
        ) from error
    pictures = len(pictures_named(text))
    if pictures > MOST_PICTURES:
        raise SettingsError(
            f"The notes in {file.name} name {pictures:,} pictures; a report takes up to "
            f"{MOST_PICTURES:,}."
        )
    return text.replace("\r\n", "\n")


def _digest(file: Path) -> str:
    try:
        return hash_file(file, _LARGEST_PICTURE)[0]
    except (OSError, ValueError, UnusableFileError):
        return ""
