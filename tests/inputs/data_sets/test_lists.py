"""Lists of images in CSV and Parquet: what is found, and what is refused with which sentence."""

from pathlib import Path

import pytest
from PIL import Image

from reportgen.errors import ImageError, SettingsError
from reportgen.inputs.data_sets.find import find_data_set

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    for name in ("a.png", "b.png", "sub/a.png", "with space.png", "comma, too.png"):
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(file)
    return tmp_path


def listed(folder, text, name="list.csv", encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return find_data_set(path)


def found_in(found):
    return [(image.name, image.group) for image in found.images]


BOTH = [("a.png", "cat"), ("b.png", "dog")]


@pytest.mark.parametrize(
    "text",
    [
        "path,label\nphotos/a.png,cat\nphotos/b.png,dog\n",
        "label;file\r\ncat;photos/a.png\r\ndog;photos/b.png\r\n",
        "photos/a.png\tcat\nphotos/b.png\tdog\n",
        "photos/a.png cat\nphotos/b.png dog\n",
        ",where,target\n0,photos/a.png,cat\n1,photos/b.png,dog\n",
        "id,path,width,class_name\n7,photos/a.png,4,cat\n9,photos/b.png,4,dog\n",
        "path,label\nphotos\\a.png,cat\n./photos/b.png,dog\n",
        '"path","label"\n"photos/a.png","cat"\n"photos/b.png","dog"\n\n\n',
        "path,label\nphotos/a.png,cat\nphotos/b.png,dog\nphotos/a.png,cat\nphotos/./a.png,cat\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_of_many_shapes_name_the_same_images(folder, text, encoding):
    found = listed(folder, text, encoding=encoding)
    assert found_in(found) == BOTH
    assert found.listed
    assert [image.path.name for image in found.images] == ["a.png", "b.png"]
    assert all(image.path.is_file() for image in found.images)


def test_absolute_paths_and_files_of_one_name(folder):
    text = f"path,label\n{folder}/photos/a.png,cat\nphotos/sub/a.png,dog\n"
    assert found_in(listed(folder, text)) == [("photos/a.png", "cat"), ("sub/a.png", "dog")]


def test_numbers_are_classes_and_gaps_are_none(folder):
    found = listed(folder, "path,label\nphotos/a.png,1.0\nphotos/b.png,\n")
    assert found_in(found) == [("a.png", "1"), ("b.png", None)]


@pytest.mark.parametrize("text", ["photos/a.png\nphotos/with space.png\n", "path\nphotos/a.png\n"])
def test_a_list_without_classes_has_those_of_folders(folder, text):
    found = listed(folder, text, "list.txt")
    assert not found.listed
    assert {image.place for image in found.images} == {("photos",)}


def test_names_with_commas_and_spaces(folder):
    found = listed(folder, 'path,label\n"photos/comma, too.png",cat\nphotos/with space.png,dog\n')
    assert [image.path.is_file() for image in found.images] == [True, True]


def test_rows_that_contradict_are_refused(folder):
    text = "path,label\nphotos/a.png,cat\nphotos/sub/../a.png,dog\n"
    with pytest.raises(SettingsError, match=r"two things of .*a\.png: cat and dog"):
        listed(folder, text)


def test_addresses_and_empty_rows_are_told(folder):
    found = listed(folder, "path,label\nhttps://example.org/a.png,cat\n,dog\nphotos/a.png,cat\n")
    assert found_in(found) == [("a.png", "cat")]
    assert [one.reason for one in found.passed] == [
        "it is an address, not a file",
        "a row names no image",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "path,label\n", "\ufeff"])
def test_an_empty_list_says_so(folder, text):
    with pytest.raises(ImageError, match="is empty"):
        listed(folder, text)


def test_columns_of_other_names_are_told(folder):
    with pytest.raises(SettingsError, match=r"no column of list.csv holds paths .*\(x, y\)"):
        listed(folder, "x,y\n1,2\n3,4\n")
    with pytest.raises(SettingsError, match=r"none of the columns .*\(foo, bar\).*“label”"):
        listed(folder, "path,foo,bar\nphotos/a.png,x,y\nphotos/b.png,y,x\n")


def test_a_very_long_cell_is_no_file(folder):
    assert found_in(listed(folder, f"path,label\nphotos/a.png,{'x' * 5000}\n"))[0][0] == "a.png"


def test_binary_is_no_list(folder):
    (folder / "list.csv").write_bytes(b"\xff\xd8\xff\xe0\0\0")
    with pytest.raises(SettingsError, match="not text"):
        find_data_set(folder / "list.csv")


def test_a_column_tells_the_split(folder):
    rows = "photos/a.png,cat,train\nphotos/b.png,dog,test\n"
    found = listed(folder, f"path,label,split\n{rows}")
    assert (found_in(found), found.splits) == (BOTH, ["train", "test"])
    alone = listed(folder, "file,Data set\nphotos/a.png,train\nphotos/sub/a.png,test\n")
    assert (alone.splits, alone.listed) == (["train", "test"], False)
    assert listed(folder, "path,label\nphotos/a.png,cat\n").splits == []
    with pytest.raises(SettingsError, match=r"says two things of photos/a\.png: train and test"):
        listed(folder, "path,label,split\nphotos/a.png,cat,train\nphotos/a.png,cat,test\n")


@pytest.mark.parametrize(
    "name",
    ["a.tfrecord", "b.TFRecords", "c.zip", "d.arrow", "e.npz", "f.tfrecord-00000-of-00008"],
)
def test_other_kinds_say_what_to_do(folder, name):
    (folder / name).write_bytes(b"0")
    with pytest.raises(ImageError, match="is not read: write its images to class folders, or to"):
        find_data_set(folder / name)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["x-train.tfrecord-00000-of-00001", "features.json"], "no picture, but TFRecord files"),
        (["a.zip"], "no picture, but ZIP archives, which are not read: write their images"),
        (["part-0.parquet", "_SUCCESS"], r"no picture, but part-0\.parquet: name that file"),
    ],
)
def test_a_folder_of_another_kind_says_what_to_do(tmp_path, names, words):
    for name in names:
        (tmp_path / name).write_bytes(b"\1\2\3\4")
    with pytest.raises(ImageError, match=words):
        find_data_set(tmp_path)


