"""Give the pictures in a PDF the bytes of the PNG files that they came from.

Typst unpacks every PNG to RGB and packs it again; a palette picture then takes half as much room
again. A PNG's own stream can stand in a PDF as it is (ISO 32000-1, 7.4.4.4: predictor 15), which
is done where the pixels are the same ones: nothing can change but the size.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from reportgen.report.pdf_pictures import pixels_digest

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB, _PALETTE = 0, 2, 3


@dataclass(frozen=True)
class Plate:
    """What a PDF needs of a PNG file; `data` is its compressed stream."""

    width: int
    height: int
    bits: int
    colour: int
    palette: bytes
    data: bytes


def put_streams_back(pdf: pikepdf.Pdf, plates: Mapping[bytes, Path]) -> int:
    """Replace RGB pictures by the PNG streams of `plates` (by `pixels_digest`); returns how many.

    A picture whose pixels are among no plate's, or whose PNG would not be smaller, stays.
    """
    replaced = 0
    for stream in pdf.objects:
        if not isinstance(stream, pikepdf.Stream) or stream.get("/Subtype") != "/Image":
            continue
        if stream.get("/Filter") == "/DCTDecode" or stream.get("/BitsPerComponent") != 8:
            continue
        width, height = int(stream.Width), int(stream.Height)
        pixels = stream.read_bytes()
        if len(pixels) != 3 * width * height:
            continue
        file = plates.get(pixels_digest(pixels, width))
        if file is None:
            continue
        plate = read_png(file)
        if plate.colour in (_RGB, _PALETTE) and len(plate.data) < int(stream.Length):
            _take_over(pdf, stream, plate)
            replaced += 1
    return replaced


def _take_over(pdf: pikepdf.Pdf, stream: pikepdf.Stream, plate: Plate) -> None:
    indexed = plate.colour == _PALETTE
    parameters = pikepdf.Dictionary(
        Predictor=15, Colors=1 if indexed else 3, BitsPerComponent=plate.bits, Columns=plate.width
    )
    if indexed:
        stream.ColorSpace = pikepdf.Array(
            [
                pikepdf.Name.Indexed,
                stream.ColorSpace,
                len(plate.palette) // 3 - 1,
                pikepdf.String(plate.palette),
            ]
        )
    stream.BitsPerComponent = plate.bits
    stream.write(plate.data, filter=pikepdf.Name.FlateDecode, decode_parms=parameters)
    del pdf


def read_png(file: Path) -> Plate:
    """The parts of a PNG file without interlacing, as Pillow writes them.

    Raises ValueError for anything else.
    """
    found: dict[bytes, bytes] = {}
    for kind, data in _chunks(file.read_bytes()):
        found[kind] = found.get(kind, b"") + data
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[b"IHDR"])
    if interlaced:
        raise ValueError(f"{file.name} is interlaced")
    return Plate(width, height, bits, colour, found.get(b"PLTE", b""), found[b"IDAT"])


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
