"""HDF5 files of strangers: checked before libhdf5 sees them, read without following them elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import ModelFileError

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MOST_OBJECTS = 200_000


@contextmanager
def open_file(path: Path) -> Iterator["h5py.File"]:
    """Open an HDF5 file for reading; whatever libhdf5 raises becomes one `ModelFileError`."""
    import h5py

    _check_superblock(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(
            f"{path.name} is a damaged HDF5 file; copy or download it again."
        ) from error


def _check_superblock(path: Path) -> None:
    """Compare the length that the file states with the one it has (HDF5 specification, II.A).

    libhdf5 checks this too, but only for some versions of the superblock, and late.
    """
    with path.open("rb") as file:
        block = file.read(96)
    size = path.stat().st_size
    version = block[8] if len(block) > 8 else 255
    # Where the end-of-file address stands, behind the base address, depends on the version.
    start = {0: 24, 1: 28, 2: 12, 3: 12}.get(version)
    offset_size = block[13 if version < 2 else 9] if len(block) > 13 else 0
    if start is None or offset_size != 8 or len(block) < 48:
        raise ModelFileError(f"{path.name} is a damaged HDF5 file; copy or download it again.")
    end = int.from_bytes(block[start + 16 : start + 24], "little")
    if end > size:
        raise ModelFileError(
            f"{path.name} is cut off: it has {size} of {end} bytes; copy or download it again."
        )


def text_attribute(group: "h5py.Group", name: str) -> str | None:
    """A string attribute, or None when it is absent or something else than text."""
    if name not in group.attrs:
        return None
    value = group.attrs[name]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, str) else None
