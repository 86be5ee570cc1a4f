"""Photos in batches: order, equal sizes, and what happens when memory runs out."""

import numpy as np
import pytest

from reportgen.analysis.batches import batch_size, in_batches
from reportgen.analysis.workbench import Opened, Workbench
from reportgen.feeding import Feeding
from reportgen.records.model import ImageInput
from tests.analysis.bench import picture_file


class NoMemoryError(RuntimeError):
    """As JAX says it; TensorFlow's own error is tried with its engine."""

    def __init__(self):
        super().__init__("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")


def bench_over(photos, *, size=None, free=None):
    target = ImageInput(name="x", height=4, width=4, channels=3, layout="HWC")
    return Workbench(
        open=lambda: Opened(None, (), (), "CPU", free),
        photos=photos,
        image_input=target,
        preprocess="none",
        feeding=Feeding(),
        batch_size=size,
    )


@pytest.fixture
def photos(tmp_path):
    return dict(picture_file(tmp_path, (4, 4), seed=seed) for seed in range(7))


def means(bench, photos, compute):
    def draw(found, at, digest):
        return lambda: float(found[at])

    return dict(in_batches(bench, list(photos), 1, compute, draw))


def test_every_photo_comes_out_once_and_in_order(photos):
    bench, sizes = bench_over(photos, size=3), []

    def compute(pixels):
        sizes.append(len(pixels))
        return pixels.mean((1, 2, 3))

    found = means(bench, photos, compute)
    assert list(found) == list(photos)
    assert sizes == [3, 3, 3]
    for digest, value in found.items():
        assert value == pytest.approx(bench.pixels(digest).mean())


def test_a_batch_that_does_not_fit_is_halved_and_that_is_said(photos):
    bench = bench_over(photos, size=6)

    def compute(pixels):
        if len(pixels) > 2:
            raise NoMemoryError
        return pixels.mean((1, 2, 3))

    found = means(bench, photos, compute)
    assert list(found) == list(photos)
    assert bench.notes == ["The device's memory did not suffice: images went in batches of 1."]
    with pytest.raises(ValueError, match="another"):
        means(bench, photos, lambda pixels: (_ for _ in ()).throw(ValueError("another")))


def test_one_image_that_does_not_fit_is_an_error(photos):
    def compute(pixels):
        raise NoMemoryError

    with pytest.raises(NoMemoryError):
        means(bench_over(photos, size=2), photos, compute)


@pytest.mark.parametrize(
    ("free", "need", "expected"),
    [(None, 54_000_000, 1), (None, 1_000, 8), (16e9, 54e6, 32), (1e9, 100e6, 2), (1e9, 1e12, 1)],
)
def test_batches_fit_the_memory(free, need, expected):
    assert batch_size(bench_over({}, free=free), int(need)) == expected


def test_the_size_asked_for_is_taken():
    assert batch_size(bench_over({}, size=5), 10**12) == 5


def test_few_photos_are_decoded_once(photos, monkeypatch):
    bench = bench_over(photos)
    first = {digest: bench.decoded(digest) for digest in photos}
    assert all(bench.decoded(digest) is first[digest] for digest in photos)
    assert np.array_equal(bench.pixels(next(iter(photos))), bench.pixels(next(iter(photos))))
