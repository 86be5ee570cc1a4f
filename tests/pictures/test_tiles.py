"""Where every pixel of a grid comes from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.pictures.colormaps import BACKGROUND, INACTIVE, INACTIVE_COLOUR
from reportgen.pictures.tiles import GridLayout, gallery, grid, squares
from tests.support.tiles import SIZES, cut


@given(**SIZES, seed=st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_every_tile_is_its_channel_and_the_rest_is_background(
    channels, height, width, columns, margin, seed
):
    random = np.random.default_rng(seed)
    levels = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
    inactive = random.random(channels) < 0.3
    picture = grid(levels, inactive, columns, margin)
    layout = GridLayout.fit(channels, height, width, columns, margin)
    assert picture.shape == (layout.height, layout.width)
    seen = np.zeros(picture.shape, bool)
    for channel in range(channels):
        tile = cut(picture, layout, channel)
        assert not cut(seen, layout, channel).any()
        cut(seen, layout, channel)[:] = True
        if inactive[channel]:
            assert (tile == INACTIVE).all()
        else:
            assert np.array_equal(tile, np.minimum(levels[..., channel], 253))
    assert (picture[~seen] == BACKGROUND).all()


@pytest.mark.parametrize("channels", [1, 10, 16, 17, 24, 1000])
def test_a_grid_is_as_wide_as_its_tiles_and_no_wider(channels):
    layout = GridLayout.fit(channels, 3, 5)
    assert layout.columns == min(16, channels)
    assert layout.rows == -(-channels // 16)
    assert layout.width == layout.columns * 6 - 1
    assert layout.height == layout.rows * 4 - 1
    assert layout.box(channels - 1)[3] == layout.height


def test_boxes_run_row_by_row():
    layout = GridLayout.fit(5, tile_height=2, tile_width=3, columns=4, margin=1)
    assert [layout.box(at) for at in (0, 1, 4)] == [(0, 0, 3, 2), (4, 0, 7, 2), (0, 3, 3, 5)]
    for outside in (-1, 5):
        with pytest.raises(IndexError, match="grid of 5"):
            layout.box(outside)


@pytest.mark.parametrize(
    "numbers", [(0, 1, 1, 1, 1), (1, 0, 1, 1, 1), (1, 1, 1, 0, 1), (1, 1, 1, 1, -1)]
)
def test_an_impossible_grid_is_refused(numbers):
    with pytest.raises(ValueError, match="no grid of"):
        GridLayout.fit(*numbers)


def test_an_inactive_tile_is_flat():
    assert (grid(np.zeros((9, 20, 1), np.uint8), np.array([True])) == INACTIVE).all()


@given(**SIZES, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_gallery_shows_each_pattern_and_a_flat_tile_of_the_silent(
    channels, height, width, columns, margin, seed
):
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 256, (channels, height, width, 3), dtype=np.uint8)
    present = random.random(channels) < 0.7
    picture = gallery(patterns, columns, margin, present)
    layout = GridLayout.fit(channels, height, width, columns, margin)
    outside = np.ones(picture.shape[:2], bool)
    for at in range(channels):
        tile = cut(picture, layout, at)
        cut(outside, layout, at)[:] = False
        if present[at]:
            assert np.array_equal(tile[..., :3], patterns[at])
            assert (tile[..., 3] == 255).all()
        else:
            assert (tile == (*INACTIVE_COLOUR, 255)).all()
    assert (picture[outside] == 0).all()


def test_all_patterns_are_present_unless_said_otherwise():
    patterns = np.full((3, 9, 9, 3), 7, np.uint8)
    assert np.array_equal(gallery(patterns), gallery(patterns, present=np.ones(3, bool)))


def test_patterns_that_are_no_squares_lie_in_the_middle_of_some():
    patterns = np.random.default_rng(0).integers(0, 256, (3, 18, 10, 3), dtype=np.uint8)
    drawn = squares(patterns)
    assert drawn.shape == (3, 18, 18, 3)
    assert np.array_equal(drawn[:, :, 4:14], patterns)
    assert (drawn[:, :, :4] == INACTIVE_COLOUR).all()
    assert (drawn[:, :, 14:] == INACTIVE_COLOUR).all()
    assert squares(drawn) is drawn
