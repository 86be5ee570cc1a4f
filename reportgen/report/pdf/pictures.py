"""Pictures on their way into a PDF: checked, made opaque, cut into parts where they are long.

One broken picture makes Typst refuse the whole document, so each is decoded here first.
"""

import hashlib
import warnings
import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np
from PIL import Image

from reportgen.report.figures import svg_size
from reportgen.report.pdf.contexts import Picture

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, as Pillow crops."""

# Level 8 saves 1 to 6 % for three times the time, row filters up to 8 % of the finest grids;
# see pictures.encode. That is worth it only near the 25 MB that mail and upload forms often take.
_COMPRESS_LEVEL, _HARD_LEVEL = 6, 8
_MUCH = 20_000_000
_LARGE = 1_000_000
_GAIN = 0.96
_JPEG = ("JPEG", "MPO")
_QUALITY = 80
"""JPEG quality of photos that are made smaller."""

STAND_IN = b"\x52\xa0\x17"
"""Colour of the second pixel of a stand-in; the first is the number of its plate."""


@dataclass(frozen=True)
class Plate:
    """A PNG file that goes into the PDF; with a `palette` (RGB), its pixels are indices."""

    file: Path
    palette: bytes | None = None


class UnusablePictureError(Exception):
    """A picture that is missing or damaged; the message says so in a few words."""


class PdfPictures:
    """The pictures of one report, ready for the PDF.

    What is cut or made opaque lies in `scratch`, a folder inside `folder`. Each of these PNG
    files, the `plates`, is represented by a picture of two pixels: its number, and `STAND_IN`. See
    `pdf.plates` for why. Where there is much to store it `presses` harder.
    """

    def __init__(self, folder: Path, scratch: Path, photo_side: int | None = None) -> None:
        """Photos of more than `photo_side` pixels either way are made smaller."""
        self.folder = folder
        self.photo_side = photo_side
        self.scratch = scratch
        self.plates: list[Plate] = []
        self._srcs: dict[bytes, str] = {}
        self.problems: list[str] = []
        self.presses = sum(file.stat().st_size for file in folder.rglob("pictures/**/*.*")) > _MUCH
        self._known: dict[str, Picture] = {}
        self._pool = ThreadPoolExecutor(4)
        self._waiting: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def finish(self) -> None:
        """Wait until every picture is written."""
        for future in self._waiting:
            future.result()
        self._waiting.clear()

    def picture(self, path: str, alt: str, *, smooth: bool = True) -> Picture:
        """A whole picture; one that is damaged has a reason instead."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._prepared(path)
        return Picture(known.src, alt, known.width, known.height, smooth, known.reason)

    def parts(self, path: str, boxes: Sequence[Box]) -> list[str]:
        """Cut a picture; returns the parts' paths. Raises UnusablePictureError."""
        try:
            with _opened(self._file(path)) as image:
                if list(boxes) == [(0, 0, *image.size)]:
                    return [self._whole(path, image)]
                if any(box[2] > image.width or box[3] > image.height for box in boxes):
                    raise UnusablePictureError("it is smaller than the report states")
                opaque = _opaque(image)
                return [self._plate(opaque.crop(box)) for box in boxes]
        except UnusablePictureError as error:
            self._note(path, str(error))
            raise

    def _prepared(self, path: str) -> Picture:
        try:
            file = self._file(path)
            if file.suffix.lower() == ".svg":
                return self._drawing(path, file)
            with _opened(file) as image:
                if self.photo_side and image.mode != "P" and max(image.size) > self.photo_side:
                    return Picture(self._reduced(image), "", image.width, image.height)
                if image.format in _JPEG:
                    return Picture(f"/{path}", "", image.width, image.height)
                return Picture(self._whole(path, image), "", image.width, image.height)
        except UnusablePictureError as error:
            self._note(path, str(error))
            return Picture("", "", 4, 3, reason=str(error))

    def _drawing(self, path: str, file: Path) -> Picture:
        import typst

        source = b"#image(sys.inputs.path)"
        compiler = typst.Compiler(source, self.folder, [], True, {"path": f"/{path}"})
        try:
            compiler.compile(format="svg")
        except RuntimeError as error:
            raise UnusablePictureError("the drawing is damaged") from error
        return Picture(f"/{path}", "", *svg_size(file))

    def _file(self, path: str) -> Path:
        """The file of a picture inside the folder, as the report's record names it."""
        parts = PurePosixPath(path).parts
        if not path or path.startswith("/") or ".." in parts or "\\" in path:
            raise UnusablePictureError("the report names no file for it")
        file = self.folder.joinpath(*parts)
        if not file.is_file():
            raise UnusablePictureError("the file is missing")
        return file

    def _whole(self, path: str, image: Image.Image) -> str:
        """A picture that is not cut: its own file will do, unless it has to be made opaque."""
        opaque = _opaque(image)
        plain = image.format == "PNG" and not image.info.get("interlace")
        if not plain or opaque.mode != image.mode:
            return self._plate(opaque)
        digest = _digest(opaque)
        if digest not in self._srcs:
            palette = bytes(opaque.getpalette() or ()) if opaque.mode == "P" else None
            file = self._file(path)
            if palette and self.presses and opaque.width * opaque.height > _LARGE:
                levels = Image.fromarray(np.asarray(opaque))
                file = self._written(levels) if _gains_by_filters(levels) else file
            self._srcs[digest] = self._placed(Plate(file, palette))
        return self._srcs[digest]

    def _reduced(self, photo: Image.Image) -> str:
        """A smaller JPEG file of a photo or of a heatmap."""
        side = self.photo_side or max(photo.size)
        small = _opaque(photo)
        small = small if small.mode in ("L", "RGB") else small.convert("RGB")
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = self.scratch / f"photo-{len(self._known):06}.jpg"
        small.save(file, "JPEG", quality=_QUALITY, optimize=True)
        return f"/{self.scratch.name}/{file.name}"

    def _plate(self, image: Image.Image) -> str:
        """A picture as a file of its own; the same picture only once."""
        digest = _digest(image)
        if digest not in self._srcs:
            file = self._written(image)
            self._srcs[digest] = self._placed(Plate(file))
        return self._srcs[digest]

    def _written(self, image: Image.Image) -> Path:
        """Write a PNG file in the background."""
        file = self.scratch / f"plate-{len(self._waiting):06}.png"
        level = _HARD_LEVEL if self.presses else _COMPRESS_LEVEL
        self._waiting.append(self._pool.submit(image.save, file, "PNG", compress_level=level))
        return file

    def _placed(self, plate: Plate) -> str:
        """What the template names: the stand-in of a picture."""
        number = len(self.plates)
        self.plates.append(plate)
        stand_in = Image.frombytes("RGB", (2, 1), number.to_bytes(3, "big") + STAND_IN)
        stand_in.save(self.scratch / f"{number:06}.png", "PNG")
        return f"/{self.scratch.name}/{number:06}.png"

    def _note(self, path: str, reason: str) -> None:
        self.problems.append(f"The picture {path} is left out of the PDF: {reason}.")


