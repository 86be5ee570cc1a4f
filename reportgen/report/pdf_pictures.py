"""Pictures on their way into a PDF: checked, made opaque, cut into parts where they are long.

One broken picture makes Typst refuse the whole document, so each is decoded here first.
"""

import hashlib
import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np
from PIL import Image

from reportgen.report.figures import svg_size
from reportgen.report.pdf_contexts import Picture

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, as Pillow crops."""

# Level 9 saves up to 7 % for two to eight times the time; see pictures.encode.
_COMPRESS_LEVEL = 6
_JPEG = ("JPEG", "MPO")


class UnusablePictureError(Exception):
    """A picture that is missing or damaged; the message says so in a few words."""


class PdfPictures:
    """The pictures of one report, ready for the PDF.

    What is cut or made opaque lies in `scratch`, a folder inside `folder`. `plates` has each PNG
    written there by the digest of its RGB pixels, so that the PDF can take over its bytes.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self.scratch = scratch
        self.plates: dict[bytes, Path] = {}
        self.problems: list[str] = []
        self._known: dict[str, Picture] = {}
        self._pool = ThreadPoolExecutor(4)
        self._waiting: list[Future[None]] = []
        self._count = 0

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
                opaque = _opaque(image)
        except UnusablePictureError as error:
            self._note(path, str(error))
            raise
        right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
        if right > opaque.width or bottom > opaque.height:
            reason = "the picture is smaller than the report states"
            self._note(path, reason)
            raise UnusablePictureError(reason)
        return [self._save(opaque.crop(box)) for box in boxes]

    def _prepared(self, path: str) -> Picture:
        try:
            file = self._file(path)
            if file.suffix.lower() == ".svg":
                return self._drawing(path, file)
            with _opened(file) as image:
                if image.format in _JPEG:
                    return Picture(f"/{path}", "", image.width, image.height)
                return Picture(self._save(_opaque(image)), "", image.width, image.height)
        except UnusablePictureError as error:
            self._note(path, str(error))
            return Picture("", "", 4, 3, reason=str(error))

    def _drawing(self, path: str, file: Path) -> Picture:
        import typst

        try:
            typst.compile(b"#image(sys.inputs.path)", root=self.folder, format="svg",
                          sys_inputs={"path": f"/{path}"}, ignore_system_fonts=True)  # fmt: skip
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

    def _save(self, image: Image.Image) -> str:
        self._count += 1
        file = self.scratch / f"{self._count:06}.png"
        self._waiting.append(self._pool.submit(self._write, image, file))
        return f"/{self.scratch.name}/{file.name}"

    def _write(self, image: Image.Image, file: Path) -> None:
        image.save(file, "PNG", compress_level=_COMPRESS_LEVEL)
        self.plates[pixels_digest(image.convert("RGB").tobytes(), image.width)] = file

    def _note(self, path: str, reason: str) -> None:
        self.problems.append(f"The picture {path} is left out of the PDF: {reason}.")


def pixels_digest(pixels: bytes, width: int) -> bytes:
    """What tells RGB pictures apart: their bytes, row by row, and their width."""
    return hashlib.blake2b(pixels, digest_size=20, salt=width.to_bytes(8, "big")).digest()


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
