"""An opened picture of any Pillow mode, turned into 8-bit gray or RGB."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Gray = npt.NDArray[np.uint8]


def flatten(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """The loaded picture in mode "L" (its source is gray) or "RGB", and notes on what was decided.

    - Alpha of any kind (RGBA, LA, PA, palette or key colour) is laid over white.
    - 16-bit gray is scaled by its type's range (65535 becomes 255), 32-bit integers by the smaller
      of 255 and 65535 that holds them, floats by `eight_bits`.
    - CMYK inks become RGB by the plain formula (1 - ink)(1 - black), which is what Keras's
      `load_img` shows a network; CIELAB by LittleCMS's built-in profile.
    - Embedded colour profiles are not applied; neither Keras nor TensorFlow applies them. The
      network is fed the numbers that it was trained on, and no stranger's profile is parsed.

    Raises whatever Pillow raises for a mode that it cannot convert.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _deep(image)
    if image.mode == "LAB":
        to_rgb = ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
        converted = ImageCms.applyTransform(image, to_rgb)
        assert converted is not None  # noqa: S101  (only in-place transforms return None)
        return converted, []
    if image.mode == "CMYK":
        return image.convert("RGB"), ["CMYK inks were converted to RGB without a colour profile"]
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("L" if image.mode in ("1", "L") else "RGB"), []


def _on_white(image: Image.Image) -> tuple[Image.Image, list[str]]:
    gray = image.mode in ("1", "L", "LA", "La")
    if image.mode not in ("LA", "RGBA"):
        image = image.convert("LA" if gray else "RGBA")
    alpha = image.getchannel("A")
    opaque = image.convert("L" if gray else "RGB")
    lowest, _ = alpha.getextrema()
    if lowest == 255:
        return opaque, []
    white = Image.new(opaque.mode, opaque.size, "white")
    return Image.composite(opaque, white, alpha), ["its transparent parts were laid over white"]


def _deep(image: Image.Image) -> tuple[Image.Image, list[str]]:
    values = np.asarray(image)
    # Pillow hands out 16-bit PNM as 32-bit integers scaled to 65535, whatever values occur.
    sixteen = image.mode.startswith("I;16") or image.format in ("PNG", "PPM")
    gray, note = eight_bits(values.astype(np.uint16) if sixteen else values)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):  # a PNG's key value
        gray[values == transparent] = 255
    return Image.fromarray(gray), [note] if note else []


def eight_bits(values: npt.NDArray[Any]) -> tuple[Gray, str | None]:
    """Deep gray values as 0..255 (uint8), and a note where that took a decision.

    uint16 is scaled by the range of its type, rounded; other integers by the smaller of 0..255 and
    0..65535 that holds them. Floats within 0..1 are taken as such, floats within 0..255 whose
    maximum is at least 16 as pixel values (a maximum of 1.01 is an overshoot of 0..1, not nearly
    black pixels), and everything else is stretched from its minimum to its maximum. NaN and
    infinities are drawn black.

    Args:
        values: (height, width) of uint16, any other integer type, or float.

    """
    if values.dtype == np.uint16:
        highest = int(values.max())
        note = None
        if 0 < highest < 4096:
            note = f"its 16-bit values end at {highest} of 65535, so it looks dark"
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8), note
    finite = np.isfinite(values)
    if not finite.all():
        gray, note = eight_bits(np.where(finite, values, _lowest(values, finite)))
        missing = int(values.size - np.count_nonzero(finite))
        lost = f"{missing} of its values are not numbers and are drawn black"
        gray[~finite] = 0
        return gray, f"{note}; {lost}" if note else lost
    low, high = float(values.min()), float(values.max())
    floating = np.issubdtype(values.dtype, np.floating)
    if low >= 0 and floating and high <= 1:
        scaled, note = values.astype(np.float64) * 255, "its values are floats, read as 0..1"
    elif low >= 0 and high <= 255 and (high >= 16 or not floating):
        scaled, note = values.astype(np.float64), "its values were read as 0..255"
    elif low >= 0 and high <= 65535 and not floating:
        scaled, note = values.astype(np.float64) / 257, "its values were read as 0..65535"
    else:
        span = max(high - low, np.finfo(np.float64).tiny)
        scaled = (values.astype(np.float64) - low) / span * 255
        note = f"its values were stretched from {low:g} .. {high:g}"
    return np.rint(scaled).astype(np.uint8), note


def _lowest(values: npt.NDArray[Any], finite: npt.NDArray[np.bool_]) -> float:
    return float(values[finite].min()) if finite.any() else 0.0
