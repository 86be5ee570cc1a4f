"""Label files of every usual shape are read, and the others refused with what is wrong."""

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import ModelError, SettingsError
from reportgen.inputs.classes.labels import default_labels, find_class, read_labels


def _read(folder: Path, content: str | bytes, outputs: int | None = None) -> list[str]:
    path = folder / "labels.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_labels(path, outputs)


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ('["cat", "dog"]', ["cat", "dog"]),
        ('  \n["cat", "dog"]\n', ["cat", "dog"]),
        ("[0, 1, 2]", ["0", "1", "2"]),
        ('{"0": "cat", "1": "dog"}', ["cat", "dog"]),
        ('{"1": "dog", "0": "cat"}', ["cat", "dog"]),
        ('{"dog": 1, "cat": 0}', ["cat", "dog"]),
        # Keras's class_indices of folders named by number, which it sorts as text
        ('{"0": 0, "1": 1, "10": 2, "2": 3}', ["0", "1", "10", "2"]),
        ('{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}', ["tench", "goldfish"]),
        ("cat\ndog\n", ["cat", "dog"]),
        ("cat\r\ndog\r\n\r\n", ["cat", "dog"]),
        (b"\xef\xbb\xbfcat\ndog", ["cat", "dog"]),
        (b'\xef\xbb\xbf["cat", "dog"]', ["cat", "dog"]),
        ("Käfer\n猫\n".encode("utf-16"), ["Käfer", "猫"]),
        ("0 Class 1\n1 Class 2\n", ["Class 1", "Class 2"]),
        ("1 dog\n0 cat\n", ["cat", "dog"]),
        ("20 km/h\n30 km/h\n50 km/h\n", ["20 km/h", "30 km/h", "50 km/h"]),
        ("0\n1\n2\n", ["0", "1", "2"]),
        ("crane\ncat\ncrane\n", ["crane (0)", "cat", "crane (2)"]),
        ("0,red\n1,green\n", ["red", "green"]),
        ("class,index\ngreen,1\nred,0\n", ["red", "green"]),
        ("ClassId;SignName\n1;30 km/h\n0;20 km/h\n", ["20 km/h", "30 km/h"]),
        ("red\t0\ngreen\t1\n", ["red", "green"]),
        ("0: red\n1: green leaf\n", ["red", "green leaf"]),
        ("red: 0\ngreen leaf: 1\n", ["red", "green leaf"]),
        ("names:\n  0: red\n  1: green\n", ["red", "green"]),
        ("train: ../a\nnc: 2\nnames: ['red', 'no']\n", ["red", "no"]),
        ("- yes\n- no\n", ["yes", "no"]),
        ("{'red': 0, 'green': 1}", ["red", "green"]),
        ("{0: 'red', 1: 'green'}", ["red", "green"]),
        ("['red', 'green']", ["red", "green"]),
        ('{"id2label": {"0": "red", "1": "green"}, "x": 1}', ["red", "green"]),
        ('{"red": "0", "green": "1"}', ["red", "green"]),
        ('[{"id": 1, "name": "green"}, {"id": 0, "name": "red"}]', ["red", "green"]),
        ("label\nred\ngreen\n", ["red", "green"]),
        ("Paris, France\nRome, Italy\n", ["Paris, France", "Rome, Italy"]),
        ("golden  retriever \n<b>x</b>\n", ["golden retriever", "<b>x</b>"]),
        ("a\x1b[2Jb\nc\n", ["a\N{REPLACEMENT CHARACTER}[2Jb", "c"]),
    ],
)
def test_shapes(tmp_path: Path, content: str | bytes, labels: list[str]) -> None:
    assert _read(tmp_path, content, len(labels)) == labels


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "class 0 is empty"),
        ("cat\n\ndog\n", "class 1 is empty"),
        ("[]", "holds 0 labels"),
        ('["cat", ""]', "class 1 is empty"),
        ('["cat", null]', "class 1 is not text"),
        ('["cat", true]', "class 1 is not text"),
        ('["cat", {"a": 1}]', "class 1 is not text"),
        ('["cat", "dog"', "line 1 is not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[" + "9" * 5000 + "]", "not valid JSON"),
        ('{"0": "cat", "2": "dog"}', "class 1 is missing"),
        ('{"cat": 0, "dog": 0}', "class 0 is named twice"),
        ('{"cat": 1, "dog": 2}', "class 0 is missing"),
        ('{"cat": -1, "dog": 0}', "class 1 is missing"),
        ('{"0": "cat", "0": "dog"}', "names “0” twice"),
        ('{"0": "cat", "00": "dog"}', "class 0 is named twice"),
        ('{"0": "cat", "one": "dog"}', "neither “one” nor"),
        ("0 cat\n2 dog\n", "class 1 is missing"),
        ("0 cat\n0 dog\n", "class 0 is named twice"),
        (b"\xff\xd8\xff\xe0 picture", "is not text"),
        (b"cat\0dog", "is not text"),
        ("cat\ndog\nbird", "holds 3 labels, but the model has 2"),
    ],
)
def test_refusals(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _read(tmp_path, content, 2)
    assert words in str(caught.value)
    assert "labels.txt" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def _saved(save, thing) -> bytes:
    buffer = io.BytesIO()
    save(buffer, thing)
    return buffer.getvalue()


def test_arrays_of_text(tmp_path: Path) -> None:
    data = _saved(np.save, np.array(["red", "green"]))
    assert _read(tmp_path, data, 2) == ["red", "green"]
    assert _read(tmp_path, _saved(np.save, np.array([b"red", b"no"])), 2) == ["red", "no"]


class Trap:
    """Reading its pickle would write a file."""

    def __reduce__(self):
        return (Path.touch, (Path("trap"),))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_pickles_are_never_read(tmp_path: Path, monkeypatch, protocol: int) -> None:
    monkeypatch.chdir(tmp_path)
    traps = [
        pickle.dumps(Trap(), protocol),
        pickle.dumps({"red": Trap()}, protocol),
        _saved(lambda file, one: np.save(file, one, allow_pickle=True), np.array([Trap()])),
    ]
    for trap in traps:
        with pytest.raises(SettingsError, match=r"run(?:s)? (?:the )?code|save the names"):
            _read(tmp_path, trap, 2)
    assert not Path("trap").exists()


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no labels file gone\.txt"):
        read_labels(tmp_path / "gone.txt")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_labels(tmp_path)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=8))
