"""Every kind of picture file comes out upright, 8-bit and on white, or with a true reason."""

import csv
import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reportgen.errors import ImageError, UnreadableImageError
from reportgen.inputs.decode import Decoded, decode
from reportgen.inputs.modes import eight_bits


def _colours(height: int = 6, width: int = 9) -> np.ndarray:
    """A small picture in which no two pixels are alike, so that every flip shows."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 40, columns * 28, 255 - rows * 20 - columns * 10], axis=2).astype(
        np.uint8
    )


COLOURS = _colours()
GRAY = (np.arange(54, dtype=np.uint8) * 4).reshape(6, 9)


def _encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def _decode_bytes(data: bytes, folder: Path, name: str = "picture.bin") -> Decoded:
    path = folder / name
    path.write_bytes(data)
    return decode(path)


def _reason(data: bytes, folder: Path, name: str = "picture.bin") -> str:
    with pytest.raises(UnreadableImageError) as caught:
        _decode_bytes(data, folder, name)
    assert str(folder) not in str(caught.value)
    assert str(caught.value).startswith(name)
    return caught.value.reason


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM", "ICO", "PCX", "SGI"])
def test_lossless_rgb_is_the_same_pixels(tmp_path: Path, file_format: str) -> None:
    decoded = _decode_bytes(_encoded(Image.fromarray(COLOURS), file_format), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)
    assert decoded.gray is None
    assert decoded.note is None


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "PPM"])
def test_gray_is_kept_beside_its_rgb(tmp_path: Path, file_format: str) -> None:
    decoded = _decode_bytes(_encoded(Image.fromarray(GRAY), file_format), tmp_path)
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
    decoded = _decode_bytes(_encoded(image, file_format, exif=exif, **options), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)


def test_a_gray_jpeg_is_turned_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = np.zeros((16, 32), np.uint8)
    upright[:8, :8] = 255
    data = _encoded(Image.fromarray(np.rot90(upright).copy()), "JPEG", exif=exif)
    decoded = _decode_bytes(data, tmp_path)
    assert decoded.gray is not None
    assert decoded.gray.shape == (16, 32)
    assert decoded.gray[:6, :6].min() > 240
    assert decoded.gray[10:, 10:].max() < 15


def test_damaged_exif_costs_no_picture(tmp_path: Path) -> None:
    data = _encoded(Image.fromarray(COLOURS), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x12")
    np.testing.assert_array_equal(_decode_bytes(data, tmp_path).rgb, COLOURS)


def _over_white(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha.astype(float)[..., None] / 255 if colours.ndim == 3 else alpha / 255
    return np.rint(colours * share + 255 * (1 - share))


ALPHA = np.linspace(0, 255, 54).reshape(6, 9).astype(np.uint8)


def test_alpha_lies_over_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.dstack([COLOURS, ALPHA]))
    decoded = _decode_bytes(_encoded(image, "PNG"), tmp_path)
    difference = decoded.rgb.astype(float) - _over_white(COLOURS, ALPHA)
    assert np.abs(difference).max() <= 1
    assert decoded.rgb[0, 0].tolist() == [255, 255, 255]
    assert decoded.note == "its transparent parts were laid over white"


def test_gray_with_alpha_stays_gray(tmp_path: Path) -> None:
    image = Image.merge("LA", (Image.fromarray(GRAY), Image.fromarray(ALPHA)))
    decoded = _decode_bytes(_encoded(image, "PNG"), tmp_path)
    assert decoded.gray is not None
    assert np.abs(decoded.gray.astype(float) - _over_white(GRAY, ALPHA)).max() <= 1


def test_an_opaque_alpha_channel_changes_nothing_and_is_not_worth_a_note(tmp_path: Path) -> None:
    image = Image.fromarray(np.dstack([COLOURS, np.full((6, 9), 255, np.uint8)]))
    decoded = _decode_bytes(_encoded(image, "PNG"), tmp_path)
    np.testing.assert_array_equal(decoded.rgb, COLOURS)
    assert decoded.note is None


@pytest.mark.parametrize("transparency", [1, bytes([255, 0, 255])])
def test_palette_with_a_transparent_entry(tmp_path: Path, transparency: int | bytes) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    decoded = _decode_bytes(_encoded(image, "PNG", transparency=transparency), tmp_path)
    assert decoded.rgb.tolist() == [[[10, 20, 30], [255, 255, 255], [70, 80, 90]]]


def test_palette_without_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    decoded = _decode_bytes(_encoded(image, "PNG"), tmp_path)
    assert decoded.rgb.tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]


def test_key_colours_of_rgb_and_gray_pngs_are_transparent(tmp_path: Path) -> None:
    data = _encoded(Image.fromarray(COLOURS), "PNG", transparency=tuple(COLOURS[2, 3].tolist()))
    decoded = _decode_bytes(data, tmp_path)
    assert decoded.rgb[2, 3].tolist() == [255, 255, 255]
    assert decoded.rgb[2, 4].tolist() == COLOURS[2, 4].tolist()
    decoded = _decode_bytes(_encoded(Image.fromarray(GRAY), "PNG", transparency=8), tmp_path)
    assert decoded.gray is not None
    assert decoded.gray[0, :4].tolist() == [0, 4, 255, 12]


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(tmp_path: Path, file_format: str) -> None:
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, :16, 0] = 255  # cyan ink
    inks[:, 16:32, 3] = 255  # black ink; the last third is bare paper
    image = Image.frombytes("CMYK", (48, 16), inks.tobytes())
    options = {"quality": 100} if file_format == "JPEG" else {}
    decoded = _decode_bytes(_encoded(image, file_format, **options), tmp_path)
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
    decoded = _decode_bytes(_encoded(image, "TIFF"), tmp_path)
    assert np.abs(decoded.rgb.astype(int) - soft).max() <= 8


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    bits = GRAY > 100
    for file_format in ("PNG", "TIFF", "PPM"):
        decoded = _decode_bytes(_encoded(Image.fromarray(bits), file_format), tmp_path)
        assert decoded.gray is not None
        np.testing.assert_array_equal(decoded.gray, bits * np.uint8(255))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_by_the_range_of_their_type(
    tmp_path: Path, file_format: str
) -> None:
    deep = GRAY.astype(np.uint16) * 257
    decoded = _decode_bytes(_encoded(Image.fromarray(deep), file_format), tmp_path)
    assert decoded.gray is not None
    np.testing.assert_array_equal(decoded.gray, GRAY)
    assert decoded.note is None


def test_big_endian_sixteen_bit_tiff(tmp_path: Path) -> None:
    deep = (GRAY.astype(">u2") * 257).astype(">u2")
    image = Image.frombytes("I;16B", (9, 6), deep.tobytes())
    decoded = _decode_bytes(_encoded(image, "TIFF"), tmp_path)
    assert decoded.gray is not None
    np.testing.assert_array_equal(decoded.gray, GRAY)


def test_twelve_bits_in_sixteen_are_dark_and_said_to_be(tmp_path: Path) -> None:
    deep = np.linspace(0, 4095, 54).astype(np.uint16).reshape(6, 9)
    decoded = _decode_bytes(_encoded(Image.fromarray(deep), "PNG"), tmp_path)
    assert decoded.gray is not None
    assert decoded.gray.max() == 16
    assert decoded.note == "its 16-bit values end at 4095 of 65535, so it looks dark"


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
    decoded = _decode_bytes(_encoded(image, "TIFF"), tmp_path)
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
    decoded = _decode_bytes(_encoded(image, "TIFF"), tmp_path)
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
    data = _encoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    decoded = _decode_bytes(data, tmp_path)
    assert decoded.rgb[4, 4].tolist() == [255, 0, 0]
    assert decoded.note == "only its first frame is shown"


def _png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body
    return header + struct.pack(">I", zlib.crc32(body)) + b"\0\0\0\x10IDAT" + bytes(20)


@pytest.mark.parametrize("size", [(20_000, 20_000), (20_000, 9_000), (2_000_000, 2_000_000)])
def test_bombs_are_refused_by_their_header(tmp_path: Path, size: tuple[int, int]) -> None:
    assert "178,956,970 pixels" in _reason(_png_header(*size), tmp_path)


def test_the_limit_is_the_callers_and_no_warning_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "small.png"
    Image.fromarray(COLOURS).save(path)
    assert decode(path, maximum_pixels=54).rgb.shape == (6, 9, 3)
    with pytest.raises(UnreadableImageError, match="more than 53 pixels"):
        decode(path, maximum_pixels=53)
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Pillow's own limit warns below its double, and this header lies between the two
        assert "damaged" in _reason(_png_header(10_000, 9_500), tmp_path)
    assert caught == []
    assert limit == Image.MAX_IMAGE_PIXELS
    assert capfd.readouterr() == ("", "")


SAVED = {
    "jpeg": _encoded(Image.fromarray(COLOURS), "JPEG"),
    "progressive jpeg": _encoded(Image.fromarray(_colours(6, 9)), "JPEG", progressive=True),
    "png": _encoded(Image.fromarray(COLOURS), "PNG"),
    "gif": _encoded(Image.fromarray(COLOURS), "GIF"),
    "webp": _encoded(Image.fromarray(COLOURS), "WEBP"),
    "tiff": _encoded(Image.fromarray(COLOURS), "TIFF"),
    "lzw tiff": _encoded(Image.fromarray(COLOURS), "TIFF", compression="tiff_lzw"),
    "bmp": _encoded(Image.fromarray(COLOURS), "BMP"),
    "ppm": _encoded(Image.fromarray(COLOURS), "PPM"),
    "ico": _encoded(Image.fromarray(COLOURS), "ICO"),
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 6, 9, 8, 3) + bytes(12),
}


@pytest.mark.parametrize("name", [name for name in SAVED if name != "psd"])
def test_a_file_cut_anywhere_is_whole_or_refused_never_half_shown(
    tmp_path: Path, name: str
) -> None:
    data = SAVED[name]
    whole = _decode_bytes(data, tmp_path).rgb
    refused = 0
    for end in range(0, len(data), max(1, len(data) // 60)):
        try:
            np.testing.assert_array_equal(_decode_bytes(data[:end], tmp_path).rgb, whole)
        except UnreadableImageError as error:
            refused += 1
            # "GIF8" and nothing else may be called text
            assert end < 12 or "cut short" in error.reason or "damaged" in error.reason
    assert refused > 20


def test_half_a_jpeg_is_called_cut_short(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = _encoded(Image.fromarray(noise), "JPEG")
    reason = _reason(data[: len(data) // 2], tmp_path)
    assert reason == "it is cut short: the file ends before its JPEG data does"


def test_a_wrong_png_checksum_is_damage_even_where_pillow_would_load(tmp_path: Path) -> None:
    data = bytearray(SAVED["png"])
    start = data.index(b"IDAT")
    length = struct.unpack(">I", data[start - 4 : start])[0]
    data[start + 4 + length] ^= 1
    Image.open(io.BytesIO(bytes(data))).load()  # Pillow does not look at this checksum
    assert _reason(bytes(data), tmp_path) == "its PNG data is damaged: a checksum is wrong"


def test_a_damaged_tiff_is_refused_without_a_word_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (40, 40), dtype=np.uint8)
    data = bytearray(_encoded(Image.fromarray(noise), "TIFF", compression="tiff_adobe_deflate"))
    data[200:260] = b"\xff" * 60
    assert "TIFF data is damaged" in _reason(bytes(data), tmp_path)
    os.write(2, b"stderr is back")
    assert capfd.readouterr().err == "stderr is back"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS pointer"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"  <html>", "web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        ("Grüße, this is text\n".encode() * 300, "text, not a picture"),
        ("\ufeffa label\r\n".encode("utf-16"), "text, not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "convert it to JPEG or PNG"),
        (b"\0\0\0\x18ftypmp42" + bytes(100), "video"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "never run"),
        (b"PK\x03\x04" + bytes(30), "ZIP"),
        (bytes(5000), "zero bytes"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x9a\x01\xfe\x80\x81", "no picture format"),
    ],
)
def test_what_is_no_picture_is_said_to_be_what_it_is(
    tmp_path: Path, data: bytes, words: str
) -> None:
    assert words in _reason(data, tmp_path, "photo.jpg")


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"^gone.jpg cannot be shown: there is no such"):
        decode(tmp_path / "gone.jpg")
    with pytest.raises(UnreadableImageError, match="not a regular file"):
        decode(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableImageError, match="not a regular file"):
        decode(tmp_path / "pipe.jpg")


def test_a_hostile_file_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError) as caught:
        decode(tmp_path / "a\x1b[2J\n.jpg")
    assert str(caught.value).isprintable()


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_bytes_only_ever_give_the_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.bin"
    path.write_bytes(data)
    try:
        assert decode(path).rgb.dtype == np.uint8
    except ImageError as error:
        assert str(error).isprintable()


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(SAVED)),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    tail=st.binary(max_size=20),
    end=st.integers(4, 600),
)
def test_mutated_files_only_ever_give_the_clear_error(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    changes: list[tuple[int, int]],
    tail: bytes,
    end: int,
) -> None:
    data = bytearray(SAVED[name][:end])
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "mutated.bin"
    path.write_bytes(bytes(data) + tail)
    try:
        decoded = decode(path, maximum_pixels=1_000_000)
        assert decoded.rgb.ndim == 3
        assert decoded.rgb.shape[0] * decoded.rgb.shape[1] <= 1_000_000
    except ImageError as error:
        assert str(error).isprintable()


@pytest.mark.corpus
def test_every_odd_file_of_the_corpus_is_shown_or_refused_as_it_should(corpus: Path) -> None:
    refused = {
        "bomb_400MP.png": "178,956,970 pixels",
        "truncated_half.jpg": "cut short",
        "truncated_header.jpg": "cut short",
        "corrupt_crc.png": "damaged",
        "zero_bytes.jpg": "empty",
        "text_renamed.jpg": "text",
        "lfs_pointer.jpg": "Git LFS",
        "fake.heic": "HEIC",
        "Thumbs.db": "no picture format",
    }
    upright_means = []
    with (corpus / "images.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["file"].startswith("odd/")]
    for row in rows:
        path = corpus / "images" / row["file"]
        if path.name == "broken_symlink.jpg":
            continue
        if path.name in refused:
            with pytest.raises(UnreadableImageError, match=refused[path.name]):
                decode(path)
            continue
        decoded = decode(path)
        width, height = (int(part) for part in row["size"].split("x"))
        if "orientation_6" in path.name:
            width, height = height, width
        assert decoded.rgb.shape == (height, width, 3), path.name
        if (
            "chelsea" in row["source"]
            and (height, width) == (300, 451)
            and "alpha" not in row["file"]
        ):
            upright_means.append(decoded.rgb[:100, :150].mean())
    # the same cat in all of them: its upper left corner is equally bright whatever the coding
    assert len(upright_means) >= 12
    assert np.ptp(upright_means) < 12
