"""Copies of photos: the same pixels, and nothing about who took them where."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from reportgen.inputs.photos.decode import decode
from reportgen.inputs.photos.photo_copies import copy_photo


def picture(mode: str = "RGB") -> Image.Image:
    y, x = np.mgrid[:24, :40]
    waves = np.stack([np.sin(x / 3), np.cos(y / 4), np.sin((x + y) / 5)], axis=-1)
    return Image.fromarray(np.uint8(waves * 100 + 128)).convert(mode)


def read(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.array(ImageOps.exif_transpose(opened).convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_its_pixels_and_its_right_side_up(
    tmp_path: Path, orientation: int, progressive: bool
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Secret Camera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    source = tmp_path / "photo.jpg"
    picture().save(source, exif=exif, progressive=progressive, comment=b"Secret words")
    source.write_bytes(source.read_bytes() + b"Secret picture behind the picture")
    copy = copy_photo(source, tmp_path / "copies", "one")
    assert copy.name == "one.jpg"
    assert np.array_equal(read(copy), decode(source).rgb)
    assert b"Secret" not in copy.read_bytes()
    assert list(Image.open(copy).getexif()) == ([] if orientation == 1 else [0x0112])


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("RGB", "png"), ("L", "png"), ("P", "png"), ("RGBA", "webp"), ("CMYK", "jpg"), ("L", "jpg")],
)
def test_every_kind_of_photo_is_read_alike(tmp_path: Path, mode: str, suffix: str) -> None:
    source = tmp_path / f"photo.{suffix}"
    picture(mode).save(source, **({"lossless": True} if suffix == "webp" else {}))
    copy = copy_photo(source, tmp_path, "one")
    assert np.array_equal(read(copy), decode(source).rgb)


def test_png_text_is_not_copied(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Author", "Secret")
    picture().save(tmp_path / "photo.png", pnginfo=text)
    assert b"Secret" not in copy_photo(tmp_path / "photo.png", tmp_path, "one").read_bytes()


def test_the_same_photo_gives_the_same_copy(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG")
    (tmp_path / "photo.jpg").write_bytes(buffer.getvalue())
    first = copy_photo(tmp_path / "photo.jpg", tmp_path, "one").read_bytes()
    assert first == copy_photo(tmp_path / "photo.jpg", tmp_path, "two").read_bytes()
