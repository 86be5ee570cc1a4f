"""Indices into a palette → a PNG that is small and quickly made.

Pillow neither filters the rows of a picture with a palette nor lets one do it, since indices of
most palettes are no amounts. Those of activation grids are: neighbours differ by little. Measured
on 18 grids of VGG16 with trained filters and a photo: unfiltered 2.70 MB (zlib's run-length
strategy, 0.12 s) or 2.49 MB (its usual one, 0.25 s); filtered 2.34 MB (run lengths, 0.14 s in all).
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS, _PALETTE_COLOUR = 8, 3
_LEFT, _ABOVE = 1, 2
"""PNG's names for what a pixel is subtracted from ("Sub" and "Up")."""


def indexed_png(
    indices: NDArray[np.uint8], colours: NDArray[np.uint8], *, transparent: int
) -> bytes:
    """A PNG after the specification of the W3C (third edition, 2025), without metadata.

    Args:
        indices: (height, width), each at least 1.
        colours: (256, 3), red, green and blue.
        transparent: the index that is not seen at all.

    """
    height, width = indices.shape
    header = struct.pack(">IIBBBBB", width, height, _BITS, _PALETTE_COLOUR, 0, 0, 0)
    alpha = b"\xff" * transparent + b"\x00"
    # Run lengths are all that is found in what the filters leave; looking for more takes twice
    # the time and finds less.
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    rows = packer.compress(filtered(indices).tobytes()) + packer.flush()
    parts = ((b"IHDR", header), (b"PLTE", colours.tobytes()), (b"tRNS", alpha), (b"IDAT", rows),
             (b"IEND", b""))  # fmt: skip
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def filtered(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of differences (height, 1 + width), the filter's number before each.

    From the pixel above, or from the one on the left where the sum of the row's differences is
    less: in the first row of a tile.
    """
    height, width = indices.shape
    both = np.empty((2, height, 1 + width), np.uint8)
    both[:, :, 0] = [[_LEFT], [_ABOVE]]
    both[:, :, 1:] = indices
    both[0, :, 2:] -= indices[:, :-1]
    both[1, 1:, 1:] -= indices[:-1]
    sizes = np.abs(both[:, :, 1:].view(np.int8)).view(np.uint8).sum(2, dtype=np.uint32)
    rows: NDArray[np.uint8] = np.where((sizes[0] < sizes[1])[:, None], both[0], both[1])
    return rows


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
