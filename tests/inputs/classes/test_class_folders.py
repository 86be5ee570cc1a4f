"""Class folders are found below splits and below one folder too many."""

import pytest

from reportgen.errors import SettingsError
from reportgen.inputs.classes.class_folders import arrange, find_split, said_of_empty
from reportgen.inputs.classes.labels import default_labels


def places(*paths: str) -> list[tuple[str, ...]]:
    return [tuple(part for part in path.split("/") if part) for path in paths]


WHOLE = places("train/cats", "train/dogs", "val/cats", "test/cats", "test/dogs")


def test_the_test_set_is_taken_of_a_data_set_given_whole() -> None:
    split = find_split(WHOLE, None)
    assert split is not None
    assert split.name == "test"
    assert split.inside == [None, None, None, ("cats",), ("dogs",)]
    assert split.others == {"train": 2, "val": 1}


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (("train/a", "train/b", "val/a"), "val"),
        (("train/a", "train/b"), "train"),
        (("data/train/a", "data/validation/b"), "validation"),
        (("Training/a", "Testing/a"), "Testing"),
        (("seg_train/a", "seg_test/b", "seg_pred"), "seg_test"),
        (("train/a", "test"), "train"),  # images without folders have no class to judge by
        (("train/a", "test/a", "readme_images"), "test"),
    ],
)
def test_splits_are_found(paths, name) -> None:
    split = find_split(places(*paths), None)
    assert split is not None
    assert split.name == name


@pytest.mark.parametrize(
    "paths", [("cats", "dogs"), ("cats/train", "dogs/train"), ("train", "bus"), ("train", "test"),
              ("train/old", "bus/new"), ("",)],
)  # fmt: skip
def test_other_folders_are_no_splits(paths) -> None:
    assert find_split(places(*paths), None) is None


def test_the_split_that_is_wanted() -> None:
    train = find_split(WHOLE, "train")
    assert train is not None
    assert train.inside == [("cats",), ("dogs",), None, None, None]
    by_folder = find_split(places("Training/a", "Testing/a"), "Training")
    assert by_folder is not None
    assert by_folder.name == "Training"
    below = find_split(places("cats/test", "cats/train", "dogs/test/new"), "test")
    assert below is not None
    assert below.inside == [("cats",), None, ("dogs", "new")]
    with pytest.raises(SettingsError, match="--split dev: no split is named so; there are test"):
        find_split(places("train/a", "test/a"), "dev")
    with pytest.raises(SettingsError, match="lie in no folder"):
        find_split(places(""), "test")


TWO = default_labels(2)


def test_the_first_level_is_that_of_keras() -> None:
    found = arrange(places("cats/old", "cats/new", "dogs", ""), [], TWO)
    assert found.groups == ["cats", "cats", "dogs", None]
    assert found.classes.indices == {"cats": 0, "dogs": 1}
    assert not found.note


def test_one_folder_too_many() -> None:
    found = arrange(places("photos/cats", "photos/dogs"), [], TWO)
    assert found.classes.indices == {"cats": 0, "dogs": 1}
    assert "below “photos”" in found.note
    named = arrange(places("a/Cats", "b/dogs", "c/cats"), [], ["cats", "dogs"])
    assert named.groups == ["Cats", "dogs", "cats"]
    assert named.classes.indices == {"Cats": 0, "cats": 0, "dogs": 1}


def test_a_class_that_is_named_keeps_its_folders() -> None:
    found = arrange(places("cats/2019", "cats/2020"), [], ["cats", "dogs"])
    assert found.groups == ["cats", "cats"]
    assert found.classes.indices == {"cats": 0}


def test_an_empty_folder_counts_as_a_class_and_is_named() -> None:
    three = default_labels(3)
    found = arrange(places("a_red", "c_blue"), places("b_green", "a_red/more"), three)
    assert found.classes.indices == {"a_red": 0, "b_green": 1, "c_blue": 2}
    assert found.empty == ("b_green",)
    without = arrange(places("a_red", "c_blue"), places("b_green"), TWO)
    assert without.classes.indices == {"a_red": 0, "c_blue": 1}
    short = arrange(places("a_red", "c_blue"), places("b_green"), default_labels(4))
    assert "empty folders were found: b_green" in short.classes.reason


def test_empty_class_folders_are_said_in_one_sentence():
    assert said_of_empty([]) == ""
    assert said_of_empty(["cats"]) == "The class folder cats holds no image."
    many = [str(number) for number in range(990)]
    assert said_of_empty(many) == "990 class folders hold no image: 0, 1, 2, 3, 4, 5, 6, 7, …"


def test_images_without_folders_say_which_folder_to_name():
    """As of `photos/*`, where the shell names each class folder by itself."""
    assert "name the one folder" in arrange([(), ()], [], ["a", "b"]).classes.reason
