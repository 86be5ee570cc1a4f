"""Pictures that the user's notes refer to: they come along, nothing is fetched for them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.image import image as read_image
from markdown_it.token import Token
from PIL import Image

from reportgen.errors import UnreadableImageError
from reportgen.feeding import Feeding
from reportgen.file_names import slugs
from reportgen.inputs.photos.photo_copies import copy_photo
from reportgen.printable import printable
from reportgen.records.report import NotePicture
from reportgen.report.placed_notes import markdown_lines

NOTE_PICTURES = "pictures/notes"
"""Their folder inside the report's."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:|//", re.IGNORECASE)
_FETCHED = re.compile(r"https?://", re.IGNORECASE)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&$~|!])")


@dataclass(frozen=True)
class IllustratedNotes:
    """Notes whose pictures lie in the report's folder, and sentences on those that do not."""

    text: str
    pictures: tuple[NotePicture, ...] = ()
    warnings: tuple[str, ...] = ()


def take_pictures(text: str, base: Path, folder: Path) -> IllustratedNotes:
    """Copy the pictures of Markdown notes into `folder` and let the text name the copies.

    Paths are relative to `base`, the folder of the notes. A copy has every pixel and no metadata.
    A picture on the network becomes a link to it; one that cannot be shown becomes words that say
    why, and a warning.
    """
    found = list(_references(text))
    local = pictures_named(text)
    labels = _labels(local)
    stems = slugs(labels.values())
    copies: dict[str, NotePicture] = {}
    reasons: dict[str, str] = {}
    for path in local:
        try:
            copies[path] = _copied(base / path, folder, stems[labels[path]])
        except (UnreadableImageError, OSError, ValueError) as error:
            reasons[path] = _reason(error)
    text = "\n".join(markdown_lines(text))
    for reference in reversed(found):
        new = _replacement(reference, copies, reasons)
        text = text[: reference.start] + new + text[reference.start + len(reference.source) :]
    return IllustratedNotes(
        text,
        tuple(copies.values()),
        tuple(
            f"The picture {_name(path)} of the notes is left out: {reason}."
            for path, reason in reasons.items()
        ),
    )


def pictures_named(text: str) -> tuple[str, ...]:
    """The paths of the pictures on this machine that the notes name, each once."""
    paths = (
        reference.path for reference in _references(text) if not _ADDRESS.match(reference.path)
    )
    return tuple(dict.fromkeys(paths))


@dataclass(frozen=True)
class _Reference:
    """A picture in Markdown: where it stands, its own Markdown, words and address."""

    start: int
    source: str
    words: str
    address: str
    path: str


def _references(text: str) -> Iterator[_Reference]:
    """All pictures, in their order."""
    lines = markdown_lines(text)
    offsets = [0, *accumulate(len(line) + 1 for line in lines)]
    whole = "\n".join(lines)
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.inline.ruler.at("image", _read_image)
    position = 0
    for token in parser.parse(whole):
        for picture in _pictures(token):
            begin, end = picture.meta["span"]
            source = token.content[begin:end]
            line = (token.map or [0])[0] + token.content.count("\n", 0, begin)
            # What stands before it in its line tells it from code that looks the same.
            before = token.content[token.content.rfind("\n", 0, begin) + 1 : begin]
            start = whole.find(before + source, max(offsets[line], position - len(before)))
            if start < 0:  # over several lines of a quotation
                continue
            start += len(before)
            position = start + len(source)
            address = str(picture.attrs.get("src", ""))
            yield _Reference(start, source, picture.content, address, unquote(address))


def _pictures(token: Token) -> Iterator[Token]:
    return (
        child for child in token.children or () if child.type == "image" and "span" in child.meta
    )


def _read_image(state: StateInline, silent: bool) -> bool:
    """The parser's own rule, which also notes where the picture's Markdown begins and ends."""
    begin = state.pos
    if not read_image(state, silent):
        return False
    if not silent:
        state.tokens[-1] = replace(state.tokens[-1], meta={"span": (begin, state.pos)})
    return True


def _labels(paths: Iterable[str]) -> dict[str, str]:
    """Names for pictures, each one's own: of its folder nothing is told."""
    labels: dict[str, str] = {}
    for path in paths:
        stem = label = PurePosixPath(_name(path)).stem
        number = 2
        while label in labels.values():
            label, number = f"{stem}-{number}", number + 1
        labels[path] = label
    return labels


def _copied(source: Path, folder: Path, stem: str) -> NotePicture:
    if not source.is_file():
        raise UnreadableImageError(source.name, "there is no such file")
    copy = copy_photo(source, folder / NOTE_PICTURES, stem, Feeding(alpha="white"))
    with Image.open(copy, formats=["PNG", "JPEG"]) as picture:
        width, height = picture.size
        turned = picture.getexif().get(0x0112, 1) >= 5
    size = (height, width) if turned else (width, height)
    return NotePicture(file=copy.relative_to(folder).as_posix(), width=size[0], height=size[1])


def _replacement(
    reference: _Reference, copies: Mapping[str, NotePicture], reasons: Mapping[str, str]
) -> str:
    if reference.path in copies:
        return f"![{reference.words}]({copies[reference.path].file})"
    if _FETCHED.match(reference.address):
        return f"[{reference.words or 'picture'}](<{reference.address}>)"
    if reference.path not in reasons:
        return reference.words or "picture"
    words = f"{reference.words} " if reference.words else ""
    name = _MARKDOWN.sub(r"\\\1", _name(reference.path))
    return f"{words}(the picture {name} cannot be shown: {reasons[reference.path]})"


def _reason(error: Exception) -> str:
    if isinstance(error, UnreadableImageError):
        return error.reason
    return str(getattr(error, "strerror", None) or "its name is not one of a file")


def _name(path: str) -> str:
    """The name of the file alone: a report does not tell where it lay."""
    return printable(path.rpartition("/")[2].rpartition("\\")[2] or "without a name")
