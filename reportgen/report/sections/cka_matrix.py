"""The numbers of a matrix of CKA as a table that the reader unfolds."""

from collections.abc import Iterator, Sequence

from reportgen.report.blocks import Cell, Column, Details, Table, row
from reportgen.wording import MINUS

MOST_COLUMNS = 30
"""Layers up to which a matrix is also a table."""

CAPTION = "White is 0, dark blue is 1; gray is not defined."

_STEPS = 10


def cka_numbers(
    title: str,
    values: Sequence[Sequence[float | None]],
    rows: Sequence[str],
    columns: Sequence[str],
) -> Iterator[Details]:
    """The table of layers by layers; none where it would be too wide."""
    if len(columns) > MOST_COLUMNS or len(rows) > MOST_COLUMNS:
        return
    table = Table(
        f"CKA: {title}",
        (Column("Layer", "name"), *(Column(path, "number") for path in columns)),
        tuple(
            row(path, *(_cell(value) for value in line))
            for path, line in zip(rows, values, strict=True)
        ),
    )
    yield Details(("Show the numbers",), (table,))


def _cell(value: float | None) -> Cell:
    if value is None:
        return Cell(("–",))
    shade = round(min(1.0, max(0.0, value)) * _STEPS) / _STEPS
    return Cell((f"{value:.2f}".replace("-", MINUS),), shade=shade or None)
