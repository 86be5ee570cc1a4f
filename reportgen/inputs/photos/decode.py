"""One image file decoded to upright 8-bit pixels, or a clear reason why not."""

import errno
import logging
import stat
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from reportgen.errors import UnreadableImageError
from reportgen.feeding import Exif, Feeding
from reportgen.inputs.photos import sniff, tiff
from reportgen.inputs.photos.modes import flat_samples, flatten
from reportgen.inputs.photos.pillow_settings import (
    one_at_a_time,
    pillow_settings,
    silent_libtiff,
)
from reportgen.printable import printable

MAXIMUM_PIXELS = 178_956_970
"""Pixels beyond which a picture is refused: Pillow's own limit, 3 bytes each being half a GiB."""

# Formats whose plugins only decode. Left out: EPS, which would run Ghostscript on a stranger's
# program, WMF, the formats without a signature, and those that are only stubs in Pillow.
_FORMATS = (
    *("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF", "QOI"),
    *("ICO", "ICNS", "PSD", "PCX", "SGI", "DDS"),
)

_ANIMATED = ("GIF", "WEBP", "PNG", "TIFF")

_LARGE = 25_000_000
"""Pixels from which pictures are decoded one at a time: several take gigabytes of memory."""

# Without any handler Python would print Pillow's error log; --debug brings handlers of its own.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture's pixels, upright.

    Attributes:
        rgb: (height, width, 3), uint8 in sRGB's sense, 0..255, as the network is given it.
        gray: (height, width), uint8, when the source is gray, else None; `rgb` repeats it.
        note: what was decided in reading the file, one line for the report, or None.
        shown: (height, width, 3), uint8, as a page shows it: `rgb`, on a checkered ground where the
            file is transparent.
        deep: (height, width), float32, gray of more than 8 bits, which the network is given in
            place of `rgb`; None for most pictures.
        dark: the largest of the file's 16-bit values where the network gets it nearly black.

    """

    rgb: npt.NDArray[np.uint8]
    gray: npt.NDArray[np.uint8] | None
    note: str | None
    shown: npt.NDArray[np.uint8]
    deep: npt.NDArray[np.float32] | None = None
    dark: int | None = None

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        arrays = {id(a): a.nbytes for a in (self.rgb, self.gray, self.shown, self.deep)
                  if a is not None}  # fmt: skip
        return sum(arrays.values())

    @property
    def fed(self) -> npt.NDArray[Any]:
        """What the network is given: (height, width, 3) uint8, or (height, width, 1) float32."""
        return self.rgb if self.deep is None else self.deep[:, :, np.newaxis]


def decode(
    path: Path,
    feeding: Feeding | None = None,
    *,
    frame: int | None = None,
    maximum_pixels: int = MAXIMUM_PIXELS,
) -> Decoded:
    """Decode the file's first frame, or the one with the number `frame`, counted from 0.

    `feeding` says what becomes of transparency, EXIF orientation and deep gray; by default a photo
    is upright. The conversions are described at `reportgen.inputs.photos.modes.flatten`. Nothing is
    ever half shown: a file that ends before its pixels do is refused.

    Raises:
        UnreadableImageError: with the reason, for whatever is wrong with the file.

    """
    try:
        with _open(path) as file, _alone(file), pillow_settings(maximum_pixels):
            return _decode(file, feeding or Feeding(), maximum_pixels, frame)
    except _RefusedError as error:
        raise UnreadableImageError(printable(path.name), str(error)) from error
    except Exception as error:
        # Pillow's decoders raise nearly every built-in exception on damaged bytes.
        if decoded := _with_tifffile(error, path, feeding or Feeding(), maximum_pixels):
            return decoded
        reason = _reason(error, path, maximum_pixels)
        raise UnreadableImageError(printable(path.name), reason) from error


def count_frames(path: Path) -> int:
    """How many frames an animated picture has; 1 for every other file, also a damaged one."""
    try:
        with (
            _open(path) as file,
            _alone(file),
            pillow_settings(MAXIMUM_PIXELS),
            Image.open(file, formats=_ANIMATED) as image,
        ):
            return int(getattr(image, "n_frames", 1))
    except Exception:  # decoding the file says what is wrong with it
        return 1


def _with_tifffile(
    error: Exception, path: Path, feeding: Feeding, maximum_pixels: int
) -> Decoded | None:
    """A TIFF that Pillow does not decode, read with tifffile; None where that does not help."""
    if not _is_foreign_tiff(error, path):
        return None
    values = tiff.read(path, maximum_pixels)
    if values is None:
        return None
    flat = flat_samples(values, feeding.alpha, feeding.depth)
    rgb = _rgb(np.array(flat.pixels))
    gray = np.array(flat.pixels) if flat.pixels.mode == "L" else None
    note = "; ".join([*flat.notes, "read with tifffile"])
    return Decoded(rgb, gray, note, _rgb(np.array(flat.shown)), flat.deep, flat.dark)


class _RefusedError(Exception):
    """A reason found by looking, before Pillow had to stumble over it."""


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    # Opening a named pipe would wait for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise _RefusedError("it is not a regular file")
    with path.open("rb") as file:
        yield file


def _alone(file: IO[bytes]) -> AbstractContextManager[Any]:
    """What keeps two TIFFs from being decoded at the same time."""
    kind = sniff.picture_kind(file.read(sniff.HEAD))
    file.seek(0)
    return one_at_a_time if kind == "TIFF" else nullcontext()


def _is_large(image: Image.Image) -> bool:
    return image.width * image.height > _LARGE


def _decode(
    file: IO[bytes],
    feeding: Feeding,
    maximum_pixels: int,
    frame: int | None,
    *,
    libtiff: bool = False,
) -> Decoded:
    formats = [name for name in _FORMATS if name in Image.OPEN]
    by = tiff.by_libtiff() if libtiff else nullcontext()
    with (
        by,
        Image.open(file, formats=formats) as image,
        one_at_a_time if _is_large(image) else nullcontext(),
    ):
        _refuse_bomb(image, maximum_pixels)
        if image.format == "PNG":
            _verify_png(file, formats)
        with silent_libtiff() if image.format == "TIFF" else nullcontext():
            if frame:
                image.seek(frame)
            if tiff.has_planes(image) and not libtiff:
                if why := tiff.why_planes_fail(image):
                    raise _RefusedError(why)
                return _decode(file, feeding, maximum_pixels, frame, libtiff=True)
            image.load()
        _refuse_bomb(image, maximum_pixels)  # an icon's size is known only now
        flat = flatten(image, feeding.alpha, feeding.depth)
        turn, orientation_note = _turn(image, feeding.exif)
        if frame is None and _has_more_frames(image):
            flat.notes.append("only its first frame is shown")
    note = "; ".join([*flat.notes, *([orientation_note] if orientation_note else [])]) or None
    pixels = np.array(_turned(flat.pixels, turn))
    shown = _rgb(np.array(_turned(flat.shown, turn)))
    rgb = shown if flat.shown is flat.pixels else _rgb(pixels)
    deep = None
    if flat.deep is not None:
        deep = np.array(_turned(Image.fromarray(flat.deep), turn))
    return Decoded(rgb, pixels if pixels.ndim == 2 else None, note, shown, deep, flat.dark)


def _turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _rgb(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.repeat(pixels[:, :, np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels


def _refuse_bomb(image: Image.Image, maximum_pixels: int) -> None:
    width, height = image.size
    if width * height > maximum_pixels:
        raise _RefusedError(_too_large(maximum_pixels))
    if width * height == 0:
        raise _RefusedError("it has no pixels")


def _too_large(maximum_pixels: int) -> str:
    return f"it would unpack to more than {maximum_pixels:,} pixels: make it smaller"


def _verify_png(file: IO[bytes], formats: list[str]) -> None:
    """Check the checksums of the pixel data, which Pillow skips when it loads."""
    position = file.tell()
    try:
        file.seek(0)
        Image.open(file, formats=formats).verify()
    except SyntaxError as error:
        if "IDAT" in str(error) or "fdAT" in str(error):
            raise _RefusedError("its PNG data is damaged: a checksum is wrong") from error
    except (OSError, ValueError):
        pass  # whatever is wrong after the pixels costs no pixel; loading judges the rest
    finally:
        file.seek(position)


def _turn(image: Image.Image, exif: Exif) -> tuple[Image.Transpose | None, str | None]:
    """How to turn the picture upright, and what to say of it."""
    orientation, note = _orientation(image)
    turn = _UPRIGHT.get(orientation)
    if turn is None:
        return None, note
    if exif == "ignore":
        return None, "its EXIF orientation was ignored"
    return turn, "turned upright by its EXIF orientation, which Keras's loaders ignore"


def _orientation(image: Image.Image) -> tuple[int, str | None]:
    # Asked for after loading: Pillow turns a TIFF itself and then drops the tag.
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # EXIF is parsed by pure Python code that raises anything
        return 1, "its EXIF data is damaged, so it may not be upright"
    return (orientation, None) if isinstance(orientation, int) else (1, None)


def _has_more_frames(image: Image.Image) -> bool:
    if image.format not in ("GIF", "TIFF", "WEBP", "PNG", "AVIF"):
        return False  # a phone's multi-picture JPEG holds depth maps and previews, no frames
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # the second frame is damaged; only the first one matters
        return True


def _reason(error: Exception, path: Path, maximum_pixels: int) -> str:  # noqa: PLR0911
    """One clause on what is wrong with the file, without its folder and without Pillow's words."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return sniff.why_unreadable(error, path)  # EINVAL: a damaged file's offset led astray
    if isinstance(error, Image.DecompressionBombError):
        return _too_large(maximum_pixels)
    if isinstance(error, MemoryError):
        return "there is not enough memory to unpack it"
    head = _head(path)
    kind = sniff.picture_kind(head) or "image"
    if _ends_early(error):
        return f"it is cut short: the file ends before its {kind} data does"
    if _is_foreign_tiff(error, path) and (why := tiff.why_not(path)):
        return why
    if isinstance(error, UnidentifiedImageError):
        return sniff.why_no_picture(head)
    return f"its {kind} data is damaged, or of a kind that Pillow does not decode"


def _is_foreign_tiff(error: Exception, path: Path) -> bool:
    """Whether Pillow knows no way to read the TIFF, rather than its data being damaged."""
    unknown = isinstance(error, UnidentifiedImageError) or "not available" in str(error)
    return unknown and sniff.picture_kind(_head(path)) == "TIFF"


def _ends_early(error: Exception) -> bool:
    words = ("truncated", "decoder object", "bytes but only got")
    return isinstance(error, (EOFError, struct.error)) or any(
        word in str(error).lower() for word in words
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(sniff.HEAD)
    except OSError:
        return b""
