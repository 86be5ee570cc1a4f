"""Find the images of a data set: a folder, a list in CSV or Parquet, or tar archives."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from reportgen.errors import ImageError
from reportgen.inputs.data_sets.found_set import FoundSet
from reportgen.inputs.data_sets.image_list import find_in_parquet, find_in_table
from reportgen.inputs.data_sets.web_dataset import find_in_archives
from reportgen.inputs.photos.images import PICTURE_SUFFIXES, empty_folders, find_images
from reportgen.printable import printable

_TABLES = (".csv", ".tsv", ".txt", ".lst")
_PARQUET = (".parquet", ".pq")
_ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
_NOT_READ = {
    (".tfrecord", ".tfrecords", ".tfrec"): ("a TFRecord file", "TFRecord files"),
    (".zip",): ("a ZIP archive", "ZIP archives"),
    (".arrow", ".feather"): ("an Arrow file", "Arrow files"),
    (".npy", ".npz", ".h5", ".hdf5", ".pkl", ".lmdb", ".beton"): ("a file of arrays", "arrays"),
}
"""Kinds of data sets that are not read, one and several, by the ends of their names."""

_WHAT_TO_DO = "write {} images to class folders, or to a .tar in the layout of WebDataset."


def find_data_set(path: Path, ignored: Collection[Path] = ()) -> FoundSet:
    """The images of a data set; `ignored` is as of `find_images`.

    Raises ImageError and SettingsError where there is none, or where it is of a kind that is not
    read.
    """
    name = path.name.lower()
    if re.match(r"[a-z][a-z0-9+.-]+:/", path.as_posix()) and not path.exists():
        raise ImageError(
            "--dataset is an address, and data sets are read from the disk: copy the images, or "
            "mount the bucket as a folder."
        )
    if path.is_file():
        if kind := _not_read(path.name):
            raise ImageError(
                f"--dataset {printable(path.name)} is {kind[0]}, which is not read: "
                + _WHAT_TO_DO.format("its")
            )
        if name.endswith(_TABLES):
            return find_in_table(path)
        if name.endswith(_PARQUET):
            return find_in_parquet(path)
        if name.endswith(_ARCHIVES):
            return find_in_archives([path])
    elif shards := _shards(path):
        return find_in_archives(shards)
    found, passed = find_images([str(path)], ignored)
    if not found:
        _check_kind(printable(path.name), [skipped.name for skipped in passed])
    return FoundSet(found, passed, empty_folders([str(path)], found))


def _not_read(name: str) -> tuple[str, str] | None:
    """What a file is whose kind is not read, one and several; None for all others.

    Parts of a data set are numbered behind their names, such as `.tfrecord-00000-of-00008`.
    """
    plain = re.sub(r"-\d+-of-\d+$", "", name.lower())
    return next((kind for ends, kind in _NOT_READ.items() if plain.endswith(ends)), None)


def _check_kind(folder: str, names: Iterable[str]) -> None:
    """Raise ImageError where a folder without any picture holds data sets of another kind."""
    kinds: Counter[str] = Counter()
    for name in names:
        if kind := _not_read(name):
            kinds[kind[1]] += 1
        elif name.lower().endswith((*_ARCHIVES, *_PARQUET)):
            raise ImageError(
                f"--dataset {folder} holds no picture, but {name}: name that file, or the folder "
                "that tar archives are in."
            )
    if kinds:
        several = kinds.most_common(1)[0][0]
        raise ImageError(
            f"--dataset {folder} holds no picture, but {several}, which are not read: "
            + _WHAT_TO_DO.format("their")
        )


def _shards(path: Path) -> list[Path]:
    """The archives that a pattern names, or those in a folder without folders and pictures."""
    if not path.exists() and any(character in path.name for character in "*?["):
        named = sorted(path.parent.glob(path.name))
        return named if all(file.name.lower().endswith(_ARCHIVES) for file in named) else []
    try:
        inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
        others = any(entry.suffix.lower() in PICTURE_SUFFIXES or entry.is_dir() for entry in inside)
    except OSError:
        return []
    return [] if others else [entry for entry in inside if entry.name.lower().endswith(_ARCHIVES)]
