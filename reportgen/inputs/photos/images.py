"""The image files that the arguments name: files, folders with everything below, globs."""

import difflib
import fnmatch
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.errors import ImageError
from reportgen.inputs.photos import sniff
from reportgen.printable import distinct, printable

_LITTER = frozenset(
    (
        *("desktop.ini", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "icon\r", "picasa.ini"),
        *("__macosx", "$recycle.bin", "system volume information", "lost+found", "@eadir"),
        *("__pycache__", ".ds_store"),
    )
)
"""What systems and programs leave beside pictures, in lower case."""

_MARKS = (("manifest.json", b'{"files": {'), ("reportgen-store", b""))
"""Files by which folders of ours are known, and how they begin."""

_OWN = ("it is a report", "it holds finished work of reportgen")

_DEEPEST = 100
"""Folders above a folder, up to which images are looked for."""

_DOCUMENT_SUFFIXES = (
    *(".txt", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".toml", ".ini", ".md", ".rst"),
    *(".html", ".htm", ".log", ".py", ".ipynb", ".pdf", ".doc", ".docx", ".xls", ".xlsx"),
)
"""In a folder, files named so are not meant to be pictures."""

PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".tif", ".tiff", ".bmp"),
    *(".dib", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".avif", ".heic", ".heif", ".qoi"),
    *(".ico", ".icns", ".psd", ".pcx", ".sgi", ".dds"),
)
"""In a folder, files named so are opened, which reports whatever is wrong with one."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One file to open as an image.

    Attributes:
        path: where it is.
        name: for people: the file's name, or as much of its path (joined by "/") as tells it from
            the other files of that name; printable, unique within the build, never absolute.
        group: what names its class: the first folder below a folder argument, as in Keras's
            `image_dataset_from_directory`; None for files right inside it, named singly or by glob.
        place: all folders between the folder argument and the file, from the outside in.
        true_class: index of the model's class that `group` means; None where that is not known.

    """

    path: Path
    name: str
    group: str | None
    place: tuple[str, ...] = ()
    true_class: int | None = None


@dataclass(frozen=True)
class Skipped:
    """Something that was found but is not shown: its name as in `ImageFile`, and why.

    `document` marks a file in a folder that is named like a text or table, not like a picture,
    `own` a folder that reportgen itself has made.
    """

    name: str
    reason: str
    document: bool = False
    own: bool = False


@dataclass(frozen=True)
class _Found:
    path: Path
    place: tuple[str, ...]
    reason: str | None  # why it is skipped


def find_images(
    arguments: Sequence[str], ignored: Collection[Path] = ()
) -> tuple[list[ImageFile], list[Skipped]]:
    """The files that the arguments name, and what was found beside them but is no picture.

    Arguments keep their order; within a folder or glob, files are sorted by name, the same on every
    system. Hidden files and folders are passed over, as is what systems leave in folders
    (`desktop.ini`, `Thumbs.db`, `__MACOSX`), and a file that is named twice counts once. A file
    that is named by itself is never judged here: decoding it says what is wrong with it. Nothing is
    taken from the folder of a report or of finished work: a report would show itself.

    Args:
        arguments: files, folders and globs.
        ignored: files that the build reads for another purpose, such as its labels, and folders
            that it writes.

    Raises:
        ImageError: when an argument names nothing, or what reportgen has made.

    """
    found: dict[str, _Found] = {}
    real = _RealPaths(ignored)
    for argument in arguments:
        matches = list(_find(argument))
        if not matches:
            raise ImageError(_nothing(argument))
        for match in matches:
            full = os.path.abspath(match.path)  # noqa: PTH100 - resolve() would follow links
            target = real.of(full)
            if is_litter(match.path.name) or real.is_aside(target):
                continue
            if match.reason is not None:
                found.setdefault(full, match)
                continue
            known = found.setdefault(target, match)
            if known is not match and str(_full(known.path)) != full:
                reason = f"it is the same file as {printable(known.path.name)}, shown already"
                found.setdefault(full, _Found(match.path, (), reason))
    names = display_names([match.path for match in found.values()])
    images, skipped = [], []
    for match, name in zip(found.values(), names, strict=True):
        if match.reason is None:
            group = match.place[0] if match.place else None
            images.append(ImageFile(match.path, name, group, match.place))
        else:
            document = match.path.suffix.lower() in _DOCUMENT_SUFFIXES
            skipped.append(Skipped(name, match.reason, document, own=match.reason in _OWN))
    return images, skipped


