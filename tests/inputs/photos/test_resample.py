"""Photos are resized as TensorFlow and Keras resize them."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from reportgen.inputs.photos.fit import fit
from reportgen.inputs.photos.resample import resample

SIZES = [((37, 53), (16, 24)), ((16, 24), (37, 53)), ((224, 224), (224, 224)), ((5, 300), (64, 9)),
         ((1, 1), (8, 8)), ((640, 480), (32, 32)), ((100, 101), (99, 100))]  # fmt: skip


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "area"])
@pytest.mark.parametrize(("source", "target"), SIZES)
def test_every_interpolation_is_tensorflows(source, target, interpolation) -> None:
    photo = np.random.default_rng(3).integers(0, 256, (*source, 3)).astype(np.uint8)
    wanted = tf.image.resize(photo.astype(np.float32), target, interpolation).numpy()
    np.testing.assert_allclose(resample(photo, *target, interpolation), wanted, atol=0.01)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "area"])
def test_a_folder_read_by_keras_gives_the_same_pixels(tmp_path: Path, interpolation) -> None:
    photo = np.random.default_rng(5).integers(0, 256, (45, 61, 3)).astype(np.uint8)
    (tmp_path / "photos").mkdir()
    Image.fromarray(photo).save(tmp_path / "photos" / "a.png")
    (wanted,) = keras.utils.image_dataset_from_directory(
        tmp_path / "photos", labels=None, image_size=(20, 30), interpolation=interpolation,
        shuffle=False, verbose=False,
    )  # fmt: skip
    found = fit(photo, 20, 30, 3, "stretch", interpolation)
    np.testing.assert_allclose(found, wanted.numpy()[0], atol=0.01)


def test_load_img_takes_the_nearest_pixel(tmp_path: Path) -> None:
    photo = np.random.default_rng(7).integers(0, 256, (45, 61, 3)).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "a.png")
    wanted = np.asarray(keras.utils.load_img(tmp_path / "a.png", target_size=(20, 30)))
    np.testing.assert_array_equal(fit(photo, 20, 30, 3, "stretch", "nearest"), wanted)


@pytest.mark.parametrize("source", [2, 45, 150, 199, 200, 640])
@pytest.mark.parametrize("target", [1, 23, 64, 150, 224, 299])
def test_the_nearest_pixel_is_pillows_where_two_are_equally_near(source: int, target: int) -> None:
    row = np.arange(source * 3).reshape(1, source, 3).astype(np.uint8)
    wanted = np.asarray(Image.fromarray(row).resize((target, 1), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(resample(row, 1, target, "nearest"), wanted)
