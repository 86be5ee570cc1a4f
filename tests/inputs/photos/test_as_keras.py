"""The network is fed the pixels that Keras's own loaders read from the same file."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.feeding import Feeding
from reportgen.inputs.photos.decode import decode
from reportgen.inputs.photos.fit import fit
from tests.inputs.photos.drawn import colours

HEIGHT, WIDTH = 24, 36
RGB = colours(6, 9).repeat(4, axis=0).repeat(4, axis=1)
GRAY = np.asarray(Image.fromarray(RGB).convert("L"))
ALPHA = np.linspace(0, 255, RGB[:, :, 0].size).reshape(HEIGHT, WIDTH).astype(np.uint8)
DEEP = (np.arange(HEIGHT * WIDTH) * 75).reshape(HEIGHT, WIDTH).astype(np.uint16)


def palette(transparency: int | bytes | None) -> tuple[Image.Image, dict]:
    image = Image.fromarray(RGB).quantize(16)
    return image, {} if transparency is None else {"transparency": transparency}


PICTURES = {
    "rgb.png": (Image.fromarray(RGB), {}),
    "rgba.png": (Image.fromarray(np.dstack([RGB, ALPHA])), {}),
    "la.png": (Image.merge("LA", (Image.fromarray(GRAY), Image.fromarray(ALPHA))), {}),
    "palette.png": palette(None),
    "palette_key.png": palette(3),
    "palette_alpha.png": palette(bytes([0, 128, 255, 0] * 4)),
    "rgb_key.png": (Image.fromarray(RGB), {"transparency": tuple(RGB[0, 0].tolist())}),
    "gray.png": (Image.fromarray(GRAY), {}),
    "gray_key.png": (Image.fromarray(GRAY), {"transparency": int(GRAY[0, 0])}),
    "one_bit.png": (Image.fromarray(GRAY > 100), {}),
    "rgb.bmp": (Image.fromarray(RGB), {}),
    "palette.gif": palette(None),
    "key.gif": palette(3),
    "gray16.png": (Image.fromarray(DEEP), {}),
    "gray12.png": (Image.fromarray(DEEP // 16), {}),
    "rgba.webp": (Image.fromarray(np.dstack([RGB, ALPHA])), {"lossless": True, "exact": True}),
    "gray.jpg": (Image.fromarray(GRAY), {}),
    "rgb.jpg": (Image.fromarray(RGB), {}),
    "cmyk.jpg": (Image.fromarray(RGB).convert("CMYK"), {}),
    "rgba.tif": (Image.fromarray(np.dstack([RGB, ALPHA])), {}),
    "gray16.tif": (Image.fromarray(DEEP), {}),
    "cmyk.tif": (Image.fromarray(RGB).convert("CMYK"), {}),
}


def saved(folder: Path, name: str) -> Path:
    image, options = PICTURES[name]
    path = folder / "photos" / name
    path.parent.mkdir()
    image.save(path, **options)
    return path


def fed(path: Path, channels: int, **choices: str) -> np.ndarray:
    feeding = Feeding(**choices)
    return fit(decode(path, feeding).fed, HEIGHT, WIDTH, channels, "stretch")


def loaded(path: Path, mode: str) -> np.ndarray:
    return keras.utils.img_to_array(keras.utils.load_img(path, color_mode=mode))


def in_dataset(path: Path, mode: str) -> np.ndarray:
    (batch,) = keras.utils.image_dataset_from_directory(
        path.parent, labels=None, color_mode=mode, image_size=(HEIGHT, WIDTH), shuffle=False,
        verbose=False,
    )  # fmt: skip
    return batch.numpy()[0]


MODES = {3: "rgb", 1: "grayscale"}
EIGHT_BIT = [name for name in PICTURES if not name.startswith(("gray16", "gray12"))]


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("name", EIGHT_BIT)
def test_load_img(tmp_path: Path, name: str, channels: int) -> None:
    path = saved(tmp_path, name)
    np.testing.assert_array_equal(fed(path, channels), loaded(path, MODES[channels]))


# TensorFlow reads neither TIFF nor WebP here, no gray from BMP, GIF and CMYK, and draws the
# transparent colour of a GIF black, where load_img keeps the colour, as it does in PNG.
NOT_READ = {"key.gif", "rgba.webp", "rgba.tif", "gray16.tif", "cmyk.tif"}
NOT_READ_AS_GRAY = {"rgb.bmp", "palette.gif", "cmyk.jpg"}


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("name", [name for name in PICTURES if name not in NOT_READ])
def test_image_dataset_from_directory(tmp_path: Path, name: str, channels: int) -> None:
    if channels == 1 and name in NOT_READ_AS_GRAY:
        pytest.skip("TensorFlow does not read it as gray")
    path = saved(tmp_path, name)
    difference = np.abs(fed(path, channels) - in_dataset(path, MODES[channels]))
    lossless = 0 if channels == 3 or "gray" in name else 1
    assert difference.mean() <= (1.5 if name.endswith(".jpg") else lossless)
    assert difference.max() <= (12 if name.endswith(".jpg") else 2 * lossless)


@pytest.mark.parametrize("name", ["gray16.png", "gray12.png", "gray16.tif"])
def test_raw_values_are_those_of_load_img(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, name)
    np.testing.assert_array_equal(fed(path, 1, depth="raw"), loaded(path, "grayscale"))


def test_keras_turns_no_photo_and_neither_do_we_when_asked(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    Image.fromarray(RGB).save(path, exif=exif)
    np.testing.assert_array_equal(fed(path, 3, exif="ignore"), loaded(path, "rgb"))
    assert decode(path).rgb.shape == (WIDTH, HEIGHT, 3)
    assert "Keras's loaders ignore" in (decode(path).note or "")
