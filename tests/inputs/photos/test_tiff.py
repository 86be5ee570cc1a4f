"""TIFFs that Pillow does not decode are read with tifffile, or refused with the true reason."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import UnreadableImageError
from reportgen.inputs.photos import tiff
from reportgen.inputs.photos.decode import decode

GRAY = np.linspace(0, 1, 48).reshape(6, 8)


def saved(path: Path, values: np.ndarray, **options: object) -> Path:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(path, values, photometric="minisblack", **options)
    return path


@pytest.mark.parametrize("kind", [np.float64, np.float16])
def test_floats_of_every_size(tmp_path: Path, kind: type) -> None:
    found = decode(saved(tmp_path / "a.tif", GRAY.astype(kind)))
    assert found.gray is not None
    np.testing.assert_allclose(found.gray, GRAY * 255, atol=1)
    assert "read with tifffile" in (found.note or "")


def test_without_tifffile_the_reason_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "a.tif", GRAY)
    monkeypatch.setattr(tiff.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnreadableImageError, match=r"one band of 64-bit float .* pip install"):
        decode(path)


def test_many_bands_are_counted(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", np.zeros((6, 8, 13), np.uint16), planarconfig="contig")
    with pytest.raises(UnreadableImageError, match="a TIFF of 13 bands"):
        decode(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(128) + b"DICM" + bytes(64), "DICOM"),
        (b"\x5c\x01\0\0" + bytes(340) + b"n+1\0", "NIfTI"),
        (b"\x1f\x8b\x08\0" + bytes(64), "gzip"),
        (b"\x93NUMPY\x01\0", "NumPy"),
        (b"SIMPLE  =                    T", "FITS"),
        (bytes(256), "zero bytes"),
    ],
)
def test_files_of_other_fields_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=words):
        decode(tmp_path / "a.tif")


COLOURS = np.random.default_rng(0).integers(0, 1 << 16, (19, 23, 4), dtype=np.uint16)


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize(
    "options",
    [{}, {"byteorder": ">"}, {"rowsperstrip": 5}, {"tile": (16, 16)}, {"compression": "zlib"}],
    ids=str,
)
def test_planes_of_16_bit_colours(tmp_path: Path, bands: int, options: dict[str, Any]) -> None:
    """Pillow's own decoder takes the first half of each plane for samples of 8 bits."""
    tifffile = pytest.importorskip("tifffile")
    values = COLOURS[..., :bands]
    extra = {"extrasamples": ["unassalpha"]} if bands == 4 else {}
    planes = {"photometric": "rgb", "planarconfig": "separate", **extra, **options}
    tifffile.imwrite(tmp_path / "a.tif", values.transpose(2, 0, 1).copy(), **planes)
    found = decode(tmp_path / "a.tif")
    np.testing.assert_array_equal(found.rgb, COLOURS[..., :3] >> 8)


def test_planes_of_a_later_frame(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(COLOURS[::-1, :, :3], photometric="rgb")
        planes = COLOURS[..., :3].transpose(2, 0, 1).copy()
        file.write(planes, photometric="rgb", planarconfig="separate")
    for frame, expected in ((0, COLOURS[::-1]), (1, COLOURS)):
        found = decode(tmp_path / "a.tif", frame=frame)
        np.testing.assert_array_equal(found.rgb, expected[..., :3] >> 8)


@pytest.mark.parametrize(
    ("bands", "options", "words"),
    [
        (2, {"photometric": "minisblack", "extrasamples": ["unassalpha"]}, "LA TIFF with a plane"),
        (3, {"photometric": "cielab"}, "LAB TIFF with a plane"),
    ],
)
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_planes_that_pillow_mixes_up_are_refused(
    tmp_path: Path, bands: int, options: dict[str, Any], words: str, compression: str | None
) -> None:
    tifffile = pytest.importorskip("tifffile")
    values = (COLOURS[..., :bands] >> 8).astype(np.uint8).transpose(2, 0, 1).copy()
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, values, planarconfig="separate", compression=compression, **options)
    with pytest.raises(UnreadableImageError, match=f"{words} for each band"):
        decode(path)


def test_colours_of_other_kinds_are_not_taken_for_rgb(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "a.tif", COLOURS[..., :3], photometric="cielab")
    with pytest.raises(UnreadableImageError, match="its colours are CIELAB"):
        decode(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
def test_white_may_be_zero(tmp_path: Path, kind: type) -> None:
    tifffile = pytest.importorskip("tifffile")
    values = COLOURS[..., 0].astype(kind)
    highest = np.iinfo(kind).max
    tifffile.imwrite(tmp_path / "white.tif", highest - values, photometric="miniswhite")
    tifffile.imwrite(tmp_path / "black.tif", values, photometric="minisblack")
    white, black = decode(tmp_path / "white.tif"), decode(tmp_path / "black.tif")
    np.testing.assert_array_equal(white.rgb, black.rgb)
    assert np.ptp(white.rgb) > 200
