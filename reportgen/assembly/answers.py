"""From what the outputs said of an image to its records."""

from collections.abc import Iterator, Sequence
from math import isfinite

from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.records.model import Model
from reportgen.records.outputs import OtherPrediction, Output, Value

_MOST_POSITIONS = 64
"""Positions of a sequence that are listed."""


def said_by_outputs(
    model: Model, data: ActivationData, top: int
) -> tuple[list[Value], list[OtherPrediction]]:
    """The values that an image gives, and what the outputs say that the report does not explain."""
    values: list[Value] = []
    others: list[OtherPrediction] = []
    for output in model.outputs:
        numbers = data.outputs.get(output.name)
        if numbers is None:
            continue
        if output.kind == "values":
            values += _values(output, numbers)
        elif not all(map(isfinite, numbers)):
            continue  # NaN names no class
        elif output.kind == "sequence":
            others += _positions(output, numbers)
        elif not output.explained:
            others += _top_classes(output, numbers, top)
    return values, others


def _values(output: Output, numbers: Sequence[float]) -> Iterator[Value]:
    for index, (name, number) in enumerate(zip(output.names, numbers, strict=False)):
        value = number if isfinite(number) else None
        yield Value(output=output.name, index=index, name=name, value=value)


def _top_classes(output: Output, numbers: Sequence[float], top: int) -> Iterator[OtherPrediction]:
    for index in sorted(range(len(numbers)), key=lambda i: (-numbers[i], i))[:top]:
        yield OtherPrediction(
            output=output.name, index=index, label=f"class {index}", probability=numbers[index]
        )


def _positions(output: Output, numbers: Sequence[float]) -> Iterator[OtherPrediction]:
    for position, index in enumerate(numbers[:_MOST_POSITIONS]):
        yield OtherPrediction(
            output=output.name, index=int(index), label=f"position {position}", probability=None
        )
