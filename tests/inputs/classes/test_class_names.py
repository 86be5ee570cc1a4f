"""Names of folders are matched to the model's classes, or the reason why not is given."""

import pytest

from reportgen.inputs.classes.class_names import match_classes, split_of
from reportgen.inputs.classes.labels import default_labels

TWO, THREE = default_labels(2), default_labels(3)


def test_folders_are_counted_as_keras_does() -> None:
    assert match_classes(["dogs", "cats", "dogs"], TWO).indices == {"cats": 0, "dogs": 1}


@pytest.mark.parametrize(
    ("names", "labels", "indices"),
    [
        (["Dog"], ["zebra", "dog", "cat"], {"Dog": 1}),
        (["red", "green_leaf", "blue-sky"], ["Red", "Green Leaf", "Blue_Sky"],
         {"red": 0, "green_leaf": 1, "blue-sky": 2}),
        (["cafe\u0301"], ["caf\u00e9", "tea"], {"cafe\u0301": 0}),
        (["A", "a"], ["a", "A"], {"a": 0, "A": 1}),
        (["0", "2", "1"], ["stop", "yield", "turn"], {"0": 0, "1": 1, "2": 2}),
        (["0", "10"], ["10", "0"], {"10": 0, "0": 1}),
    ],
)  # fmt: skip
def test_names_among_the_labels(names, labels, indices) -> None:
    assert match_classes(names, labels).indices == indices


def test_names_that_are_not_among_the_labels_are_never_counted() -> None:
    found = match_classes(["blue", "green", "red"], ["Red", "Green Leaf", "Blue_Sky"])
    assert not found.indices
    assert "folder “blue” is not among the model's 3 labels (Red, Green Leaf," in found.reason


def test_labels_that_are_alike_match_no_folder_by_likeness() -> None:
    assert not match_classes(["redfish", "cod"], ["red fish", "Red Fish"]).indices


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"]])
def test_folders_that_are_not_the_classes_say_nothing(names) -> None:
    found = match_classes(names, TWO)
    assert not found.indices
    assert found.reason


def test_splits_are_no_classes_unless_the_model_says_so() -> None:
    assert "splits" in match_classes(["train", "test"], TWO).reason
    assert match_classes(["train", "test"], ["test", "train"]).indices == {"test": 0, "train": 1}


def test_numbers_in_a_table_are_indices_and_those_of_folders_are_names() -> None:
    eleven = default_labels(11)
    names = [str(number) for number in range(11)]
    table = match_classes(names, eleven, what="class", numbered=True)
    assert table.indices == {name: int(name) for name in names}
    folders = match_classes(names, eleven)
    assert folders.indices == {name: index for index, name in enumerate(sorted(names))}
    assert "alphabetical order (10 before 2)" in folders.remark
    assert not match_classes([f"{n:02}" for n in range(11)], eleven).remark
    assert match_classes(["1", "2", "3"], THREE, numbered=True).indices == {"1": 0, "2": 1, "3": 2}


@pytest.mark.parametrize(
    ("name", "split"),
    [("train", "train"), ("Training", "train"), ("test_set", "test"), ("val2017", "val"),
     ("testset", "test"), ("test1", "test"), ("validation", "val"), ("images-test", "test"),
     ("train_station", None), ("cats", None), ("set", None), ("protest", None)],
)  # fmt: skip
def test_names_of_splits(name: str, split: str | None) -> None:
    assert split_of(name) == split
