"""A grid drawn again: smaller tiles are means of squares, what is left out is empty."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reportgen.pictures.colormaps import BACKGROUND, INACTIVE
from reportgen.pictures.regrid import regrid, tiles_of
from reportgen.pictures.tiles import GridLayout, block_size, grid
from tests.support.tiles import SIZES, cut


@given(**SIZES, seed=st.integers(0, 99))
def test_the_tiles_of_a_grid_are_those_it_was_made_of(
    channels, height, width, columns, margin, seed
):
    levels = np.random.default_rng(seed).integers(0, 254, (height, width, channels), np.uint8)
    layout = GridLayout.fit(channels, height, width, columns, margin)
    picture = grid(levels, np.zeros(channels, bool), columns, margin)
    assert np.array_equal(tiles_of(picture, layout), levels)
    assert np.array_equal(regrid(picture, layout, None), picture)


@given(**SIZES, longest=st.integers(2, 14), seed=st.integers(0, 99))
def test_smaller_tiles_are_means_of_squares(
    channels, height, width, columns, margin, longest, seed
):
    random = np.random.default_rng(seed)
    levels = random.integers(0, 254, (height, width, channels), np.uint8)
    inactive = random.random(channels) < 0.2
    layout = GridLayout.fit(channels, height, width, columns, margin)
    picture = grid(levels, inactive, columns, margin)
    drawn = regrid(picture, layout, longest, np.flatnonzero(inactive).tolist())
    block = block_size(height, width, longest)
    rows, across = -(-height // block), -(-width // block)
    assert max(rows, across) <= longest
    new = GridLayout.fit(channels, rows, across, columns, margin)
    assert drawn.shape == (new.height, new.width)
    for channel in range(channels):
        tile = cut(drawn, new, channel)
        if inactive[channel]:
            assert set(np.unique(tile)) == {INACTIVE}
            continue
        for row, column in np.ndindex(rows, across):
            square = levels[row * block :, column * block :][:block, :block, channel]
            assert abs(tile[row, column] - square.mean()) <= 0.51


def test_what_is_left_out_keeps_its_place_and_is_empty():
    levels = np.full((4, 4, 5), 7, np.uint8)
    layout = GridLayout.fit(5, 4, 4, 3, 1)
    drawn = regrid(grid(levels, np.zeros(5, bool), 3, 1), layout, None, (), (1, 4))
    assert [int(cut(drawn, layout, at).max()) for at in range(5)] == [
        *(7, BACKGROUND, 7, 7, BACKGROUND)
    ]
