"""Tar archives of images, such as the shards of a WebDataset: members with their classes.

Files that share their path up to the first dot of the name are one sample, as WebDataset has it:
the class of `0001.jpg` stands in `0001.cls`, or in `0001.json` under a usual key such as "label".
Where no sample has one, the folders in the archive name the classes.
"""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from reportgen.errors import ImageError
from reportgen.inputs.classes.csv_cells import CLASS_WORDS, word_of
from reportgen.inputs.data_sets.found_set import FoundSet
from reportgen.inputs.data_sets.tar_member import TarMember
from reportgen.inputs.photos.display_names import display_names as names_of
from reportgen.inputs.photos.images import PICTURE_SUFFIXES, ImageFile, Skipped, is_litter
from reportgen.printable import printable

_LARGEST_LABEL = 1 << 20
"""Bytes of a file that holds the class of a sample."""

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


@dataclass
class _Archive:
    """What one archive holds; the class of a sample by its key.

    Of members with the same name the last one counts, as when the archive is unpacked.
    """

    images: dict[str, TarMember] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    passed: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def compression_of(path: Path) -> str:
    """The name of the compression of a file; empty where it has none. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(6)
    return next((name for start, name in _COMPRESSED.items() if head.startswith(start)), "")


def find_in_archives(archives: Sequence[Path]) -> FoundSet:
    """The images in tar archives. Raises ImageError where one cannot be read, or holds none."""
    images: list[ImageFile] = []
    passed: list[Skipped] = []
    read = [(path, _read(path)) for path in archives]
    listed = any(archive.labels for _, archive in read)
    members = [member for _, archive in read for member in archive.images.values()]
    names = iter(names_of(members))
    for path, archive in read:
        for inside, member in archive.images.items():
            label = archive.labels.get(_sample(inside), "")
            place: tuple[str, ...] = (label,) if label else ()
            if not listed:
                place = tuple(map(printable, PurePosixPath(inside).parts[:-1]))
            images.append(ImageFile(member, next(names), place[0] if place else None, place))
        name = printable(path.name)
        passed += [
            Skipped(f"{name}/{printable(member)}" if member else name, why)
            for member, why in archive.passed
        ]
        beside = {_sample(inside) for inside in archive.images}
        passed += [
            Skipped(f"{name}/{printable(other)}", "it is no picture", document=True)
            for other in archive.others
            if _sample(other) not in beside
        ]
    if not images:
        raise ImageError(
            f"--dataset {printable(archives[0].name)} holds no picture: the names of its pictures "
            "have to end with .jpg, .png or the like."
        )
    return FoundSet(images, passed, [], listed=listed)


def _read(path: Path) -> _Archive:
    name = printable(path.name)
    found = _Archive()
    try:
        if kind := compression_of(path):
            raise ImageError(
                f"--dataset {name} is compressed with {kind}: decompress it to a .tar, whose "
                "pictures are read where they lie."
            )
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                _add(found, tar, member, path)
        if not _is_ended(path, tar.offset):
            found.passed.append(("", "it has no end mark: members at its end may be missing"))
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise ImageError(
            f"--dataset {name} is no tar archive, or it is damaged: {printable(str(error))}."
        ) from error
    except OSError as error:
        raise ImageError(f"--dataset {name} cannot be read: {error.strerror or error}.") from error
    return found


def _is_ended(path: Path, offset: int) -> bool:
    """Whether the mark of the end stands behind the last member, where `tarfile` stopped.

    Raises ReadError where something else stands there: `tarfile` takes a damaged header of any
    member but the first for the end.
    """
    with path.open("rb") as file:
        file.seek(offset)
        block = file.read(tarfile.BLOCKSIZE)
    if block != bytes(tarfile.BLOCKSIZE) and block:
        raise tarfile.ReadError(f"there is no member at byte {offset:,}, as there has to be")
    return bool(block)


def _add(found: _Archive, tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    inside = "/".join(part for part in member.name.split("/") if part not in ("", ".", ".."))
    suffix = PurePosixPath(inside).suffix.lower()
    hidden = any(part.startswith(".") or is_litter(part) for part in inside.split("/"))
    if member.isdir() or hidden or not inside:
        return
    if not member.isreg() or member.issparse():
        found.passed.append((inside, "it is no plain file in the archive, but a link or the like"))
    elif suffix in PICTURE_SUFFIXES:
        found.images.pop(inside, None)
        found.images[inside] = TarMember(path, inside, member.offset_data, member.size)
    elif suffix in (".cls", ".json"):
        try:
            label = _label(tar, member, suffix)
        except (ValueError, RecursionError):
            found.passed.append((inside, "it cannot be read: its image has no class"))
        else:
            if label and (suffix == ".cls" or _sample(inside) not in found.labels):
                found.labels[_sample(inside)] = label
            elif not label:
                found.others.append(inside)
    else:
        found.others.append(inside)


def _label(tar: tarfile.TarFile, member: tarfile.TarInfo, suffix: str) -> str:
    """The class that a member names; empty for none. Raises ValueError where it is damaged."""
    file = tar.extractfile(member)
    if file is None or member.size > _LARGEST_LABEL:
        raise ValueError(member.name)
    text = file.read().decode("utf-8-sig")
    if suffix == ".cls":
        return printable(" ".join(text.split()))
    return next(_classes(json.loads(text)), "")


def _classes(value: Any) -> Iterator[str]:
    """What a JSON value may name as the class, the most likely first."""
    if isinstance(value, dict):
        words = {word_of(str(key)): item for key, item in value.items()}
        for word in (*CLASS_WORDS, "cls"):
            if not isinstance(words.get(word), dict):
                yield from _classes(words.get(word))
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield printable(" ".join(str(value).split()))


def _sample(inside: str) -> str:
    """What the files of a sample share: the path up to the first dot of the name."""
    folder, slash, name = inside.rpartition("/")
    return f"{folder}{slash}{name.partition('.')[0]}"
