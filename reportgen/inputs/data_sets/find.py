"""Find the images of a data set: a folder, a list in CSV or Parquet, or tar archives."""

from collections.abc import Collection
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
    (".tfrecord", ".tfrecords", ".tfrec"): "a TFRecord file",
    (".zip",): "a ZIP archive",
    (".arrow", ".feather"): "an Arrow file",
    (".npy", ".npz", ".h5", ".hdf5", ".pkl", ".lmdb", ".beton"): "a file of arrays",
}
"""Kinds of data sets that are not read, by the ends of their names."""


def find_data_set(path: Path, ignored: Collection[Path] = ()) -> FoundSet:
    """The images of a data set; `ignored` is as of `find_images`.

    Raises ImageError and SettingsError where there is none, or where it is of a kind that is not
    read.
    """
    name = path.name.lower()
    if path.is_file():
        for ends, kind in _NOT_READ.items():
            if name.endswith(ends):
                raise ImageError(
                    f"--dataset {printable(path.name)} is {kind}, which is not read: write its "
                    "images to class folders, or to a .tar in the layout of WebDataset."
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
    return FoundSet(found, passed, empty_folders([str(path)], found))


def _shards(folder: Path) -> list[Path]:
    """The archives right inside a folder that holds neither folders nor pictures."""
    try:
        inside = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        others = any(entry.suffix.lower() in PICTURE_SUFFIXES or entry.is_dir() for entry in inside)
    except OSError:
        return []
    return [] if others else [entry for entry in inside if entry.name.lower().endswith(_ARCHIVES)]
