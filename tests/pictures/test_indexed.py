"""A picture with a palette is a PNG that others read, and smaller than what Pillow writes."""

from io import BytesIO

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from reportgen.pictures.colormaps import table
from reportgen.pictures.indexed import filtered, indexed_png

COLOURS = table("viridis")


def smooth(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Hills of indices."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (max(1, height // 8), max(1, width // 8)), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99), st.booleans())
def test_pillow_reads_the_same_indices_and_colours(
    height: int, width: int, seed: int, noise: bool
) -> None:
    random = np.random.default_rng(seed)
    indices = random.integers(0, 256, (height, width), np.uint8) if noise else smooth(height, width)
    made = indexed_png(indices, COLOURS, transparent=254)
    with Image.open(BytesIO(made)) as image:
        image.load()
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), indices)
        seen = np.asarray(image.convert("RGBA"))
    np.testing.assert_array_equal(seen[..., :3], COLOURS[indices])
    np.testing.assert_array_equal(seen[..., 3] == 0, indices == 254)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_each_row_has_the_filter_of_less_difference(height: int, width: int, seed: int) -> None:
    indices = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    padded = np.pad(indices.astype(int), ((1, 0), (1, 0)))
    left, above = padded[1:, 1:] - padded[1:, :-1], padded[1:, 1:] - padded[:-1, 1:]
    for row, found in enumerate(filtered(indices)):
        # As PNG counts: a byte's distance from zero, either way round.
        sums = [np.minimum(one % 256, -one % 256).sum() for one in (left[row], above[row])]
        wanted = (left, above)[found[0] - 1][row] % 256
        np.testing.assert_array_equal(found[1:], wanted)
        assert sums[found[0] - 1] == min(sums)


def test_hills_take_less_than_pillow_needs() -> None:
    indices = smooth(300, 400)
    image, usual = Image.fromarray(indices), BytesIO()
    image.putpalette(COLOURS.tobytes())
    image.save(usual, "PNG", compress_level=9)
    assert len(indexed_png(indices, COLOURS, transparent=254)) < 0.8 * len(usual.getvalue())