def _gains_by_filters(levels: Image.Image) -> bool:
    """Whether PNG's row filters, which Pillow leaves out for palettes, make a picture smaller.

    Tried on an eighth of its rows.
    """
    top = levels.height // 2
    strip = levels.crop((0, top, levels.width, top + max(1, levels.height // 8)))
    buffer = BytesIO()
    strip.save(buffer, "PNG", compress_level=_COMPRESS_LEVEL)
    return buffer.tell() < _GAIN * len(zlib.compress(strip.tobytes(), _COMPRESS_LEVEL))


def _digest(image: Image.Image) -> bytes:
    """What tells pictures apart."""
    digest = hashlib.blake2b(f"{image.mode} {image.width} {image.height}".encode(), digest_size=20)
    digest.update(bytes(image.getpalette() or ()))
    digest.update(image.tobytes())
    return digest.digest()


def _opened(file: Path) -> Image.Image:
    """A decoded picture. Raises UnusablePictureError, whatever is wrong with the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=("PNG", *_JPEG, "WEBP", "GIF"))
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnusablePictureError("the file is damaged") from error
    return image


def _opaque(image: Image.Image) -> Image.Image:
    """The picture on white paper: palette images stay such, others become gray or RGB."""
    if image.mode == "P":
        return _opaque_palette(image)
    if image.mode in ("RGB", "L"):
        image.info.pop("transparency", None)
        return image
    if image.mode == "1":
        return image.convert("L")
    layered = image.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(ground, layered).convert("RGB")


def _opaque_palette(image: Image.Image) -> Image.Image:
    colours = np.array(image.getpalette("RGB"), dtype=np.uint16).reshape(-1, 3)
    alpha = np.full((len(colours), 1), 255, dtype=np.uint16)
    given = image.info.get("transparency", b"")
    if isinstance(given, int):
        alpha[given : given + 1] = 0
    else:
        alpha[: len(given), 0] = list(given)[: len(alpha)]
    solid = (colours * alpha + 255 * (255 - alpha) + 127) // 255
    plain = Image.fromarray(np.asarray(image))
    plain.putpalette(solid.astype(np.uint8).tobytes())
    return plain
