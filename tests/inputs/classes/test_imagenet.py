"""ImageNet's classes: our list is the one that networks count by, and only their heads get it."""

import re

import pytest

from reportgen.inputs.classes.class_names import match_classes
from reportgen.inputs.classes.imagenet import class_of, says_imagenet, synsets
from reportgen.inputs.classes.labels import default_labels, find_class, imagenet_labels

pytestmark = pytest.mark.slow


def test_the_list_is_that_of_the_challenge() -> None:
    """Spot checks against what `decode_predictions` of keras.applications is known to print."""
    listed = synsets()
    assert len(listed) == len({one for one, _ in listed}) == 1000
    assert all(re.fullmatch(r"n\d{8}", one) for one, _ in listed)
    assert [one for one, _ in listed] == sorted(one for one, _ in listed)
    known = {
        0: ("n01440764", "tench"),
        207: ("n02099601", "golden retriever"),
        281: ("n02123045", "tabby"),
        386: ("n02504458", "African elephant"),
        817: ("n04285008", "sports car"),
        999: ("n15075141", "toilet tissue"),
    }
    assert {index: listed[index] for index in known} == known
    labels = imagenet_labels()
    assert len(set(labels)) == 1000
    assert (labels[134], labels[517]) == ("crane (134)", "crane (517)")


@pytest.mark.parametrize(
    ("classes", "head", "known", "yes"),
    [
        (1000, "predictions", False, True),
        (1000, "base/Predictions", False, True),
        (1000, "dense_3", True, True),
        (1000, "dense_3", False, False),
        (1001, "predictions", True, False),
        (10, "predictions", True, False),
    ],
)
def test_only_heads_that_say_so_get_the_names(
    classes: int, head: str, known: bool, yes: bool
) -> None:
    assert says_imagenet(classes, head, known=known) is yes


def test_synset_ids_name_classes_and_folders() -> None:
    labels = imagenet_labels()
    assert find_class(labels, "n02123045") == find_class(labels, "tabby") == 281
    assert class_of("n00000000") is None
    some = match_classes(["n02123045", "golden_retriever"], labels)
    assert some.indices == {"golden_retriever": 207, "n02123045": 281}
    assert not match_classes(["n02123045", "n00000000"], labels).indices
    assert not match_classes(["n02123045"], default_labels(1000)).indices
