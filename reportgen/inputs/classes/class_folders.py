"""Class folders: at which depth they stand, below which split, and which class each one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from string import ascii_letters, digits

from reportgen.errors import SettingsError
from reportgen.inputs.classes.class_names import Classes, match_classes, split_of
from reportgen.inputs.classes.labels import default_labels

Place = tuple[str, ...]
"""The folders between an argument and a file, from the outside in."""

_BEST_FIRST = ("test", "val", "train")


@dataclass(frozen=True)
class Split:
    """One part of a data set: its folders' names, and what stays out of it.

    Attributes:
        name: the names of its folders, for people.
        inside: for each place its folders below the split; None where it is outside.
        others: how many places each other folder at the depth of the split has.

    """

    name: str
    inside: list[Place | None]
    others: dict[str, int]


def find_split(places: Sequence[Place], wanted: str | None) -> Split | None:
    """The split to use of a data set that was given whole; None where there are no splits.

    Folders named like splits, with folders in them, stand at the first level, or below folders that
    hold all others. Of several splits the test set is taken, else the validation set, else the
    training set: a network should be judged on images that it has not seen.

    Args:
        places: those of all images.
        wanted: "train", "val", "test" or a folder's name; None to choose.

    Raises:
        SettingsError: when the split that is wanted is not there.

    """
    depth = _wrapped(places)
    names = sorted({place[depth] for place in places if len(place) > depth})
    kinds = {name: kind for name, plain in _without_shared(names).items()
             if (kind := split_of(plain))}  # fmt: skip
    deep = {place[depth] for place in places if len(place) > depth + 1}
    if not deep & kinds.keys() or deep - kinds.keys():
        return _split_below(places, wanted) if wanted else None
    if wanted is None:
        kind = min((kinds[name] for name in deep), key=_BEST_FIRST.index)
        chosen = {name for name in deep if kinds[name] == kind}
    else:
        chosen = {name for name in names if _is_split(name, kinds.get(name), wanted)}
        if not chosen:
            raise SettingsError(_no_split(wanted, names))
    inside = [
        place[depth + 1 :] if len(place) > depth and place[depth] in chosen else None
        for place in places
    ]
    others = {name: sum(len(place) > depth and place[depth] == name for place in places)
              for name in names if name not in chosen}  # fmt: skip
    return Split(", ".join(sorted(chosen)), inside, others)


def _split_below(places: Sequence[Place], wanted: str) -> Split:
    """The split that is wanted where it stands below the classes: `cats/test/1.jpg`."""
    inside: list[Place | None] = []
    chosen: set[str] = set()
    for place in places:
        at = [i for i, name in enumerate(place) if _is_split(name, split_of(name), wanted)]
        inside.append((*place[: at[0]], *place[at[0] + 1 :]) if at else None)
        chosen |= {place[at[0]]} if at else set()
    if not chosen:
        raise SettingsError(_no_split(wanted, sorted({name for place in places for name in place})))
    outside = [place for place, kept in zip(places, inside, strict=True) if kept is None]
    return Split(", ".join(sorted(chosen)), inside, {"elsewhere": len(outside)} if outside else {})


def _is_split(name: str, kind: str | None, wanted: str) -> bool:
    return name == wanted or (kind is not None and kind == split_of(wanted))


def _no_split(wanted: str, names: Sequence[str]) -> str:
    there = f"there are {', '.join(names[:8])}" if names else "the images lie in no folder"
    return f"--split {wanted}: no split is named so; {there}."


def _wrapped(places: Sequence[Place]) -> int:
    """How many folders stand around everything: the depth of the first level with a choice."""
    depth = 0
    while True:
        names = {place[depth] for place in places if len(place) > depth}
        deeper = any(len(place) > depth + 1 for place in places)
        if len(names) != 1 or not deeper or split_of(*names):
            return depth
        depth += 1


def _without_shared(names: Sequence[str]) -> dict[str, str]:
    """Each name without what all of them begin or end with: `seg_` of seg_train and seg_test."""
    if len(names) < 2:
        return {name: name for name in names}
    start = _shared(names)
    end = _shared([name[::-1] for name in names])
    return {name: name[start : len(name) - end] for name in names}


def _shared(names: Sequence[str]) -> int:
    """The length of the beginning that all names share, up to its last separator."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    common = "".join(letters[0] for letters in same)
    return len(common.rstrip(ascii_letters + digits))


@dataclass(frozen=True)
class Arranged:
    """The class folder of each place (None for none), what they are, and what was decided.

    Attributes:
        groups: one for each place, in their order.
        classes: the index of each class folder, or why there is none.
        empty: class folders that hold no image.
        note: at which depth the class folders stand, where that needs saying; often empty.

    """

    groups: list[str | None]
    classes: Classes
    empty: tuple[str, ...]
    note: str = ""


def arrange(places: Sequence[Place], empty: Sequence[Place], labels: Sequence[str]) -> Arranged:
    """Find the level of folders that are the model's classes.

    It is the first level, as for Keras's `image_dataset_from_directory`, unless the folders there
    are not the classes and those of a level below are: by their names if the model has labels,
    else by their number. Folders without an image count as classes, as they do for Keras.

    Args:
        places: those of the images.
        empty: the places of folders that hold no image, their own names at the end.
        labels: the model's.

    """
    deepest = max((len(place) for place in places), default=0)
    tried = [_at(places, empty, labels, depth) for depth in range(deepest)]
    first = tried[0] if tried else _at(places, empty, labels, 0)
    fitting = [depth for depth, arranged in enumerate(tried) if arranged.classes.indices]
    if not fitting or fitting[0] == 0:
        return first
    found = tried[fitting[0]]
    above = sorted({place[fitting[0] - 1] for place in places if len(place) >= fitting[0]})
    shown = ", ".join(f"“{name}”" for name in above[:4]) + (" …" if len(above) > 4 else "")
    note = f"The class folders are those below {shown}: the folders above are not the classes."
    return Arranged(found.groups, found.classes, found.empty, note)


def _at(
    places: Sequence[Place], empty: Sequence[Place], labels: Sequence[str], depth: int
) -> Arranged:
    groups = [place[depth] if len(place) > depth else None for place in places]
    names = {group for group in groups if group is not None}
    bare = sorted({place[depth] for place in empty if len(place) == depth + 1} - names)
    if not names:
        reason = (
            "no image lies in a class folder; name the one folder that holds a folder for each"
            " class"
        )
        return Arranged(groups, Classes(reason=reason, named=False), ())
    for counted in (bare, []) if bare else ([],):
        classes = match_classes([*names, *counted], labels)
        if classes.indices:
            return Arranged(groups, classes, tuple(counted))
    hint = f"; empty folders were found: {', '.join(bare[:4])}" if bare else ""
    classes = match_classes(names, labels)
    return Arranged(groups, Classes(reason=classes.reason + hint), ())


def said_of_empty(folders: Sequence[str]) -> str:
    """One sentence that names the class folders without images; empty where there are none."""
    if len(folders) < 2:
        return f"The class folder {folders[0]} holds no image." if folders else ""
    shown = ", ".join(folders[:8]) + (", …" if len(folders) > 8 else ".")
    return f"{len(folders)} class folders hold no image: {shown}"


def labels_of_folders(labels: Sequence[str], folders: Mapping[str, int]) -> list[str]:
    """The labels; where they are made up and every class has its folder, the folders' names."""
    if list(labels) != default_labels(len(labels)) or len(folders) != len(labels):
        return list(labels)
    return sorted(folders, key=lambda name: folders[name])
