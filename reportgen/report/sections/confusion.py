"""Confusions: the confusion matrix, or the most confused pairs of many classes."""

from collections.abc import Iterator, Mapping

from reportgen.records.over_images import Evaluation
from reportgen.report.blocks import (
    Block,
    Cell,
    Column,
    Details,
    Inline,
    Limits,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Link
from reportgen.report.outline import Outline
from reportgen.wording import count

MATRIX_CLASSES = 20
"""Classes up to which the confusion matrix is a table."""
MOST_PAIRS = 40
_PAIRS_ON_PAPER = 24
_NAMED_COLUMNS = 6
"""Columns that have room on paper for the names of classes."""
_MOST_LINKS = 400
_MOST_IN_CELL = 12

Pair = tuple[int, int]
"""A true class and a predicted one."""


def confusion(outline: Outline, found: Evaluation) -> Iterator[Block]:
    """The matrix or the pairs, each linked to its images."""
    counts = {(pair.true, pair.predicted): pair.images for pair in found.confusion if pair.images}
    wrong = sorted(
        (pair for pair in counts if pair[0] != pair[1]), key=lambda pair: (-counts[pair], pair)
    )
    matrix = len(found.classes) <= MATRIX_CLASSES
    if not matrix and not wrong:
        yield text("No confusions.")
        return
    shown = list(counts) if matrix else wrong[:MOST_PAIRS]
    images = _images(outline, sorted(shown))
    if matrix:
        yield text("Correct predictions are on the diagonal.", style="quiet")
        yield _matrix(found, counts, images)
    else:
        left = len(wrong) - MOST_PAIRS
        more = f" {count(left, 'more pair')} in report.json." if left > 0 else ""
        yield text(f"Most frequent confusions.{more}", style="quiet")
        yield _pairs(outline, shown, counts, images)
    if images:
        rows = (_image_row(outline, pair, counts[pair], names) for pair, names in images.items())
        columns = (Column("True class"), Column("Predicted class"), Column("Images", "long"))
        table = Table("Images by true and predicted class", columns, tuple(rows))
        yield Details(("Images by true and predicted class",), (table,))


def _matrix(
    found: Evaluation, counts: Mapping[Pair, int], images: Mapping[Pair, list[str]]
) -> Table:
    """A cell's shade is its share of the images of its true class."""
    named = len(found.classes) <= _NAMED_COLUMNS
    totals = {result.index: max(1, result.images) for result in found.classes}

    def cell(pair: Pair) -> Cell:
        amount = counts.get(pair, 0)
        words: Inline = Link(f"{amount:,}", _place(pair)) if pair in images else f"{amount:,}"
        share = amount / totals[pair[0]] if amount else None
        return Cell((words,), shade=share, strong=pair[0] == pair[1])

    columns = (
        Column(result.label, "number", short="" if named else str(result.index))
        for result in found.classes
    )
    rows = (
        row(
            f"{result.label} ({result.index})",
            *(cell((result.index, other.index)) for other in found.classes),
        )
        for result in found.classes
    )
    return Table(
        "Confusion matrix",
        (Column("True class", "long"), *columns),
        tuple(rows),
        axes=("True class", "Predicted class"),
    )


def _pairs(
    outline: Outline,
    pairs: list[Pair],
    counts: Mapping[Pair, int],
    images: Mapping[Pair, list[str]],
) -> Table:
    labels = outline.report.model.labels
    columns = (Column("True class", "long"), Column("Predicted class", "long"))
    rows = (
        row(
            labels[pair[0]],
            labels[pair[1]],
            Link(f"{counts[pair]:,}", _place(pair) if pair in images else ""),
        )
        for pair in pairs
    )
    limits = Limits("pair", paper=_PAIRS_ON_PAPER)
    return Table("Confusions", (*columns, Column("Images", "number")), tuple(rows), limits)


def _images(outline: Outline, pairs: list[Pair]) -> dict[Pair, list[str]]:
    """Names of the images of each pair, as many as a page may link."""
    most = min(_MOST_IN_CELL, max(1, _MOST_LINKS // max(1, len(pairs))))
    found: dict[Pair, list[str]] = {pair: [] for pair in pairs}
    for image in outline.report.images:
        if image.true_class is not None and image.predictions:
            names = found.get((image.true_class, image.predictions[0].index))
            if names is not None and len(names) < most:
                names.append(image.name)
    return {pair: names for pair, names in found.items() if names}


def _image_row(outline: Outline, pair: Pair, amount: int, names: list[str]) -> Row:
    labels = outline.report.model.labels
    words: list[Inline] = []
    for name in names:
        words += [Link(name, outline.image_place(name)), ", "]
    left = amount - len(names)
    words[-1] = f" and {left:,} more" if left > 0 else ""
    return row(labels[pair[0]], labels[pair[1]], Cell(tuple(words)), anchor=_anchor(pair))


def _place(pair: Pair) -> str:
    return f"evaluation.html#{_anchor(pair)}"


def _anchor(pair: Pair) -> str:
    return f"confused--{pair[0]}-{pair[1]}"
