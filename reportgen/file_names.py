"""File names for layers, images and classes, whose own names may not be valid file names.

A slug is made from a name alone, so that links into a report stay good when other images or
layers come and go; only two names that would share a file get a digest each.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

MAX_LENGTH = 80
"""Longest slug in characters; leaves room for page numbers and suffixes below 255 bytes."""

MOST_BYTES = 200
"""Longest name of a picture in UTF-8, without its suffix; file systems take 255 bytes."""

_IMAGE_SUFFIX = re.compile(r"(?<=[^/])\.(jpe?g|png|webp|bmp|gif|tiff?)$", re.IGNORECASE)
_SEPARATORS = re.compile(r"/+")
_DISALLOWED = re.compile(r"[^a-z0-9._-]+")
# Two hyphens are kept for page numbers ("cat--2.html"), so no slug may hold them.
_RUNS = re.compile(r"-{2,}|\.{2,}")
# Devices that Windows opens instead of a file, the page that every folder already has, and the
# folders of pictures that stand beside those of the images.
_DEVICES = "con|prn|aux|nul|com[0-9]|lpt[0-9]"
_RESERVED = re.compile(rf"^({_DEVICES}|index|filters|kernels|exemplars|dreams|units)(?=\.|$)")
_DEVICE = re.compile(rf"^({_DEVICES})(?=\.|$)", re.IGNORECASE)
_UNUSABLE = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f\ud800-\udfff]')


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Unique, safe file-name stems for layer paths, block names and image names.

    Slugs are lower-case ASCII letters, digits, ``-``, ``_``, with ``.`` inside only, at most
    `MAX_LENGTH` characters, and unique on file systems that ignore case. A folder's ``/`` becomes
    ``.``, a space becomes ``-``, and an image's suffix is dropped. Where other characters are
    lost, a digest of the name is appended; where two names would meet, the one that already is a
    slug keeps it.
    """
    remaining = sorted(set(names))
    taken: dict[str, str] = {}
    used: set[str] = set()

    def claim(name: str, slug: str) -> None:
        taken[name] = slug
        used.add(slug)

    for name in remaining:
        if _readable(name) == (name, True):
            claim(name, name)
    plain = {name: _readable(name) for name in remaining if name not in taken}
    wanted = Counter(slug for slug, whole in plain.values() if whole)
    for name, (slug, whole) in plain.items():
        if whole and wanted[slug] == 1 and slug not in used:
            claim(name, slug)
    for name, (slug, _) in plain.items():
        if name in taken:
            continue
        # A longer digest is needed only when a file is named like another's digest.
        for length in (8, 16, 64):
            candidate = _with_digest(slug, name, length)
            if candidate not in used:
                claim(name, candidate)
                break
    return taken


def _readable(name: str) -> tuple[str, bool]:
    """The name as a slug without digest, and whether that says everything the name says."""
    lowered = name.lower()
    text = _SEPARATORS.sub(".", _IMAGE_SUFFIX.sub("", lowered)).replace(" ", "-")
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    slug = _RUNS.sub(lambda run: run.group()[0], _DISALLOWED.sub("-", ascii_text))
    slug = _RUNS.sub(lambda run: run.group()[0], slug.strip("._-"))
    if _RESERVED.match(slug):
        return slug.replace(".", "-"), False
    whole = slug == text and len(slug) <= MAX_LENGTH
    return (slug if whole else slug[:MAX_LENGTH].rstrip("._-")), bool(slug) and whole


def _with_digest(slug: str, name: str, length: int) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    stem = (slug or "unnamed")[: MAX_LENGTH - length - 1].rstrip("._-")
    return f"{stem}-{digest}"


def picture_names(names: Iterable[str]) -> list[str]:
    """File names for pictures that people named: as they wrote them where file systems allow it.

    Each ends in the suffix of an image format, `.png` where the name has none, holds at most
    `MOST_BYTES` before it, and differs from those before on file systems that ignore case too.
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = _UNUSABLE.sub("_", name).strip(". ")
        suffix = _IMAGE_SUFFIX.search(plain)
        ending = suffix.group() if suffix else ".png"
        stem = plain.removesuffix(ending).encode("utf-8")[:MOST_BYTES].decode("utf-8", "ignore")
        stem = stem.rstrip(". ") or "image"
        if _DEVICE.match(stem):
            stem = f"_{stem}"
        candidate, count = f"{stem}{ending}", 1
        while _folded(candidate) in taken:
            count += 1
            candidate = f"{stem}-{count}{ending}"
        taken.add(_folded(candidate))
        found.append(candidate)
    return found


def _folded(name: str) -> str:
    """The name as file systems compare it that ignore case and the form of accents."""
    return unicodedata.normalize("NFC", name).casefold()