def test_any_json_list_of_texts_gives_as_many_distinct_labels(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    labels = _read(tmp_path_factory.getbasetemp(), json.dumps(names), len(names))
    assert len(set(labels)) == len(names)
    assert all(label and "\n" not in label and "\x1b" not in label for label in labels)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from("0123"), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_file_gives_labels_or_the_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    try:
        labels = _read(tmp_path_factory.getbasetemp(), content)
    except SettingsError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(label, str) and label for label in labels)


def test_default_labels() -> None:
    assert default_labels(3) == ["class 0", "class 1", "class 2"]


LABELS = ["tabby", "Tiger Cat", "7", "CRANE", "crane", "Kran", "kran"]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("0", 0), ("6", 6), ("7", 2), ("tabby", 0), ("TABBY", 0), ("tiger cat", 1), ("crane", 4)],
)
def test_find_class(wanted: str, index: int) -> None:
    assert find_class(LABELS, wanted) == index


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("taby", "did you mean “tabby”?"),
        ("ger", "did you mean “Tiger Cat”?"),
        ("tiger cats", "did you mean “Tiger Cat”?"),
        ("zebra", "an index from 0 to 6"),
        ("8", "an index from 0 to 6"),
        ("-1", "an index from 0 to 6"),
        ("", "an index from 0 to 6"),
        ("KRAN", "Several classes"),
        ("9" * 6000, "no class"),
    ],
)
def test_find_class_refuses(wanted: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        find_class(LABELS, wanted)
    assert words in str(caught.value)
