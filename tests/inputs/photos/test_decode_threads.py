"""Pictures are decoded in several threads at once; the settings of the process are put back."""

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import UnreadableImageError
from reportgen.inputs.photos import decode as decoding
from reportgen.inputs.photos.decode import decode


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Pictures of several kinds, some of them damaged."""
    random = np.random.default_rng(0)
    made = []
    for at in range(40):
        kind = ("png", "jpg", "tif", "webp")[at % 4]
        path = tmp_path / f"{at}.{kind}"
        pixels = random.integers(0, 256, (30 + at, 40, 3)).astype(np.uint8)
        options = {"compression": "tiff_lzw"} if at % 8 == 2 else {}
        Image.fromarray(pixels).save(path, **options)
        if at % 9 == 4:
            path.write_bytes(path.read_bytes()[:-200])
        made.append(path)
    return made


def outcome(path: Path) -> bytes | str:
    try:
        return decode(path).rgb.tobytes()
    except UnreadableImageError as error:
        return error.reason


def test_threads_decode_what_one_thread_does(
    files: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    alone = [outcome(path) for path in files]
    assert {type(found) for found in alone} == {bytes, str}
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(outcome, files * 5)) == alone * 5
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before
    os.write(2, b"stderr is back")
    assert capfd.readouterr().err == "stderr is back"


def meet_while_loading(
    monkeypatch: pytest.MonkeyPatch, files: list[Path], seconds: float
) -> list[bool]:
    """Whether each of two files is being decoded while the other one is."""
    barrier, met = threading.Barrier(2, timeout=seconds), []

    def wait() -> None:
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            met.append(False)
        else:
            met.append(True)

    for kind in {type(Image.open(path)) for path in files}:
        load = kind.load
        monkeypatch.setattr(kind, "load", lambda image, load=load: (wait(), load(image))[1])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decode, files))
    return met


def test_two_photos_are_decoded_at_the_same_time(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any(meet_while_loading(monkeypatch, [files[1], files[5]], 20))


@pytest.mark.parametrize(("pair", "large"), [((2, 6), 25_000_000), ((1, 5), 100)])
def test_tiffs_and_very_large_pictures_are_decoded_one_at_a_time(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, pair: tuple[int, int], large: int
) -> None:
    monkeypatch.setattr(decoding, "_LARGE", large)
    assert not any(meet_while_loading(monkeypatch, [files[at] for at in pair], 0.3))
