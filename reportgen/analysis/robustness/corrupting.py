"""Images corrupted as `reportgen.corruptions` defines it.

Images are (height, width, channels) with one or three channels, float, 0 to 255, in the network's
input size; so are the results, in float32.
"""

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from reportgen.corruptions import CORRUPTIONS

Pixels = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

HIGHEST = 255.0
_USUAL_SIDE = 224
_TRUNCATE = 4.0
"""Standard deviations after which a Gaussian ends."""


def corrupted(pixels: Pixels, name: str, strength: int, random: np.random.Generator) -> Pixels:
    """An image corrupted in a way that `CORRUPTIONS` names, at strength 1, 2 or 3.

    `random` draws noise and places.
    """
    amount = CORRUPTIONS[name].amount(strength)
    found = _WAYS[name](pixels.astype(np.float64), amount, random)
    return np.clip(found, 0.0, HIGHEST).astype(np.float32)


def blurred(pixels: Floats, amount: float, _: np.random.Generator) -> Floats:
    """Gaussian blur whose edge pixels are continued."""
    deviation = amount * min(pixels.shape[:2]) / _USUAL_SIDE
    radius = int(_TRUNCATE * deviation + 0.5)
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (places / deviation) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        around = [(radius, radius) if at == axis else (0, 0) for at in range(3)]
        padded = np.pad(pixels, around, mode="edge")
        length = pixels.shape[axis]
        pixels = sum(
            (
                weight * padded.take(range(at, at + length), axis)
                for at, weight in enumerate(weights)
            ),
            start=np.zeros_like(pixels),
        )
    return pixels


def noisy(pixels: Floats, amount: float, random: np.random.Generator) -> Floats:
    """Gaussian noise."""
    return np.asarray(pixels + HIGHEST * amount * random.standard_normal(pixels.shape))


def compressed(pixels: Floats, amount: float, _: np.random.Generator) -> Floats:
    """JPEG and back."""
    from PIL import Image

    whole = np.rint(np.clip(pixels, 0, HIGHEST)).astype(np.uint8)
    picture = Image.fromarray(whole[..., 0] if whole.shape[2] == 1 else whole)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=int(amount), subsampling=2)
    with Image.open(file) as read:
        return np.asarray(read, np.float64).reshape(pixels.shape)


def brighter(pixels: Floats, amount: float, _: np.random.Generator) -> Floats:
    """A higher value of HSV; hue and saturation stay, and black becomes gray."""
    value = pixels.max(axis=2, keepdims=True)
    raised = np.minimum(value + HIGHEST * amount, HIGHEST)
    scale = np.divide(raised, value, out=np.zeros_like(value), where=value > 0)
    return np.asarray(np.where(value > 0, pixels * scale, raised))


def flatter(pixels: Floats, amount: float, _: np.random.Generator) -> Floats:
    """Less contrast."""
    mean = pixels.mean(axis=(0, 1))
    return np.asarray(mean + amount * (pixels - mean))


def rotated(pixels: Floats, amount: float, _: np.random.Generator) -> Floats:
    """Turned counterclockwise by degrees about the centre."""
    height, width = pixels.shape[:2]
    turn = np.deg2rad(amount)
    down, across = np.meshgrid(
        np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij"
    )
    rows = np.clip(np.cos(turn) * down + np.sin(turn) * across + (height - 1) / 2, 0, height - 1)
    columns = np.clip(np.cos(turn) * across - np.sin(turn) * down + (width - 1) / 2, 0, width - 1)
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    low, near = (rows - top)[..., None], (columns - left)[..., None]
    upper = pixels[top, left] * (1 - near) + pixels[top, right] * near
    lower = pixels[bottom, left] * (1 - near) + pixels[bottom, right] * near
    return np.asarray(upper * (1 - low) + lower * low)


def occluded(pixels: Floats, amount: float, random: np.random.Generator) -> Floats:
    """A rectangle of the mean colour; `amount` is its share of the area."""
    height, width = pixels.shape[:2]
    tall, wide = (max(1, round(side * amount**0.5)) for side in (height, width))
    top, left = random.integers(0, height - tall + 1), random.integers(0, width - wide + 1)
    found = pixels.copy()
    found[top : top + tall, left : left + wide] = pixels.mean(axis=(0, 1))
    return found


_WAYS: dict[str, Callable[[Floats, float, np.random.Generator], Floats]] = {
    "blur": blurred,
    "noise": noisy,
    "jpeg": compressed,
    "brightness": brighter,
    "contrast": flatter,
    "rotation": rotated,
    "occlusion": occluded,
}
