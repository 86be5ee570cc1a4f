"""TIFFs that Pillow does not decode are read with tifffile, or refused with the true reason."""

from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import UnreadableImageError
from reportgen.inputs import tiff
from reportgen.inputs.decode import decode

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
