"""The shapes in which people keep class names, and the names in the order of their classes.

- a list: JSON, Python or YAML, or one name a line, with or without the class's number before or
  behind it ("0 cat", as Teachable Machine writes; "0: cat"; "cat,0", with or without a header);
- a map: from number to name, from name to number (Keras's `class_indices`), or from number to
  [synset, name] (Keras's ImageNet class index), in JSON, Python or YAML;
- either of them below the key that others use ("names" of YOLO, "id2label" of Hugging Face, ...);
- an `.npy` array of text.

Pickles are never read: reading one runs the code in it.
"""

import ast
import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.inputs.classes.text_files import LARGEST_FILE
from reportgen.printable import printable
from reportgen.user_files import UnusableFileError, check_readable

_KEYS = (
    *("names", "class_names", "classes", "labels", "categories", "class_indices"),
    *("id2label", "label2id", "class_to_idx", "idx_to_class"),
)
"""Keys below which other programs keep class names."""

_INDEX_WORDS = ("index", "id", "idx", "number", "classid", "labelid", "classindex", "code")
_NAME_WORDS = ("class", "name", "label", "classname", "labelname", "signname", "category", "title")

_PICKLE = re.compile(rb"\x80[\x02-\x05]|\(dp|\(lp|\}q|\]q|c(?:numpy|sklearn|builtins|__builtin__)")
_PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib", ".p", ".sav")

_LINE_NUMBER = re.compile(r"([0-9]{1,9})\s+(.+)")
_NUMBER_FIRST = re.compile(r"([0-9]{1,9})\s*[:=]\s*(.+)")
_NUMBER_LAST = re.compile(r"(.+?)\s*[:=]\s*([0-9]{1,9})")


class ShapeError(Exception):
    """What is wrong inside a labels file, as a clause."""


def from_array(path: Path) -> list[Any] | None:
    """The names in an `.npy` array of text; None for a file that is not binary of that kind.

    Raises ShapeError for pickles, also those inside an `.npy` file.
    """
    try:
        check_readable(path, LARGEST_FILE)
        with path.open("rb") as file:
            head = file.read(16)
    except (OSError, ValueError, UnusableFileError):
        return None  # reading it as text says why
    if head.startswith(b"\x93NUMPY"):
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError, MemoryError) as error:
            raise ShapeError(
                "it holds Python objects (or is damaged), and reading these would run code; save "
                "the names as text: np.save('labels.npy', classes.astype(str))"
            ) from error
        return [item.decode() if isinstance(item, bytes) else item for item in _texts(array)]
    if _PICKLE.match(head) or (path.suffix.lower() in _PICKLE_SUFFIXES and not _is_text(path)):
        raise ShapeError(
            "it is a pickle, and reading one would run the code in it; save the names as JSON: "
            "json.dump(class_indices, open('labels.json', 'w'))"
        )
    return None


def _texts(array: np.ndarray[Any, Any]) -> list[Any]:
    if array.dtype.kind not in "USiu" or array.ndim != 1:
        raise ShapeError("its array is not a list of names")
    return list(array.tolist())


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return False
    return True


def from_text(text: str, outputs: int | None) -> list[Any]:
    """The names in a text, not yet checked one by one; `outputs` is how many there should be."""
    start = text.lstrip()[:1]
    if start in ("[", "{"):
        return _names_in(_parsed(text), outputs)
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text.rstrip())]
    if numbered := _numbered_lines(lines):
        return _in_order(numbered)
    if table := _table(lines, outputs):
        return table
    if _looks_like_yaml(text, lines):
        return _names_in(_yaml(text), outputs)
    return lines


def _looks_like_yaml(text: str, lines: Sequence[str]) -> bool:
    """Whether it is a YAML list, or a map with one of the keys of names."""
    listed = [line for line in lines if line and not line.startswith(("#", "---"))]
    if listed and all(line.startswith("- ") for line in listed):
        return True
    return any(re.search(rf"(?m)^[\"']?{key}[\"']?\s*:", text) for key in _KEYS)


def _parsed(text: str) -> Any:
    """A JSON text; else a Python list or dict, or YAML written in one line."""
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno} is not valid JSON ({error.msg})"
    except (ValueError, RecursionError) as error:
        raise ShapeError("it is not valid JSON") from error
    others: tuple[Callable[[str], Any], ...] = (ast.literal_eval, _yaml)
    for parse in others:
        try:
            content = parse(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError, ShapeError):
            continue
        if isinstance(content, (list, tuple, dict)):
            return content
    raise ShapeError(reason)


