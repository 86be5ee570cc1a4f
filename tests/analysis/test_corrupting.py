"""Corruptions are what their definitions say, by SciPy, Matplotlib and Pillow."""

import io
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv
from PIL import Image
from scipy import ndimage

from reportgen.analysis.robustness.corrupting import corrupted
from reportgen.analysis.robustness.robustness import drift, variants
from reportgen.corruptions import CORRUPTIONS, STRENGTHS


def photo(channels: int = 3, height: int = 60, width: int = 85) -> Any:
    """A smooth picture with some noise, and black and white places."""
    random = np.random.default_rng(channels)
    found = random.uniform(0, 255, (height, width, channels))
    found = ndimage.gaussian_filter(found, (4, 4, 0)) * 4 - 400 + random.normal(0, 9, found.shape)
    found = np.clip(found, 0, 255)
    found[:5, :5] = 0
    return found.astype(np.float32)


def made(pixels: Any, name: str, strength: int, seed: int = 0) -> Any:
    return corrupted(pixels, name, strength, np.random.default_rng(seed))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_blur_is_scipys(strength: int, channels: int) -> None:
    pixels = photo(channels)
    deviation = (1, 3, 6)[strength - 1] * 60 / 224
    wanted = ndimage.gaussian_filter(
        pixels.astype(float), (deviation, deviation, 0), mode="nearest"
    )
    assert made(pixels, "blur", strength) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_rotation_is_scipys(strength: int, channels: int) -> None:
    pixels = photo(channels)
    wanted = ndimage.rotate(
        pixels.astype(float), (5, 15, 30)[strength - 1], reshape=False, order=1, mode="nearest"
    )
    assert made(pixels, "rotation", strength) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_brightness_is_added_to_the_value_of_hsv(strength: int) -> None:
    pixels = photo()
    hsv = rgb_to_hsv(pixels.astype(float) / 255)
    hsv[..., 2] = np.clip(hsv[..., 2] + (0.1, 0.3, 0.5)[strength - 1], 0, 1)
    assert made(pixels, "brightness", strength) == pytest.approx(hsv_to_rgb(hsv) * 255, abs=1e-2)
    gray = photo(1)
    wanted = np.clip(gray + 255 * (0.1, 0.3, 0.5)[strength - 1], 0, 255)
    assert made(gray, "brightness", strength) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_contrast_shrinks_the_distance_from_the_mean(strength: int) -> None:
    pixels = photo()
    share = (0.4, 0.2, 0.05)[strength - 1]
    mean = pixels.astype(float).reshape(-1, 3).mean(0)
    wanted = share * pixels + (1 - share) * mean
    assert made(pixels, "contrast", strength) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_jpeg_is_pillows(strength: int, channels: int) -> None:
    pixels = photo(channels)
    picture = Image.fromarray(np.rint(pixels).astype(np.uint8).squeeze())
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=(25, 15, 7)[strength - 1], subsampling="4:2:0")
    wanted = np.asarray(Image.open(file), float).reshape(pixels.shape)
    assert np.array_equal(made(pixels, "jpeg", strength), wanted)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_noise_is_gaussian_and_the_seeds_own(strength: int) -> None:
    pixels = np.full((120, 130, 3), 127.5, np.float32)
    found = made(pixels, "noise", strength, seed=4)
    drawn = np.random.default_rng(4).normal(0, 1, pixels.shape)
    wanted = np.clip(127.5 + 255 * (0.08, 0.18, 0.38)[strength - 1] * drawn, 0, 255)
    assert found == pytest.approx(wanted, abs=1e-3)
    assert not np.array_equal(found, made(pixels, "noise", strength, seed=5))


@pytest.mark.parametrize("strength", STRENGTHS)
def test_an_occlusion_covers_its_share_with_the_mean_colour(strength: int) -> None:
    pixels = photo()
    found = made(pixels, "occlusion", strength)
    changed = (found != pixels).any(2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    area = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    assert area / changed.size == pytest.approx((0.05, 0.15, 0.3)[strength - 1], rel=0.05)
    assert changed.sum() == pytest.approx(area, rel=0.01)
    inside = found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mean = pixels.reshape(-1, 3).mean(0, dtype=float)
    assert inside.reshape(-1, 3) == pytest.approx(np.tile(mean, (area, 1)), abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1, 3), (2, 7, 1), (28, 28, 1)])
def test_small_images_are_corrupted_too(size: tuple[int, ...]) -> None:
    pixels = np.full(size, 100, np.float32)
    for name in CORRUPTIONS:
        for strength in STRENGTHS:
            found = made(pixels, name, strength)
            assert found.shape == size
            assert found.dtype == np.float32
            assert np.isfinite(found).all()
            assert found.min() >= 0
            assert found.max() <= 255


def test_the_same_seed_gives_the_same_images() -> None:
    pixels, digest = photo(), "0123456789abcdef"
    first, again = variants(pixels, digest, 0), variants(pixels, digest, 0)
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert len(first) == 1 + len(CORRUPTIONS) * len(STRENGTHS)
    other = variants(pixels, digest, 1)
    noise = 1 + 3 * list(CORRUPTIONS).index("noise")
    assert not np.array_equal(first[noise], other[noise])
    assert not np.array_equal(first[noise], variants(pixels, "1" * 16, 0)[noise])


def test_drift_is_one_less_the_cosine() -> None:
    one = np.array([[1.0, 0], [0, 0]])
    assert drift(one, 3 * one) == pytest.approx(0)
    assert drift(one, one[::-1]) == pytest.approx(1)
    assert drift(one, np.ones((2, 2))) == pytest.approx(0.5)
    assert drift(one, np.zeros((2, 2))) is None
