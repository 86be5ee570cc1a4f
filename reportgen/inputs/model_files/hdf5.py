"""HDF5 files of strangers: checked before libhdf5 sees them, never followed to other files."""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.hdf5_check import DamagedFileError, check_bytes
from reportgen.printable import printable, quoted

if TYPE_CHECKING:
    import h5py
    import numpy as np

_MOST_OBJECTS = 200_000
_LONGEST_TEXT = 1 << 26
_INTO_ONE_FILE = "copy all into one file with h5py (Group.copy with expand_external=True)"
ANY_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class StoredArray:
    """An array in an HDF5 file: its shape is known, its numbers are read when they are needed."""

    dataset: "h5py.Dataset"

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(int(size) for size in self.dataset.shape or ())

    def read(self) -> "np.ndarray[Any, Any]":
        """The array's numbers."""
        import numpy as np

        values = np.asarray(self.dataset[()])
        if is_bfloat16(self.dataset):  # the upper half of a float32
            return (values.view("<u2").astype("<u4") << 16).view("<f4")
        return values


def is_bfloat16(dataset: "h5py.Dataset") -> bool:
    """Whether an array holds bfloat16, which HDF5 does not know: Keras keeps its bytes as such."""
    named = text_attribute(dataset, "dtype") == "bfloat16"
    return named and dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2


@contextmanager
def open_file(path: Path) -> Iterator["h5py.File"]:
    """Open an HDF5 file for reading; whatever libhdf5 raises becomes one `ModelFileError`."""
    import h5py

    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise DamagedFileError(path.name)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            check_bytes(content, path.name)
    try:
        opened = h5py.File(path, "r")
    except ANY_DAMAGE as error:
        raise DamagedFileError(path.name) from error
    with opened:
        refuse_links(opened, path.name)
        yield opened


def refuse_links(file: "h5py.File", file_name: str) -> None:
    """Refuse a file with a link to another one: no link is followed to find out.

    What such a file holds depends on the machine that opens it, and opening a pipe waits for ever.
    Raises `ModelFileError`. Links within a file are harmless once none of them can leave it.
    """
    import h5py

    leaving: list[str] = []
    seen = 0

    def look(name: Any, link: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen > _MOST_OBJECTS:
            raise ModelFileError(f"{file_name} holds more HDF5 groups than any network needs.")
        if link.type not in (h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT):
            leaving.append(
                name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
            )
            return 1
        return None

    try:
        file.id.links.visit(look, info=True)
    except ANY_DAMAGE as error:
        raise DamagedFileError(file_name) from error
    if leaving:
        raise ModelFileError(
            f"{file_name} keeps {quoted(printable(leaving[0])[:80])} in another file, which is not"
            f" followed; {_INTO_ONE_FILE}."
        )


def text_attribute(group: "h5py.Group | h5py.Dataset", name: str) -> str | None:
    """A string attribute, or None when it is absent or something else than text."""
    try:
        if name not in group.attrs:
            return None
        if not _is_text(group.attrs.get_id(name)):
            return None
        value = group.attrs[name]
    except ANY_DAMAGE as error:
        raise DamagedFileError(Path(group.file.filename).name) from error
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    # h5py hands bytes that are not UTF-8 out as surrogates, which no file can be written with.
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_text(attribute: Any) -> bool:
    """Whether an attribute holds strings, not too many: libhdf5 crashes on some other types."""
    import h5py

    is_string = bool(attribute.get_type().get_class() == h5py.h5t.STRING)
    return is_string and int(attribute.get_storage_size()) <= _LONGEST_TEXT


def names_attribute(group: "h5py.Group", name: str) -> list[str] | None:
    """A list of names; Keras splits one that is too long for HDF5 into name0, name1, ..."""
    import numpy as np

    def texts(key: str) -> list[str]:
        attribute = group.attrs.get_id(key)
        if attribute.shape == (0,):  # an empty list has no type
            return []
        if not _is_text(attribute):
            raise DamagedFileError(Path(group.file.filename).name)
        values = np.asarray(group.attrs[key])
        return [
            value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            for value in values.ravel().tolist()
        ]

    try:
        if name in group.attrs:
            return texts(name)
        if f"{name}0" not in group.attrs:
            return None
        names: list[str] = []
        index = 0
        while f"{name}{index}" in group.attrs:
            names += texts(f"{name}{index}")
            index += 1
    except ANY_DAMAGE as error:
        raise DamagedFileError(Path(group.file.filename).name) from error
    return names


def stored_arrays(group: "h5py.Group", file_name: str) -> dict[str, StoredArray]:
    """Every array below a group, by its path; an array kept in another file is refused.

    Links and arrays can point to any file of the machine that opens them, so none is followed.
    """
    arrays: dict[str, StoredArray] = {}
    try:
        for path, dataset in _datasets(group, "", [0]):
            if dataset.external or dataset.is_virtual:
                raise ModelFileError(
                    f"{file_name} keeps {quoted(path[:80])} in another file, which is not followed."
                )
            if dataset.dtype.kind in "fiub" or is_bfloat16(dataset):
                arrays[path] = StoredArray(dataset)
    except ANY_DAMAGE as error:
        raise DamagedFileError(file_name) from error
    return arrays


def _datasets(
    group: "h5py.Group", prefix: str, seen: list[int], depth: int = 0
) -> Iterator[tuple[str, "h5py.Dataset"]]:
    import h5py

    for name in group:
        seen[0] += 1
        if seen[0] > _MOST_OBJECTS or depth > 60:
            raise ModelFileError(
                f"{Path(group.file.filename).name} holds more HDF5 groups than any network needs."
            )
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group.get(name)
        path = f"{prefix}{name}"
        if isinstance(item, h5py.Dataset):
            yield path, item
        elif isinstance(item, h5py.Group):
            yield from _datasets(item, f"{path}/", seen, depth + 1)


@contextmanager
def damage_named(
    file_name: str, damage: tuple[type[Exception], ...] = (OSError, RuntimeError)
) -> Iterator[None]:
    """Turn what libhdf5 raises while something is read into one sentence.

    `damage` are the exceptions meant: `ANY_DAMAGE` around code that only reads.
    """
    try:
        yield
    except damage as error:
        raise DamagedFileError(file_name) from error
