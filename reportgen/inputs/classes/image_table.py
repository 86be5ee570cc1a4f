"""A table with one row for each image (CSV): what it says of the images of a build.

The column that names the images is the one whose cells are found among their files; the header is
found by itself. So tables that pandas, a spreadsheet or a Kaggle competition wrote are read as
they are.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import SettingsError
from reportgen.inputs.classes.csv_cells import (
    CLASS_WORDS,
    cells_in,
    has_header,
    is_index,
    word_of,
)
from reportgen.inputs.classes.text_files import read_text
from reportgen.inputs.photos.images import ImageFile
from reportgen.printable import printable

_MOST_NAME_COLUMNS = 16


@dataclass(frozen=True)
class ImageTable:
    """The rows of a table and the images that they belong to.

    Attributes:
        file: name of the file, for people.
        columns: headers of the columns beside the one that names the images; made up ("column 2")
            where the file has none.
        rows: cells beside the image's name, one tuple for each row of the file, stripped.
        of_image: indices in `rows` by the name of the image (`ImageFile.name`), in their order;
            images that the table does not name are not in it.

    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    of_image: dict[str, list[int]]

    def cells(self, column: str) -> list[str]:
        """The cells of one column, one for each row. Raises ValueError for no such column."""
        at = self.columns.index(column)
        return [row[at] for row in self.rows]

    def by_image(self, cells: Sequence[str]) -> dict[str, str]:
        """What one cell a row says of each image, by the image's name.

        Raises SettingsError when rows of one image differ.
        """
        found = {}
        for image, rows in self.of_image.items():
            values = sorted({cells[row] for row in rows})
            if len(values) > 1:
                raise SettingsError(
                    f"{self.file} says two things of {image}: {values[0]} and {values[1]}; "
                    "leave one row for each image."
                )
            found[image] = values[0]
        return found


def read_image_table(path: Path, images: Sequence[ImageFile], what: str) -> ImageTable:
    """The table in a file, its rows matched to the images.

    A cell names an image by its file name, with or without its ending and with any number of the
    folders above it; where several files share a name, the longest common path decides. Cells are
    separated by comma, semicolon, tab or bar. Text is UTF-8, or UTF-16 with its mark.

    Args:
        path: the file.
        images: the images of the build.
        what: what the file is, for errors: "--labels-csv".

    Raises:
        SettingsError: when the file cannot be read, no row names an image, or a cell could be
            several images.

    """
    name = printable(path.name)
    grid = cells_in(read_text(path, f"file for {what}"))
    if not grid or len(grid[0]) < 2:
        raise SettingsError(f"{what}: {name} is not a table of at least two columns (CSV).")
    find = _finder(images, f"{what}: {name}")
    columns = range(min(len(grid[0]), _MOST_NAME_COLUMNS))
    found = {at: [find(row[at]) for row in grid] for at in columns}
    at = max(
        columns, key=lambda column: (sum(image is not None for image in found[column]), -column)
    )
    if not any(found[at]):
        raise SettingsError(
            f"{what}: no row of {name} names one of the images, such as {images[0].name}."
        )
    start = 1 if found[at][0] is None and has_header(grid, at) else 0
    rest = [
        column
        for column in range(len(grid[0]))
        if column != at and not is_index(grid, column, start)
    ]
    of_image: dict[str, list[int]] = {}
    for row, image in enumerate(found[at][start:]):
        if image is not None:
            of_image.setdefault(image, []).append(row)
    heads = grid[0] if start else [f"column {column + 1}" for column in range(len(grid[0]))]
    rows = tuple(tuple(row[column] for column in rest) for row in grid[start:])
    return ImageTable(name, tuple(printable(heads[column]) for column in rest), rows, of_image)


def classes_in(table: ImageTable, what: str) -> list[str]:
    """The class in each row of a table, as text; empty where the row names none.

    The column is the one with the usual header ("label", "class", "target", ...), else the only
    one. Columns of zeros and ones of which each row has a single one count as classes named by
    their headers.

    Raises:
        SettingsError: when no column can be told to hold the classes.

    """
    plain = [word_of(column) for column in table.columns]
    for word in CLASS_WORDS:
        if word in plain:
            return [_class(row[plain.index(word)]) for row in table.rows]
    if len(table.columns) == 1:
        return [_class(row[0]) for row in table.rows]
    marks = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}
    if table.rows and all(
        all(cell in marks for cell in row) and sum(marks[cell] for cell in row) == 1
        for row in table.rows
    ):
        return [table.columns[[marks[cell] for cell in row].index(1)] for row in table.rows]
    raise SettingsError(
        f"{what}: none of the columns of {table.file} ({', '.join(table.columns)}) is called "
        "“label” or “class”: name the one that holds the classes so."
    )


def _class(cell: str) -> str:
    """A cell as the name of a class: pandas writes whole numbers beside gaps as 3.0."""
    whole = re.fullmatch(r"(\d{1,9})\.0+", cell)
    return whole[1] if whole else printable(" ".join(cell.split()))


def _finder(images: Sequence[ImageFile], where: str) -> Callable[[str], str | None]:
    """A function from a cell to the name of the image that it names, None for none."""
    paths = {image.name: _parts(str(image.path.absolute())) for image in images}
    by_end: dict[str, list[str]] = {}
    for image, parts in paths.items():
        for end in {parts[-1], _stem(parts[-1])}:
            by_end.setdefault(end, []).append(image)

    def find(cell: str) -> str | None:
        wanted = _parts(cell)
        candidates = by_end.get(wanted[-1], []) if wanted else []
        if not candidates:
            return None
        shared = {image: _common_end(wanted[:-1], paths[image][:-1]) for image in candidates}
        most = max(shared.values())
        best = [image for image in candidates if shared[image] == most]
        exact = [image for image in best if paths[image][-1] == wanted[-1]] or best
        if len(exact) > 1:
            raise SettingsError(
                f"{where} names {printable(cell)}, which could be {exact[0]} or {exact[1]}: "
                "give their folders too."
            )
        return exact[0]

    return find


def _parts(path: str) -> list[str]:
    plain = unicodedata.normalize("NFC", path).casefold().replace("\\", "/")
    return [part for part in plain.split("/") if part not in ("", ".")]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _common_end(folders: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    while count < min(len(folders), len(other)) and folders[-1 - count] == other[-1 - count]:
        count += 1
    return count
