"""Draw the demo's images: one shape on a textured background, and the mask of where it is.

Everything is decided by one seed, in coordinates from 0 to 1, so the same scene can be drawn at the
network's input size or larger. Colours, textures, place, size and angle are drawn independently of
the class: only the outline tells a star from a heart.

    python draw_shapes.py FOLDER      writes the images that the package carries, in class folders
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]

CLASSES = ("circle", "cross", "heart", "square", "star", "triangle")
INPUT_SIZE = 96
"""Side of the network's input in pixels."""

DEMO_SIZE = 288
"""Side of the packaged images in pixels."""

DEMO_FIRST_SEED = 600_000
"""The packaged images are those of the seeds from here on, none left out; training draws its images
from seeds below 100 000."""

QUALITY = 95
"""Quality of the packaged WebP files: an eighth of the bytes of PNG, with the same answers."""

DEMO_EACH = 4
"""Packaged images of each class."""

SUPERSAMPLING = 2
OUTLINE_SUPERSAMPLING = 4
SMALLEST_AREA, LARGEST_AREA = 0.07, 0.17
"""The shape's share of the picture."""

DEMO_SMALLEST_AREA = 0.03
"""Smallest share in the packaged images: smaller than in training, so that the network errs."""


@dataclass(frozen=True)
class Drawing:
    """One picture and what is known about it.

    image: uint8 (size, size, 3), RGB. mask: bool (size, size), True on the shape.
    label: index into CLASSES.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    label: int


def draw(seed: int, size: int = INPUT_SIZE, smallest: float = SMALLEST_AREA) -> Drawing:
    """Draw the scene of a seed as a square picture with sides of `size` pixels.

    The shape covers a share of it from `smallest` to `LARGEST_AREA`.

    The class is `seed % len(CLASSES)`, so any run of seeds is balanced. The scene does not depend
    on the size; pixel values may differ by a level between versions of NumPy and OpenCV.
    """
    random = np.random.default_rng(seed)
    label = seed % len(CLASSES)
    canvas = size * SUPERSAMPLING

    ground, ink = palettes(random)
    picture = paint(texture(random, canvas), ground)
    fill = paint(texture(random, canvas), ink)

    outline = place(random, OUTLINES[CLASSES[label]](), smallest)
    coverage = rasterise(outline, canvas)
    picture = picture * cast_shadow(random, coverage)[..., None]
    fill = fill * bevel(coverage)[..., None]
    picture = picture + coverage[..., None] * (fill - picture)

    picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    mask = cv2.resize(coverage, (size, size), interpolation=cv2.INTER_AREA) > 0.5
    levels = np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)
    return Drawing(levels, mask, label)


def demo_drawings() -> dict[str, Drawing]:
    """The packaged images by path without suffix: those of each class from `circle/circle_1` on."""
    count = len(CLASSES)
    return {
        _place(seed): draw(seed, DEMO_SIZE, DEMO_SMALLEST_AREA)
        for seed in range(DEMO_FIRST_SEED, DEMO_FIRST_SEED + DEMO_EACH * count)
    }


def _place(seed: int) -> str:
    name = CLASSES[seed % len(CLASSES)]
    return f"{name}/{name}_{1 + (seed - DEMO_FIRST_SEED) // len(CLASSES)}"


# --- outlines: polygons (points, 2), x to the right and y down ---


def circle() -> Field:
    """A circle as a polygon of 120 corners."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def cross() -> Field:
    """A plus sign whose arms are a little wider than a third of it."""
    arm = 0.38
    quarter = np.array([(arm, 1.0), (arm, arm), (1.0, arm)])
    other = quarter[::-1] * (1, -1)
    return np.concatenate([quarter, other, -quarter, -other]).astype(np.float32)


def heart() -> Field:
    """The heart curve x = 16 sin³t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t."""
    t = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    up = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([16 * np.sin(t) ** 3, -up], axis=1).astype(np.float32)


def square() -> Field:
    """A square."""
    return np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)


def star() -> Field:
    """A star with five points."""
    angle = np.arange(10) * np.pi / 5
    radius = np.where(np.arange(10) % 2 == 0, 1.0, 0.46)
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=1).astype(np.float32)


