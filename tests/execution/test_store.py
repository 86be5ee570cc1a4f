"""Units and the store that keeps them."""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import DamagedWorkError, OutputError
from reportgen.execution.store import Store
from reportgen.execution.units import Options, Result, Unit

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@dataclass(frozen=True)
class Choices(Options):
    values: dict

    def plain(self):
        return self.values


def unit(**options):
    return Unit("activations", 1, "image", "aa", ("bb",), Choices(options))


@given(st.dictionaries(st.text(), plain))
def test_a_key_is_that_of_the_content_whatever_the_order(options):
    turned = dict(reversed(options.items()))
    assert unit(**{"o": options}).key == unit(**{"o": turned}).key


def test_whatever_changes_the_result_changes_the_key():
    keys = {
        unit().key,
        unit(columns=8).key,
        Unit("activations", 2, "image", "aa", ("bb",), Options()).key,
        Unit("activations", 1, "image", "aa", ("cc",), Options()).key,
        Unit("gradcam", 1, "image", "aa", ("bb",), Options()).key,
    }
    assert len(keys) == 5


def test_what_is_put_is_found_again(tmp_path):
    store = Store(tmp_path / "store")
    assert store.get(unit()) is None
    store.put(unit(), Result({"a": [1, 2.5, "ü"]}, {"x.png": b"pixels"}))
    found = store.get(unit())
    assert found.read(dict) == {"a": [1, 2.5, "ü"]}
    assert found.read_file("x.png") == b"pixels"
    assert store.get(unit(columns=3)) is None


def test_nothing_unfinished_is_left_and_all_is_plain_json(tmp_path):
    store = Store(tmp_path)
    store.put(unit(), Result({}, {"x": b""}))
    assert not list(tmp_path.glob("unfinished/*"))
    (result,) = tmp_path.glob("??/*/result.json")
    check, record = result.read_bytes().splitlines()
    assert json.loads(record)["files"]["x"] == [0, 0]
    assert check.decode() == hashlib.sha256(record).hexdigest()


def folder_of(stored):
    return stored.shelf.unit(stored.key)


@pytest.mark.parametrize("damage", ["json", "file", "size", "empty", "other", "pipe", "older"])
def test_a_damaged_unit_is_missing_and_can_be_put_again(tmp_path, damage):
    store = Store(tmp_path)
    folder = folder_of(store.put(unit(), Result({"v": 1}, {"x.png": b"1"})))
    record = folder / "result.json"
    if damage == "file":
        (folder / "x.png").unlink()
    elif damage == "size":
        (folder / "x.png").write_bytes(b"12")
    elif damage == "other":
        other = folder_of(store.put(unit(n=1), Result({"v": 3})))
        record.write_bytes((other / record.name).read_bytes())
    elif damage == "pipe":
        (folder / "x.png").unlink()
        os.mkfifo(folder / "x.png")
    elif damage == "older":  # the record of an earlier version held the data itself
        text = json.dumps({"key": unit().key, "files": {}, "data": {"v": 1}}).encode()
        record.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    else:
        record.write_text("{" if damage == "json" else "")
    assert store.get(unit()) is None
    store.put(unit(), Result({"v": 2}, {"x.png": b"2"}))
    assert store.get(unit()).read(dict) == {"v": 2}


@pytest.mark.parametrize("name", ["x.png", "data.json"])
def test_a_damaged_file_is_found_when_it_is_read_and_computed_again(tmp_path, name):
    store = Store(tmp_path)
    found = store.put(unit(), Result({"v": 1}, {"x.png": b"1"}))
    file = folder_of(found) / name
    file.write_bytes(file.read_bytes().replace(b"1", b"7"))
    assert store.get(unit())
    with pytest.raises(DamagedWorkError, match="build again"):
        found.read_file(name)
    assert store.get(unit()) is None


def test_verify_compares_every_checksum(tmp_path):
    store = Store(tmp_path)
    store.put(unit(), Result({"v": 1}, {"x.png": b"1"}))
    (folder_of(store.put(unit(n=2), Result({}, {"x": b"1"}))) / "x").write_bytes(b"7")
    assert store.verify() == (1, [unit(n=2).key])
    assert store.verify() == (1, [])


def test_damage_is_looked_for_in_the_units_of_a_build_alone(tmp_path):
    store = Store(tmp_path)
    for n in range(3):
        (folder_of(store.put(unit(n=n), Result({}, {"x": b"1"}))) / "x").write_bytes(b"7")
    again = Store(tmp_path)
    assert again.get(unit(n=0)) and again.get(unit(n=1))
    again.verify_given()
    assert [again.get(unit(n=n)) is None for n in range(3)] == [True, True, False]


def test_finding_a_unit_reads_its_record_alone(tmp_path, monkeypatch):
    store, read = Store(tmp_path), []
    store.put(unit(), Result({"v": 1}, {"x.png": b"1"}))
    get = store.shelf.get
    monkeypatch.setattr(store.shelf, "get", lambda key, name: read.append(name) or get(key, name))
    assert store.get(unit())
    assert read == ["result.json"]


