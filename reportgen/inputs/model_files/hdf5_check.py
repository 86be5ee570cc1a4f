"""What libhdf5 does not check in time: read from an HDF5 file's bytes before it sees them.

Section numbers are those of the HDF5 File Format Specification, version 3.0.
"""

import mmap

from reportgen.errors import ModelFileError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\0\0\0"
_HEAP_HEADER, _OBJECT_HEADER = 16, 16


class DamagedFileError(ModelFileError):
    """A file whose bytes contradict each other."""

    def __init__(self, name: str, format_name: str = "HDF5") -> None:
        super().__init__(f"{name} is a damaged {format_name} file; copy or download it again.")


def check_bytes(content: bytes | mmap.mmap, file_name: str) -> None:
    """Refuse a file that is cut off, or in which libhdf5 would turn in a circle.

    Raises `ModelFileError`.
    """
    _check_superblock(content[:96], len(content), file_name)
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
