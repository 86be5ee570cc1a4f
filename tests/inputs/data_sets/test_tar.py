"""Tar archives as data sets: members are read where they lie, classes come from their samples."""

import gzip
import io
import json
import pickle
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import ImageError, InputChangedError
from reportgen.inputs.data_sets.find import find_data_set
from reportgen.inputs.photos.decode import decode
from reportgen.inputs.photos.photo_copies import copy_photo
from reportgen.user_files import hash_file


def picture(value, kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4), (value, 0, 0)).save(buffer, kind)
    return buffer.getvalue()


def packed(path, members):
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return path


def found_in(found):
    return [(image.name, image.group) for image in found.images]


SAMPLES = [
    ("x/0001.png", picture(1)),
    ("x/0001.cls", b"2\n"),
    ("x/0002.jpg", picture(2, "JPEG")),
    ("x/0002.json", json.dumps({"caption": "no", "label": "dog"}).encode()),
    ("x/0003.left.png", picture(3)),
    ("x/0003.right.png", picture(4)),
    ("x/0003.json", b'{"meta": 1, "cls": 7}'),
    ("x/0004.png", picture(5)),
]


def test_samples_are_classed_by_their_files(tmp_path):
    found = find_data_set(packed(tmp_path / "s.tar", SAMPLES))
    assert found_in(found) == [
        ("0001.png", "2"), ("0002.jpg", "dog"), ("0003.left.png", "7"), ("0003.right.png", "7"),
        ("0004.png", None),
    ]  # fmt: skip
    assert (found.listed, found.passed) == (True, [])


def test_members_are_decoded_and_hashed_in_place(tmp_path):
    found = find_data_set(packed(tmp_path / "s.tar", SAMPLES))
    for image, (_, content) in zip(found.images, [SAMPLES[0], SAMPLES[2]], strict=False):
        plain = tmp_path / image.name
        plain.write_bytes(content)
        path = pickle.loads(pickle.dumps(image.path))  # noqa: S301
        assert path == image.path
        assert np.array_equal(decode(path).rgb, decode(plain).rgb)
        assert hash_file(path)[0] == hash_file(plain)[0]
        copy = copy_photo(path, tmp_path / "copies", "p")
        assert np.array_equal(np.array(Image.open(copy)), decode(plain).rgb)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "0001.png", "0002.jpg", "copies", "s.tar",
    ]  # fmt: skip


def test_folders_are_classes_where_no_sample_names_one(tmp_path):
    members = [("./cats/1.png", picture(1)), ("./dogs/1.png", picture(2)), ("._x.png", b"")]
    found = find_data_set(packed(tmp_path / "s.tar", members))
    assert [image.place for image in found.images] == [("cats",), ("dogs",)]
    assert not found.listed


def test_shards_of_a_folder_are_one_data_set(tmp_path):
    for at in range(3):
        packed(tmp_path / f"s-{at}.tar", [("1.png", picture(at)), ("1.cls", b"%d" % at)])
    (tmp_path / "sizes.json").write_text("{}")
    assert found_in(find_data_set(tmp_path)) == [
        (f"s-{at}.tar/1.png", str(at)) for at in range(3)
    ]  # fmt: skip


def test_hostile_members_are_passed_over(tmp_path):
    path = packed(tmp_path / "s.tar", [
        ("../../etc/1.png", picture(1)), ("/abs/2.png", picture(2)), ("2.json", b"{broken"),
        ("3.png", picture(3)), ("3.png", picture(9)), ("3.json", b"[" * 100_000),
        ("4.cls", b"\xff\xfe\xff"), ("5.txt", b"caption"), ("6.json", b'{"label": true}'),
    ])  # fmt: skip
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    found = find_data_set(path)
    assert found_in(found) == [("1.png", "etc"), ("2.png", "abs"), ("3.png", None)]
    assert decode(found.images[2].path).rgb[0, 0, 0] == 9
    assert {one.name: one.document for one in found.passed} == {
        "s.tar/2.json": False, "s.tar/3.json": False, "s.tar/4.cls": False, "s.tar/5.txt": True,
        "s.tar/6.json": True, "s.tar/link.png": False,
    }  # fmt: skip


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "no.tar").write_bytes(b"not a tar" * 100)
    with pytest.raises(ImageError, match=r"no\.tar is no tar archive"):
        find_data_set(tmp_path / "no.tar")
    whole = packed(tmp_path / "s.tar", SAMPLES)
    (tmp_path / "cut.tar").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(ImageError, match="damaged"):
        find_data_set(tmp_path / "cut.tar")
    with gzip.open(tmp_path / "s.tar.gz", "wb") as file:
        file.write(whole.read_bytes())
    with pytest.raises(ImageError, match="compressed with gzip"):
        find_data_set(tmp_path / "s.tar.gz")
    with pytest.raises(ImageError, match="holds no picture"):
        find_data_set(packed(tmp_path / "texts.tar", [("a.txt", b"a")]))


def test_what_lacks_of_an_archive_is_told(tmp_path):
    whole = packed(tmp_path / "s.tar", [(f"{at}.png", picture(at)) for at in range(4)])
    starts = [found.path.offset - tarfile.BLOCKSIZE for found in find_data_set(whole).images]
    content = whole.read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[: starts[2] + 100])
    with pytest.raises(ImageError, match=r"cut\.tar .* is damaged: there is no member at byte"):
        find_data_set(tmp_path / "cut.tar")
    (tmp_path / "bad.tar").write_bytes(content[: starts[2]] + b"?" + content[starts[2] + 1 :])
    with pytest.raises(ImageError, match=r"bad\.tar .* is damaged: there is no member at byte"):
        find_data_set(tmp_path / "bad.tar")
    (tmp_path / "short.tar").write_bytes(content[: starts[2]])
    found = find_data_set(tmp_path / "short.tar")
    assert len(found.images) == 2
    assert [(passed.name, passed.reason) for passed in found.passed] == [
        ("short.tar", "it has no end mark: members at its end may be missing")
    ]


def test_a_pattern_names_archives(tmp_path):
    for at in range(3):
        packed(tmp_path / f"s-{at}.tar", [("1.png", picture(at))])
    (tmp_path / "sub").mkdir()
    assert len(find_data_set(tmp_path / "s-[01].tar").images) == 2
    with pytest.raises(ImageError, match="No file matches"):
        find_data_set(tmp_path / "t-*.tar")
    with pytest.raises(ImageError, match=r"holds no picture, but s-0\.tar: name that file"):
        find_data_set(tmp_path)


def test_a_changed_archive_changes_its_members(tmp_path):
    path = packed(tmp_path / "s.tar", SAMPLES)
    member = find_data_set(path).images[0].path
    _, seen = hash_file(member)
    seen.check()
    shutil.copy(path, tmp_path / "other.tar")
    (tmp_path / "other.tar").replace(path)
    with pytest.raises(InputChangedError):
        seen.check()
