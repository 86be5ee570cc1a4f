"""An opened picture of any Pillow mode, turned into 8-bit gray or RGB, or into deeper gray."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from reportgen.feeding import Alpha, Depth
from reportgen.inputs.photos.tiff import white_is_zero

Gray = npt.NDArray[np.uint8]
Deep = npt.NDArray[np.float32]

_SQUARES = (204, 255)
"""Gray levels of the ground that stands for transparency on a page."""


@dataclass
class Flat:
    """A picture as the network is given it, and as a page shows it.

    Attributes:
        pixels: mode "L" (its source is gray) or "RGB".
        shown: the picture for people: `pixels`, or with a checkered ground where it is transparent.
        deep: (height, width), gray values of more than 8 bits for the network, in place of
            `pixels`; None for most pictures.
        notes: what was decided.
        dark: the largest of its 16-bit values where all of them are dark as 8-bit values.

    """

    pixels: Image.Image
    shown: Image.Image
    deep: Deep | None = None
    notes: list[str] = field(default_factory=list)
    dark: int | None = None


def flatten(image: Image.Image, alpha: Alpha = "drop", depth: Depth = "high-byte") -> Flat:
    """The loaded picture, flattened as Keras's loaders do it where nothing else is asked for.

    - Alpha of any kind (RGBA, LA, PA, palette or key colour) is dropped, as `load_img` and
      `image_dataset_from_directory` do, or laid over white or black. The page shows a checkered
      ground.
    - 16-bit gray is fed as its high byte, as `image_dataset_from_directory` feeds it; `depth` says
      otherwise, see `deep_gray`.
    - CMYK inks become RGB by the plain formula (1 - ink)(1 - black), which is what Keras's
      `load_img` shows a network; CIELAB by LittleCMS's built-in profile.
    - Embedded colour profiles are not applied; neither Keras nor TensorFlow applies them. The
      network is fed the numbers that it was trained on, and no stranger's profile is parsed.

    Raises whatever Pillow raises for a mode that it cannot convert.
    """
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow hands out 16-bit PNM as 32-bit integers scaled to 65535, whatever values occur.
        sixteen = image.mode.startswith("I;16") or image.format in ("PNG", "PPM")
        values = np.asarray(image)
        values = values.astype(np.uint16) if sixteen else values
        return deep_gray(~values if sixteen and white_is_zero(image) else values, depth)
    if image.mode == "LAB":
        to_rgb = ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
        converted = ImageCms.applyTransform(image, to_rgb)
        assert converted is not None  # noqa: S101  (only in-place transforms return None)
        return Flat(converted, converted)
    if image.mode == "CMYK":
        rgb = image.convert("RGB")
        return Flat(rgb, rgb, notes=["CMYK inks were converted to RGB without a colour profile"])
    if image.has_transparency_data:
        return _without_alpha(image, alpha)
    plain = image.convert("L" if image.mode in ("1", "L") else "RGB")
    return Flat(plain, plain)


def flat_samples(values: npt.NDArray[Any], alpha: Alpha, depth: Depth) -> Flat:
    """Samples that Pillow has no mode for: (height, width) or (height, width, 3 or 4).

    Colours of 16 bits give their high byte, as in PNG; floats within 0..1 are taken as such.
    """
    if values.ndim == 2 and values.dtype != np.uint8:
        known = values if values.dtype == np.uint16 else _plain_type(values)
        return deep_gray(known, depth)
    if values.dtype == np.uint16:
        values = (values >> 8).astype(np.uint8)
    notes = []
    if values.dtype != np.uint8:
        flat, note = eight_bits(_plain_type(values).reshape(values.shape[0], -1))
        values, notes = flat.reshape(values.shape), [note] if note else []
    image = Image.fromarray(np.ascontiguousarray(values))
    found = flatten(image, alpha)
    found.notes += notes
    return found


def _plain_type(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.astype(np.float32 if values.dtype.kind == "f" else np.int64)


def _without_alpha(image: Image.Image, ground: Alpha) -> Flat:
    gray = image.mode in ("1", "L", "LA", "La")
    if image.mode not in ("LA", "RGBA"):
        image = image.convert("LA" if gray else "RGBA")
    alpha = image.getchannel("A")
    opaque = image.convert("L" if gray else "RGB")
    lowest, _ = alpha.getextrema()
    if lowest == 255:
        return Flat(opaque, opaque)
    shown = Image.composite(opaque, _checkered(opaque), alpha)
    if ground == "drop":
        note = "its transparency was dropped, as Keras's loaders do"
        return Flat(opaque, shown, notes=[note])
    laid = Image.composite(opaque, Image.new(opaque.mode, opaque.size, ground), alpha)
    return Flat(laid, shown, notes=[f"its transparent parts were laid over {ground}"])


def _checkered(like: Image.Image) -> Image.Image:
    """A ground of gray and white squares, sixteen along the longer side."""
    side = max(1, max(like.size) // 16)
    rows, columns = np.mgrid[0 : like.height, 0 : like.width] // side
    return Image.fromarray(np.take(_SQUARES, (rows + columns) % 2).astype(np.uint8)).convert(
        like.mode
    )


def deep_gray(values: npt.NDArray[Any], depth: Depth) -> Flat:
    """Gray of more than 8 bits, as the network is fed it.

    `depth` "high-byte" (also "auto" unless the values rule it out) is a 16-bit value's high
    byte, as TensorFlow's decoders give; other types are read by `eight_bits`. "raw" are the values
    themselves, as Keras's `load_img(color_mode="grayscale")` gives for networks with one channel;
    "scale" divides 16-bit values by 257; "stretch" maps the picture's own range to 0..255.

    Args:
        values: (height, width) of uint16, any other integer type, or float.
        depth: what to feed.

    """
    shown, note = eight_bits(values)
    gray = Image.fromarray(shown)
    sixteen = values.dtype == np.uint16
    highest = float(np.max(values))
    if depth == "raw":
        note = f"its values (up to {highest:g}) are fed as they are"
        bright = Image.fromarray(_brightened(values, highest))
        return Flat(bright, bright, values.astype(np.float32), [note])
    if depth == "stretch":
        known = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
        known = np.nan_to_num(known, nan=_lowest(values, np.isfinite(values)))
        low, high = float(known.min()), float(known.max())
        stretched = ((known - low) / max(high - low, 1e-30) * 255).astype(np.float32)
        bright = Image.fromarray(np.rint(stretched).astype(np.uint8))
        note = f"its values were stretched from {low:g} .. {high:g}"
        return Flat(bright, bright, stretched, [note])
    if not sixteen:
        return Flat(gray, gray, notes=[note] if note else [])
    if depth == "scale":
        return Flat(gray, gray, (values / 257).astype(np.float32), [note] if note else [])
    gray = Image.fromarray((values >> 8).astype(np.uint8))
    dark = int(highest) if 0 < highest < 4096 else None
    if dark is not None:
        note = (
            f"its 16-bit values end at {dark} of 65535, so the network gets a nearly black picture "
            f"(0..{dark >> 8}); --depth raw feeds the values themselves, --depth stretch brightens"
        )
    return Flat(gray, gray, notes=[note] if note else [], dark=dark)


def _brightened(values: npt.NDArray[Any], highest: float) -> Gray:
    """Values for a page: the range of the bits that they need, as 0..255."""
    if values.dtype == np.uint16 and highest > 0:
        bits = int(highest).bit_length()
        bright: Gray = np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)
        return bright
    return eight_bits(values)[0]


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
