"""Tables as text: their cells, which row holds headers, and what the usual headers mean."""

import csv
import io
import re
from collections.abc import Callable, Sequence

NAME_WORDS = frozenset(
    (
        *("id", "name", "file", "filename", "filepath", "path", "key", "photo", "picture"),
        *("image", "imageid", "imagename", "imagepath", "imagefile", "imageurl"),
        *("img", "imgid", "imgname", "imgpath", "imgfile"),
    )
)
CLASS_WORDS = (
    *("class", "label", "classname", "labelname", "category", "target", "truth", "groundtruth"),
    *("trueclass", "truelabel", "classes", "labels", "tag", "species", "breed", "diagnosis"),
    *("classid", "labelid", "categoryid", "y", "ytrue"),
)
"""Headers of a column of classes, without spaces and underscores, the most usual first."""

_DELIMITERS = (",", ";", "\t", "|")


def cells_in(text: str, is_cell: Callable[[str], bool] = lambda _: False) -> list[list[str]]:
    """The stripped cells of all rows that are not empty, each row as long as the first.

    Without a delimiter, a line is one cell where `is_cell` says so, else it is divided at its last
    space.
    """
    lines = [line for line in text.splitlines() if line.strip()][:50]
    widths = {
        candidate: [len(row) for row in csv.reader(lines, delimiter=candidate)]
        for candidate in _DELIMITERS
    }
    delimiter = max(
        _DELIMITERS, key=lambda candidate: (min(widths[candidate], default=0), -len(candidate))
    )
    if min(widths[delimiter], default=0) > 1:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    else:  # "cat.png 3", as ImageNet's lists are
        rows = [
            [line] if is_cell(line.strip()) else line.rsplit(None, 1) for line in text.splitlines()
        ]
    grid = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    width = len(grid[0]) if grid else 0
    return [(row + [""] * width)[:width] for row in grid]


def has_header(grid: Sequence[Sequence[str]], names: int) -> bool:
    """Whether the first row, which names no image that is here, holds headers."""
    first = grid[0]
    if any(word_of(cell) in NAME_WORDS or word_of(cell) in CLASS_WORDS for cell in first):
        return True
    if "." in first[names] or any(re.fullmatch(r"[-+]?[\d.]+(?:e[-+]?\d+)?", c) for c in first):
        return False
    return not any(
        cell in {row[at] for row in grid[1:]} for at, cell in enumerate(first) if at != names
    )


def is_index(grid: Sequence[Sequence[str]], at: int, start: int) -> bool:
    """Whether a column is the index that pandas writes: no header, and rows numbered from 0."""
    if not start or word_of(grid[0][at]) not in ("", "unnamed0", "index"):
        return False
    return all(row[at] == str(number) for number, row in enumerate(grid[start:]))


def word_of(header: str) -> str:
    """A header without case, spaces and underscores."""
    return re.sub(r"[\W_]+", "", header).casefold()
