"""Draw the two "photos" of the homework: a starfish on sand and a ladybird on a leaf.

python examples/homework/draw_animals.py
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 240, 160
"""Wider than high, as photos are: the network takes squares, so they have to be cropped."""

SCALE = 4
"""Drawn so many times larger and then reduced, for smooth edges."""


def ground(colour: tuple[int, int, int], seed: int) -> Image.Image:
    """A ground of one colour with soft spots."""
    random = np.random.default_rng(seed)
    spots = random.normal(0, 60, (HEIGHT // 4, WIDTH // 4))
    picture = Image.fromarray(np.uint8(np.clip(spots + 128, 0, 255)))
    soft = picture.filter(ImageFilter.GaussianBlur(1.5)).resize((WIDTH * SCALE, HEIGHT * SCALE))
    levels = (np.asarray(soft, np.float32)[..., None] - 128) * 0.5 + np.array(colour)
    return Image.fromarray(np.uint8(np.clip(levels, 0, 255)))


def starfish() -> Image.Image:
    """Five arms, a little turned."""
    picture = ground((222, 196, 150), 1)
    draw = ImageDraw.Draw(picture)
    x, y, radius = 118 * SCALE, 84 * SCALE, 52 * SCALE
    points = []
    for corner in range(10):
        angle = corner * math.pi / 5 + 0.25
        reach = radius * (1.0 if corner % 2 == 0 else 0.46)
        points.append((x + reach * math.sin(angle), y - reach * math.cos(angle)))
    draw.polygon(points, fill=(214, 84, 52))
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def ladybird() -> Image.Image:
    """A red disc with spots, and a head that looks out from under it."""
    picture = ground((86, 140, 60), 2)
    draw = ImageDraw.Draw(picture)

    def disc(x: float, y: float, radius: float, fill: tuple[int, int, int]) -> None:
        corners = (x - radius, y - radius, x + radius, y + radius)
        box = tuple(SCALE * value for value in corners)
        draw.ellipse(box, fill=fill)

    disc(122, 42, 15, (30, 30, 34))
    disc(122, 84, 42, (205, 40, 38))
    for x, y in ((104, 70), (140, 70), (106, 98), (138, 98)):
        disc(x, y, 6, (30, 30, 34))
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def main() -> None:
    """Write both pictures beside this file."""
    folder = Path(__file__).resolve().parent / "photos"
    folder.mkdir(exist_ok=True)
    for draw in (starfish, ladybird):
        draw().save(folder / f"{draw.__name__}.png", optimize=True)


if __name__ == "__main__":
    main()
