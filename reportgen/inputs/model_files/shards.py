"""Keras 3 weights in several files: an index (`model.weights.json`) and HDF5 files beside it."""

import re
from pathlib import Path

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.limits import parse_config
from reportgen.printable import quoted

_MOST_SHARDS = 10_000


def is_index(path: Path) -> bool:
    """Whether a file looks like an index: it is JSON."""
    with path.open("rb") as start:
        return start.read(1) == b"{"


def shards_of(path: Path) -> list[Path]:
    """The HDF5 files that an index names, in order; raises `ModelFileError` for any other file.

    Only files in the index's own folder are taken: a name with a folder in it is refused.
    """
    listed = parse_config(path.read_bytes(), path.name).get("weight_map")
    if not isinstance(listed, dict):
        raise ModelFileError(f"{path.name} is JSON, but not an index of Keras weights.")
    names: set[str] = set()
    for value in listed.values():
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+\.h5", name):
                raise ModelFileError(
                    f"{path.name} names a file {quoted(str(name)[:60])}, not a .h5 file."
                )
            names.add(name)
    if not names or len(names) > _MOST_SHARDS:
        raise ModelFileError(f"{path.name} is an index of no weights.")
    for name in sorted(names):
        if not (path.parent / name).is_file():
            raise ModelFileError(
                f"{path.name} keeps weights in {name}, which is not beside it; copy it there."
            )
    return [path.parent / name for name in sorted(names)]


def files_of_weights(path: Path) -> list[Path]:
    """All files whose bytes the weights in `path` depend on, itself first."""
    return [path, *shards_of(path)] if is_index(path) else [path]