def test_an_address_is_refused():
    with pytest.raises(ImageError, match="copy the images, or mount the bucket as a folder"):
        find_data_set(Path("s3://bucket/photos"))


def kept(folder, columns, name="list.parquet"):
    parquet.write_table(pyarrow.table(columns), folder / name)
    return find_data_set(folder / name)


def test_parquet_is_read_as_a_table(folder):
    paths = ["photos/a.png", "photos/b.png"]
    assert found_in(kept(folder, {"score": [0.5, 0.25], "path": paths, "label": ["cat", "dog"]})) \
        == BOTH  # fmt: skip
    numbered = kept(folder, {"label": pyarrow.array([3, None]), "file": paths})
    assert found_in(numbered) == [("a.png", "3"), ("b.png", None)]
    coded = pyarrow.array(["cat", "dog"]).dictionary_encode()
    assert found_in(kept(folder, {"path": paths, "label": coded})) == BOTH


def test_parquet_without_paths_is_refused(folder):
    images = pyarrow.array([{"bytes": b"1", "path": "x"}])
    with pytest.raises(SettingsError, match="column image holds the images themselves"):
        kept(folder, {"image": images, "label": [1]})
    with pytest.raises(ImageError, match="is empty"):
        kept(
            folder,
            {"path": pyarrow.array([], pyarrow.string()), "label": pyarrow.array([], "string")},
        )
    (folder / "list.parquet").write_bytes(b"PAR1 broken PAR1")
    with pytest.raises(SettingsError, match="cannot be read as Parquet"):
        find_data_set(folder / "list.parquet")


def test_parquet_needs_a_library(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (folder / "list.parquet").write_bytes(b"")
    with pytest.raises(SettingsError, match=r"pip install .*parquet"):
        find_data_set(folder / "list.parquet")
