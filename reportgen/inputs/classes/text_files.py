"""Small text files of the user, read whole: any usual encoding, a clear error for anything else."""

import codecs
from pathlib import Path

from reportgen.errors import SettingsError
from reportgen.printable import printable
from reportgen.user_files import UnusableFileError, read_file

LARGEST_FILE = 64 * 2**20


def read_text(path: Path, what: str, most: int = LARGEST_FILE) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark.

    Args:
        path: the file.
        what: what the file is, for the error: "labels file".
        most: bytes that it may have.

    Raises:
        SettingsError: when the file is not there, cannot be read, or is not text.

    """
    name = printable(path.name)
    try:
        if not path.exists():
            raise SettingsError(f"There is no {what} {name}.")
        data = read_file(path, most)
    except UnusableFileError as error:
        raise SettingsError(f"The {what} {name} cannot be read: {error}.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"The {what} {name} cannot be read.") from error
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"The {what} {name} is not text: save it as UTF-8.") from error
    if "\0" in text:
        raise SettingsError(f"The {what} {name} is not text: save it as UTF-8.")
    return text
