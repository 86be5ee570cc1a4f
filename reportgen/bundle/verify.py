"""Check a report, in its folder or in its bundle, against the list of its files.

A bundle is a stranger's file: it is read and never unpacked, and refused when it tries anything.
"""

import hashlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from reportgen.errors import BundleError
from reportgen.report.publishing.manifest import MANIFEST, parse_manifest, read_manifest
from reportgen.report.publishing.publish import is_staging, recover

DAMAGES = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError,
            EOFError, ValueError)  # fmt: skip
_BLOCK = 1 << 20
_LARGEST_MANIFEST = 1 << 26
_MOST_ENTRIES = 200_000
_LARGEST_RATIO, _SMALL = 200, 1 << 22
"""Ratio of unpacked to packed size from which a large entry is refused: it may fill a disk."""

_LARGEST_BUNDLE = 1 << 35

_LOCAL = 30
"""Bytes of a file's header in a zip, without its name."""

_DESCRIPTOR = 24
"""Bytes at most that stand behind the data of a file whose size was not known before."""

_END_RECORD, _LAST = b"PK\5\6", (1 << 16) + 22
"""How the end of a zip begins, and where it is at the earliest from the end."""


@dataclass(frozen=True)
class Verdict:
    """Paths of files that differ from the list, and how many are as they were."""

    intact: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was."""
        return not (self.missing or self.changed or self.added)


def verify(path: Path) -> Verdict:
    """Check the report in a folder or a zip. Raises BundleError when it is neither, or unsafe."""
    if not path.is_file():
        recover(path)
    if path.is_dir():
        return _verify_folder(path)
    if not path.is_file():
        raise BundleError(f"There is no report or bundle {path.name or path}.")
    try:
        with zipfile.ZipFile(path) as bundle:
            return _verify_zip(path.name, bundle)
    except DAMAGES as error:
        raise BundleError(f"{path.name} is not a zip that can be read: {error}.") from error
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _verify_folder(folder: Path) -> Verdict:
    listed = read_manifest(folder)
    if listed is None:
        raise BundleError(f"{folder.name or folder} is not a report: it has no usable {MANIFEST}.")
    found: dict[str, str] = {}
    for above, below, names in os.walk(folder):
        prefix = Path(above).relative_to(folder)
        if str(prefix) == ".":
            below[:] = [name for name in below if not is_staging(folder / name)]
        for name in (*names, *below):
            path, relative = Path(above) / name, (prefix / name).as_posix()
            if name in names or path.is_symlink():
                found[relative] = _digest_of(path) if relative in listed else ""
            elif not any(path.iterdir()):
                found[f"{relative}/"] = ""
    found.pop(MANIFEST, None)
    return _compare(listed, found)


def _digest_of(path: Path) -> str:
    """The file's digest; empty for links, pipes and whatever else no report has written."""
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return _digest(file)
    except OSError:
        return ""


def _verify_zip(name: str, bundle: zipfile.ZipFile) -> Verdict:
    entries = {info.filename: info for info in safe_entries(name, bundle)}
    manifests = [entry for entry in entries if entry == MANIFEST or entry.endswith(f"/{MANIFEST}")]
    place = min(manifests, key=len, default="")
    if not place or entries[place].file_size > _LARGEST_MANIFEST:
        raise BundleError(f"{name} is not a bundle: it has no usable {MANIFEST}.")
    prefix = place.removesuffix(MANIFEST)
    with bundle.open(place) as file:
        listed = parse_manifest(file.read(_LARGEST_MANIFEST + 1))
    if listed is None:
        raise BundleError(f"{name} is not a bundle: it has no usable {MANIFEST}.")
    found = {}
    above = {f"{parent}/" for name in entries for parent in PurePosixPath(name).parents}
    for full, info in entries.items():
        if full == place or (info.is_dir() and full in above):
            continue
        inside = full.startswith(prefix) and full.removeprefix(prefix) in listed
        found[full.removeprefix(prefix)] = _digest_in(bundle, info) if inside else ""
    return _compare(listed, found | dict.fromkeys(_around(bundle), ""))


def _around(bundle: zipfile.ZipFile) -> Iterator[str]:
    """What a zip holds beside its files: bytes before, between and after them, and comments."""
    file = bundle.fp
    assert file is not None  # noqa: S101 - it is open
    end = 0
    for info in sorted(bundle.infolist(), key=lambda entry: entry.header_offset):
        if info.header_offset > end:
            where = "between its files" if end else "before the zip"
            yield f"{info.header_offset - end:,} bytes {where}"
        file.seek(info.header_offset)
        lengths = struct.unpack("<HH", file.read(_LOCAL)[-4:])
        end = info.header_offset + _LOCAL + sum(lengths) + info.compress_size
        end += (
            _DESCRIPTOR if info.flag_bits & 8 else 0
        )  # behind the data, where its size is not known
        if info.comment:
            yield f"a comment on {info.filename}"
    if bundle.start_dir > end:
        yield f"{bundle.start_dir - end:,} bytes between its files"
    if bundle.comment:
        yield f"a comment of {len(bundle.comment):,} bytes"
    file.seek(0, os.SEEK_END)
    size = file.tell()
    file.seek(max(0, size - _LAST))
    behind = len(file.read().rpartition(_END_RECORD)[2]) - 18 - len(bundle.comment)
    if behind > 0:
        yield f"{behind:,} bytes after the zip"


def _digest_in(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    try:
        with bundle.open(info) as file:
            return _digest(file)
    except (zipfile.BadZipFile, zlib.error, EOFError):  # its checksum is wrong
        return ""


def safe_entries(name: str, bundle: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries of a zip that is safe to unpack."""
    entries = bundle.infolist()
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _LARGEST_BUNDLE:
        raise BundleError(f"{name} is refused: it would unpack to more than any report.")
    if len({entry.filename for entry in entries}) < len(entries):
        raise BundleError(f"{name} is refused: it holds two files of one name.")
    for entry in entries:
        if reason := _danger(entry):
            raise BundleError(f"{name} is refused: {reason}.")
    return entries


def _danger(entry: zipfile.ZipInfo) -> str:
    shown = ascii(entry.filename[:80])
    parts = entry.filename.removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or any(c in entry.filename for c in "\\:\0"):
        return f"its file {shown} would leave the folder that it is unpacked to"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"its file {shown} is a link or a device"
    if entry.flag_bits & 1:
        return f"its file {shown} is encrypted"
    if entry.file_size > max(_SMALL, _LARGEST_RATIO * entry.compress_size):
        return f"its file {shown} would unpack to {entry.file_size:,} bytes"
    return ""


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _compare(listed: Mapping[str, str], found: Mapping[str, str]) -> Verdict:
    changed = [name for name in listed if name in found and found[name] != listed[name]]
    missing = [name for name in listed if name not in found]
    return Verdict(
        intact=len(listed) - len(changed) - len(missing),
        missing=tuple(sorted(missing)),
        changed=tuple(sorted(changed)),
        added=tuple(sorted(name for name in found if name not in listed)),
    )
