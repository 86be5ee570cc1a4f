"""Small copies of pictures, for pages that show many: the pictures themselves take megabytes."""

from pathlib import Path, PurePosixPath

from reportgen.report.site.drawings import Drawings

LONGEST = 256
"""Pixels of the longer side."""

_QUALITY = 75
_SMALL = 16_000
"""Bytes of a picture that is shown as it is."""

Size = tuple[int, int]


def thumbnail(drawings: Drawings, picture: str, size: Size) -> tuple[str, Size]:
    """The path below the report's `folder` of a small copy of a picture, and its size.

    It is asked for where it is not there yet. A picture that is small itself has no copy.
    """
    folder = drawings.folder
    width, height = size
    if (folder / picture).stat().st_size <= _SMALL:
        return picture, size
    path = PurePosixPath(picture)
    # No other picture of a report ends in this: names have two hyphens before a number or a kind.
    small = path.with_name(f"{path.stem}--small.jpg")
    scale = min(1.0, LONGEST / max(size))
    target = max(1, round(width * scale)), max(1, round(height * scale))
    if not (folder / small).is_file():
        drawings.add(str(small), lambda: _drawn(folder / picture))
    return str(small), target


def _drawn(picture: Path) -> bytes:
    from reportgen.pictures.display import display
    from reportgen.pictures.encode import jpeg, read_rgb

    return jpeg(display(read_rgb(picture), LONGEST), _QUALITY)
