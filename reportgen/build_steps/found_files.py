"""The files of a build: found, hashed, with names that tell them apart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from reportgen.errors import ImageError
from reportgen.inputs.digests import DigestIndex, hash_files
from reportgen.inputs.photos.images import ImageFile
from reportgen.inputs.photos.images import Skipped as Passed
from reportgen.printable import distinct, printable
from reportgen.records.report import Skipped
from reportgen.user_files import Seen, UnusableFileError

LARGEST_IMAGE = 2 * 10**9
"""Bytes of an image file: more than the most pixels take without compression."""

Photos = list[tuple[ImageFile, str]]
"""Image files with the digests of their bytes."""


def hashed(
    images: Sequence[ImageFile], what: str, index: DigestIndex
) -> tuple[Photos, dict[Path, Seen], list[Skipped]]:
    """The images with their digests, their files as they were then, and what cannot be read."""
    photos: Photos = []
    seen: dict[Path, Seen] = {}
    skipped = []
    paths = [image.path for image in images]
    for image, found in zip(images, hash_files(paths, index, LARGEST_IMAGE), strict=True):
        if isinstance(found, tuple):
            photos.append((image, found[0]))
            seen[image.path] = found[1]
            continue
        reason = f"it cannot be read: {found.strerror}" if isinstance(found, OSError) else ""
        if isinstance(found, UnusableFileError):
            reason = str(found)
        skipped.append(Skipped(what=what, name=image.name, reason=reason))
    return photos, seen, skipped


def passed_over(passed: Iterable[Passed], what: str) -> list[Skipped]:
    """What was found beside the images; what reportgen itself has made is not told."""
    return [
        Skipped(what="file" if one.document else what, name=one.name, reason=one.reason)
        for one in passed
        if not one.own
    ]


def nothing_found(arguments: Sequence[str], output: Path) -> ImageError:
    """The error where all that was named is the report's own."""
    return ImageError(
        f"All that {' '.join(map(printable, arguments))} names is in the folder of the "
        f"report, {printable(output.name)}: name another with -o."
    )


def named_apart(data_set: Photos, photos: Photos, folder: str) -> Photos:
    """The images of a data set, none of them named like another file among the photos."""
    known = {image.name: image.path for image, _ in photos}
    same = {image.path.absolute(): image.name for image, _ in photos}

    def name_of(image: ImageFile) -> str:
        if image.name not in known:
            return image.name
        return same.get(image.path.absolute()) or f"{folder}/{image.name}"

    names = distinct([name_of(image) for image, _ in data_set])
    return [
        (image if name == image.name else replace(image, name=name), digest)
        for name, (image, digest) in zip(names, data_set, strict=True)
    ]
