"""A finished report, read from its folder or zip: its records, and its files by path.

A report may be a stranger's: only files that the report's records name are read, never through a
link or outside the report, and nothing is unpacked.
"""

import io
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Protocol, Self

from PIL import Image as PillowImage
from pydantic import ValidationError

from reportgen.bundle.verify import DAMAGES, safe_entries
from reportgen.errors import BundleError
from reportgen.printable import printable
from reportgen.records.report import SCHEMA_VERSION, Report
from reportgen.report.data_file import DATA_FILE
from reportgen.report.publishing.manifest import is_inside

MOST_BYTES = 4 << 30
"""Of a report.json."""

MOST_PICTURE_BYTES = 64 << 20
_MOST_PIXELS = 100_000_000
_SHOWN = 200
"""Characters of a validation message that an error repeats."""


class Files(Protocol):
    """The files of a report."""

    def read(self, path: str, most: int) -> bytes | None:
        """The content of a file, by path with forward slashes.

        None where there is no such file, where it is larger than `most` bytes, or where its path
        leaves the report.
        """


@dataclass(frozen=True)
class FolderFiles:
    """The files of a report in a folder."""

    folder: Path

    def read(self, path: str, most: int) -> bytes | None:
        """As of `Files`; links are not followed."""
        target = self.folder / path
        if not is_inside(path):
            return None
        above = [self.folder.joinpath(*target.relative_to(self.folder).parts[:depth])
                 for depth in range(1, len(PurePosixPath(path).parts) + 1)]  # fmt: skip
        try:
            if any(parent.is_symlink() for parent in above) or not target.is_file():
                return None
            return target.read_bytes() if target.stat().st_size <= most else None
        except OSError:
            return None


@dataclass(frozen=True)
class ZipFiles:
    """The files of a report in a zip, below `prefix`."""

    bundle: zipfile.ZipFile
    prefix: str

    def read(self, path: str, most: int) -> bytes | None:
        """As of `Files`."""
        if not is_inside(path):
            return None
        try:
            if self.bundle.getinfo(f"{self.prefix}{path}").file_size > most:
                return None
            return self.bundle.read(f"{self.prefix}{path}")
        except (KeyError, OSError, *DAMAGES):
            return None


@dataclass(frozen=True)
class Source:
    """A report to compare: its name for people, its records, and its files."""

    name: str
    report: Report
    files: Files

    def picture(self, path: str | None) -> "Decoded | None":
        """A picture of the report; None where it is missing or cannot be decoded."""
        content = self.files.read(path, MOST_PICTURE_BYTES) if path else None
        if content is None:
            return None
        try:
            with PillowImage.open(io.BytesIO(content), formats=["PNG", "JPEG", "WEBP"]) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    return None
                opened.load()
                return Decoded(content, opened.format or "", opened.copy())
        except (OSError, ValueError, SyntaxError, PillowImage.DecompressionBombError):
            return None


@dataclass(frozen=True)
class Decoded:
    """A picture file: its bytes, its format ("PNG", "JPEG", "WEBP"), and its pixels."""

    content: bytes
    format: str
    pixels: PillowImage.Image


def is_report(path: Path) -> bool:
    """Whether a path looks like a finished report: a folder with a report.json, or a zip with one.

    A .keras model is a zip too; it has no report.json.
    """
    if path.is_dir():
        return (path / DATA_FILE).is_file()
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as bundle:
            return _prefix(bundle.namelist()) is not None
    except (OSError, *DAMAGES):
        return False


class Sources:
    """Opened reports; zips stay open until the block ends."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def open(self, path: Path, name: str) -> Source:
        """Open the report in a folder or zip.

        Raises:
            BundleError: it is neither, it is unsafe, or its report.json cannot be read.

        """
        shown = printable(path.name or str(path))
        if path.is_dir():
            files: Files = FolderFiles(path)
        elif path.is_file():
            files = self._zip(path, shown)
        else:
            raise BundleError(f"There is no report {shown}.")
        content = files.read(DATA_FILE, MOST_BYTES)
        if content is None:
            raise BundleError(f"{shown} is not a report: it has no usable {DATA_FILE}.")
        report = parse(content, shown)
        check(report, shown)
        return Source(name, report, files)

    def _zip(self, path: Path, shown: str) -> ZipFiles:
        try:
            bundle = self._open.enter_context(zipfile.ZipFile(path))
            prefix = _prefix([entry.filename for entry in safe_entries(shown, bundle)])
        except DAMAGES as error:
            raise BundleError(f"{shown} is not a zip that can be read: {error}.") from error
        except OSError as error:
            raise BundleError(f"{shown} cannot be read: {error.strerror or error}.") from error
        if prefix is None:
            raise BundleError(f"{shown} is not a report: it has no {DATA_FILE}.")
        return ZipFiles(bundle, prefix)


def check(report: Report, shown: str) -> None:
    """Refuse a report whose records contradict each other; `shown` names it in the error."""
    classes = len(report.model.labels)
    for image in report.images:
        indices = [prediction.index for prediction in image.predictions]
        if image.true_class is not None:
            indices.append(image.true_class)
        if any(not 0 <= index < classes for index in indices):
            raise _contradiction(shown, f"the image {image.name} has a class that is not there")
        for grid in image.activations:
            if not len(grid.means) == len(grid.lows) == len(grid.highs) == grid.shown:
                raise _contradiction(shown, f"numbers of channels are missing in {grid.layer}")
            if min(grid.shown, grid.columns, *grid.size) < 1 or len(grid.size) != 2:
                raise _contradiction(shown, f"the grid of {grid.layer} has no size")
    for gallery in report.galleries:
        if min(gallery.shown, gallery.columns, gallery.size) < 1 or gallery.margin < 0:
            raise _contradiction(shown, f"the gallery of {gallery.layer} has no size")


def _contradiction(shown: str, what: str) -> BundleError:
    return BundleError(
        f"{DATA_FILE} of {shown} contradicts itself: {printable(what)}; build the report again."
    )


def _prefix(names: list[str]) -> str | None:
    """The folder of a zip that a report is in; None without one."""
    found = [entry for entry in names if entry == DATA_FILE or entry.endswith(f"/{DATA_FILE}")]
    shortest = min(found, key=lambda name: (name.count("/"), name), default=None)
    return None if shortest is None else shortest.removesuffix(DATA_FILE)


def parse(content: bytes, shown: str) -> Report:
    """The records of a report.json; `shown` names the report in errors.

    Raises BundleError where they are not those of a report that this version can read.
    """
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        if (where, first["type"]) == ("schema_version", "string_pattern_mismatch"):
            version = printable(first["input"])
            raise BundleError(
                f"{DATA_FILE} of {shown} has the schema version “{version}”, which this version of "
                f"reportgen cannot read (it reads {SCHEMA_VERSION.split('.')[0]}.x); update "
                "reportgen, or build the report again with this version."
            ) from error
        raise BundleError(
            f"{DATA_FILE} of {shown} is not of schema version {SCHEMA_VERSION}: "
            f"{printable(where)[:_SHOWN]}: {printable(first['msg'])[:_SHOWN]}; build the report "
            "again with this version of reportgen."
        ) from error
