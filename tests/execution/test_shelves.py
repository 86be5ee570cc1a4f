"""A store in a bucket: files first, the record last, the first of several writers wins."""

import pickle

import pytest

from reportgen.errors import DamagedWorkError, OutputError
from reportgen.execution.object_shelf import ObjectShelf
from reportgen.execution.store import Store
from reportgen.execution.units import Options, Result, Unit

fsspec = pytest.importorskip("fsspec")
UNIT = Unit("activations", 1, "image", "aa", ("bb",), Options())
OTHER = Unit("activations", 1, "image", "aa", ("cc",), Options())


@pytest.fixture
def store():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return Store("memory://bucket/work")


def test_what_is_put_is_found_again(store):
    store.begin()
    assert store.get(UNIT) is None
    store.put(UNIT, Result({"a": [1, "ü"]}, {"x.png": b"pixels"}), made_on="a processor")
    found = store.get(UNIT)
    assert (found.read(dict), found.read_file("x.png")) == ({"a": [1, "ü"]}, b"pixels")
    assert found.made_on == "a processor"
    assert store.get(OTHER) is None
    assert store.size()[0] == 1
    store.end(0)
    assert pickle.loads(pickle.dumps(found)).read(dict) == found.read(dict)  # noqa: S301


def test_the_first_writer_wins(store):
    store.put(UNIT, Result({"v": 1}, {"x": b"1"}))
    store.put(UNIT, Result({"v": 2}, {"x": b"2"}))
    found = store.get(UNIT)
    assert (found.read(dict), found.read_file("x")) == ({"v": 1}, b"1")


def test_the_record_is_written_last(store, monkeypatch):
    written = []
    system = fsspec.filesystem("memory")
    pipe = type(system).pipe_file

    def pipe_file(self, path, value, mode="overwrite", **more):
        written.append((path.rpartition("/")[2], mode))
        return pipe(self, path, value, mode=mode, **more)

    monkeypatch.setattr(type(system), "pipe_file", pipe_file)
    store.put(UNIT, Result({}, {"z.png": b"1", "a.png": b"2"}))
    assert [name for name, _ in written] == ["a.png", "data.json", "z.png", "result.json"]
    assert {mode for _, mode in written} == {"create"}


def test_a_unit_of_which_a_writer_died_is_missing_and_is_put_again(store):
    store.put(UNIT, Result({"v": 1}, {"x": b"1"}))
    store.shelf._system.rm_file(store.shelf._path(UNIT.key, "result.json"))
    assert store.get(UNIT) is None
    store.put(UNIT, Result({"v": 2}, {"x": b"2"}))
    assert store.get(UNIT).read(dict) == {"v": 2}


def test_damage_is_found_when_a_file_is_read(store):
    found = store.put(UNIT, Result({}, {"x": b"1"}))
    store.shelf._system.pipe_file(store.shelf._path(UNIT.key, "x"), b"7")
    with pytest.raises(DamagedWorkError):
        found.read_file("x")
    assert store.get(UNIT) is None


def test_clear_and_verify(store):
    store.put(UNIT, Result({}, {"x": b"1"}))
    store.put(OTHER, Result({}))
    assert store.verify() == (2, [])
    assert store.clear()[0] == 2
    assert store.size() == (0, 0)


def test_a_lost_connection_is_one_sentence(store, monkeypatch):
    class ConnectionLostError(Exception):
        """As botocore has them: no OSError."""

    def lost(*_, **__):
        raise ConnectionLostError("no route to the bucket")

    found = store.put(UNIT, Result({}, {"x": b"1"}))
    for name in ("pipe_file", "cat_file", "ls", "find"):
        monkeypatch.setattr(store.shelf._system, name, lost)
    assert store.get(UNIT) is None
    with pytest.raises(DamagedWorkError):
        found.read_file("x")
    for use in (store.begin, store.verify, store.size, store.clear,
                lambda: store.put(OTHER, Result({}))):  # fmt: skip
        with pytest.raises(OutputError, match="ConnectionLostError: no route to the bucket"):
            use()


def test_the_address_of_a_folder_is_that_folder(tmp_path):
    place = tmp_path / "with space"
    store = Store(place.as_uri())
    store.begin()
    store.put(UNIT, Result({"v": 1}))
    store.end(10**9)
    assert Store(place).get(UNIT).read(dict) == {"v": 1}
    assert Store(place).verify() == (1, [])


def test_an_extra_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(OutputError, match=r'pip install "keras-reportgen\[gs\]"'):
        ObjectShelf("gs://bucket")


def test_an_address_that_nothing_reads_is_one_sentence():
    with pytest.raises(OutputError, match="nowhere://"):
        ObjectShelf("nowhere://bucket")
