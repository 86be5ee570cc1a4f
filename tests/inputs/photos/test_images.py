"""Files, folders and globs give each image once, in one order, under a name of its own."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reportgen.errors import ImageError
from reportgen.inputs.photos.images import ImageFile, empty_folders, find_images
from reportgen.printable import LONGEST, distinct, printable

posix = pytest.mark.skipif(os.name == "nt", reason="Windows forbids such names or links")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps any bytes as a name")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two classes, hidden files, and files that are no pictures; and stand in it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    for name in ("b.png", "a.png", "cats/1.png", "cats/deep/2.png", "dogs/1.png", ".x/3.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(folder / name)
    Image.new("L", (2, 2)).save(folder / ".hidden.png")
    Image.new("L", (2, 2)).save(folder / "no_suffix", "PNG")
    (folder / "notes.txt").write_text("a note")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60))
    (folder / "broken.jpg").write_text("text in a picture's clothes")
    return folder


def _names(*arguments: str) -> list[str]:
    return [image.name for image in find_images(arguments)[0]]


def test_a_folder_gives_everything_below_it_in_order(photos: Path) -> None:
    images, skipped = find_images(["photos"])
    assert [(image.name, image.group) for image in images] == [
        ("a.png", None),
        ("b.png", None),
        ("broken.jpg", None),  # named as a picture: decoding says what is wrong with it
        ("cats/1.png", "cats"),
        ("2.png", "cats"),
        ("dogs/1.png", "dogs"),
        ("no_suffix", None),
    ]
    assert [(item.name, item.reason) for item in skipped] == [
        ("notes.txt", "it is text, not a picture"),
    ]
    assert all(image.path.is_file() for image in images)


def test_arguments_keep_their_order_and_a_file_named_twice_counts_once(photos: Path) -> None:
    assert _names("photos/b.png", "photos/a.png") == ["b.png", "a.png"]
    assert _names("photos/b.png", "photos/../photos/b.png", str(photos / "b.png")) == ["b.png"]
    assert _names("photos/dogs", "photos/dogs/*.png", "photos/dogs/1.png") == ["1.png"]
    assert find_images(["photos/a.png", "photos"])[0][0].name == "a.png"
    assert len(find_images(["photos/a.png", "photos"])[0]) == 7


def test_a_file_named_by_itself_is_not_judged_here(photos: Path) -> None:
    assert _names("photos/notes.txt") == ["notes.txt"]
    assert _names("photos/.hidden.png") == [".hidden.png"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("photos/*.png", ["a.png", "b.png"]),
        ("photos/[ab].png", ["a.png", "b.png"]),
        ("photos/?.png", ["a.png", "b.png"]),
        ("photos/**/*.png", ["a.png", "b.png", "cats/1.png", "2.png", "dogs/1.png"]),
        ("photos/*/1.png", ["cats/1.png", "dogs/1.png"]),
        ("**/2.png", ["2.png"]),
        ("photos/c*", ["1.png", "2.png"]),
        ("photos/cats/**", ["1.png", "2.png"]),
    ],
)
def test_globs(photos: Path, pattern: str, names: list[str]) -> None:
    assert _names(pattern) == names
    assert _names(str(photos.parent / pattern)) == names


def test_a_glob_screens_as_a_folder_does(photos: Path) -> None:
    images, skipped = find_images(["photos/[nT]*"])
    assert [image.name for image in images] == ["no_suffix"]
    assert [(item.name, item.document) for item in skipped] == [("notes.txt", True)]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(photos: Path) -> None:
    Image.new("L", (2, 2)).save(photos / "a[b].png")
    Image.new("L", (2, 2)).save(photos / "ab.png")
    assert _names("photos/a[b].png") == ["a[b].png"]
    assert _names("photos/a[[]b].png") == ["a[b].png"]


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("photos/*.jpeg", "No file matches “photos/*.jpeg”"),
        ("gone/**/*.png", "No file matches"),
        ("photo", "did you mean “photos”?"),
        ("photos/aa.png", "did you mean “a.png”?"),
        ("xyz/gone.bin", "name a file, a folder or a pattern"),
        ("empty", "The folder empty holds no file"),
        ("", "No file matches “”"),
        ("a\0b", "There is no image"),
        ("a\0*", "No file matches"),
    ],
)
def test_an_argument_that_names_nothing(photos: Path, argument: str, words: str) -> None:
    (photos.parent / "empty").mkdir()
    (photos.parent / "empty" / ".gitkeep").touch()
    with pytest.raises(ImageError) as caught:
        find_images(["photos/a.png", argument])
    assert words in str(caught.value)


@posix
def test_links_are_followed_once_and_never_for_ever(photos: Path) -> None:
    (photos / "again").symlink_to(photos)
    (photos / "cats" / "up").symlink_to(photos)
    (photos / "z_link.png").symlink_to(photos / "a.png")
    (photos / "gone.jpg").symlink_to(photos / "nowhere.jpg")
    (photos / "self.jpg").symlink_to(photos / "self.jpg")
    images, skipped = find_images(["photos"])
    assert [image.name for image in images][:4] == ["a.png", "b.png", "broken.jpg", "cats/1.png"]
    assert len(images) == 7
    assert {item.name: item.reason for item in skipped if item.name not in ("Thumbs.db",)} == {
        "again": "it is a link to a folder that is included already",
        "up": "it is a link to a folder that is included already",
        "z_link.png": "it is the same file as a.png, shown already",
        "gone.jpg": "it is a link to a file that is not there",
        "self.jpg": "it is a link to a file that is not there",
        "notes.txt": "it is text, not a picture",
    }
    assert "2.png" in _names("photos/**/*.png")


@posix
def test_a_pipe_in_a_folder_is_skipped_and_not_opened(photos: Path) -> None:
    os.mkfifo(photos / "pipe.jpg")
    _, skipped = find_images(["photos"])
    assert ("pipe.jpg", "it is not a regular file") in [(i.name, i.reason) for i in skipped]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may open every folder"
)
def test_a_closed_folder_is_skipped(photos: Path) -> None:
    (photos / "dogs").chmod(0)
    try:
        _, skipped = find_images(["photos"])
    finally:
        (photos / "dogs").chmod(0o755)
    assert ("dogs", "the folder cannot be opened") in [(i.name, i.reason) for i in skipped]


@posix
def test_strange_names(photos: Path) -> None:
    strange = ['it\'s "quoted" & <b> #1 100%.png', "two  spaces .png", "猫 🐱.png", "e\u0301.png"]
    strange.append("esc\x1b[2J.png")
    (photos / "odd").mkdir()
    for name in strange:
        Image.new("L", (2, 2)).save(photos / "odd" / name)
    names = _names("photos/odd")
    assert len(names) == 5
    assert {'it\'s "quoted" & <b> #1 100%.png', "two  spaces .png", "猫 🐱.png"} < set(names)
    assert "\u00e9.png" in names
    assert "esc\N{REPLACEMENT CHARACTER}[2J.png" in names


@linux
def test_names_that_are_not_utf8_can_be_stored_and_stay_apart(photos: Path) -> None:
    (photos / "odd").mkdir()
    for name in (b"\xff.png", b"\xfe.png"):
        (photos / "odd" / os.fsdecode(name)).write_bytes((photos / "a.png").read_bytes())
    names = _names("photos/odd")
    assert len(set(names)) == 2
    assert all(name.encode() for name in names)


def test_names_are_the_shortest_end_of_the_path_that_tells_files_apart(tmp_path: Path) -> None:
    for name in ("a/x/1.png", "b/x/1.png", "c/1.png", "c/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert _names(str(tmp_path)) == ["a/x/1.png", "b/x/1.png", "c/1.png", "2.png"]


def test_records_are_values() -> None:
    assert ImageFile(Path("a"), "a", None) == ImageFile(Path("a"), "a", None)


@settings(deadline=None)
@given(st.text())
def test_printable_is_one_storable_line(text: str) -> None:
    result = printable(text)
    assert len(result) <= LONGEST
    assert result.encode().decode() == result
    assert "\n" not in result
    assert "\x1b" not in result
    assert printable(result) == result


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "b"])))
def test_distinct_keeps_the_first_of_each_and_repeats_nothing(names: list[str]) -> None:
    result = distinct(names)
    assert len(set(result)) == len(names)
    for name in set(names):
        assert result[names.index(name)] == name


@pytest.mark.corpus
def test_the_odd_files_of_the_corpus_are_all_accounted_for(corpus: Path) -> None:
    folder = corpus / "images" / "odd"
    images, skipped = find_images([str(folder)])
    there = {path.name for path in folder.iterdir()}
    assert {item.name for item in (*images, *skipped)} == there - {"Thumbs.db"}


def test_what_systems_leave_in_folders_is_passed_over(tmp_path: Path) -> None:
    Image.new("L", (2, 2)).save(tmp_path / "cat.png")
    for name in ("desktop.ini", "Thumbs.db", "._cat.png", "cat.png:Zone.Identifier", ".DS_Store"):
        (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0")
    for name in ("__MACOSX", ".ipynb_checkpoints", "$RECYCLE.BIN"):
        (tmp_path / name).mkdir()
        Image.new("L", (2, 2)).save(tmp_path / name / "cat.png")
    every = [str(path) for path in sorted(tmp_path.iterdir()) if path.is_file()]
    for arguments in ([str(tmp_path)], [f"{tmp_path}/*.*"], every):
        images, skipped = find_images(arguments)
        assert [image.path.name for image in images] == ["cat.png"]
        assert not skipped
    assert empty_folders([str(tmp_path)], images) == []


def test_files_read_for_another_purpose_are_no_pictures(photos: Path) -> None:
    (photos / "cats" / "labels.csv").write_text("cat.png,cat")
    images, skipped = find_images(["photos", "photos/notes.txt"], [Path("photos/notes.txt")])
    assert len(images) == 7
    assert [(item.name, item.document) for item in skipped] == [("labels.csv", True)]


def test_folders_without_an_image_are_found(photos: Path) -> None:
    (photos / "birds" / "young").mkdir(parents=True)
    (photos / "birds" / "readme.md").write_text("none yet")
    images, _ = find_images(["photos"])
    assert images[4].place == ("cats", "deep")
    assert empty_folders(["photos", "photos/a.png"], images) == [("birds",), ("birds", "young")]


def test_folders_without_end_are_one_reason(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(150):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    images, skipped = find_images([str(tmp_path)])
    assert [image.name for image in images] == ["a.png"]
    assert ["100 folders deep" in one.reason for one in skipped] == [True]
    assert len(find_images([str(tmp_path / "**" / "*.png")])[0]) == 1
    assert empty_folders([str(tmp_path)], images)


def make_report(folder):
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "grid.png").write_bytes(PNG)
    (folder / "manifest.json").write_text('{"files": {\n "pictures/grid.png": {}}, "version": 1}\n')


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("argument", [".", "*", "**/*.png", "*/*.png", "*/*/*.png"])
def test_no_report_and_no_finished_work_is_shown(tmp_path, monkeypatch, argument):
    monkeypatch.chdir(tmp_path)
    for name in ("cats/cat.png", "dogs/small/dog.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "dogs" / "manifest.json").write_text('{"name": "my app"}')
    make_report(tmp_path / "report")
    make_report(tmp_path / "dogs" / "older")
    (tmp_path / "cache" / "ab").mkdir(parents=True)
    (tmp_path / "cache" / "reportgen-store").write_text("1\n")
    (tmp_path / "cache" / "ab" / "x.png").write_bytes(PNG)
    (tmp_path / "out" / "x").mkdir(parents=True)
    (tmp_path / "out" / "x" / "y.png").write_bytes(PNG)
    images, skipped = find_images([argument], [tmp_path / "out"])
    assert {image.name for image in images} <= {"cat.png", "dog.png"}
    assert images
    if argument == ".":
        own = {one.name: one.reason for one in skipped if one.own}
        assert own == {
            "report": "it is a report",
            "older": "it is a report",
            "cache": "it holds finished work of reportgen",
        }


def test_a_report_is_no_folder_of_images(tmp_path):
    make_report(tmp_path / "report")
    with pytest.raises(ImageError, match="report holds no images to show: it is a report"):
        find_images([str(tmp_path / "report")])
    assert len(find_images([str(tmp_path / "report" / "pictures")])[0]) == 1


@linux
def test_the_disk_is_not_asked_of_each_file_of_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("many").mkdir()
    for number in range(40):
        Path(f"many/{number}.png").touch()
    calls = []

    def counted(name, call):
        return lambda *args, **options: (calls.append(name), call(*args, **options))[1]

    for name in ("stat", "lstat", "open"):
        monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
    images, passed = find_images(["many"])
    empty_folders(["many"], images)
    assert (len(images), passed) == (40, [])
    assert len(calls) < 40, calls


def test_reports_are_looked_for_in_folders_alone(photos, monkeypatch):
    asked = []
    monkeypatch.setattr("reportgen.inputs.photos.images.made_by_reportgen", asked.append)
    assert find_images(["photos/*"])[0]
    assert [folder for folder in asked if not folder.is_dir()] == []