def _yaml(text: str) -> Any:
    """A YAML text; every scalar is text, so that the class "no" stays a name."""
    import yaml

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  (it makes texts, no objects)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ShapeError("it is not valid YAML") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise ShapeError(f"it names “{printable(key)}” twice")
        content[key] = value
    return content


def _names_in(content: Any, outputs: int | None) -> list[Any]:
    """The names in a list or a map, or below the key of a map where programs keep them."""
    if isinstance(content, Mapping):
        below = [content[key] for key in _KEYS if isinstance(content.get(key), (list, dict, tuple))]
        if below:
            fitting = [names for names in below if outputs is None or len(names) == outputs]
            return _names_in((fitting or below)[0], outputs)
        return _in_map(content)
    if not isinstance(content, (list, tuple)):
        raise ShapeError("it is neither a list nor a map of names")
    if content and all(isinstance(entry, Mapping) and "name" in entry for entry in content):
        return _in_order_of_ids(content)  # COCO's categories
    return list(content)


def _in_order_of_ids(content: Sequence[Mapping[str, Any]]) -> list[Any]:
    ids = [_whole(entry.get("id")) for entry in content]
    if None in ids:
        return [entry["name"] for entry in content]
    pairs = sorted(zip(ids, content, strict=True), key=lambda pair: pair[0] or 0)
    return [entry["name"] for _, entry in pairs]


def _in_map(content: Mapping[Any, Any]) -> list[Any]:
    values = [_whole(value) for value in content.values()]
    if content and None not in values and not all(isinstance(v, str) for v in content.values()):
        return _in_order(list(zip(map(int, content.values()), content, strict=True)))
    keys = {key: _whole(key) for key in content}
    if None not in keys.values():
        return _in_order([(int(number or 0), content[key]) for key, number in keys.items()])
    if content and None not in values:  # YAML, where every value is text
        return _in_order(list(zip(map(int, content.values()), content, strict=True)))
    odd = next(key for key, number in keys.items() if number is None)
    raise ShapeError(f"neither “{printable(str(odd))}” nor what it stands for is a class's number")


def _numbered_lines(lines: Sequence[str]) -> list[tuple[int, Any]]:
    """Numbers and names where all lines are numbered from 0, none otherwise.

    "20 km/h" is a name; a list of all lines numbered from 0 is not one of names.
    """
    for pattern, number in ((_LINE_NUMBER, 1), (_NUMBER_FIRST, 1), (_NUMBER_LAST, 2)):
        matches = [pattern.fullmatch(line) for line in lines]
        pairs = [(int(match[number]), _unquoted(match[3 - number])) for match in matches if match]
        if pairs and len(pairs) == len(lines) and min(index for index, _ in pairs) == 0:
            return pairs
    return []


def _table(lines: Sequence[str], outputs: int | None) -> list[Any]:
    """The names of a table with a column of numbers from 0, or of one column with a header."""
    for delimiter in (",", ";", "\t", "|"):
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
        if rows and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
            return _in_columns(rows)
    if outputs is not None and len(lines) == outputs + 1 and _word(lines[0]) in _NAME_WORDS:
        return [_unquoted(line) for line in lines[1:]]
    return []


def _in_columns(rows: Sequence[Sequence[str]]) -> list[Any]:
    heads = [_word(cell) for cell in rows[0]]
    headed = not any(_whole(cell) is not None for cell in rows[0])
    body = rows[1:] if headed else rows
    columns = [[_whole(row[at]) for row in body] for at in range(len(heads))]
    numbers = [at for at, cells in enumerate(columns) if None not in cells and 0 in cells]
    if headed:
        numbers.sort(key=lambda at: heads[at] not in _INDEX_WORDS)
    if not numbers:
        return []
    number = numbers[0]
    rest = [at for at in range(len(heads)) if at != number]
    named = [at for at in rest if headed and heads[at] in _NAME_WORDS]
    name = (named or rest)[0]
    return _in_order([(int(row[number]), row[name]) for row in body])


def _in_order(pairs: Sequence[tuple[int, Any]]) -> list[Any]:
    labels = dict(pairs)
    if len(labels) < len(pairs):
        indices = sorted(index for index, _ in pairs)
        twice = next(index for index, two in pairwise(indices) if index == two)
        raise ShapeError(f"class {twice} is named twice")
    for index in range(len(labels)):
        if index not in labels:
            raise ShapeError(f"class {index} is missing")
    return [labels[index] for index in range(len(labels))]


def _whole(value: object) -> int | None:
    """The whole number that a key or value is, or says."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else None


def _unquoted(text: str) -> str:
    quoted = re.fullmatch(r"([\"'])(.*)\1", text)
    return quoted[2] if quoted else text


def _word(header: str) -> str:
    return re.sub(r"[\W_]+", "", header).casefold()
