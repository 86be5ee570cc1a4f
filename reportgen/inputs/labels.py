"""Class labels: read from a file, made up, or found by what the user typed."""

import codecs
import difflib
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from reportgen.errors import ModelError, SettingsError
from reportgen.printable import distinct, printable

_LARGEST_FILE = 16 * 2**20


def read_labels(path: Path, outputs: int | None = None) -> list[str]:
    """The labels in a file, in the order of the model's classes.

    The file holds a JSON list (["cat", "dog"]), a JSON map in one of the usual three shapes
    ({"0": "cat"}; {"cat": 0}, as Keras's `class_indices`; {"0": ["n01440764", "tench"]}, as Keras's
    ImageNet class index), or one name a line, with or without the class's number before it
    ("0 cat", as Teachable Machine writes). Text is UTF-8, or UTF-16 with its mark.

    Two classes may share a name (ImageNet has two cranes): both then get their number,
    as in "crane (134)".

    Args:
        path: the file.
        outputs: how many classes the model tells apart; None to accept any number.

    Raises:
        SettingsError: when the file cannot be read, is in none of these shapes, leaves out a class
            or names one twice, or holds another number of labels than the model has classes.

    """
    name = printable(path.name)
    text = _read_text(path, name)
    try:
        labels = _parse_json(text) if text.lstrip()[:1] in ("[", "{") else _parse_lines(text)
        labels = [_clean(label, index) for index, label in enumerate(labels)]
    except _ShapeError as error:
        raise SettingsError(f"The labels file {name} cannot be used: {error}.") from error
    if outputs is not None and len(labels) != outputs:
        raise SettingsError(
            f"The labels file {name} holds {len(labels)} labels, but the model has {outputs} "
            "classes: give exactly one label for each class."
        )
    return _numbered_where_shared(labels)


def default_labels(outputs: int) -> list[str]:
    """Labels for a model that came without any: "class 0", "class 1" and so on."""
    return [f"class {index}" for index in range(outputs)]


def imagenet_labels() -> list[str] | None:
    """The 1000 names of ImageNet's classes, if Keras has left them on this machine, else None.

    `keras.applications.*.decode_predictions` fetches `imagenet_class_index.json` from the network
    into Keras's own folder at first use. Nothing is fetched here.
    """
    try:
        given = os.environ.get("KERAS_HOME")
        home = Path(given) if given else Path.home() / ".keras"
        return read_labels(home / "models" / "imagenet_class_index.json", 1000)
    except (SettingsError, RuntimeError):  # there may be no home folder at all
        return None


def find_class(labels: Sequence[str], wanted: str) -> int:
    """The index of the class that the user named by index or by label.

    A whole number within range is an index; everything else is a label, exact before regardless of
    upper and lower case.

    Raises:
        ModelError: when no class, or more than one, is called so.

    """
    if re.fullmatch(r"[0-9]{1,9}", wanted) and int(wanted) < len(labels):
        return int(wanted)
    if wanted in labels:
        return labels.index(wanted)
    folded = [label.casefold() for label in labels]
    shown = printable(wanted)
    matches = [index for index, label in enumerate(folded) if label == wanted.casefold()]
    if len(matches) > 1:
        raise ModelError(
            f"Several classes are called '{shown}': give the index, {matches[0]} or so."
        )
    if matches:
        return matches[0]
    close = difflib.get_close_matches(wanted.casefold(), folded, 1)
    if close:
        hint = f"did you mean '{labels[folded.index(close[0])]}'?"
    else:
        hint = f"give a label or an index from 0 to {len(labels) - 1}."
    raise ModelError(f"The model has no class '{shown}': {hint}")


class _ShapeError(Exception):
    """What is wrong inside a labels file, as a clause."""


def _read_text(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise SettingsError(f"The file {name} is too large for a labels file.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SettingsError(f"There is no labels file {name}.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"The labels file {name} cannot be read.") from error
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"The labels file {name} is not text: save it as UTF-8.") from error
    if "\0" in text:
        raise SettingsError(f"The labels file {name} is not text: save it as UTF-8.")
    return text


def _parse_json(text: str) -> list[Any]:
    try:
        content = json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise _ShapeError(f"line {error.lineno} is not valid JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise _ShapeError("it is not valid JSON") from error
    if isinstance(content, list):
        return content
    if content and all(_is_whole(value) for value in content.values()):
        return _in_order([(index, label) for label, index in content.items()])
    numbers = [key for key in content if re.fullmatch(r"[0-9]{1,9}", key)]
    if len(numbers) < len(content):
        odd = next(key for key in content if key not in numbers)
        raise _ShapeError(f"neither '{printable(odd)}' nor what it stands for is a class's number")
    return _in_order([(int(key), label) for key, label in content.items()])


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise _ShapeError(f"it names '{printable(key)}' twice")
        content[key] = value
    return content


def _parse_lines(text: str) -> list[str]:
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text.rstrip())]
    numbered = [re.fullmatch(r"([0-9]{1,9})\s+(.+)", line) for line in lines]
    pairs = [(int(match[1]), match[2]) for match in numbered if match]
    # "20 km/h" is a name; a list of all lines numbered from 0 is not one of names
    if len(pairs) == len(lines) and min(index for index, _ in pairs) == 0:
        return _in_order(pairs)
    return lines


def _in_order(pairs: Sequence[tuple[int, Any]]) -> list[Any]:
    labels = dict(pairs)
    if len(labels) < len(pairs):
        indices = sorted(index for index, _ in pairs)
        twice = next(one for one, two in pairwise(indices) if one == two)
        raise _ShapeError(f"class {twice} is named twice")
    for index in range(len(labels)):
        if index not in labels:
            raise _ShapeError(f"class {index} is missing")
    return [labels[index] for index in range(len(labels))]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _clean(label: object, index: int) -> str:
    if isinstance(label, list) and len(label) == 2:  # ImageNet's [synset, name]
        label = label[1]
    if _is_whole(label):
        label = str(label)
    if not isinstance(label, str):
        raise _ShapeError(f"the label of class {index} is not text")
    if not label.strip():
        raise _ShapeError(f"the label of class {index} is empty")
    return printable(" ".join(label.split()))


def _numbered_where_shared(labels: list[str]) -> list[str]:
    uses = Counter(labels)
    return distinct(
        [f"{label} ({i})" if uses[label] > 1 else label for i, label in enumerate(labels)]
    )