def triangle() -> Field:
    """An equilateral triangle."""
    angle = np.arange(3) * 2 * np.pi / 3
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1).astype(np.float32)


OUTLINES: dict[str, Callable[[], Field]] = {
    "circle": circle,
    "cross": cross,
    "heart": heart,
    "square": square,
    "star": star,
    "triangle": triangle,
}


def place(random: np.random.Generator, outline: Field, smallest: float) -> Field:
    """Turn, scale and move an outline to somewhere inside the unit square.

    It covers a share from `smallest` to `LARGEST_AREA`.

    All shapes get their size by area, not by width, so the size does not tell the class.
    """
    x, y = outline.T
    shoelace = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = shoelace.sum() / 2
    centre = (outline + np.roll(outline, -1, axis=0)).T @ shoelace / (6 * area)
    share = random.uniform(smallest, LARGEST_AREA)
    points = (outline - centre) * np.sqrt(share / abs(area))

    angle = random.uniform(0, 2 * np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    points = points @ np.array([[cos, sin], [-sin, cos]])

    margin = 0.02
    lowest = margin - points.min(axis=0)
    highest = 1 - margin - points.max(axis=0)
    moved: Field = (points + random.uniform(lowest, highest)).astype(np.float32)
    return moved


def rasterise(outline: Field, canvas: int) -> Field:
    """How much of each pixel the outline covers, float32 (canvas, canvas) in 0..1."""
    fine = canvas * OUTLINE_SUPERSAMPLING
    filled = np.zeros((fine, fine), np.float32)
    cv2.fillPoly(filled, [np.rint(outline * fine - 0.5).astype(np.int32)], 1.0)
    coverage: Field = cv2.resize(filled, (canvas, canvas), interpolation=cv2.INTER_AREA)
    return coverage


# --- light: what makes the shape lie on the background rather than in it ---


def cast_shadow(random: np.random.Generator, coverage: Field) -> Field:
    """Factors in 0..1 that darken the background beside the shape, float32 (canvas, canvas)."""
    canvas = coverage.shape[0]
    angle, distance = random.uniform(0, 2 * np.pi), 0.015 * canvas
    shift = np.array(
        [[1, 0, distance * np.cos(angle)], [0, 1, distance * np.sin(angle)]], np.float32
    )
    moved = cv2.warpAffine(coverage, shift, (canvas, canvas))
    shadow: Field = 1 - 0.45 * cv2.GaussianBlur(moved, (0, 0), 0.018 * canvas)
    return shadow


def bevel(coverage: Field) -> Field:
    """Factors near 1 that make the shape's middle lighter than its rim, float32."""
    canvas = coverage.shape[0]
    inside: Field = cv2.GaussianBlur(coverage, (0, 0), 0.025 * canvas)
    return 0.72 + 0.34 * inside


# --- textures: fields float32 (canvas, canvas) in 0..1 ---


def texture(random: np.random.Generator, canvas: int) -> Field:
    """One of the patterns below, over a gradient, with a little fine noise."""
    x, y = grid(random, canvas)
    pattern = PATTERNS[random.integers(len(PATTERNS))](random, x, y)
    strength = random.uniform(0.35, 0.75)
    field = strength * pattern + (1 - strength) * unit_range(x)
    field = field + random.uniform(0.05, 0.25) * (noise(random, canvas, (48, 96)) - 0.5)
    bounded: Field = np.clip(field, 0, 1)
    return bounded


def grid(random: np.random.Generator, canvas: int) -> tuple[Field, Field]:
    """Coordinates of the pixels' centres in a frame turned by a random angle, about -0.7..0.7."""
    axis = (np.arange(canvas, dtype=np.float32) + 0.5) / canvas - 0.5
    angle = np.float32(random.uniform(0, 2 * np.pi))
    across, down = np.meshgrid(axis, axis)
    x = np.cos(angle) * across + np.sin(angle) * down
    y = np.cos(angle) * down - np.sin(angle) * across
    return x, y


def noise(random: np.random.Generator, canvas: int, cells: tuple[int, ...]) -> Field:
    """Smooth noise of several scales: one octave for each number of cells, coarse ones stronger."""
    total = np.zeros((canvas, canvas), np.float32)
    for octave, count in enumerate(cells):
        values = random.random((count, count), dtype=np.float32)
        smooth = cv2.resize(values, (canvas, canvas), interpolation=cv2.INTER_CUBIC)
        total += smooth / 2**octave
    return unit_range(total)


def clouds(random: np.random.Generator, x: Field, y: Field) -> Field:
    """Noise of many scales."""
    del y
    return noise(random, x.shape[0], (4, 8, 16, 32))


def stripes(random: np.random.Generator, x: Field, y: Field) -> Field:
    """Straight soft stripes, slightly bent by noise."""
    del y
    bend = 0.06 * noise(random, x.shape[0], (3, 6))
    return wave((x + bend) * np.float32(random.uniform(4, 11)))


def ripples(random: np.random.Generator, x: Field, y: Field) -> Field:
    """Rings around a point outside or near the border of the picture."""
    far, rings = random.uniform(0.6, 1.2), random.uniform(4, 10)
    return wave(np.hypot(x - np.float32(far), y) * np.float32(rings))


def marble(random: np.random.Generator, x: Field, y: Field) -> Field:
    """Veins: stripes strongly bent by noise."""
    del y
    bend = noise(random, x.shape[0], (3, 6, 12))
    veins, wildness = random.uniform(1, 3), random.uniform(2, 4)
    return wave(x * np.float32(veins) + bend * np.float32(wildness))


def plaid(random: np.random.Generator, x: Field, y: Field) -> Field:
    """Two sets of soft stripes, woven."""
    threads = np.float32(random.uniform(3, 8))
    return unit_range(wave(x * threads) + wave(y * threads))


PATTERNS = (clouds, stripes, ripples, marble, plaid)


def wave(phase: Field) -> Field:
    """A sine in 0..1; one period for each unit of the phase."""
    sine: Field = 0.5 + 0.5 * np.sin(np.float32(2 * np.pi) * phase)
    return sine


def unit_range(field: Field) -> Field:
    """The field stretched to 0..1."""
    stretched: Field = (field - field.min()) / np.ptp(field)
    return stretched


# --- colours ---


def palettes(random: np.random.Generator) -> tuple[Field, Field]:
    """Two pairs of colours, background and shape, each float32 (2, 3) RGB in 0..1.

    They are chosen by lightness (0..100), chroma and hue in CIELAB, where equal steps look about
    equal: the shape differs from the background by at least 20 in lightness and 80 degrees in
    hue, whatever the class.
    """
    light = random.uniform(36, 86)
    step = random.uniform(20, 36)
    shape_light = light - step if light > 62 else light + step
    hue = random.uniform(0, 360)
    shape_hue = hue + random.uniform(80, 280)
    return (
        colour_pair(random, light, hue, random.uniform(8, 38)),
        colour_pair(random, shape_light, shape_hue, random.uniform(36, 72)),
    )


def colour_pair(random: np.random.Generator, light: float, hue: float, chroma: float) -> Field:
    """Two neighbouring colours around a lightness and a hue, float32 (2, 3) RGB in 0..1."""
    spread, turn = random.uniform(4, 9), random.uniform(-35, 35)
    lights = np.array([light - spread, light + spread])
    hues = np.radians([hue - turn, hue + turn])
    lab = np.stack([lights, chroma * np.cos(hues), chroma * np.sin(hues)], axis=1)
    rgb: Field = cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return np.clip(rgb, 0, 1)


def paint(field: Field, pair: Field) -> Field:
    """Colour a field: 0 is the pair's first colour, 1 its second; float32 (canvas, canvas, 3)."""
    painted: Field = pair[0] + field[..., None] * (pair[1] - pair[0])
    return painted


def main() -> None:
    """Write the packaged images into a folder for each class."""
    parser = argparse.ArgumentParser(description="Write the demo's images as WebP files.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name, drawing in demo_drawings().items():
        path = folder / f"{name}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawing.image).save(path, quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
