"""Names of files for people: as much of each path as tells it from the others."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from reportgen.inputs.full_paths import FullPaths
from reportgen.printable import distinct, printable


def display_names(paths: Sequence[Path]) -> list[str]:
    """For each path the shortest end of it that no other path shares."""
    full_paths = FullPaths()
    full = [full_paths.of(path) for path in paths]
    ends = [path[path.rfind(os.sep) + 1 :] for path in full]
    names = [printable(end) for end in ends]
    files = Counter(ends)
    shared = [index for index, end in enumerate(ends) if files[end] > 1]
    _lengthen(names, {index: _parts(full[index]) for index in shared})
    return distinct(names)


def _lengthen(names: list[str], parts: Mapping[int, Sequence[str]]) -> None:
    """Add folders to the names at these indices, whose last parts others share."""
    length, open_ones = 2, list(parts)
    while open_ones:
        ends: dict[tuple[str, ...], list[int]] = {}
        for index in open_ones:
            ends.setdefault(tuple(parts[index][-length:]), []).append(index)
        open_ones = []
        for end, sharing in ends.items():
            for index in sharing:
                names[index] = "/".join(printable(part) for part in end)
            if len(sharing) > 1 and any(len(parts[index]) > length for index in sharing):
                open_ones += sharing
        length += 1


def _parts(full: str) -> list[str]:
    """The folders and the name of an absolute path, without drive and root."""
    return os.path.splitdrive(full)[1].split(os.sep)[1:]  # noqa: PTH206
