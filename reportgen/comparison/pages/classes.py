"""Precision and recall of each class, the confusion matrices' difference, calibration."""

from collections.abc import Iterator

from reportgen.comparison.wording import change_text, signed, value_text
from reportgen.records.comparison import ClassChange, Comparison, ConfusedChange
from reportgen.report.blocks import (
    Block,
    Cell,
    Column,
    Figure,
    Limits,
    Part,
    Row,
    Table,
    Tone,
    row,
    text,
)
from reportgen.report.contexts import Picture
from reportgen.wording import count, percent

MATRIX_CLASSES = 20
"""With more classes, the changed cells are listed instead of the whole matrix."""

_ROWS_A_PAGE, _ROWS_ON_PAPER = 60, 30


def classes_page(found: Comparison) -> Iterator[Block]:
    """Tables and the reliability diagram of both models."""
    names = (found.sides[0].name, found.sides[-1].name)
    yield text(
        f"{count(found.known, 'image')} whose true class is the same in both reports; each cell"
        f" shows {names[0]} → {names[1]}."
    )
    yield Part(("Precision and recall",), "classes--numbers", (_classes(found),))
    yield Part(("Confusion matrix: difference",), "classes--confusion", tuple(_confusion(found)))
    if found.calibration_chart and (found.calibration_a or found.calibration_b):
        yield Part(("Calibration",), "classes--calibration", tuple(_calibration(found)))


def _classes(found: Comparison) -> Table:
    heads = ("Images", "Precision", "Change", "Recall", "Change")
    return Table(
        "Precision and recall of each class",
        (Column("Class"), *(Column(head, "number") for head in heads)),
        tuple(_class_row(class_change) for class_change in found.classes),
        Limits("class", "classes", page=_ROWS_A_PAGE, paper=_ROWS_ON_PAPER),
    )


def _class_row(class_change: ClassChange) -> Row:
    cells: list[str | Cell] = [class_change.label, f"{class_change.images:,}"]
    for name in ("precision", "recall"):
        before, after = getattr(class_change.a, name), getattr(class_change.b, name)
        cells.append(f"{value_text('share', before)} → {value_text('share', after)}")
        change = None if before is None or after is None else after - before
        words = "" if change is None else change_text("share", change)
        cells.append(Cell((words,), _tone(change)))
    return row(*cells)


def _tone(change: float | None) -> Tone:
    if not change:
        return ""
    return "good" if change > 0 else "bad"


def _confusion(found: Comparison) -> Iterator[Block]:
    changed = [confused for confused in found.confusion if confused.a != confused.b]
    if not changed:
        yield text("Both confusion matrices are the same.")
        return
    labels = [class_change.label for class_change in found.classes]
    if len(labels) <= MATRIX_CLASSES:
        yield text(
            "Change of the number of images. On the diagonal, more is better; elsewhere, fewer.",
            style="quiet",
        )
        yield _matrix(found, labels)
        return
    changed.sort(
        key=lambda confused: (-abs(confused.b - confused.a), confused.true, confused.predicted)
    )
    yield Table(
        "Cells of the confusion matrix that changed most",
        (Column("True class"), Column("Predicted class"), Column("Images", "number"),
         Column("Change", "number")),
        tuple(
            row(confused.true, confused.predicted, f"{confused.a:,} → {confused.b:,}",
                Cell((_difference(confused),), _cell_tone(confused)))
            for confused in changed
        ),
        Limits("cell", page=_ROWS_A_PAGE, paper=_ROWS_ON_PAPER),
    )  # fmt: skip


def _matrix(found: Comparison, labels: list[str]) -> Table:
    cells = {(confused.true, confused.predicted): confused for confused in found.confusion}
    rows = []
    for true in labels:
        line: list[str | Cell] = [true]
        for predicted in labels:
            cell = cells.get((true, predicted))
            if cell is None:
                line.append("0")
                continue
            line.append(Cell((_difference(cell),), _cell_tone(cell), strong=true == predicted))
        rows.append(row(*line))
    return Table(
        "Difference of the confusion matrices",
        (Column("Class"), *(Column(label, "number") for label in labels)),
        tuple(rows),
        axes=("True class", "Predicted class"),
    )


def _difference(confused: ConfusedChange) -> str:
    change = confused.b - confused.a
    return signed(f"{abs(change):,}", change) if change else "0"


def _cell_tone(confused: ConfusedChange) -> Tone:
    change = confused.b - confused.a
    return _tone(change if confused.true == confused.predicted else -change)


def _calibration(found: Comparison) -> Iterator[Block]:
    names = (found.sides[0].name, found.sides[-1].name)
    errors = [
        f"{name} {percent(calibration.error)}"
        for name, calibration in zip(names, (found.calibration_a, found.calibration_b), strict=True)
        if calibration
    ]
    yield text(
        f"Expected calibration error: {', '.join(errors)}. A calibrated model lies on the dashed"
        " line; below it, the model is overconfident."
    )
    alt = f"Accuracy by confidence of {names[0]} and {names[1]}"
    assert found.calibration_chart is not None  # noqa: S101 - the caller asked
    yield Figure(Picture(found.calibration_chart, alt, 0, 0), share=0.6)
    sides = [
        calibration.bins
        for calibration in (found.calibration_a, found.calibration_b)
        if calibration
    ]
    if len(sides) == 2:
        yield Table(
            "Images by confidence",
            (Column("Confidence"), *(Column(f"{name}: {head}", "number")
                                     for head in ("images", "accuracy") for name in names)),
            tuple(
                row(
                    f"{percent(bin_.low)} to {percent(bin_.high)}",
                    *(f"{side.images:,}" for side in (bin_, other)),
                    *(value_text("share", side.accuracy) for side in (bin_, other)),
                )
                for bin_, other in zip(*sides, strict=True)
                if bin_.images or other.images
            ),
        )  # fmt: skip
