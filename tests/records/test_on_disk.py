"""Numbers and records stay in a nameless file, and come back as they were."""

import gc
import math
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reportgen.records.image import Image
from reportgen.records.images_on_disk import keep_images
from reportgen.records.on_disk import KeptFile, Series
from reportgen.report.outline import Outline
from tests.report.sample import write_sample


def test_numbers_are_read_from_their_file(tmp_path: Path) -> None:
    file = KeptFile(tmp_path)
    numbers = [[1.5, None], [], [float(f"{value:.4g}") for value in np.random.normal(size=100)]]
    for values, series in [(values, Series.of(values, file)) for values in numbers]:
        assert list(series) == values
        assert len(series) == len(values)
        assert series == values
        assert [series[at] for at in range(len(values))] == values
        assert series[-3:] == values[-3:]
        with pytest.raises(IndexError):
            series[len(values)]
    assert list(tmp_path.iterdir()) == []


def test_images_come_back_as_they_were(tmp_path: Path) -> None:
    report = write_sample(tmp_path / "report")
    images = list(report.images)
    lost = replace(images[0].predictions[0], probability=math.inf, score=-math.inf)
    images[1] = replace(images[1], predictions=[lost], activations=[], note="naïve “ß” 图\n")
    kept = keep_images(images, KeptFile(tmp_path))
    assert kept == images
    assert kept[-1] == images[-1]
    assert kept[2:5] == images[2:5]
    assert kept[3].activations[1:3] == list(images[3].activations)[1:3]
    assert len(kept) == len(images)
    with pytest.raises(IndexError):
        kept[len(images)]
    with pytest.raises(IndexError):
        kept[0].activations[len(images[0].activations)]


def test_not_a_number_comes_back(tmp_path: Path) -> None:
    image = write_sample(tmp_path / "report").images[0]
    lost = replace(image.predictions[0], probability=math.nan, score=math.nan)
    (found,) = keep_images([replace(image, predictions=[lost])], KeptFile(tmp_path))
    assert math.isnan(found.predictions[0].probability)
    assert math.isnan(found.predictions[0].score)


@pytest.mark.slow
def test_thousands_of_images_take_no_room(tmp_path: Path) -> None:
    """Neither the images nor what pages know of all of them; the limit is in bytes an image."""
    report = write_sample(tmp_path / "report")
    image = report.images[0]

    def many(count: int) -> Iterator[Image]:
        return (replace(image, name=f"photo-{at:06}.jpg") for at in range(count))

    def taken(count: int) -> int:
        gc.collect()
        tracemalloc.start()
        images = keep_images(many(count), KeptFile(tmp_path))
        outline = Outline(report.model_copy(update={"images": images}))
        for path in outline.shown_layers:
            assert outline.activations[path].most_shown
            assert outline.grid_place("photo-000199.jpg", path)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    assert (taken(600) - taken(200)) / 400 < 1000
