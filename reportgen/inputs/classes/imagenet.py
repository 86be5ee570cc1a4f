"""The 1,000 classes of ImageNet: their names, the ids of their synsets, and who has them."""

from functools import cache
from pathlib import Path

CLASSES = 1000

_FILE = Path(__file__).parent / "imagenet_classes.txt"

_HEADS = {"predictions", "fc1000", "logits"}
"""Names that networks for ImageNet give the layer of their class scores."""


def says_imagenet(classes: int, head: str, *, known: bool) -> bool:
    """Whether a network's classes are those of ImageNet.

    Args:
        classes: how many it tells apart.
        head: the name or path of the output that classifies.
        known: whether the network is one of `keras.applications`, by its file or its own name.

    """
    return classes == CLASSES and (known or head.rpartition("/")[2].lower() in _HEADS)


@cache
def synsets() -> tuple[tuple[str, str], ...]:
    """Id and first name of each class, in the order in which networks count them."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    entries = (line.partition(" ") for line in lines if not line.startswith("#"))
    return tuple((synset, name) for synset, _, name in entries)


def class_of(synset: str) -> int | None:
    """The index of the class with this id, such as n02123045; None where there is none."""
    return next((i for i, (known, _) in enumerate(synsets()) if known == synset), None)