def test_two_writers_of_one_unit_leave_one_whole(tmp_path):
    store = Store(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: store.put(unit(), Result({"v": 1}, {"x": b"1"})), range(40)))
    assert store.get(unit()).read(dict) == {"v": 1}
    assert store.size()[0] == 1


def test_every_changed_byte_of_a_record_is_found(tmp_path):
    store = Store(tmp_path)
    record = folder_of(store.put(unit(), Result({"n": [0.5]}, {"x": b"1"}))) / "result.json"
    whole = record.read_bytes()
    for at in range(len(whole)):
        record.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert store.get(unit()) is None, at
    record.write_bytes(whole)
    assert store.get(unit())


def test_abandoned_work_is_swept_a_day_later(tmp_path):
    store = Store(tmp_path)
    store.put(unit(), Result({}))
    fresh, old = tmp_path / "unfinished" / "a", tmp_path / "unfinished" / "b"
    fresh.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    store.begin()
    assert fresh.exists()
    assert not old.exists()


def foreign(folder):
    """A folder of other people's things, some of them named as a store names its own."""
    for name in ("ab/novel.txt", "12/34/thesis.tex", "unfinished-symphony/score", "unfinished/x"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("mine")
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    return sorted(folder.rglob("*"))


def test_a_folder_of_other_peoples_things_is_refused_and_stays(tmp_path):
    before, store = foreign(tmp_path), Store(tmp_path)
    for use in (store.begin, store.clear, lambda: store.put(unit(), Result({}))):
        with pytest.raises(OutputError, match="holds other things"):
            use()
    store.shelf.shrink(0)
    assert sorted(tmp_path.rglob("*")) == before


def test_clear_leaves_what_others_put_into_a_store(tmp_path):
    store = Store(tmp_path / "store")
    place = folder_of(store.put(unit(), Result({}, {"x": b"1"})))
    mine = [*foreign(tmp_path / "store" / "mine"), tmp_path / "store" / "ab" / "notes.txt"]
    mine[-1].parent.mkdir(exist_ok=True)
    mine[-1].write_text("mine")
    assert store.clear()[0] == 1
    assert not place.exists()
    assert all(path.exists() for path in mine)


def test_a_store_says_what_it_is_and_an_older_one_is_taken_over(tmp_path):
    store = Store(tmp_path)
    (tmp_path / ".gitkeep").touch()
    store.put(unit(), Result({}))
    tag = (tmp_path / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    (tmp_path / "CACHEDIR.TAG").unlink()
    (tmp_path / "reportgen-store").unlink()
    Store(tmp_path).begin()
    assert Store(tmp_path).clear()[0] == 1


def test_the_work_of_another_version_is_refused(tmp_path):
    Store(tmp_path).put(unit(), Result({}))
    (tmp_path / "reportgen-store").write_text("99\n")
    with pytest.raises(OutputError, match="another version"):
        Store(tmp_path).begin()


@pytest.mark.skipif(os.name != "posix", reason="locks are those of POSIX")
def test_nothing_is_removed_under_a_running_build(tmp_path):
    building, other = Store(tmp_path), Store(tmp_path)
    building.begin()
    building.put(unit(), Result({"v": 1}, {"x": bytes(1000)}))
    with pytest.raises(OutputError, match="build that is running"):
        other.clear()
    other.begin()
    other.shelf.grown = True
    other.end(0)
    assert building.get(unit()).read(dict) == {"v": 1}
    building.end(0)
    assert other.size() == (0, 0)


def test_work_that_goes_during_a_build_is_one_sentence(tmp_path):
    found = Store(tmp_path).put(unit(), Result({"v": 1}))
    shutil.rmtree(folder_of(found))
    with pytest.raises(OutputError, match="during the build"):
        _ = found.read(dict)


def test_clear_never_says_removed_of_what_stays(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.put(unit(), Result({}))
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(OutputError, match="1 cannot be removed"):
        store.clear()


def test_what_was_not_used_longest_is_forgotten_first(tmp_path):
    store = Store(tmp_path)
    units = [unit(n=n) for n in range(4)]
    for number, one in enumerate(units):
        place = folder_of(store.put(one, Result({"n": number}, {"x.bin": bytes(1000)})))
        os.utime(place / "result.json", (number + 1, number + 1))
    assert store.get(units[0])
    assert store.shelf.shrink(3000) == 2
    assert [store.get(one) is not None for one in units] == [True, False, False, True]
    assert store.shelf.shrink(3000) == 0


def test_clear_says_what_it_removed(tmp_path):
    store = Store(tmp_path)
    store.put(unit(), Result({}, {"x": b"123"}))
    units, size = store.clear()
    assert units == 1
    assert size > 3
    assert store.size() == (0, 0)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="--cache-dir"):
        Store(tmp_path / "file").put(unit(), Result({}))


@pytest.mark.skipif(os.name != "posix", reason="homes are found otherwise on Windows")
@pytest.mark.parametrize("place", [None, "~/.cache"])
def test_an_account_without_a_home_folder_is_one_sentence(monkeypatch, place):
    def found(*_, **__):
        if place is None:
            raise RuntimeError("could not determine the home directory")
        return Path(place)

    monkeypatch.setattr("platformdirs.user_cache_path", found)
    with pytest.raises(OutputError, match="no home folder"):
        Store.default()
