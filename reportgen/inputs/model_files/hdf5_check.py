"""What libhdf5 does not check in time: read from an HDF5 file's bytes before it sees them.

Section numbers are those of the HDF5 File Format Specification, version 3.0.
"""

import math
import mmap
import re

from reportgen.errors import ModelFileError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\0\0\0"
_HEAP_HEADER, _OBJECT_HEADER = 16, 16
_TEXTS = (re.compile(rb"_(?:config|version|names)\d*\0"), re.compile(rb"backend\0"))
"""How the names of Keras's attributes of text end."""
_VARIABLE_LENGTH = 9


class DamagedFileError(ModelFileError):
    """A file whose bytes contradict each other."""

    def __init__(self, name: str, format_name: str = "HDF5") -> None:
        super().__init__(f"{name} is a damaged {format_name} file; copy or download it again.")


def check_bytes(content: bytes | mmap.mmap, file_name: str) -> None:
    """Refuse a file that is cut off, or in which libhdf5 would turn in a circle or fill the memory.

    Raises `ModelFileError`.
    """
    _check_superblock(content[:96], len(content), file_name)
    for ending in _TEXTS:
        for found in ending.finditer(content):
            if _states_too_long_a_text(content, found.start(), found.end()):
                raise DamagedFileError(file_name)
    start = content.find(_HEAP)
    while start >= 0:
        if _has_endless_object(content, start):
            raise DamagedFileError(file_name)
        start = content.find(_HEAP, start + 8)


def _check_superblock(block: bytes, size: int, file_name: str) -> None:
    """Compare the length that a file states with the one it has (II.A).

    libhdf5 checks this too, but late, and not for every version.
    """
    if len(block) < 48 or not block.startswith(SIGNATURE):
        raise DamagedFileError(file_name)
    version = block[8]
    # Where the base address stands depends on the version; the end-of-file address is 16 further.
    base = {0: 24, 1: 28, 2: 12, 3: 12}.get(version)
    if base is None or block[13 if version < 2 else 9] != 8:
        raise DamagedFileError(file_name)
    end = int.from_bytes(block[base + 16 : base + 24], "little")
    if end > size:
        raise ModelFileError(
            f"{file_name} is cut off: it has {size} of {end} bytes; copy or download it again."
        )


def _has_endless_object(content: bytes | mmap.mmap, start: int) -> bool:
    """Whether a global heap (III.E) holds free space of no size, which libhdf5 never gets past."""
    end = start + int.from_bytes(content[start + 8 : start + _HEAP_HEADER], "little")
    place = start + _HEAP_HEADER
    while place + _OBJECT_HEADER <= min(end, len(content)):
        index = int.from_bytes(content[place : place + 2], "little")
        size = int.from_bytes(content[place + 8 : place + _OBJECT_HEADER], "little")
        if not index and not size:
            return True
        place += _OBJECT_HEADER + (size + 7) // 8 * 8 if index else size
    return False


def _states_too_long_a_text(content: bytes | mmap.mmap, within: int, end: int) -> bool:
    """Whether an attribute (IV.A.2.m) holds a string that is longer than the file.

    libhdf5 sets aside whatever length a string of variable length states, up to 4 GiB, before it
    looks for the string. `within` is a place in the attribute's name, `end` the place behind it.
    """
    start = within
    while start > 0 and content[start - 1] in b"_abcdefghijklmnopqrstuvwxyz":
        start -= 1
    for header in (8, 9):  # version 3 has one byte more, for the name's encoding
        fields = content[max(start - header, 0) : start]
        if len(fields) == header and fields[0] in ((1, 2) if header == 8 else (3,)):
            sizes = [int.from_bytes(fields[at : at + 2], "little") for at in (2, 4, 6)]
            if sizes[0] == end - start:
                return _longest(content, start, sizes, padded=fields[0] == 1) > len(content)
    return False


def _longest(content: bytes | mmap.mmap, start: int, sizes: list[int], padded: bool) -> int:
    """The longest string that an attribute refers to; `sizes` of its name, type and dimensions."""
    if padded:
        sizes = [(size + 7) // 8 * 8 for size in sizes]
    kind, space = start + sizes[0], start + sizes[0] + sizes[1]
    if content[kind : kind + 1][0:1] == b"" or content[kind] & 15 != _VARIABLE_LENGTH:
        return 0
    version, rank = content[space : space + 2] if space + 2 <= len(content) else (0, 0)
    first = space + (8 if version == 1 else 4)
    shape = [
        int.from_bytes(content[first + 8 * axis : first + 8 * axis + 8], "little")
        for axis in range(min(rank, 32))
    ]
    values = space + sizes[2]
    lengths = range(
        values, min(values + 16 * math.prod(shape), len(content) - 15, values + 65536), 16
    )
    return max((int.from_bytes(content[at : at + 4], "little") for at in lengths), default=0)
