"""What outputs mean and what they say of an image, worded for pages and the PDF."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.records.image import GradCam, Image
from reportgen.records.model import Model
from reportgen.records.outputs import Output
from reportgen.wording import count, number, percent, sentence, shape

MOST_ROWS = 24
"""Values of one output that a table lists."""


@dataclass(frozen=True)
class AnswerTable:
    """What one output says of an image: rows of a name and a number, and what is left out."""

    output: str
    title: str
    columns: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    more: str


@dataclass(frozen=True)
class OutputRow:
    """An output in the table of the model: what it means, and why."""

    name: str
    shape: str
    meaning: str
    why: str
    explained: str
    """"yes" for the output that the report explains; empty for others."""


def answer_tables(model: Model, image: Image) -> tuple[AnswerTable, ...]:
    """The values of all outputs, and what outputs that are not explained say of the image."""
    tables = []
    for output in model.outputs:
        values = [value for value in image.values if value.output == output.name]
        if values:
            rows = [
                (value.name, "not finite" if value.value is None else number(value.value))
                for value in values
            ]
            tables.append(_table(output, "Values", ("Value", ""), rows))
        others = [other for other in image.others if other.output == output.name]
        if others and output.kind == "sequence":
            rows = [(other.label, f"class {other.index}") for other in others]
            tables.append(_table(output, "Predicted", ("Position", ""), rows))
        elif others:
            rows = [(other.label, percent(other.probability)) for other in others]
            tables.append(_table(output, "Predictions", ("Class", "Probability"), rows))
    return tuple(tables)


def _table(
    output: Output, title: str, columns: tuple[str, str], rows: Sequence[tuple[str, str]]
) -> AnswerTable:
    left = len(rows) - MOST_ROWS
    more = f"{count(left, 'more value')} in report.json." if left > 0 else ""
    return AnswerTable(output.name, title, columns, tuple(rows[:MOST_ROWS]), more)


def output_rows(model: Model) -> Iterator[OutputRow]:
    """What each output means."""
    for output in model.outputs:
        yield OutputRow(
            name=output.name,
            shape=shape(output.shape),
            meaning=_meaning(output),
            why=sentence(output.why),
            explained="yes" if output.explained else "",
        )


def _meaning(output: Output) -> str:
    """What an output means, in a few words."""
    if output.kind == "classes":
        return count(output.classes, "class", "classes")
    if output.kind == "labels":
        return f"{count(output.classes, 'label')}, each by itself"
    if output.kind == "values":
        return count(output.units, "value")
    if output.kind == "map" and output.classes:
        return count(output.classes, "class map")
    return output.kind


def cam_facts(model: Model, image: Image, cam: GradCam) -> tuple[str, ...]:
    """The class of a map and its probability; of a value what it is."""
    head = model.head
    if head is not None and head.kind == "values":
        named = {(value.output, value.index): value.value for value in image.values}
        known = named.get((head.name, cam.index // 2))
        return () if known is None else (f"value {number(known)}",)
    return (f"class {cam.index}", percent(cam.probability))


def cam_note(model: Model, cam: GradCam) -> str:
    """What a map shows where that is not the evidence for a class of its own; empty otherwise."""
    head = model.head
    if head is None:
        return ""
    if head.kind == "values":
        name = model.value_names[cam.index // 2]
        return f"It shows what {'lowers' if cam.index % 2 else 'raises'} {name}."
    if head.binary and cam.index == 0:
        first, second = model.labels
        return (
            f"The network has one score, that of {second}; the score of {first} is its negative: "
            f"the map shows what lowers {second}."
        )
    return ""
