"""The image files that the arguments name: files, folders with everything below, globs."""

import difflib
import fnmatch
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from reportgen.errors import ImageError
from reportgen.inputs.full_paths import FullPaths
from reportgen.inputs.photos import sniff
from reportgen.inputs.photos.display_names import display_names
from reportgen.printable import printable

_Entry = os.DirEntry[str]

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

    def of_class(self, group: str | None, true_class: int | None) -> "ImageFile":
        """The same file with its class; `dataclasses.replace` takes three times as long."""
        return ImageFile(self.path, self.name, group, self.place, true_class)


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


class _FoundPath(NamedTuple):
    path: Path
    place: tuple[str, ...]
    reason: str | None  # why it is skipped
    is_link: bool


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
    found: dict[str, _FoundPath] = {}
    full_paths, real = FullPaths(), _RealPaths(ignored)
    for argument in arguments:
        matches = list(_find(argument))
        if not matches:
            raise ImageError(_nothing(argument))
        for match in matches:
            full = full_paths.of(match.path)
            target, aside = real.of(full, is_link=match.is_link)
            if aside or is_litter(match.path.name):
                continue
            if match.reason is not None:
                found.setdefault(full, match)
                continue
            known = found.setdefault(target, match)
            if known is not match and str(_full(known.path)) != full:
                reason = f"it is the same file as {printable(known.path.name)}, shown already"
                found.setdefault(full, match._replace(place=(), reason=reason))
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

    def of(self, full: str, *, is_link: bool) -> tuple[str, bool]:
        """Where an absolute path leads, and whether that is left aside, or in what is."""
        if is_link:
            full = os.path.realpath(full)
        at = full.rfind(os.sep) + 1
        folder, inside = self._folder(full[:at])
        real = folder + full[at:]
        return real, inside or real in self._aside

    def _folder(self, folder: str) -> tuple[str, bool]:
        """Where a folder leads, with a separator at its end, and whether it is left aside."""
        if folder not in self._folders:
            real = Path(os.path.realpath(folder))
            inside = any(str(above) in self._aside for above in (real, *real.parents))
            self._folders[folder] = os.path.join(real, ""), inside  # noqa: PTH118
        return self._folders[folder]


def empty_folders(arguments: Sequence[str], images: Iterable[ImageFile]) -> list[tuple[str, ...]]:
    """The places of folders without any of the images below the folders that are arguments."""
    holding = {os.path.dirname(image.path) for image in images}  # noqa: PTH120 - quicker: a million
    full = {above for folder in map(_full, holding) for above in (folder, *folder.parents)}
    return sorted(
        tuple(printable(part) for part in folder.relative_to(argument).parts)
        for argument in map(Path, arguments)
        if _is_folder(argument)
        for folder in _folders(argument, {os.path.realpath(argument)})
        if _full(folder) not in full
    )


def _find(argument: str) -> Iterator[_FoundPath]:
    if not argument:
        return
    path = Path(argument)
    if os.path.lexists(path):  # a file that is really called "cat[1].jpg" is no pattern
        if what := made_by_reportgen(path):
            raise ImageError(
                f"{printable(argument)} holds no images to show: {what}; name the folder that the "
                "images are in."
            )
        yield from _walk(path) if _is_folder(path) else (_named(path, None),)
        return
    start = Path(path.anchor)
    for match in _expand(start, path.parts[1:] if path.anchor else path.parts):
        if not _is_folder(match):
            yield _named(match, _screen(match))
        elif what := made_by_reportgen(match):
            yield _named(match, what)
        else:
            yield from _walk(match)


def _named(path: Path, reason: str | None, place: tuple[str, ...] = ()) -> _FoundPath:
    """What no listing of its folder has described."""
    return _FoundPath(path, place, reason, os.path.islink(path))  # noqa: PTH114 - answers always


def _walk(folder: Path) -> Iterator[_FoundPath]:
    """Everything below the folder that is not hidden, sorted by path, links followed once."""
    return _below(folder, {os.path.realpath(folder)}, ())


def _below(folder: Path, visited: set[str], place: tuple[str, ...]) -> Iterator[_FoundPath]:
    """What is below a folder, which stands at this place below the first one."""
    if len(place) > _DEEPEST:
        yield _named(folder, f"it lies more than {_DEEPEST} folders deep", place[:-1])
        return
    try:
        entries = _visible(folder)
    except OSError:
        yield _named(folder, "the folder cannot be opened", place[:-1])
        return
    for entry in entries:
        path = folder / entry.name
        if not _is_folder(entry):
            yield _FoundPath(path, place, _screen(path, entry), entry.is_symlink())
        elif (real := os.path.realpath(path)) in visited:
            reason = "it is a link to a folder that is included already"
            yield _FoundPath(path, place, reason, entry.is_symlink())
        elif what := made_by_reportgen(path):
            yield _FoundPath(path, place, what, entry.is_symlink())
        else:
            visited.add(real)
            yield from _below(path, visited, (*place, printable(entry.name)))


def _visible(folder: Path, wanted: Callable[[_Entry], bool] = lambda _: True) -> list[_Entry]:
    """What is in the folder and not hidden, in an order that no system's listing decides.

    An entry knows of itself what it is, mostly without asking the disk again.
    """
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if wanted(entry) and not _is_hidden(entry)]
    return sorted(found, key=lambda entry: (printable(entry.name), entry.name))


def is_litter(name: str) -> bool:
    """Whether a system or program left it: also the marks that Windows puts on downloads."""
    return name.lower() in _LITTER or name.startswith("._") or name.endswith(":Zone.Identifier")


def _is_hidden(entry: _Entry) -> bool:
    if entry.name.startswith(".") or is_litter(entry.name):
        return True
    if os.name != "nt":
        return False
    try:
        attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    except OSError:
        return False
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)


def _screen(path: Path, entry: _Entry | None = None) -> str | None:
    """Why a file that only a folder or glob brought in is no picture; None when it may be one.

    `entry` is what the folder's listing says of it.
    """
    try:
        named = entry is not None and entry.name.lower().endswith(PICTURE_SUFFIXES)
        if named and entry is not None and entry.is_file(follow_symlinks=False):
            return None
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
    for entry in _listing(base, _is_folder) if depth <= _DEEPEST else ():
        if made_by_reportgen(entry):
            continue
        if (real := os.path.realpath(entry)) not in visited:
            visited.add(real)
            yield entry
            yield from _folders(entry, visited, depth + 1)


def _listing(folder: Path, wanted: Callable[[_Entry], bool] = lambda _: True) -> list[Path]:
    try:
        return [folder / entry.name for entry in _visible(folder, wanted)]
    except (OSError, ValueError):
        return []  # a pattern reaches into files and closed folders; neither matches


def _full(path: Path | str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links)


def _is_folder(path: Path | _Entry) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


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