def made_by_reportgen(folder: Path) -> str | None:
    """What a folder is that reportgen itself has made: a clause; None for any other folder."""
    for (name, start), reason in zip(_MARKS, _OWN, strict=True):
        try:
            with (folder / name).open("rb") as file:
                if file.read(len(start)) == start:
                    return reason
        except OSError:
            continue
    return None


class _RealPaths:
    """Paths with their links followed, each folder looked at once: data sets have many files."""

    def __init__(self, aside: Collection[Path]) -> None:
        self._aside = {os.path.realpath(path) for path in aside}
        self._folders: dict[str, tuple[str, bool]] = {}

    def of(self, full: str) -> str:
        """Where an absolute path leads."""
        if os.path.islink(full):  # noqa: PTH114 - called for every file
            return os.path.realpath(full)
        folder, name = os.path.split(full)
        return os.path.join(self._folder(folder)[0], name)  # noqa: PTH118

    def is_aside(self, real: str) -> bool:
        """Whether a path without links is left aside, or in what is."""
        return real in self._aside or self._folder(os.path.dirname(real))[1]  # noqa: PTH120

    def _folder(self, folder: str) -> tuple[str, bool]:
        """Where a folder leads, and whether that is in what is left aside."""
        if folder not in self._folders:
            real = os.path.realpath(folder)
            inside = any(str(above) in self._aside for above in (Path(real), *Path(real).parents))
            self._folders[folder] = real, inside
        return self._folders[folder]


def empty_folders(arguments: Sequence[str], images: Iterable[ImageFile]) -> list[tuple[str, ...]]:
    """The places of folders without any of the images below the folders that are arguments."""
    holding = {os.path.dirname(os.path.abspath(image.path)) for image in images}  # noqa: PTH100, PTH120
    full = {above for folder in map(Path, holding) for above in (folder, *folder.parents)}
    return sorted(
        tuple(printable(part) for part in folder.relative_to(argument).parts)
        for argument in map(Path, arguments)
        if _is_folder(argument)
        for folder in _folders(argument, {os.path.realpath(argument)})
        if _full(folder) not in full
    )


def _find(argument: str) -> Iterator[_Found]:
    if not argument:
        return
    path = Path(argument)
    if os.path.lexists(path):  # a file that is really called "cat[1].jpg" is no pattern
        if what := made_by_reportgen(path):
            raise ImageError(
                f"{printable(argument)} holds no images to show: {what}; name the folder that the "
                "images are in."
            )
        yield from _walk(path) if _is_folder(path) else (_Found(path, (), None),)
        return
    start = Path(path.anchor)
    for match in _expand(start, path.parts[1:] if path.anchor else path.parts):
        if what := made_by_reportgen(match):
            yield _Found(match, (), what)
        else:
            yield from _walk(match) if _is_folder(match) else (_Found(match, (), _screen(match)),)


def _walk(folder: Path) -> Iterator[_Found]:
    """Everything below the folder that is not hidden, sorted by path, links followed once."""
    for entry in _below(folder, {os.path.realpath(folder)}, ()):
        yield replace(entry, reason=entry.reason or _screen(entry.path))


def _below(folder: Path, visited: set[str], place: tuple[str, ...]) -> Iterator[_Found]:
    """What is below a folder, which stands at this place below the first one."""
    if len(place) > _DEEPEST:
        yield _Found(folder, place[:-1], f"it lies more than {_DEEPEST} folders deep")
        return
    try:
        entries = _visible(folder)
    except OSError:
        yield _Found(folder, place[:-1], "the folder cannot be opened")
        return
    for entry in entries:
        if not _is_folder(entry):
            yield _Found(entry, place, None)
        elif (real := os.path.realpath(entry)) in visited:
            yield _Found(entry, place, "it is a link to a folder that is included already")
        elif what := made_by_reportgen(entry):
            yield _Found(entry, place, what)
        else:
            visited.add(real)
            yield from _below(entry, visited, (*place, printable(entry.name)))


