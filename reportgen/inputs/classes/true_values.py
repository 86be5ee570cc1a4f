"""The true values of images, read from a table."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reportgen.errors import SettingsError
from reportgen.inputs.classes.image_table import ImageTable, read_image_table
from reportgen.inputs.photos.images import ImageFile
from reportgen.printable import printable

OPTION = "--values-csv"


def read_true_values(
    path: Path, images: Sequence[ImageFile], names: Sequence[str]
) -> dict[str, dict[int, float]]:
    """The true values of images, by the image's name and the value's index in `names`.

    A column belongs to the value of the same name, case, spaces and underscores aside; where none
    has one, and there are as many columns of numbers as values, they are taken in their order.
    Empty cells, and "nan", name no value.

    Raises:
        SettingsError: when the file cannot be read, no column belongs to a value, a cell is not
            a number, or two rows of an image differ.

    """
    table = read_image_table(path, images, OPTION)
    found: dict[str, dict[int, float]] = {}
    for index, column in _columns(table, names).items():
        for image, cell in table.by_image(table.cells(column)).items():
            value = _number(cell, table.file, column)
            if value is not None:
                found.setdefault(image, {})[index] = value
    if not found:
        raise SettingsError(f"{OPTION}: {table.file} holds no true value of these images.")
    return found


def _columns(table: ImageTable, names: Sequence[str]) -> Mapping[int, str]:
    """The column of each value, by its index."""
    by_word: dict[str, str] = {}
    for column in table.columns:
        by_word.setdefault(_word(column), column)
    named = {at: by_word[_word(name)] for at, name in enumerate(names) if _word(name) in by_word}
    if named:
        return named
    numeric = [
        column for column in dict.fromkeys(table.columns) if _is_numeric(table.cells(column))
    ]
    if len(numeric) == len(names):
        return dict(enumerate(numeric))
    wanted = ", ".join(printable(name) for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    raise SettingsError(
        f"{OPTION}: the columns of {table.file} ({', '.join(table.columns)}) are not the model's "
        f"values: name them {wanted}{more}, or say the columns' names with --labels."
    )


def _is_numeric(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(_parsed(cell) is not None for cell in filled)


def _number(cell: str, file: str, column: str) -> float | None:
    if not cell:
        return None
    value = _parsed(cell)
    if value is None:
        raise SettingsError(
            f"{OPTION}: “{printable(cell)}” in column {column} of {file} is not a number."
        )
    return value if math.isfinite(value) else None


def _parsed(cell: str) -> float | None:
    """The number in a cell, a decimal comma allowed; None where it holds none."""
    try:
        return float(cell.replace(",", ".", 1) if re.fullmatch(r"[-+]?\d+,\d+", cell) else cell)
    except ValueError:
        return None


def _word(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
