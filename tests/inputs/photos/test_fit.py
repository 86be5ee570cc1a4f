"""The network's input is what Keras would make of the photo, and maps come back to their place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reportgen.inputs.photos.fit import Placement, ResizeMode, fit, placement, project
from reportgen.pictures.box import Box
from reportgen.pictures.display import display

MODES: tuple[ResizeMode, ...] = ("stretch", "crop", "pad")
# photo height, photo width, input height, input width
SIZES = [(30, 40, 16, 16), (41, 23, 20, 28), (9, 7, 24, 24), (24, 400, 32, 32), (1, 1, 8, 6)]


def _noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("mode", MODES)
def test_the_input_is_the_one_that_keras_would_make(mode: ResizeMode) -> None:
    import keras
    import tensorflow as tf

    for height, width, input_height, input_width in SIZES:
        photo, size = _noise(height, width), (input_height, input_width)
        # the three calls of keras.utils.image_dataset_from_directory
        if mode == "stretch":
            expected = tf.image.resize(photo, size, method="bilinear").numpy()
        elif mode == "crop":
            resized = keras.preprocessing.image.smart_resize(photo.astype(np.float32), size)
            expected = np.asarray(resized)
        else:
            expected = tf.image.resize_with_pad(photo, *size, method="bilinear").numpy()
        result = fit(photo, input_height, input_width, 3, mode)
        np.testing.assert_allclose(result, expected, atol=0.02, err_msg=f"{height}×{width}")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (24, 4000), (4000, 3), (1200, 1800)])
def test_any_photo_gives_the_input_size(
    mode: ResizeMode, channels: int, size: tuple[int, int]
) -> None:
    photo = np.full((*size, 3), 200, np.uint8)
    result = fit(photo, 28, 32, channels, mode)  # type: ignore[arg-type]
    assert result.shape == (28, 32, channels)
    assert result.dtype == np.float32
    assert set(np.unique(result)) <= ({0.0, 200.0} if mode == "pad" else {200.0})


def test_the_same_size_is_the_same_pixels() -> None:
    photo = _noise(12, 17)
    for mode in MODES:
        np.testing.assert_array_equal(fit(photo, 12, 17, 3, mode), photo)


def test_gray_is_pillows_luma() -> None:
    photo = _noise(12, 17)
    expected = np.asarray(Image.fromarray(photo).convert("L"), np.float32)
    np.testing.assert_array_equal(fit(photo, 12, 17, 1, "stretch")[:, :, 0], expected)
    pure = np.eye(3, dtype=np.uint8)[np.newaxis] * np.uint8(255)
    assert fit(pure, 1, 3, 1, "stretch").ravel().tolist() == [76, 150, 29]  # BT.601


def test_crop_takes_the_middle_and_pad_keeps_everything() -> None:
    assert placement(300, 100, 50, 50, "crop") == Placement(
        Box(0, 100, 100, 100), Box(0, 0, 50, 50)
    )
    assert placement(100, 300, 50, 50, "crop") == Placement(
        Box(100, 0, 100, 100), Box(0, 0, 50, 50)
    )
    assert placement(300, 100, 60, 60, "pad") == Placement(Box(0, 0, 100, 300), Box(20, 0, 20, 60))
    assert placement(100, 300, 60, 60, "pad") == Placement(Box(0, 0, 300, 100), Box(0, 20, 60, 20))


lengths = st.integers(1, 6000)


@settings(deadline=None)
@given(lengths, lengths, st.integers(1, 600), st.integers(1, 600), st.sampled_from(MODES))
def test_boxes_lie_inside_and_keep_the_aspect(
    width: int, height: int, target_width: int, target_height: int, mode: ResizeMode
) -> None:
    place = placement(width, height, target_width, target_height, mode)
    for box, (rows, columns) in (
        (place.source, (height, width)),
        (place.target, (target_height, target_width)),
    ):
        assert box.height >= 1
        assert box.width >= 1
        assert 0 <= box.top <= box.top + box.height <= rows
        assert 0 <= box.left <= box.left + box.width <= columns
        # centred, within the pixel that rounding may take
        assert abs(2 * box.top + box.height - rows) <= 2
        assert abs(2 * box.left + box.width - columns) <= 2
    source, target = place.source, place.target
    if mode == "crop":  # the crop has the target's aspect, to the pixel
        difference = abs(source.height * target_width - source.width * target_height)
        assert difference <= max(target_width, target_height)
    elif mode == "pad":  # and what is not padding the photo's
        assert abs(target.height * width - target.width * height) <= max(width, height)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(120, 200), (200, 120), (96, 96), (60, 44)])
@pytest.mark.parametrize("spot", [(0.5, 0.5), (0.4, 0.6), (0.6, 0.36)])
def test_a_hot_cell_comes_back_to_where_the_network_saw_it(
    mode: ResizeMode, size: tuple[int, int], spot: tuple[float, float]
) -> None:
    height, width = size
    row, column = int(height * spot[0]), int(width * spot[1])
    photo = np.zeros((height, width, 3), np.uint8)
    photo[row - 4 : row + 5, column - 4 : column + 5] = 255
    seen = fit(photo, 96, 96, 3, mode)[:, :, 0]
    # a network of stride 8: each cell is the mean of its patch
    cells = seen.reshape(12, 8, 12, 8).mean(axis=(1, 3))
    back = project(cells, height, width, mode, 96, 96)
    assert back.shape == (height, width)
    assert back.dtype == np.float32
    rows, columns = np.mgrid[0:height, 0:width]
    centre = (rows * back).sum() / back.sum(), (columns * back).sum() / back.sum()
    place = placement(width, height, 96, 96, mode)
    half_cell = (
        4 * place.source.height / place.target.height,
        4 * place.source.width / place.target.width,
    )
    assert abs(centre[0] - row) <= half_cell[0] + 0.5
    assert abs(centre[1] - column) <= half_cell[1] + 0.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(120, 200), (200, 120), (96, 96), (60, 44)])
def test_each_cell_is_found_again_by_the_network(mode: ResizeMode, size: tuple[int, int]) -> None:
    for cell in ((4, 4), (5, 7), (6, 3), (7, 6)):
        heatmap = np.zeros((12, 12), np.float32)
        heatmap[cell] = 1
        back = project(heatmap, *size, mode, 96, 96)
        photo = np.repeat(np.rint(back * 255).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
        cells = fit(photo, 96, 96, 1, mode).reshape(12, 8, 12, 8).mean(axis=(1, 3))
        assert np.unravel_index(cells.argmax(), cells.shape) == cell
        # as much before it as after it: nothing has moved
        assert abs(cells[cell[0] - 1, cell[1]] - cells[cell[0] + 1, cell[1]]) < 4
        assert abs(cells[cell[0], cell[1] - 1] - cells[cell[0], cell[1] + 1]) < 4


@pytest.mark.parametrize("mode", MODES)
def test_projecting_the_input_itself_gives_the_photo(mode: ResizeMode) -> None:
    rows, columns = np.mgrid[0:80, 0:100].astype(np.float32)
    ramp = (rows + columns).astype(np.uint8)
    photo = np.repeat(ramp[:, :, np.newaxis], 3, axis=2)
    seen = fit(photo, 64, 64, 1, mode)[:, :, 0]
    back = project(seen, 80, 100, mode, 64, 64)
    # the inner part: at edges, half a pixel is held
    np.testing.assert_allclose(back[15:65, 15:85], ramp[15:65, 15:85], atol=1.0)


def test_a_map_is_zero_where_a_crop_left_the_photo_unseen() -> None:
    back = project(np.ones((7, 7), np.float32), 100, 300, "crop", 224, 224)
    assert back[:, 100:200].min() == 1
    assert back[:, :100].max() == 0
    assert back[:, 200:].max() == 0


def test_what_lies_over_padding_is_gone() -> None:
    bars = np.zeros((9, 9), np.float32)
    bars[:2], bars[-2:] = 1, 1
    assert project(bars, 100, 300, "pad", 90, 90).max() == 0


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(MODES), st.integers(1, 9))
def test_a_projected_map_stays_in_its_range(
    height: int, width: int, mode: ResizeMode, cells: int
) -> None:
    values = np.random.default_rng(cells).normal(size=(cells, cells + 1)).astype(np.float32)
    back = project(values, height, width, mode, 32, 48)
    assert back.min() >= min(values.min(), 0) - 1e-5
    assert back.max() <= max(values.max(), 0) + 1e-5


def test_display_is_the_mean_of_the_area_and_never_enlarges() -> None:
    photo = np.zeros((40, 80, 3), np.uint8)
    photo[::2] = 200
    small = display(photo, 20)
    assert small.shape == (10, 20, 3)
    assert set(np.unique(small)) == {100}
    same = display(photo, 500)
    np.testing.assert_array_equal(same, photo)
    assert not np.shares_memory(same, photo)
    assert display(np.zeros((24, 4000, 3), np.uint8), 64).shape == (1, 64, 3)
    assert display(np.zeros((1, 1, 3), np.uint8), 1).shape == (1, 1, 3)
