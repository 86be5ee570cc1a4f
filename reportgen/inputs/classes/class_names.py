"""Which of the model's classes a folder or a row of a table means."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reportgen.inputs.classes.imagenet import class_of
from reportgen.inputs.classes.labels import default_labels, imagenet_labels

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "validate": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "tests": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
}
_FILLERS = {"set", "data", "dataset", "images", "imgs", "image", "img", "split", "dir", "folder"}


def split_of(name: str) -> str | None:
    """The split that a folder of this name is ("train", "val", "test"), None for another name.

    "Training", "test_set", "val2017", "images-test" and "testset" are splits; "train_station" is
    not.
    """
    words = [word for word in re.split(r"[\W_\d]+", name.casefold()) if word]
    words = [word for word in words if word not in _FILLERS]
    if len(words) != 1:
        return None
    plain = re.sub(r"(?:set|data|dir|images)$", "", words[0])
    return _SPLITS.get(words[0]) or _SPLITS.get(plain)


@dataclass(frozen=True)
class Classes:
    """The class index of each name; without any, the reason.

    Attributes:
        indices: by name, in the order of the classes; empty where the names are not the classes.
        reason: why there are none, as a clause.
        remark: what a reader should know of how they were matched; often empty.
        named: whether there is any name at all.
        assumed: whether the order of the classes is assumed, not told by the model's labels.

    """

    indices: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    remark: str = ""
    named: bool = True
    assumed: bool = False


def match_classes(
    names: Iterable[str], labels: Sequence[str], *, what: str = "folder", numbered: bool = False
) -> Classes:
    """Match the names of class folders, or of the classes in a table, to the model's classes.

    Names among the labels count by name, regardless of case, spaces, underscores and Unicode form.
    Where the model has no labels of its own, as many names as classes are counted in alphabetical
    order, as Keras's `image_dataset_from_directory` and `flow_from_dataframe` do. Everything else
    is no match: a guess would give wrong numbers that look right.

    Args:
        names: folders or classes; at least one for each class where labels are made up.
        labels: the model's, or those of `default_labels`.
        what: what a name is, for the reason.
        numbered: whether whole numbers are indices (in a table), not names (of folders).

    """
    known = sorted(set(names))
    if not known or not labels:
        return Classes(reason=f"no image has a {what}", named=False)
    if by_name := _by_name(known, labels):
        return Classes(_in_order(by_name))
    made_up = list(labels) == default_labels(len(labels))
    numbers = [int(name) for name in known if re.fullmatch(r"\d{1,9}", name)]
    if len(numbers) == len(known) and (numbered or not made_up) and max(numbers) < len(labels):
        return Classes(_in_order(dict(zip(known, numbers, strict=True))))
    if made_up or _are_synsets(known, labels):
        return _counted(known, numbers, labels, what, numbered=numbered)
    plain = _plain(labels)
    stranger = next(name for name in known if len(plain.get(plain_name(name), ())) != 1)
    return Classes(
        reason=f"the {what} “{stranger}” is not among the model's {len(labels)} labels "
        f"({_some(labels)}); --labels gives the names of the {_several(what)} in the order of the "
        "model's classes"
    )


def _counted(
    known: list[str], numbers: list[int], labels: Sequence[str], what: str, *, numbered: bool
) -> Classes:
    """As many names as classes, in alphabetical order; `numbers` are those that are numbers."""
    many = f"{len(known)} {what if len(known) == 1 else _several(what)}"
    if all(split_of(name) for name in known):
        return Classes(reason=f"the {many} are named like splits of a data set, not like classes")
    if len(known) < 2 or len(known) != len(labels):
        return Classes(
            reason=f"there {'is' if len(known) == 1 else 'are'} {many} ({_some(known)}), but the "
            f"model has {len(labels)} classes; name a {what} for each class, or give the names of "
            "the classes with --labels"
        )
    if len(numbers) == len(known) and numbered:
        known = [name for _, name in sorted(zip(numbers, known, strict=True))]
    odd = numbers != sorted(numbers) if len(numbers) == len(known) and not numbered else False
    remark = (
        f"The {_several(what)} are numbers and are counted in alphabetical order (10 before 2), as "
        "Keras's loaders do; if the model counts them by value, give --labels with one number a "
        "line."
    )
    indices = {name: index for index, name in enumerate(known)}
    return Classes(indices, remark=remark if odd else "", assumed=True)


def _several(what: str) -> str:
    """The plural of "folder", or of "class in labels.csv"."""
    noun, space, rest = what.partition(" ")
    return f"{noun}{'es' if noun.endswith('s') else 's'}{space}{rest}"


def plain_name(name: str) -> str:
    """A name without what people write differently: case, spaces, hyphens, underscores."""
    return re.sub(r"[\s_\-\ufffd]+", "", unicodedata.normalize("NFKC", name)).casefold()


def _by_name(names: Sequence[str], labels: Sequence[str]) -> dict[str, int] | None:
    """The indices of names that are all among the labels; exact names before alike ones."""
    exact = {label: index for index, label in enumerate(labels)}
    plain = _plain(labels)
    of_imagenet = list(labels) == imagenet_labels()
    found: dict[str, int] = {}
    for name in names:
        index = exact.get(name, class_of(name) if of_imagenet else None)
        if index is None:
            alike = plain.get(plain_name(name), [])
            index = alike[0] if len(alike) == 1 else None
        if index is None:
            return None
        found[name] = index
    return found


def _plain(labels: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        found.setdefault(plain_name(label), []).append(index)
    return found


def _in_order(indices: dict[str, int]) -> dict[str, int]:
    return dict(sorted(indices.items(), key=lambda item: (item[1], item[0])))


def _are_synsets(names: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether these are all of ImageNet's folders, whose alphabetical order is that of classes."""
    return len(names) == len(labels) and all(re.fullmatch(r"n\d{8}", name) for name in names)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:6])
    return f"{shown} and {len(names) - 6:,} more" if len(names) > 6 else shown
