"""Colour maps as tables of 256 colours, and the palette that activation grids are stored with."""

from difflib import get_close_matches
from functools import cache

import numpy as np
from numpy.typing import NDArray

from reportgen.errors import SettingsError
from reportgen.printable import quoted

TOP_LEVEL = 253
"""The highest value level of a palette picture; levels above it are drawn as this one."""
BACKGROUND = 254
"""Palette index of what lies between and after the tiles: transparent."""
INACTIVE = 255
"""Palette index of the tile of an inactive channel."""
BACKGROUND_COLOUR = (128, 128, 128)
INACTIVE_COLOUR = (200, 200, 200)

NAMES = ("cividis", "gray", "inferno", "jet", "magma", "plasma", "turbo", "viridis")

DIVERGING = "blue-white-red"
"""The map for values of two signs: its middle, white, is zero. Not one of ``NAMES``."""
NEGATIVE, POSITIVE = (33, 102, 172), (178, 24, 43)


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
    if name == DIVERGING:
        # Level 128, where zero stands, is exactly white.
        colours = signed_colours(np.clip((np.arange(256) - 128) / 127, -1, 1))
    elif name == "gray":  # Matplotlib's own table lies a level off in places
        colours = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    elif name in NAMES:
        from matplotlib import colormaps

        colours = np.array(colormaps[name](np.arange(256), bytes=True)[:, :3])
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


def _unknown(name: str) -> str:
    nearest = get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
    hint = f"did you mean “{nearest[0]}”?" if nearest else f"choose one of {', '.join(NAMES)}."
    return f"There is no colour map named {quoted(name[:60])}; {hint}"
