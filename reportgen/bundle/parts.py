"""The files of a report by the parts that people speak of, and how parts can be made smaller."""

import base64
import io
import json
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from reportgen.errors import BundleError

PARTS = ("site", "pdf", "notebook", "model")
"""What a bundle can hold."""

_STORED = (".png", ".jpg", ".webp", ".keras", ".zip")
"""Files that deflate would make no smaller."""

_QUALITY = 85


@dataclass(frozen=True)
class Entry:
    """One file of a bundle: its path with forward slashes, its part and its content."""

    name: str
    part: str
    content: Path | bytes

    def read(self) -> bytes:
        """The content."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    @property
    def method(self) -> int:
        """How it is stored in the zip."""
        return zipfile.ZIP_STORED if self.name.endswith(_STORED) else zipfile.ZIP_DEFLATED

    @cached_property
    def packed(self) -> int:
        """Bytes that it takes in the zip, the names included."""
        raw = self.read()
        if self.method == zipfile.ZIP_DEFLATED:
            squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
            size = len(squeeze.compress(raw)) + len(squeeze.flush())
        else:
            size = len(raw)
        return size + 2 * len(self.name.encode()) + 30 + 46

    def info(self, prefix: str, date: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
        """Its header: readable by all, the same on every system."""
        info = zipfile.ZipInfo(prefix + self.name, date)
        info.create_system = 3
        info.external_attr = (stat.S_IFREG | 0o644) << 16
        info.compress_type = self.method
        return info


def part_of(name: str) -> str:
    """The part that a report's file belongs to."""
    top, _, below = name.partition("/")
    if name == "report.pdf":
        return "pdf"
    if top == "model" and below:
        return "model"
    is_code = not below and name.endswith((".ipynb", ".py"))
    return "notebook" if is_code or (below and top in ("photos", "inputs")) else "site"


def read_entries(folder: Path, names: Sequence[str]) -> list[Entry]:
    """The report's files in sorted order. Raises BundleError when one is not there."""
    for name in names:
        if not (folder / name).is_file() or (folder / name).is_symlink():
            raise BundleError(f"The report lacks its file {name}; build it again.")
        if link := next(
            (folder_above for folder_above in _above(folder, name) if folder_above.is_symlink()),
            None,
        ):
            raise BundleError(
                f"In the report, {link.relative_to(folder).as_posix()} is a link to another folder,"
                " whose files are not packed; remove it and build the report again."
            )
    return [Entry(name, part_of(name), folder / name) for name in sorted(names)]


def _above(folder: Path, name: str) -> list[Path]:
    """The folders between a report's folder and one of its files."""
    return [folder / parent for parent in PurePosixPath(name).parents if str(parent) != "."]


def notebook_as_jpeg(entries: Sequence[Entry]) -> list[Entry]:
    """The notebook with its pictures as JPEG."""
    return [
        _replaced(entry, _jpeg_outputs) if entry.name.endswith(".ipynb") else entry
        for entry in entries
    ]


def galleries_in_few_colours(entries: Sequence[Entry]) -> list[Entry]:
    """The site with its filter galleries in 256 colours."""
    return [
        _replaced(entry, _few_colours) if entry.name.startswith("pictures/filters/") else entry
        for entry in entries
    ]


SHRINKING: Mapping[str, Callable[[Sequence[Entry]], list[Entry]]] = {
    "The pictures in the notebook are JPEG now.": notebook_as_jpeg,
    "The filter galleries of the site have 256 colours now.": galleries_in_few_colours,
}
"""Ways to make a bundle smaller that leave every file in it, the gentlest first."""


def _replaced(entry: Entry, change: Callable[[bytes], bytes]) -> Entry:
    """The entry with its content changed, where that makes it smaller and it can be read."""
    raw = entry.read()
    try:
        changed = change(raw)
    except Exception:  # a file that its owner has changed stays as it is
        return entry
    return Entry(entry.name, entry.part, changed) if len(changed) < len(raw) else entry


def _jpeg_outputs(raw: bytes) -> bytes:
    notebook = json.loads(raw)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/jpeg"] = _as_jpeg(data.pop("image/png"))
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    return f"{text}\n".encode()


def _as_jpeg(encoded: str) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=["PNG"]) as picture:
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "JPEG", quality=_QUALITY)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _few_colours(raw: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(raw), formats=["PNG"]) as picture:
        buffer = io.BytesIO()
        few = picture.convert("RGBA").quantize(256, method=Image.Quantize.FASTOCTREE)
        few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