def _visible(folder: Path) -> list[Path]:
    """What is in the folder and not hidden, in an order that no system's listing decides."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if not _is_hidden(entry)]
    return [folder / name for name in sorted(names, key=lambda name: (printable(name), name))]


def is_litter(name: str) -> bool:
    """Whether a system or program left it: also the marks that Windows puts on downloads."""
    return name.lower() in _LITTER or name.startswith("._") or name.endswith(":Zone.Identifier")


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or is_litter(entry.name):
        return True
    if os.name != "nt":
        return False
    try:
        attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    except OSError:
        return False
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)


def _screen(path: Path) -> str | None:
    """Why a file that only a folder or glob brought in is no picture; None when it may be one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "it is not a regular file"
        if path.suffix.lower() in PICTURE_SUFFIXES:
            return None
        with path.open("rb") as file:
            head = file.read(sniff.HEAD)
    except OSError as error:
        return sniff.why_unreadable(error, path)
    return None if sniff.picture_kind(head) else sniff.why_no_picture(head)


def _expand(base: Path, pattern: Sequence[str]) -> Iterator[Path]:
    """The paths below the base that match the pattern's parts.

    The standard library's glob follows links in `**` without end, and is run by some shells only.
    """
    if not pattern:
        yield base
        return
    part, rest = pattern[0], pattern[1:]
    if part == "**":
        yield from _expand(base, rest or ("*",))
        for folder in _folders(base, {os.path.realpath(base)}):
            yield from _expand(folder, rest or ("*",))
    elif any(character in part for character in "*?["):
        for entry in _listing(base):
            if fnmatch.fnmatch(entry.name, part) and not (rest and made_by_reportgen(entry)):
                yield from _expand(entry, rest)
    elif os.path.lexists(base / part):
        yield from _expand(base / part, rest)


def _folders(base: Path, visited: set[str], depth: int = 0) -> Iterator[Path]:
    for entry in _listing(base) if depth <= _DEEPEST else ():
        if not _is_folder(entry) or made_by_reportgen(entry):
            continue
        if (real := os.path.realpath(entry)) not in visited:
            visited.add(real)
            yield entry
            yield from _folders(entry, visited, depth + 1)


def _listing(folder: Path) -> list[Path]:
    try:
        return _visible(folder)
    except (OSError, ValueError):
        return []  # a pattern reaches into files and closed folders; neither matches


def _full(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def display_names(paths: Sequence[Path]) -> list[str]:
    """For each path the shortest end of it that no other path shares."""
    parts = [_parts(path) for path in paths]
    names = [""] * len(paths)
    open_ones = list(range(len(paths)))
    length = 1
    while open_ones:
        ends: dict[tuple[str, ...], list[int]] = {}
        for index in open_ones:
            ends.setdefault(tuple(parts[index][-length:]), []).append(index)
        open_ones = []
        for end, sharing in ends.items():
            for index in sharing:
                names[index] = "/".join(printable(part) for part in end)
            if len(sharing) > 1 and any(len(parts[index]) > length for index in sharing):
                open_ones += sharing
        length += 1
    return distinct(names)


def _parts(path: Path) -> list[str]:
    """The folders and the name of a path, without drive and root."""
    return os.path.splitdrive(os.path.abspath(path))[1].split(os.sep)[1:]  # noqa: PTH100, PTH206


def _nothing(argument: str) -> str:
    """The sentence for an argument that names nothing, with what was probably meant."""
    shown, path = printable(argument), Path(argument)
    if argument and _is_folder(path):
        return f"The folder {shown} holds no file: name the folder that the images are in."
    if not argument or any(character in argument for character in "*?["):
        return f"No file matches “{shown}”: check the folder and the pattern."
    close = difflib.get_close_matches(path.name, [entry.name for entry in _listing(path.parent)], 1)
    if close:
        return f"There is no image “{shown}”: did you mean “{printable(close[0])}”?"
    return (
        f"There is no image “{shown}”: name a file, a folder or a pattern such as “photos/*.jpg”."
    )
