"""Pictures in a PDF as the streams of PNG files: lossless, palettes kept, nothing packed twice.

Typst unpacks a PNG to RGB and packs that again, which costs seconds, hundreds of megabytes of
memory, and for palette pictures half as many bytes again. So it sets stand-ins of two pixels, and
here the PNG's own stream takes their place, which a PDF may have as it is (ISO 32000-1, 7.4.4.4:
predictor 15).
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from reportgen.report.pdf.pictures import STAND_IN, Plate

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB, _PALETTE = 0, 2, 3


@dataclass(frozen=True)
class _Png:
    """What a PDF needs of a PNG file; `data` is its compressed stream."""

    width: int
    height: int
    bits: int
    colour: int
    palette: bytes
    data: bytes


def put_plates(pdf: pikepdf.Pdf, plates: Sequence[Plate]) -> None:
    """Replace every stand-in by the PNG file whose number it has."""
    shared: dict[bytes, pikepdf.Object] = {}
    for stream in pdf.objects:
        if isinstance(stream, pikepdf.Stream) and stream.get("/Subtype") == "/Image":
            number = _number(stream)
            if number is None or number >= len(plates):
                continue
            plate = plates[number]
            png = _read_png(plate.file)
            if plate.palette or png.colour == _PALETTE:
                colours = (plate.palette or png.palette)[: 3 << png.bits]
                if colours not in shared:
                    shared[colours] = pdf.make_indirect(_indexed(stream.ColorSpace, colours))
                stream.ColorSpace = shared[colours]
            elif png.colour == _GRAY:
                stream.ColorSpace = pikepdf.Name.DeviceGray
            _take_over(stream, png)


def _number(stream: pikepdf.Stream) -> int | None:
    """The number of a stand-in; None for any other picture."""
    if (int(stream.Width), int(stream.Height)) != (2, 1) or stream.get("/Filter") == "/DCTDecode":
        return None
    pixels = stream.read_bytes()
    if len(pixels) != 6 or pixels[3:] != STAND_IN:
        return None
    return int.from_bytes(pixels[:3], "big")


def _indexed(base: pikepdf.Object, colours: bytes) -> pikepdf.Array:
    """The colour space of a palette, shared by all pictures that have the same one."""
    last = len(colours) // 3 - 1
    return pikepdf.Array([pikepdf.Name.Indexed, base, last, pikepdf.String(colours)])


def _take_over(stream: pikepdf.Stream, png: _Png) -> None:
    stream.Width, stream.Height = png.width, png.height
    stream.BitsPerComponent = png.bits
    parameters = pikepdf.Dictionary(
        Predictor=15,
        Colors=3 if png.colour == _RGB else 1,
        BitsPerComponent=png.bits,
        Columns=png.width,
    )
    stream.write(png.data, filter=pikepdf.Name.FlateDecode, decode_parms=parameters)


def _read_png(file: Path) -> _Png:
    """The parts of a PNG file without interlacing, as Pillow and `indexed_png` write them.

    Raises ValueError for anything else.
    """
    found: dict[bytes, bytes] = {}
    for kind, data in _chunks(file.read_bytes()):
        found[kind] = found.get(kind, b"") + data
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[b"IHDR"])
    if interlaced:
        raise ValueError(f"{file.name} is interlaced")
    return _Png(width, height, bits, colour, found.get(b"PLTE", b""), found[b"IDAT"])


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not content.startswith(_SIGNATURE):
        raise ValueError("not a PNG file")
    at = len(_SIGNATURE)
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        data = content[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", content[at + 8 + length : at + 12 + length])
        if zlib.crc32(data, zlib.crc32(kind)) != check:
            raise ValueError("a damaged PNG file")
        yield kind, data
        at += 12 + length
