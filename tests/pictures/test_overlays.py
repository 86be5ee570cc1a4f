"""A map over a photo: where it lies, what colour it has, how much of it there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.pictures.colormaps import table
from reportgen.pictures.overlays import enlarge, heatmap, overlay


def bilinear(values, height, width):
    """Half-pixel-centre bilinear interpolation, written out."""

    def weights(size, cells):
        centres = (np.arange(size) + 0.5) * cells / size - 0.5
        centres = np.clip(centres, 0, cells - 1)
        return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(cells)))

    rows, columns = weights(height, values.shape[0]), weights(width, values.shape[1])
    return rows @ values.astype(np.float64) @ columns.T


@given(
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_enlarging_is_half_pixel_bilinear(height, width, more_rows, more_columns, seed):
    values = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    large = enlarge(values, height * more_rows, width + more_columns)
    assert large.dtype == np.float32
    expected = bilinear(values, height * more_rows, width + more_columns)
    np.testing.assert_allclose(large, expected, atol=1e-5)


def test_a_cell_stays_where_it_was():
    values = np.zeros((7, 7), np.float32)
    values[1, 5] = 1
    large = enlarge(values, 224, 224)
    rows, columns = np.indices(large.shape)
    assert (rows * large).sum() / large.sum() == pytest.approx(1.5 * 32 - 0.5, abs=0.01)
    assert (columns * large).sum() / large.sum() == pytest.approx(5.5 * 32 - 0.5, abs=0.01)


def test_colours_are_the_maps_and_the_ends_hold():
    values = np.array([[-1.0, 0.0, 0.5, 1.0, 7.0]])
    assert np.array_equal(heatmap(values)[0], table("jet")[[0, 0, 128, 255, 255]])
    assert np.array_equal(heatmap(values, "viridis")[0], table("viridis")[[0, 0, 128, 255, 255]])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_map_without_a_colour_is_refused(bad):
    with pytest.raises(ValueError, match="NaN or infinity"):
        overlay(np.zeros((4, 4, 3), np.uint8), np.array([[bad, 1.0]]))


@pytest.mark.parametrize("intensity", [0.0, 0.4, 1.0])
def test_an_overlay_is_a_blend(intensity):
    photo = np.random.default_rng(0).integers(0, 256, (45, 60, 3), dtype=np.uint8)
    values = np.random.default_rng(1).random((5, 6))
    kept = photo.copy()
    result = overlay(photo, values, intensity)
    colours = heatmap(enlarge(values, 45, 60)).astype(float)
    expected = photo * (1 - intensity) + colours * intensity
    assert result.dtype == np.uint8
    assert np.abs(result - expected).max() <= 0.5001
    assert np.array_equal(photo, kept)


def test_heat_shows_on_white_and_on_black():
    values = np.array([[0.0, 1.0]])
    for ground in (0, 255):
        result = overlay(np.full((10, 20, 3), ground, np.uint8), values).astype(int)
        assert np.abs(result[5, 0] - result[5, -1]).max() >= 0.4 * 127


def test_a_gray_photo_without_its_channels_is_refused():
    with pytest.raises(ValueError, match="photo"):
        overlay(np.zeros((4, 4), np.uint8), np.ones((2, 2)))
    with pytest.raises(ValueError, match="map"):
        enlarge(np.ones((2, 2, 1)), 4, 4)


@pytest.mark.corpus
def test_a_real_photo_stays_recognisable(corpus):
    from PIL import Image

    with Image.open(corpus / "images" / "photos" / "lucid_dog_cat.jpg") as image:
        photo = np.asarray(image.convert("RGB"))
    result = overlay(photo, np.eye(7))
    assert result.shape == photo.shape
    brightness = np.corrcoef(photo.mean(axis=2).ravel(), result.mean(axis=2).ravel())[0, 1]
    assert brightness > 0.9
