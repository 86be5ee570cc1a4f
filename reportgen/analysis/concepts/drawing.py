"""Concepts as pictures: colours and numbers over a photo, and the patches where they are strong."""

import numpy as np
import numpy.typing as npt

from reportgen.pictures.display import display

COLOURS = (
    *((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)),
    *((0, 114, 178), (213, 94, 0), (204, 121, 167), (60, 60, 60)),
)
"""Of eight concepts: those that colour-blind people tell apart (Okabe and Ito, 2008), and gray."""

PATCH = 96
"""Pixels of the side of a patch."""
_PATCH_SHARE = 0.35
"""Side of a patch, as a share of the photo's shorter side."""
_LEGEND = 28
_LUMINANCE = (0.299, 0.587, 0.114)
_STRENGTH = 0.85
_LEAST_MARKED = 0.5
"""Share of a concept's largest value anywhere from which on a photo has its number."""

Pixels = npt.NDArray[np.uint8]
Maps = npt.NDArray[np.floating]


def coloured(photo: Pixels, maps: Maps) -> Pixels:
    """A photo (height, width, 3), gray under the colours of concepts; numbers mark the peaks.

    `maps` (height, width, k) are 0 to 1, where 1 is the largest value of a concept anywhere.
    """
    shares = np.clip(maps, 0.0, 1.0).astype(np.float64)
    total = shares.sum(axis=2, keepdims=True)
    colours = np.array(COLOURS[: shares.shape[2]], np.float64)
    mixed = (shares @ colours) / np.where(total > 0, total, 1.0)
    cover = _STRENGTH * np.sqrt(np.minimum(total, 1.0))
    gray = (photo @ np.array(_LUMINANCE))[..., None]
    found = np.rint(gray * (1 - cover) + mixed * cover).astype(np.uint8)
    for at in range(shares.shape[2]):
        row, column = np.unravel_index(int(shares[..., at].argmax()), shares.shape[:2])
        if shares[row, column, at] >= _LEAST_MARKED:
            scale = max(min(found.shape[:2]) / 400, 0.35)
            _mark(found, str(at + 1), (int(row), int(column)), scale)
    return np.asarray(found)


def _mark(picture: Pixels, word: str, place: tuple[int, int], scale: float) -> None:
    """A number in black on white around a place (row, column), inside the picture."""
    import cv2

    height, width = picture.shape[:2]
    row, column = place
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(2 * scale))
    (wide, tall), _ = cv2.getTextSize(word, font, scale, thick)
    left = int(np.clip(column - wide // 2, 1, max(width - wide - 1, 1)))
    down = int(np.clip(row + tall // 2, tall + 1, max(height - 2, tall + 1)))
    for colour, more in (((255, 255, 255), 3), ((0, 0, 0), 0)):
        cv2.putText(picture, word, (left, down), font, scale, colour, thick + more, cv2.LINE_AA)


def patch(photo: Pixels, heat: Maps) -> Pixels:
    """The square of a photo around the peak of a map (height, width), of one size."""
    height, width = photo.shape[:2]
    side = max(1, round(_PATCH_SHARE * min(height, width)))
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    top = int(np.clip(row - side // 2, 0, height - side))
    left = int(np.clip(column - side // 2, 0, width - side))
    cut = photo[top : top + side, left : left + side]
    if side >= PATCH:
        return display(np.ascontiguousarray(cut), PATCH)
    import cv2

    size = (PATCH, PATCH)
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def legend(at: int) -> Pixels:
    """A tile in a concept's colour, with its number."""
    tile = np.full((PATCH, _LEGEND, 3), COLOURS[at], np.uint8)
    _mark(tile, str(at + 1), (PATCH // 2, _LEGEND // 2), 0.8)
    return tile
