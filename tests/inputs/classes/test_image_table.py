"""Tables of images are read as pandas, spreadsheets and competitions write them."""

from pathlib import Path

import pytest

from reportgen.errors import SettingsError
from reportgen.inputs.classes.image_table import classes_in, read_image_table
from reportgen.inputs.photos.images import ImageFile

NAMES = ("000.png", "001.png", "cats/7.jpg", "dogs/7.jpg")


def images(root: Path) -> list[ImageFile]:
    return [ImageFile(root / name, name, None) for name in NAMES]


def classes(root: Path, content: str | bytes) -> dict[str, str]:
    path = root / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = read_image_table(path, images(root), "--labels-csv")
    return table.by_image(classes_in(table, "--labels-csv"))


WANTED = {"000.png": "red", "001.png": "green"}


@pytest.mark.parametrize(
    "content",
    [
        "id,label\n000.png,red\n001.png,green\n",
        "000.png,red\n001.png,green\n",
        "label,filename\nred,000.png\ngreen,001.png\n",
        ",image,class\n0,000.png,red\n1,001.png,green\n",
        "Unnamed: 0;file_name;width;Class Name\n0;000.png;8;red\n1;001.png;9;green\n",
        "image_id\ttarget\n000\tred\n001\tgreen\n",
        "path,label\n/kaggle/input/train/000.png,red\n/kaggle/input/train/001.png,green\n",
        "path,label\nC:\\data\\000.PNG,red\n./001.png,green\n",
        "000.png red\n001.png green\n",
        'id,label,note\n000.png,"red","a, b"\n001.png,green,\n',
        "id,red,green\n000.png,1,0\n001.png,0,1\n",
        "id,red,green\n000.png,1.0,0.0\n001.png,0.0,1.0\n",
        "\ufeffid,label\r\n000.png,red\r\n\r\n001.png,green\r\nelsewhere.png,blue\r\n",
        "bild,farbe\n000.png,red\n001.png,green\n",
        "id,label\n000.png,red\n000.png,red\n001.png,green\n",
    ],
)
def test_shapes(tmp_path: Path, content: str) -> None:
    assert classes(tmp_path, content) == WANTED
    assert classes(tmp_path, content.lstrip("\ufeff").encode("utf-16")) == WANTED


def test_folders_tell_files_of_one_name_apart(tmp_path: Path) -> None:
    table = "file,label\ndata/cats/7.jpg,cat\ndata/dogs/7.jpg,dog\n"
    assert classes(tmp_path, table) == {"cats/7.jpg": "cat", "dogs/7.jpg": "dog"}


def test_a_table_without_header_whose_first_image_is_not_here_has_none(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("gone.png,blue\n000.png,red\n001.png,blue\n")
    table = read_image_table(path, images(tmp_path), "--labels-csv")
    assert classes_in(table, "--labels-csv") == ["blue", "red", "blue"]


def test_numbers_stay_numbers_whatever_pandas_made_of_them(tmp_path: Path) -> None:
    assert classes(tmp_path, "id,label\n000.png,3.0\n001.png,\n") == {"000.png": "3", "001.png": ""}


def test_other_columns_are_read_by_their_headers(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("image,age,weight\n001.png,4,2.5\n000.png,5,-1e-3\n")
    table = read_image_table(path, images(tmp_path), "--values")
    assert table.columns == ("age", "weight")
    assert table.by_image(table.cells("weight")) == {"001.png": "2.5", "000.png": "-1e-3"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,label\nother.png,red\n", "no row of table.csv names one of the images"),
        ("only one column\n", "is not a table of at least two columns|no row"),
        ("id,label\n000.png,red\n000.png,green\n", "says two things of 000.png: green and red"),
        ("id,label\n7.jpg,red\n", "could be cats/7.jpg or dogs/7.jpg"),
        ("id,width,height\n000.png,8,9\n", r"none of the columns of table.csv \(width, height\)"),
        (b"\x80\x04\x95pickle", "is not text"),
    ],
)
def test_refusals(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        classes(tmp_path, content)
