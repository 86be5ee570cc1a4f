"""A coarse map over a photo: enlarged without shifting, coloured, superimposed."""

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.colormaps import NEGATIVE, POSITIVE, table


def enlarge(values: NDArray[np.floating], height: int, width: int) -> NDArray[np.float32]:
    """Enlarge a map by bilinear interpolation between half-pixel centres.

    The centre of a cell lands on the centre of the pixels that it covers, so evidence stays where
    the network found it; interpolation between corners would push cells outward.

    Args:
        values: (h, w), any range.
        height: pixels of the result, at least 1.
        width: likewise.

    Returns:
        float32 (height, width), within the range of ``values``.

    """
    import cv2

    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"a map must be an array (height, width), not {values.shape}")
    cells = np.ascontiguousarray(values, dtype=np.float32)
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR))


def heatmap(values: NDArray[np.floating], colormap: str = "jet") -> NDArray[np.uint8]:
    """Colour a map.

    Args:
        values: (h, w) in 0..1; what lies outside is drawn as the nearer end.
        colormap: see ``colormaps.NAMES``.

    Returns:
        uint8 RGB (h, w, 3).

    Raises:
        ValueError: a value is not finite and so has no colour.
        SettingsError: the colour map is unknown.

    """
    coloured: NDArray[np.uint8] = table(colormap)[levels_of(values)]
    return coloured


def levels_of(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """A map in 0..1 as levels 0..255, what lies outside as the nearer end.

    Raises:
        ValueError: a value is not finite.

    """
    if not np.isfinite(values).all():
        raise ValueError("the map holds NaN or infinity")
    levels: NDArray[np.uint8] = np.rint(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8)
    return levels


def overlay(
    photo: NDArray[np.uint8],
    values: NDArray[np.floating],
    intensity: float = 0.4,
    colormap: str = "jet",
) -> NDArray[np.uint8]:
    """Superimpose a map on a photo, as Grad-CAM's heatmaps are shown (Selvaraju et al., 2017).

    A blend, in which the photo gives up the share that the colour takes. The usual listing
    (Chollet, Deep Learning with Python, 5.4) adds ``0.4 · heatmap`` to the whole photo instead.
    That sum leaves 0..255: cut off, the heat vanishes on white ground; rescaled to fit, the heat
    weighs less than 0.3 and the same map looks different on every photo.

    Args:
        photo: RGB (height, width, 3).
        values: the map, (h, w) of any size, in 0..1; it is enlarged to the photo.
        intensity: share of the colour in the result, 0 (the photo) to 1 (the heatmap).
        colormap: see ``colormaps.NAMES``.

    Returns:
        uint8 RGB (height, width, 3): ``photo · (1 - intensity) + heatmap · intensity``.

    Raises:
        ValueError: the photo is not RGB, or a value of the map is not finite.
        SettingsError: the colour map is unknown.

    """
    import cv2

    if photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"a photo must be an array (height, width, 3), not {photo.shape}")
    colours = heatmap(enlarge(values, *photo.shape[:2]), colormap)
    return np.asarray(cv2.addWeighted(photo, 1 - intensity, colours, intensity, 0), dtype=np.uint8)


def signed_overlay(
    photo: NDArray[np.uint8], values: NDArray[np.floating], intensity: float = 0.75
) -> NDArray[np.uint8]:
    """Superimpose a map of two signs on a photo: red above zero, blue below.

    The photo is shown in gray: its own colours would look like those of the map.

    Args:
        photo: RGB (height, width, 3).
        values: the map, (h, w) of any size, in -1..1; it is enlarged to the photo.
        intensity: share of the colour where the map is strongest.

    Returns:
        uint8 RGB (height, width, 3).

    Raises:
        ValueError: the photo is not RGB, or a value of the map is not finite.

    """
    import cv2

    if photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"a photo must be an array (height, width, 3), not {photo.shape}")
    if not np.isfinite(values).all():
        raise ValueError("the map holds NaN or infinity")
    strength = np.clip(enlarge(values, *photo.shape[:2]), -1.0, 1.0)[..., None]
    ends = np.where(strength < 0, np.array(NEGATIVE), np.array(POSITIVE))
    share = intensity * np.abs(strength)
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None]
    mixed: NDArray[np.uint8] = np.rint(gray * (1 - share) + ends * share).astype(np.uint8)
    return mixed
