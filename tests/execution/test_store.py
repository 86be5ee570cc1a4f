"""Units and the store that keeps them."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import OutputError
from reportgen.execution.store import Store
from reportgen.execution.units import Result, Unit

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def unit(**options):
    return Unit("activations", 1, "image", ("aa", "bb"), options)


@given(st.dictionaries(st.text(), plain))
def test_a_key_is_that_of_the_content_whatever_the_order(options):
    turned = dict(reversed(options.items()))
    assert unit(**{"o": options}).key == unit(**{"o": turned}).key


def test_whatever_changes_the_result_changes_the_key():
    keys = {
        unit().key,
        unit(columns=8).key,
        Unit("activations", 2, "image", ("aa", "bb"), {}).key,
        Unit("activations", 1, "image", ("aa", "cc"), {}).key,
        Unit("gradcam", 1, "image", ("aa", "bb"), {}).key,
    }
    assert len(keys) == 5


def test_what_is_put_is_found_again(tmp_path):
    store = Store(tmp_path / "store")
    assert store.get(unit()) is None
    store.put(unit(), Result({"a": [1, 2.5, "ü"]}, {"x.png": b"pixels"}))
    found = store.get(unit())
    assert found.data == {"a": [1, 2.5, "ü"]}
    assert found.file("x.png").read_bytes() == b"pixels"
    assert store.get(unit(columns=3)) is None


def test_nothing_unfinished_is_left_and_all_is_plain_json(tmp_path):
    store = Store(tmp_path)
    store.put(unit(), Result({}, {"x": b""}))
    assert not list(tmp_path.glob("unfinished-*"))
    (result,) = tmp_path.glob("??/*/result.json")
    assert json.loads(result.read_text())["files"] == {"x": 0}


@pytest.mark.parametrize("damage", ["json", "file", "bytes", "empty"])
def test_a_damaged_unit_is_missing_and_can_be_put_again(tmp_path, damage):
    store = Store(tmp_path)
    folder = store.put(unit(), Result({"v": 1}, {"x.png": b"1"})).folder
    if damage == "file":
        (folder / "x.png").unlink()
    elif damage == "bytes":
        (folder / "x.png").write_bytes(b"7")
    else:
        (folder / "result.json").write_text("{" if damage == "json" else "")
    assert store.get(unit()) is None
    store.put(unit(), Result({"v": 2}, {"x.png": b"2"}))
    assert store.get(unit()).data == {"v": 2}


def test_two_writers_of_one_unit_leave_one_whole(tmp_path):
    store = Store(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: store.put(unit(), Result({"v": 1}, {"x": b"1"})), range(40)))
    assert store.get(unit()).data == {"v": 1}
    assert store.size()[0] == 1


def test_abandoned_work_is_swept_a_day_later(tmp_path):
    fresh, old = tmp_path / "unfinished-a", tmp_path / "unfinished-b"
    fresh.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    Store(tmp_path).sweep()
    assert fresh.exists()
    assert not old.exists()


def test_what_was_not_used_longest_is_forgotten_first(tmp_path):
    store = Store(tmp_path)
    units = [unit(n=n) for n in range(4)]
    for number, one in enumerate(units):
        place = store.put(one, Result({"n": number}, {"x.bin": bytes(1000)})).folder
        os.utime(place / "result.json", (number + 1, number + 1))
    assert store.get(units[0])
    assert store.shrink(2500) == 2
    assert [store.get(one) is not None for one in units] == [True, False, False, True]
    assert store.shrink(2500) == 0


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
