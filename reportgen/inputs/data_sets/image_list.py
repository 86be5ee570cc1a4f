"""Lists of image files with their classes: a table as text (CSV) or as Parquet.

The column of paths is the one that its header names, else the one whose cells are files or look
like pictures. Paths are relative to the folder of the list.
"""

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from reportgen.errors import ImageError, SettingsError
from reportgen.inputs.classes.csv_cells import CLASS_WORDS, cells_in, has_header, is_index, word_of
from reportgen.inputs.classes.image_table import ImageTable, classes_in
from reportgen.inputs.classes.text_files import read_text
from reportgen.inputs.data_sets.found_set import FoundSet
from reportgen.inputs.data_sets.parquet import read_parquet
from reportgen.inputs.photos.display_names import display_names
from reportgen.inputs.photos.images import PICTURE_SUFFIXES, ImageFile, Skipped
from reportgen.printable import printable

_LARGEST_LIST = 4 * 10**9
"""Bytes of a list: ten million lines of four hundred characters."""

_PATH_WORDS = (
    *("path", "filepath", "imagepath", "imgpath", "file", "filename", "imagefile", "imgfile"),
    *("image", "img", "photo", "picture", "imagename", "imgname", "name", "key"),
)
"""Headers of a column of paths, the most usual first."""

_SPLIT_WORDS = ("split", "subset", "partition", "dataset", "set", "fold", "phase", "usage")
"""Headers of a column that divides the images into training and test sets."""

_LOOKED_AT = 200
"""Rows by which the column of paths is found where no header names it."""


def find_in_table(path: Path) -> FoundSet:
    """The images that a list in CSV names. Raises SettingsError and ImageError."""
    text = read_text(path, "list of images for --dataset", _LARGEST_LIST)
    grid = cells_in(text, _is_picture)
    return _find(path, grid, None)


def find_in_parquet(path: Path) -> FoundSet:
    """The images that a list in Parquet names. Raises SettingsError and ImageError."""
    columns, rows = read_parquet(path)
    return _find(path, [columns, *rows], 1)


def _find(path: Path, grid: Sequence[Sequence[str]], start: int | None) -> FoundSet:
    """The images of a table, whose rows begin at `start`; None where that is to be found out."""
    name = printable(path.name)
    if not grid or (start and len(grid) == start):
        raise ImageError(f"--dataset {name} is empty: it has to name an image in each row.")
    at = _column_of_paths(path, grid)
    if start is None:
        is_name = _is_image(path.parent, grid[0][at])
        start = int(not is_name and has_header(grid, at))
    rows = grid[start:]
    if not rows:
        raise ImageError(f"--dataset {name} is empty: it has headers and names no image.")
    heads = [word_of(cell) for cell in grid[0]] if start else []
    split = next((heads.index(word) for word in _SPLIT_WORDS if word in heads), None)
    split = None if split == at else split
    labels = _labels(name, grid, (at, split), start)
    splits = [] if split is None else [printable(row[split]) for row in rows]
    return _files(path, [row[at] for row in rows], labels, splits)


def _column_of_paths(path: Path, grid: Sequence[Sequence[str]]) -> int:
    """The column that names the files. Raises SettingsError where none can be told to."""
    head = [word_of(cell) for cell in grid[0]]

    def likely(at: int) -> tuple[int, int]:
        cells = [row[at] for row in grid[:_LOOKED_AT] if row[at]]
        alike = sum(_is_image(path.parent, cell) for cell in cells)
        by_name = _PATH_WORDS.index(head[at]) if head[at] in _PATH_WORDS else len(_PATH_WORDS)
        return alike, -by_name

    best = max(range(len(head)), key=lambda at: (*likely(at), -at))
    if likely(best) == (0, -len(_PATH_WORDS)):
        raise SettingsError(
            f"--dataset: no column of {printable(path.name)} holds paths of images "
            f"({', '.join(map(printable, grid[0][:8]))}): name the one that does “path”."
        )
    return best


def _labels(
    name: str, grid: Sequence[Sequence[str]], others: Collection[int | None], start: int
) -> list[str] | None:
    """The class in each row, empty for none; None where the list has no column of classes.

    `others` are columns that are known to say something else.
    """
    rest = [
        column
        for column in range(len(grid[0]))
        if column not in others and not is_index(grid, column, start)
    ]
    if not rest:
        return None
    heads = grid[0] if start else [f"column {column + 1}" for column in range(len(grid[0]))]
    columns = tuple(printable(heads[column]) for column in rest)
    known = [column for column in rest if word_of(heads[column]) in CLASS_WORDS]
    kept = known or rest
    columns = tuple(printable(heads[column]) for column in kept)
    rows = tuple(tuple(row[column] for column in kept) for row in grid[start:])
    return classes_in(ImageTable(name, columns, rows, {}), "--dataset")


def _files(
    path: Path, cells: Sequence[str], labels: Sequence[str] | None, splits: Sequence[str]
) -> FoundSet:
    """The files that the cells name, each once. Raises SettingsError where rows contradict."""
    name = printable(path.name)
    folder = path.parent
    found: dict[str, tuple[Path, str, str, str]] = {}
    passed: list[Skipped] = []
    nothing = [""] * len(cells)
    for cell, label, split in zip(cells, labels or nothing, splits or nothing, strict=True):
        if not cell or "\0" in cell or re.match(r"[a-z][a-z0-9+.-]+://", cell):
            reason = "it is an address, not a file" if "://" in cell else "a row names no image"
            passed.append(Skipped(printable(cell) or name, reason))
            continue
        file = _located(folder, cell)
        known = found.setdefault(os.path.abspath(file), (file, label, cell, split))  # noqa: PTH100
        said = (known[1], label) if known[1] != label else (known[3], split)
        if said[0] != said[1]:
            raise SettingsError(
                f"--dataset: {name} says two things of {printable(cell)}: "
                f"{said[0] or 'nothing'} and {said[1] or 'nothing'}; leave one row for each image."
            )
    if not found:
        raise ImageError(f"--dataset {name} names no image file.")
    names = display_names([file for file, *_ in found.values()])
    images = []
    for (file, label, cell, _), shown in zip(found.values(), names, strict=True):
        place: tuple[str, ...] = (label,) if label else ()
        if labels is None:
            parts = PurePosixPath(cell.replace("\\", "/")).parts[:-1]
            place = tuple(printable(part) for part in parts if part not in ("/", "..", "."))
        images.append(ImageFile(file, shown, place[0] if place else None, place))
    of_each = [split for *_, split in found.values()] if splits else []
    return FoundSet(images, passed, listed=labels is not None, splits=of_each)


def _located(folder: Path, cell: str) -> Path:
    """The file that a cell names; lists from Windows divide folders by backslashes."""
    file = folder / cell
    if "\\" in cell and os.sep == "/" and not os.path.lexists(file):
        return folder / cell.replace("\\", "/")
    return file


def _is_image(folder: Path, cell: str) -> bool:
    """Whether a cell looks like a picture, or is a file."""
    try:
        return _is_picture(cell) or _located(folder, cell).is_file()
    except (OSError, ValueError):  # longer than a name may be
        return False


def _is_picture(text: str) -> bool:
    return text.lower().endswith(PICTURE_SUFFIXES)
