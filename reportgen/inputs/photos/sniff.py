"""What a file is, told from its first bytes and never from its name, or why it cannot be read."""

import re
from pathlib import Path

HEAD = 4096
"""How many bytes at a file's start the functions here want to see."""

_PICTURES = (
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("WebP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("BMP", re.compile(rb"BM.{4}\0{4}", re.DOTALL)),
    ("JPEG 2000", re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51")),
    ("AVIF", re.compile(rb".{4}ftypavi[fs]", re.DOTALL)),
    ("HEIC", re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)),
    ("PNM", re.compile(rb"P[1-6]\s")),
    ("QOI", re.compile(rb"qoif")),
    ("PSD", re.compile(rb"8BPS")),
    ("ICO", re.compile(rb"\x00\x00\x01\x00")),
)

_OTHERS = (
    (
        re.compile(rb".{128}DICM", re.DOTALL),
        "it is a DICOM file: export it as PNG, for example with pydicom",
    ),
    (
        re.compile(rb"(?:\x5c\x01\0\0|\0\0\x01\x5c).{340}(?:n[+i]1)", re.DOTALL),
        "it is a NIfTI volume: export a slice as PNG, for example with nibabel",
    ),
    (
        re.compile(rb"\x1c\x02\0\0n[+i]2"),
        "it is a NIfTI volume: export a slice as PNG",
    ),
    (re.compile(rb"\x1f\x8b"), "it is compressed with gzip: unpack it, and export volumes as PNG"),
    (re.compile(rb"NRRD0"), "it is an NRRD volume: export a slice as PNG"),
    (re.compile(rb"SIMPLE  ="), "it is a FITS file: export it as PNG"),
    (re.compile(rb"\x93NUMPY"), "it is a NumPy array: save it as PNG, for example with Pillow"),
    (re.compile(rb"\x76\x2f\x31\x01"), "it is an OpenEXR picture: export it as PNG"),
    (re.compile(rb"#\?RADIANCE"), "it is a Radiance HDR picture: export it as PNG"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "it is JPEG XL: convert it to JPEG or PNG"),
    (re.compile(rb"MATLAB 5"), "it is a MATLAB file: export the picture as PNG"),
    (
        re.compile(rb"version https://git-lfs"),
        "it is a Git LFS pointer, not the picture itself: run `git lfs pull`",
    ),
    (
        re.compile(
            rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!doctype svg[^>]*>\s*)?<svg", re.I
        ),
        "it is an SVG drawing: export it as PNG",
    ),
    (
        re.compile(rb"\s*(?:<!--.*?-->\s*)?(?:<!doctype html|<html|<head|<body)", re.I | re.DOTALL),
        "it is a web page, not a picture: the download may have failed",
    ),
    (re.compile(rb"%PDF-"), "it is a PDF: export its pages as PNG"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "it is PostScript, a program that is never run here"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "it is a video or an unknown kind of picture container"),
    (re.compile(rb"PK\x03\x04"), "it is a ZIP archive (a .keras model?), not an image"),
    (re.compile(rb"\x89HDF\r\n"), "it is an HDF5 file (a Keras model?), not an image"),
    (re.compile(rb"\0{16}"), "it begins with nothing but zero bytes, as a broken download does"),
)


def picture_kind(head: bytes) -> str | None:
    """The picture format whose signature the file bears ("JPEG"), or None."""
    for kind, signature in _PICTURES:
        if signature.match(head):
            return kind
    return None


def why_no_picture(head: bytes) -> str:
    """Why a file is no picture, judged by its first bytes, as a clause without the file's name."""
    if not head:
        return "it is empty (0 bytes)"
    kind = picture_kind(head)
    if kind in ("HEIC", "AVIF"):  # a decoder for them may be missing
        return f"it is {kind} that Pillow cannot open here: convert it to JPEG or PNG"
    if kind is not None:
        return f"its {kind} header is damaged or cut short"
    for signature, reason in _OTHERS:
        if signature.match(head):
            return reason
    if _is_text(head):
        return "it is text, not a picture"
    return "it is of no picture format that is read here"


def why_unreadable(error: OSError, path: Path) -> str:
    """Why the system does not hand out the file, as a clause without the file's name."""
    if isinstance(error, PermissionError):
        return "reading it is not permitted"
    if path.is_symlink():
        return "it is a link to a file that is not there"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return "the system could not read it"


def _is_text(head: bytes) -> bool:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        text = head.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # else the head ends inside a character
            return False
        text = head[: error.start].decode(encoding)
    return all(ord(character) >= 32 or character in "\t\n\r\f" for character in text)
