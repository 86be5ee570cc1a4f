"""Class labels: read from a file, made up, or found by what the user typed."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reportgen.errors import ModelError, SettingsError
from reportgen.inputs.classes.imagenet import class_of, synsets
from reportgen.inputs.classes.label_shapes import ShapeError, from_array, from_text
from reportgen.inputs.classes.text_files import read_text
from reportgen.printable import distinct, printable


def read_labels(path: Path, outputs: int | None = None, what: str = "classes") -> list[str]:
    """The labels in a file, in the order of the model's classes.

    The shapes that are read are described at `reportgen.inputs.classes.label_shapes`.

    Two classes may share a name (ImageNet has two cranes): both then get their number,
    as in "crane (134)".

    Args:
        path: the file.
        outputs: how many classes the model tells apart; None to accept any number.
        what: what the labels name, for the message: "classes" or "values".

    Raises:
        SettingsError: when the file cannot be read, is in none of these shapes, leaves out a class
            or names one twice, or holds another number of labels than the model has classes.

    """
    name = printable(path.name)
    try:
        stored = from_array(path)
        listed = from_text(read_text(path, "labels file"), outputs) if stored is None else stored
        labels = [_clean(label, index) for index, label in enumerate(listed)]
    except ShapeError as error:
        raise SettingsError(f"The labels file {name} cannot be used: {error}.") from error
    if outputs is not None and len(labels) != outputs:
        raise SettingsError(
            f"The labels file {name} holds {len(labels)} labels, but the model has {outputs} "
            f"{what}: give exactly one label for each."
        )
    return _numbered_where_shared(labels)


def default_labels(outputs: int) -> list[str]:
    """Labels for a model that came without any: "class 0", "class 1" and so on."""
    return [f"class {index}" for index in range(outputs)]


def imagenet_labels() -> list[str]:
    """The names of ImageNet's 1,000 classes; the two that are shared have their numbers."""
    return _numbered_where_shared([name for _, name in synsets()])


def find_class(labels: Sequence[str], wanted: str) -> int:
    """The index of the class that the user named by index or by label.

    A whole number within range is an index, a synset's id a class where the labels are ImageNet's;
    everything else is a label, exact before regardless of upper and lower case.

    Raises:
        ModelError: when no class, or more than one, is called so.

    """
    if re.fullmatch(r"[0-9]{1,9}", wanted) and int(wanted) < len(labels):
        return int(wanted)
    if wanted in labels:
        return labels.index(wanted)
    synset = class_of(wanted)
    if synset is not None and list(labels) == imagenet_labels():
        return synset
    folded = [label.casefold() for label in labels]
    shown = printable(wanted)
    matches = [index for index, label in enumerate(folded) if label == wanted.casefold()]
    if len(matches) > 1:
        raise ModelError(
            f"Several classes are called “{shown}”: give the index, {matches[0]} or so."
        )
    if matches:
        return matches[0]
    inside = [label for label in folded if wanted.strip() and wanted.casefold() in label]
    close = difflib.get_close_matches(wanted.casefold(), folded, 1) or inside
    if close:
        hint = f"did you mean “{labels[folded.index(close[0])]}”?"
    else:
        hint = f"give a label or an index from 0 to {len(labels) - 1}."
    raise ModelError(f"The model has no class “{shown}”: {hint}")


def _clean(label: object, index: int) -> str:
    if isinstance(label, list) and len(label) == 2:  # ImageNet's [synset, name]
        label = label[1]
    if isinstance(label, int) and not isinstance(label, bool):
        label = str(label)
    if not isinstance(label, str):
        raise ShapeError(f"the label of class {index} is not text")
    if not label.strip():
        raise ShapeError(f"the label of class {index} is empty")
    return printable(" ".join(label.split()))


def _numbered_where_shared(labels: list[str]) -> list[str]:
    uses = Counter(labels)
    return distinct(
        [f"{label} ({i})" if uses[label] > 1 else label for i, label in enumerate(labels)]
    )
