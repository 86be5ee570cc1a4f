"""Encoded pictures, read back by Pillow."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import ReportgenError
from reportgen.pictures import encode
from reportgen.pictures.colormaps import palette

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (30, 40, 3), dtype=np.uint8)


def opened(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("used", [256, 10, 1])
def test_a_palette_png_holds_the_indices_themselves(used):
    indices = RANDOM.integers(0, used, (37, 53), dtype=np.uint8)
    image = opened(encode.palette_png(indices, "magma"))
    assert image.mode == "P"
    assert np.array_equal(np.asarray(image), indices)
    assert np.array_equal(np.asarray(image.convert("RGB")), palette("magma")[indices])


def test_only_the_background_is_transparent():
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    alpha = np.asarray(opened(encode.palette_png(indices)).convert("RGBA"))[..., 3].ravel()
    assert alpha.tolist() == [255] * 254 + [0, 255]


@pytest.mark.parametrize(
    ("write", "picture"),
    [
        (encode.gray_png, RGB[..., 0]),
        (encode.rgb_png, RGB),
        (encode.rgb_png, RGB[::-1, ::2]),
        (encode.rgba_png, np.concatenate([RGB, RGB[..., :1]], axis=2)),
    ],
)
def test_pngs_decode_to_the_same_array(write, picture):
    assert np.array_equal(np.asarray(opened(write(picture))), picture)


def test_a_jpeg_is_progressive_and_close_to_the_photo():
    slope = np.linspace(0, 255, 200).astype(np.uint8)
    photo = np.stack([np.tile(slope, (100, 1))] * 3, axis=2)
    image = opened(encode.jpeg(photo))
    assert image.info["progressive"]
    assert np.abs(np.asarray(image).astype(int) - photo).max() <= 6
    assert len(encode.jpeg(RGB, quality=40)) < len(encode.jpeg(RGB, quality=95))


def test_a_large_picture_of_noise_is_written_too():
    noise = RANDOM.integers(0, 256, (700, 900, 3), dtype=np.uint8)
    assert opened(encode.jpeg(noise, quality=95)).size == (900, 700)


def test_nothing_but_the_picture_is_in_the_file():
    for data in (encode.rgb_png(RGB), encode.palette_png(RGB[..., 0])):
        chunks = set()
        at = 8
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            chunks.add(data[at + 4 : at + 8])
            at += 12 + length
        assert chunks <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
    assert not opened(encode.jpeg(RGB)).getexif()


def test_the_same_array_gives_the_same_bytes():
    for write in (encode.rgb_png, encode.jpeg):
        assert write(RGB) == write(RGB.copy())


@pytest.mark.parametrize(
    "picture",
    [RGB.astype(np.float32), RGB[..., 0], RGB[..., :2], RGB[:0], RGB[0, 0], RGB[None]],
)
def test_what_is_not_a_picture_is_refused(picture):
    with pytest.raises(ValueError, match="expected uint8"):
        encode.rgb_png(picture)


def test_an_unknown_colour_map_is_an_error_for_the_user():
    with pytest.raises(ReportgenError, match="virids"):
        encode.palette_png(RGB[..., 0], "virids")
