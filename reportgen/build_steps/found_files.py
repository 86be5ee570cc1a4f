"""The files of a build: found, hashed, with names that tell them apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reportgen.build_steps.context import BuildContext
from reportgen.config import SCANNING
from reportgen.errors import ImageError, SettingsError
from reportgen.inputs.classes.class_folders import Place, Split, find_split
from reportgen.inputs.data_sets.find import find_data_set
from reportgen.inputs.data_sets.found_set import FoundSet
from reportgen.inputs.digests import DigestIndex, hash_files
from reportgen.inputs.photos.clips import Clip, find_clips, keyed
from reportgen.inputs.photos.images import ImageFile, empty_folders, find_images
from reportgen.inputs.photos.images import Skipped as Passed
from reportgen.printable import distinct, printable
from reportgen.records.report import Skipped
from reportgen.user_files import HashedFile, UnusableFileError
from reportgen.wording import listed

LARGEST_IMAGE = 2 * 10**9
"""Bytes of an image file: more than the most pixels take without compression."""

Photos = list[tuple[ImageFile, str]]
"""Image files with the digests of their bytes."""


@dataclass(frozen=True)
class FoundImages:
    """Images with the places of the folders beside them that hold none.

    `listed` marks the images of a list that names their classes: whole numbers are indices there.
    """

    photos: Photos
    empty: Sequence[Place] = ()
    listed: bool = False


@dataclass(frozen=True)
class FoundFiles:
    """The images to show, the data set to scan, and which of them are clips, by their digests."""

    shown: FoundImages
    data_set: FoundImages
    clips: Mapping[str, Clip] = field(default_factory=dict)
    frames: int | None = None
    """How many frames of a clip are fed; None before the model has told."""

    @property
    def paths(self) -> dict[str, Path]:
        """The file of each image by its digest; of a clip, the one of the frame that stands for it.

        A data set's images come first.
        """
        everything = (*self.data_set.photos, *self.shown.photos)
        paths = {digest: image.path for image, digest in everything}
        if self.frames is None:
            return paths
        shown = {digest: clip.shown(self.frames)[0] for digest, clip in self.clips.items()}
        return paths | {digest: path for digest, path in shown.items() if digest in paths}

    def with_frames(self, count: int) -> "FoundFiles":
        """The same files, their clips fed as so many frames."""
        keys = keyed(self.clips, count)

        def renamed(found: FoundImages) -> FoundImages:
            photos = [(image, keys.get(digest, digest)) for image, digest in found.photos]
            return replace(found, photos=photos)

        clips = {keys[digest]: clip for digest, clip in self.clips.items()}
        return FoundFiles(renamed(self.shown), renamed(self.data_set), clips, count)


def find_files(context: BuildContext, arguments: Sequence[str]) -> FoundFiles:
    """Find the image files that the arguments name, and those of the data set; read their digests.

    Raises ImageError where there is none, SettingsError where --split cannot be obeyed.
    """
    scanned = context.settings.scans
    if context.settings.dataset is not None and not scanned:
        context.log.warn(
            f"--dataset {context.data_set_name} is not read: the sections that use it, "
            f"{listed(SCANNING)}, are left out."
        )
    if scanned and not arguments and not context.settings.dataset_pages:
        raise SettingsError(
            "--dataset-pages 0 leaves no image to show: give an IMAGE too, or leave the option out."
        )
    shown = data_set = FoundImages([])
    if arguments or not scanned:
        images, passed = find_images(arguments, context.ignored)
        if not images and not passed:
            raise nothing_found(arguments, context.output)
        given = FoundSet(images, passed, empty_folders(arguments, images))
        shown = _hashed(context, given, "image", split=not scanned)
    if scanned:
        data_set = _find_data_set(context, shown.photos)
    if not context.settings.frames:
        return FoundFiles(shown, data_set)
    photos, clips = find_clips(shown.photos, arguments)
    scanned_photos, more = find_clips(data_set.photos, [str(context.settings.dataset)])
    return FoundFiles(
        replace(shown, photos=photos), replace(data_set, photos=scanned_photos), {**clips, **more}
    )


def _find_data_set(context: BuildContext, shown: Photos) -> FoundImages:
    """Find the images of the data set that is scanned; raises ImageError for none."""
    place, what = Path(str(context.settings.dataset)), "image of the dataset"
    name = context.data_set_name
    found = find_data_set(place, context.ignored)
    if not found.images and not found.passed:
        raise nothing_found([str(place)], context.output)
    if found.listed and not found.splits and context.settings.split:
        raise SettingsError(
            f"--split chooses among folders, or by a column “split” of a list, which {name} does "
            "not have: leave --split out, or list the images of one split."
        )
    images = _hashed(context, found, what, split=bool(found.splits) or not found.listed)
    if not images.photos:
        lost = [skipped for skipped in context.log.skipped if skipped.what == what]
        why = f" {lost[0].name}: {lost[0].reason}." if lost else ""
        if place.is_file() and not any(image.path.exists() for image in found.images):
            why += " The paths in a list are relative to its folder."
        raise ImageError(f"--dataset {name}: none of its images can be read.{why}")
    return replace(images, photos=named_apart(images.photos, shown, name))


def _hashed(context: BuildContext, found: FoundSet, what: str, *, split: bool) -> FoundImages:
    """The image files with their digests; notes what is left out.

    `split` chooses those of a split where there are several.
    """
    for passed in found.passed:
        if passed.own:  # on the terminal only: it was not there when the report was first made
            context.progress.note(f"{passed.name} is left out: {passed.reason}.")
    context.log.skipped += passed_over(found.passed, what)
    images, empty = found.images, list(found.empty)
    if split and found.splits:
        images = _of_listed_split(context, images, found.splits)
    elif split:
        images, empty = _of_split(context, images, empty)
    photos, seen, skipped = hashed(images, what, context.index)
    context.log.skipped += skipped
    context.watch(seen)
    return FoundImages(photos, empty, found.listed)


def _of_split(
    context: BuildContext, found: list[ImageFile], empty: list[Place]
) -> tuple[list[ImageFile], list[Place]]:
    """The images of the split to use, where a data set was given whole; notes the others."""
    places = [*(image.place for image in found), *empty]
    split = find_split(places, context.settings.split)
    if split is None:
        return found, empty
    _tell_split(context, split)
    inside = split.inside[: len(found)]
    chosen = [
        replace(image, place=place, group=place[0] if place else None)
        for image, place in zip(found, inside, strict=True)
        if place is not None
    ]
    return chosen, [place for place in split.inside[len(found) :] if place]


def _of_listed_split(
    context: BuildContext, found: list[ImageFile], splits: Sequence[str]
) -> list[ImageFile]:
    """The images of the split to use, as a list names that of each; notes the others."""
    split = find_split([(name, "") for name in splits], context.settings.split)
    if split is None:
        return found
    _tell_split(context, split)
    return [image for image, inside in zip(found, split.inside, strict=True) if inside is not None]


def _tell_split(context: BuildContext, split: Split) -> None:
    """Note which images are used and which are not."""
    context.progress.note(
        f"The images of {split.name} are used"
        + (f", not those of {', '.join(split.others)}" if split.others else "")
        + "; --split chooses."
    )
    for name, images in split.others.items():
        reason = f"{images:,} images; those of {split.name} are used, --split chooses"
        context.log.skipped.append(Skipped(what="split", name=name, reason=reason))


def hashed(
    images: Sequence[ImageFile], what: str, index: DigestIndex
) -> tuple[Photos, dict[Path, HashedFile], list[Skipped]]:
    """The images with their digests, their files as they were then, and what cannot be read."""
    photos: Photos = []
    seen: dict[Path, HashedFile] = {}
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
        Skipped(what="file" if file.document else what, name=file.name, reason=file.reason)
        for file in passed
        if not file.own
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
