"""Every kind of picture comes out upright, in the numbers that the network is to be fed."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reportgen.feeding import Depth, Feeding
from reportgen.inputs.photos.decode import Decoded
from reportgen.inputs.photos.modes import eight_bits
from tests.inputs.photos.drawn import COLOURS, GRAY, decode_bytes, encoded


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM", "ICO", "PCX", "SGI"])
def test_lossless_rgb_is_the_same_pixels(tmp_path: Path, file_format: str) -> None:
    decoded = decode_bytes(encoded(Image.fromarray(COLOURS), file_format), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)
    assert decoded.gray is None
    assert decoded.note is None


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "PPM"])
def test_gray_is_kept_beside_its_rgb(tmp_path: Path, file_format: str) -> None:
    decoded = decode_bytes(encoded(Image.fromarray(GRAY), file_format), tmp_path)
    assert decoded.gray is not None
    np.testing.assert_array_equal(decoded.gray, GRAY)
    np.testing.assert_array_equal(decoded.rgb, np.repeat(GRAY[:, :, None], 3, axis=2))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_comes_out_upright(
    tmp_path: Path, orientation: int, file_format: str
) -> None:
    # The EXIF standard says where the stored first row and column lie in the upright picture.
    stored = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.swapaxes(0, 1),
        6: np.rot90(COLOURS),
        7: COLOURS.swapaxes(0, 1)[::-1, ::-1],
        8: np.rot90(COLOURS, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    image = Image.fromarray(np.ascontiguousarray(stored))
    decoded = decode_bytes(encoded(image, file_format, exif=exif, **options), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)


def test_a_gray_jpeg_is_turned_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = np.zeros((16, 32), np.uint8)
    upright[:8, :8] = 255
    data = encoded(Image.fromarray(np.rot90(upright).copy()), "JPEG", exif=exif)
    decoded = decode_bytes(data, tmp_path)
    assert decoded.gray is not None
    assert decoded.gray.shape == (16, 32)
    assert decoded.gray[:6, :6].min() > 240
    assert decoded.gray[10:, 10:].max() < 15


def test_damaged_exif_costs_no_picture(tmp_path: Path) -> None:
    data = encoded(Image.fromarray(COLOURS), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x12")
    np.testing.assert_array_equal(decode_bytes(data, tmp_path).rgb, COLOURS)


def _over_white(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha.astype(float)[..., None] / 255 if colours.ndim == 3 else alpha / 255
    return np.rint(colours * share + 255 * (1 - share))


WHITE = Feeding(alpha="white")
ALPHA = np.linspace(0, 255, 54).reshape(6, 9).astype(np.uint8)


def test_alpha_lies_over_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.dstack([COLOURS, ALPHA]))
    decoded = decode_bytes(encoded(image, "PNG"), tmp_path, feeding=WHITE)
    difference = decoded.rgb.astype(float) - _over_white(COLOURS, ALPHA)
    assert np.abs(difference).max() <= 1
    assert decoded.rgb[0, 0].tolist() == [255, 255, 255]
    assert decoded.note == "its transparent parts were laid over white"


def test_gray_with_alpha_stays_gray(tmp_path: Path) -> None:
    image = Image.merge("LA", (Image.fromarray(GRAY), Image.fromarray(ALPHA)))
    decoded = decode_bytes(encoded(image, "PNG"), tmp_path, feeding=WHITE)
    assert decoded.gray is not None
    assert np.abs(decoded.gray.astype(float) - _over_white(GRAY, ALPHA)).max() <= 1


def test_an_opaque_alpha_channel_changes_nothing_and_is_not_worth_a_note(tmp_path: Path) -> None:
    image = Image.fromarray(np.dstack([COLOURS, np.full((6, 9), 255, np.uint8)]))
    decoded = decode_bytes(encoded(image, "PNG"), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)
    assert decoded.note is None


@pytest.mark.parametrize("transparency", [1, bytes([255, 0, 255])])
def test_palette_with_a_transparent_entry(tmp_path: Path, transparency: int | bytes) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    decoded = decode_bytes(
        encoded(image, "PNG", transparency=transparency), tmp_path, feeding=WHITE
    )
    assert decoded.rgb.tolist() == [[[10, 20, 30], [255, 255, 255], [70, 80, 90]]]


def test_palette_without_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    decoded = decode_bytes(encoded(image, "PNG"), tmp_path)
    assert decoded.rgb.tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]


def test_key_colours_of_rgb_and_gray_pngs_are_transparent(tmp_path: Path) -> None:
    data = encoded(Image.fromarray(COLOURS), "PNG", transparency=tuple(COLOURS[2, 3].tolist()))
    decoded = decode_bytes(data, tmp_path, feeding=WHITE)
    assert decoded.rgb[2, 3].tolist() == [255, 255, 255]
    assert decoded.rgb[2, 4].tolist() == COLOURS[2, 4].tolist()
    decoded = decode_bytes(
        encoded(Image.fromarray(GRAY), "PNG", transparency=8), tmp_path, feeding=WHITE
    )
    assert decoded.gray is not None
    assert decoded.gray[0, :4].tolist() == [0, 4, 255, 12]


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(tmp_path: Path, file_format: str) -> None:
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, :16, 0] = 255  # cyan ink
    inks[:, 16:32, 3] = 255  # black ink; the last third is bare paper
    image = Image.frombytes("CMYK", (48, 16), inks.tobytes())
    options = {"quality": 100} if file_format == "JPEG" else {}
    decoded = decode_bytes(encoded(image, file_format, **options), tmp_path)
    expected = np.array([[0, 255, 255], [0, 0, 0], [255, 255, 255]])
    assert np.abs(decoded.rgb[8, [8, 24, 40]].astype(int) - expected).max() <= 6
    assert decoded.note == "CMYK inks were converted to RGB without a colour profile"


@pytest.mark.parametrize("mode", ["YCbCr", "LAB"])
def test_other_colour_spaces_become_rgb(tmp_path: Path, mode: str) -> None:
    soft = COLOURS // 2 + 64  # eight bits of LAB are coarse for the purest colours
    image = Image.fromarray(soft)
    if mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    else:
        image = image.convert(mode)
    decoded = decode_bytes(encoded(image, "TIFF"), tmp_path)
    assert np.abs(decoded.rgb.astype(int) - soft).max() <= 8


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    bits = GRAY > 100
    for file_format in ("PNG", "TIFF", "PPM"):
        decoded = decode_bytes(encoded(Image.fromarray(bits), file_format), tmp_path)
        assert decoded.gray is not None
        np.testing.assert_array_equal(decoded.gray, bits * np.uint8(255))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM"])
def test_of_sixteen_bits_the_high_byte_is_fed(tmp_path: Path, file_format: str) -> None:
    deep = GRAY.astype(np.uint16) * 257
    decoded = decode_bytes(encoded(Image.fromarray(deep), file_format), tmp_path)
    assert decoded.gray is not None
    np.testing.assert_array_equal(decoded.gray, GRAY)
    assert decoded.note is None


def test_big_endian_sixteen_bit_tiff(tmp_path: Path) -> None:
    deep = (GRAY.astype(">u2") * 257).astype(">u2")
    image = Image.frombytes("I;16B", (9, 6), deep.tobytes())
    decoded = decode_bytes(encoded(image, "TIFF"), tmp_path)
    assert decoded.gray is not None
    np.testing.assert_array_equal(decoded.gray, GRAY)


def test_twelve_bits_in_sixteen_are_dark_and_said_to_be(tmp_path: Path) -> None:
    deep = np.linspace(0, 4095, 54).astype(np.uint16).reshape(6, 9)
    decoded = decode_bytes(encoded(Image.fromarray(deep), "PNG"), tmp_path)
    assert decoded.gray is not None
    assert decoded.gray.max() == 15
    assert decoded.dark == 4095
    assert "its 16-bit values end at 4095 of 65535" in (decoded.note or "")
    assert "--depth raw" in (decoded.note or "")


def test_deep_gray_as_it_is_asked_for(tmp_path: Path) -> None:
    deep = np.linspace(100, 4095, 54).astype(np.uint16).reshape(6, 9)
    data = encoded(Image.fromarray(deep), "PNG")

    def read(depth: Depth) -> Decoded:
        return decode_bytes(data, tmp_path, feeding=Feeding(depth=depth))

    np.testing.assert_array_equal(read("raw").fed[:, :, 0], deep)
    assert read("raw").shown.max() == 255
    np.testing.assert_allclose(read("scale").fed[:, :, 0], deep / 257, rtol=1e-6)
    np.testing.assert_allclose(read("stretch").fed[:, :, 0], (deep - 100.0) / 3995 * 255, atol=1e-4)
    np.testing.assert_array_equal(read("auto").fed[:, :, 0], deep >> 8)


def test_a_model_made_for_deep_values_is_fed_them() -> None:
    assert Feeding().settled(4095.0).depth == "raw"
    assert Feeding().settled(255.0).depth == "high-byte"
    assert Feeding().settled(None).depth == "high-byte"
    assert Feeding(depth="stretch").settled(4095.0).depth == "stretch"


def test_a_transparent_picture_is_shown_on_a_checkered_ground(tmp_path: Path) -> None:
    clear = np.dstack([COLOURS, np.zeros((6, 9), np.uint8)])
    decoded = decode_bytes(encoded(Image.fromarray(clear), "PNG"), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)
    assert {tuple(pixel) for pixel in decoded.shown.reshape(-1, 3)} == {(204,) * 3, (255,) * 3}
    black = decode_bytes(
        encoded(Image.fromarray(clear), "PNG"), tmp_path, feeding=Feeding(alpha="black")
    )
    assert black.rgb.max() == 0


@pytest.mark.parametrize(
    ("values", "expected", "words"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255], "read as 0..1"),
        ([0.0, 100.4, 255.0], [0, 100, 255], "read as 0..255"),
        ([-1.0, 0.0, 1.0], [0, 128, 255], "stretched from -1 .. 1"),
        ([0.0, 0.5, 1.01], [0, 126, 255], "stretched from 0 .. 1.01"),
        ([np.nan, 0.5, np.inf], [0, 128, 0], "2 of its values are not numbers"),
        ([np.nan, np.nan, np.nan], [0, 0, 0], "3 of its values are not numbers"),
        ([7000.0, 7000.0, 7000.0], [0, 0, 0], "stretched from 7000 .. 7000"),
    ],
)
def test_floats_are_read_by_their_range(
    tmp_path: Path, values: list[float], expected: list[int], words: str
) -> None:
    image = Image.fromarray(np.array([values], np.float32))
    decoded = decode_bytes(encoded(image, "TIFF"), tmp_path)
    assert decoded.gray is not None
    assert decoded.gray.tolist() == [expected]
    assert decoded.note is not None
    assert words in decoded.note


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 1, 200], [0, 1, 200]), ([0, 257, 65535], [0, 1, 255]), ([-5, 0, 5], [0, 128, 255])],
)
def test_thirty_two_bit_integers(tmp_path: Path, values: list[int], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.int32))
    decoded = decode_bytes(encoded(image, "TIFF"), tmp_path)
    assert decoded.gray is not None
    assert decoded.gray.tolist() == [expected]
    assert decoded.note is not None


@settings(deadline=None)
@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_any_floats_become_bytes_without_a_warning(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gray, note = eight_bits(np.array([values], np.float32))
    assert gray.dtype == np.uint8
    assert note


@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_frame_is_taken(tmp_path: Path, file_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if file_format == "WEBP" else {}
    data = encoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    decoded = decode_bytes(data, tmp_path)
    assert decoded.rgb[4, 4].tolist() == [255, 0, 0]
    assert decoded.note == "only its first frame is shown"
