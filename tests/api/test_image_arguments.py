"""Images of a program become files that hold what was given."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reportgen.api.image_arguments import gather
from reportgen.errors import ImageError

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), np.uint8)


def read(path: str) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_batch_of_pixel_values_is_kept_as_it_is(tmp_path: Path) -> None:
    found = gather(PIXELS, tmp_path)
    assert found.preprocess is None and found.classes is None
    assert all((read(path) == PIXELS[at]).all() for at, path in enumerate(found.paths))


@pytest.mark.parametrize(
    ("low", "high", "mode"), [(0, 1, "unit"), (-1, 1, "signed"), (0, 255, "none")]
)
def test_floats_are_fed_as_they_are(tmp_path: Path, low: float, high: float, mode: str) -> None:
    values = PIXELS.astype(np.float32) / 255 * (high - low) + low
    found = gather(list(values), tmp_path)
    assert found.preprocess == mode
    assert all((read(path) == PIXELS[at]).all() for at, path in enumerate(found.paths))


@pytest.mark.parametrize(
    "images",
    [
        PIXELS.astype(np.float32) - 123,
        np.full((4, 4, 3), np.nan, np.float32),
        PIXELS.astype(np.int32) * 2,
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((2, 2, 2, 2, 3), np.uint8),
        [PIXELS[0], PIXELS[1] / 255],
        [],
        7,
        {"a.png": "photo.png"},
        (PIXELS, [0, 1]),
    ],
)  # fmt: skip
def test_what_is_no_image_is_an_error_in_one_sentence(tmp_path: Path, images: Any) -> None:
    with pytest.raises(ImageError, match=r"[^.]+(\.[^.]+)*\.$"):
        gather(images, tmp_path)


@pytest.mark.parametrize("labels", [[2, 0, 1, 1, 0], np.eye(3)[[2, 0, 1, 1, 0]], list("cabba")])
def test_labels_of_batches_name_the_class_of_each_image(tmp_path: Path, labels: Any) -> None:
    pairs = [(PIXELS[:2], labels[:2]), (PIXELS[2:], labels[2:])]
    found = gather(pairs, tmp_path, ["a", "b", "c"])
    assert found.classes is not None
    with found.classes.open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [row["class"] for row in rows] == list("cabba")
    assert [row["file"] for row in rows] == [Path(path).name for path in found.paths]


class Batches:
    """As `keras.utils.PyDataset`: a length and items, no iterator."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, at: int) -> Any:
        if at >= 2:
            raise IndexError
        return PIXELS[at * 2 : at * 2 + 2], np.array([at, at])


def test_a_dataset_with_a_length_and_items(tmp_path: Path) -> None:
    assert len(gather(Batches(), tmp_path).paths) == 4


@given(name=st.text(min_size=1))
def test_any_name_becomes_a_file_in_the_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("named")
    found = gather({name: PIXELS[0], f"{name} ": PIXELS[1]}, folder)
    assert {Path(path).parent for path in found.paths} == {folder}
    assert [read(path).tolist() for path in found.paths] == PIXELS[:2].tolist()


def test_paths_stay_paths(tmp_path: Path) -> None:
    assert gather([tmp_path, "a/*.png"], tmp_path).paths == [str(tmp_path), "a/*.png"]
