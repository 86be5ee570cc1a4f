"""True values of images from a table."""

from pathlib import Path

import pytest
from PIL import Image

from reportgen.errors import SettingsError
from reportgen.inputs.classes.true_values import read_true_values
from reportgen.inputs.photos.images import find_images


@pytest.fixture
def images(tmp_path: Path):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    return find_images([str(tmp_path)])[0]


def read(tmp_path: Path, images, text: str, names: list[str]):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    return read_true_values(tmp_path / "t.csv", images, names)


def test_columns_by_name(tmp_path: Path, images) -> None:
    text = "file,Bbox 1,note,bbox_0\na.png,2,x,1\nb.png,nan,y,3.5\n"
    found = read(tmp_path, images, text, ["bbox 0", "bbox 1", "bbox 2"])
    assert found == {"a.png": {0: 1.0, 1: 2.0}, "b.png": {0: 3.5}}


def test_columns_in_order_where_no_name_fits(tmp_path: Path, images) -> None:
    text = "image;x;y;comment\na;0,5;-1;good\nb;1;2;\n"
    found = read(tmp_path, images, text, ["out 0", "out 1"])
    assert found == {"a.png": {0: 0.5, 1: -1.0}, "b.png": {0: 1.0, 1: 2.0}}
    assert read(tmp_path, images, "a.png,7\n", ["age"]) == {"a.png": {0: 7.0}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,x\na.png,1\n", "columns of t.csv (x) are not the model's values"),
        ("file,out 0\na.png,tall\n", "“tall” in column out 0 of t.csv is not a number"),
        ("file,out 0\na.png,1\na.png,2\n", "says two things of a.png"),
        ("file,out 0\na.png,\n", "holds no true value"),
        ("file,out 0\nc.png,1\n", "no row of t.csv names one of the images"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, images, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, images, text, ["out 0", "out 1"])
    assert said in str(caught.value)
