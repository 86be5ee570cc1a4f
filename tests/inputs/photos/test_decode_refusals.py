"""What cannot be read is refused with a true reason, and never half shown."""

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
from reportgen.inputs.photos.decode import decode
from tests.inputs.photos.drawn import COLOURS, colours, decode_bytes, encoded


def _reason(data: bytes, folder: Path, name: str = "picture.bin") -> str:
    with pytest.raises(UnreadableImageError) as caught:
        decode_bytes(data, folder, name)
    assert str(folder) not in str(caught.value)
    assert str(caught.value).startswith(name)
    return caught.value.reason


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
    "jpeg": encoded(Image.fromarray(COLOURS), "JPEG"),
    "progressive jpeg": encoded(Image.fromarray(colours(6, 9)), "JPEG", progressive=True),
    "png": encoded(Image.fromarray(COLOURS), "PNG"),
    "gif": encoded(Image.fromarray(COLOURS), "GIF"),
    "webp": encoded(Image.fromarray(COLOURS), "WEBP"),
    "tiff": encoded(Image.fromarray(COLOURS), "TIFF"),
    "lzw tiff": encoded(Image.fromarray(COLOURS), "TIFF", compression="tiff_lzw"),
    "bmp": encoded(Image.fromarray(COLOURS), "BMP"),
    "ppm": encoded(Image.fromarray(COLOURS), "PPM"),
    "ico": encoded(Image.fromarray(COLOURS), "ICO"),
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 6, 9, 8, 3) + bytes(12),
}


@pytest.mark.parametrize("name", [name for name in SAVED if name != "psd"])
def test_a_file_cut_anywhere_is_whole_or_refused_never_half_shown(
    tmp_path: Path, name: str
) -> None:
    data = SAVED[name]
    whole = decode_bytes(data, tmp_path).rgb
    refused = 0
    for end in range(0, len(data), max(1, len(data) // 60)):
        try:
            np.testing.assert_array_equal(decode_bytes(data[:end], tmp_path).rgb, whole)
        except UnreadableImageError as error:
            refused += 1
            # "GIF8" and nothing else may be called text
            assert end < 12 or "cut short" in error.reason or "damaged" in error.reason
    assert refused > 20


def test_half_a_jpeg_is_called_cut_short(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG")
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
    data = bytearray(encoded(Image.fromarray(noise), "TIFF", compression="tiff_adobe_deflate"))
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
