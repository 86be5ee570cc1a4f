"""Colour maps as tables of 256 colours, and the palette that activation grids are stored with."""

from difflib import get_close_matches
from functools import cache

import numpy as np
from numpy.typing import NDArray

from reportgen.errors import SettingsError

TOP_LEVEL = 253
"""The highest value level of a palette picture; levels above it are drawn as this one."""
BACKGROUND = 254
"""Palette index of what lies between and after the tiles: transparent."""
INACTIVE = 255
"""Palette index of the tile of an inactive channel."""
BACKGROUND_COLOUR = (128, 128, 128)
INACTIVE_COLOUR = (200, 200, 200)

# OpenCV's tables of these maps equal Matplotlib's to one level in 255. Its jet does not (33 levels
# away at the worst), so jet is computed below.
_IN_OPENCV = ("cividis", "inferno", "magma", "plasma", "turbo", "viridis")
NAMES = tuple(sorted((*_IN_OPENCV, "gray", "jet")))

DIVERGING = "blue-white-red"
"""The map for values of two signs: its middle, white, is zero. Not one of ``NAMES``."""
NEGATIVE, POSITIVE = (33, 102, 172), (178, 24, 43)

# Jet as Matplotlib and MATLAB define it: (position, intensity) corners joined by straight lines.
_JET_CORNERS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.0, 0.0), (0.35, 0.0), (0.66, 1.0), (0.89, 1.0), (1.0, 0.5)),
    ((0.0, 0.0), (0.125, 0.0), (0.375, 1.0), (0.64, 1.0), (0.91, 0.0), (1.0, 0.0)),
    ((0.0, 0.5), (0.11, 1.0), (0.34, 1.0), (0.65, 0.0), (1.0, 0.0)),
)


@cache
def table(name: str) -> NDArray[np.uint8]:
    """The colours of a map, from its lowest value to its highest.

    Args:
        name: one of ``NAMES``, or ``DIVERGING``.

    Returns:
        uint8 array (256, 3), red, green, blue in 0..255; shared and read-only.

    Raises:
        SettingsError: no map has this name; the message names the nearest one.

    """
    if name == "jet":
        colours = _jet()
    elif name == "gray":
        colours = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    elif name == DIVERGING:
        colours = signed_colours(np.linspace(-1, 1, 256))
    elif name in _IN_OPENCV:
        colours = _from_opencv(name)
    else:
        raise SettingsError(_unknown(name))
    colours.setflags(write=False)
    return colours


@cache
def palette(name: str) -> NDArray[np.uint8]:
    """The palette of a grid picture: value levels 0..253, then background, then inactive.

    Level ``i`` has the colour ``table(name)[i]``, so a pixel's index is the quantised activation.

    Returns:
        uint8 array (256, 3); shared and read-only.

    Raises:
        SettingsError: no map has this name.

    """
    colours = table(name).copy()
    colours[BACKGROUND] = BACKGROUND_COLOUR
    colours[INACTIVE] = INACTIVE_COLOUR
    colours.setflags(write=False)
    return colours


def signed_colours(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values of any shape in -1..1 as colours (..., 3) between blue, white and red."""
    ends = np.where(values[..., None] < 0, np.array(NEGATIVE), np.array(POSITIVE))
    mixed = 255 + (ends - 255) * np.abs(values[..., None])
    levels: NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    return levels


def _jet() -> NDArray[np.uint8]:
    positions = np.arange(256) / 255
    channels = [
        np.interp(positions, [at for at, _ in corners], [height for _, height in corners])
        for corners in _JET_CORNERS
    ]
    # Matplotlib cuts the fraction off here, it does not round.
    return (np.stack(channels, axis=1) * 255).astype(np.uint8)


def _from_opencv(name: str) -> NDArray[np.uint8]:
    import cv2

    ramp = np.arange(256, dtype=np.uint8)[:, None]
    blue_green_red = cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}"))
    return np.array(blue_green_red[:, 0, ::-1], dtype=np.uint8)


def _unknown(name: str) -> str:
    nearest = get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"choose one of {', '.join(NAMES)}."
    return f"There is no colour map named {name[:60]!r}; {hint}"
